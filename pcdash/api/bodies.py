"""From bytes that strangers send to values: nothing coerced, nothing unpickled."""

from __future__ import annotations

import json
import math
import re
from itertools import chain
from typing import Any, NoReturn, TypeVar

import flask
import numpy as np
import orjson
from flask import request
from flask.json.provider import DefaultJSONProvider
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from pcdash.api.problems import InvalidFields, pointer
from pcdash.core.cloud import Points, check_cloud
from pcdash.errors import InvalidCloud, UnreadableFile
from pcdash.files import ReadLimits
from pcdash.files.formats.numpy_arrays import read_npy
from pcdash.files.raw import RawFile

JSON = "application/json"
MULTIPART = "multipart/form-data"
NPY = "application/x-npy"
OCTETS = "application/octet-stream"

Model = TypeVar("Model", bound=BaseModel)

_NUMBERS = {int, float}
_NPY_KINDS = ("f4", "f8")

# What orjson refuses although its syntax is that of a number, in any reader's eyes.
_STRANGE_NUMBER = re.compile(rb"NaN|Infinity|[eE]\+?\d{3}|\d{300}")


class FastJSON(DefaultJSONProvider):
    """Reads JSON with orjson, for the routes and for Dash alike."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse strictly: no NaN, no Infinity, no byte order mark, UTF-8 only."""
        return orjson.loads(s)


class Request(flask.Request):
    """Complains about bodies in our words."""

    def get_data(self, *args: Any, **kwargs: Any) -> Any:
        """Read the whole body; 413 if one that did not say its length was cut off."""
        data = super().get_data(*args, **kwargs)
        limit = self.max_content_length
        if self.content_length is None and limit is not None and len(data) >= limit:
            raise RequestEntityTooLarge("The body is larger than the limits allow.")
        return data

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        """Say what is wrong with the body: 415, 422 for numbers that are none, otherwise 400."""
        if e is None:
            raise UnsupportedMediaType(f"Expected a body of type {JSON}.")
        _refuse_json(self.get_data())


def read_body(model: type[Model]) -> Model:
    """Validate the request's JSON body; none at all is an empty object if nothing is required.

    Raises
    ------
    BadRequest
        If it is not JSON.
    InvalidFields
        If it is not what `model` asks for.
    """
    if has_no_body() and not any(field.is_required() for field in model.model_fields.values()):
        return validated(model, {})
    return validated(model, request.get_json())


def has_no_body() -> bool:
    """Whether the request says that nothing comes with it."""
    return not (
        request.mimetype or request.content_length or "HTTP_TRANSFER_ENCODING" in request.environ
    )


def validated(model: type[Model], data: object) -> Model:
    """Validate `data`; errors carry JSON pointers."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidFields.of(error, data) from None


def sent_once(*sent: MultiDict[str, Any]) -> dict[str, Any]:
    """What was sent under each name; a list where it was sent several times, which no model takes.

    Parameters
    ----------
    sent : MultiDict
        ``request.args``; or the fields and the files of a form, which share their names.
    """
    together = CombinedMultiDict(sent).to_dict(flat=False)
    return {name: values[0] if len(values) == 1 else values for name, values in together.items()}


def points_from_json(rows: object, *, max_points: int) -> Points:
    """Turn parsed ``[[x, y, z], ...]`` into a checked cloud.

    The happy path looks at types and lengths in bulk; only a refusal looks for the culprit.

    Raises
    ------
    InvalidFields, InvalidCloud
        With a pointer such as ``/points/3/1``.
    """
    if type(rows) is not list:
        raise InvalidFields([("/points", "must be an array of [x, y, z]")])
    if len(rows) > max_points:
        raise InvalidFields([("/points", f"may hold at most {max_points:,} points")])
    if set(map(type, rows)) <= {list} and set(map(len, rows)) <= {3}:
        flat = list(chain.from_iterable(rows))
        if set(map(type, flat)) <= _NUMBERS:
            array = np.array(flat, dtype=np.float64).reshape(-1, 3)
            return check_cloud(array, max_points=max_points)
    raise _culprit(rows)


def points_from_npy(data: bytes, *, max_points: int) -> Points:
    """Read the bytes of a ``.npy`` file: (n, 3) float32 or float64, 16 <= n <= `max_points`.

    Raises
    ------
    InvalidFields, InvalidCloud
    """
    try:
        # The cloud's own check bounds the number of points, for a body as for JSON.
        array = read_npy(RawFile("body", data, ReadLimits(max_points=len(data)))).points
    except UnreadableFile as error:
        raise InvalidFields([("", f"is no array to classify: {error.problem}")]) from None
    if array.dtype.str[1:] not in _NPY_KINDS:
        raise InvalidFields([("", "must hold float32 or float64")])
    return check_cloud(array, max_points=max_points)


def _culprit(rows: list[Any]) -> InvalidCloud | InvalidFields:
    for i, row in enumerate(rows):
        if type(row) is not list:
            return InvalidFields([(f"/points/{i}", "must be an array [x, y, z]")])
        if len(row) != 3:
            return InvalidFields([(f"/points/{i}", f"must hold 3 numbers, not {len(row)}")])
        for j, value in enumerate(row):
            if type(value) not in _NUMBERS:
                return InvalidFields([(f"/points/{i}/{j}", "must be a number")])
    return InvalidFields([("/points", "must be an array of [x, y, z]")])


def _refuse_json(raw: bytes) -> NoReturn:
    if not raw:
        raise BadRequest("The body is empty; expected JSON.")
    if _STRANGE_NUMBER.search(raw):
        try:
            # The standard library reads NaN, Infinity and numbers of any size: if it gets
            # through, the numbers are all that is wrong, and the first one can be named.
            data = json.loads(raw.decode(), parse_int=_any_int)
        except (ValueError, RecursionError):
            pass
        else:
            where = _first_not_finite(data)
            if where is not None:
                raise InvalidFields([(where, "must be a finite number")])
    raise BadRequest("The body is not valid JSON (UTF-8, without a byte order mark).")


def _any_int(digits: str) -> float:
    """Any integer as a float; infinite past the range of float64, like the digits of 1e999."""
    return float(digits)


def _first_not_finite(data: object) -> str | None:
    stack: list[tuple[str, object]] = [("", data)]
    while stack:
        where, value = stack.pop()
        if isinstance(value, float) and not math.isfinite(value):
            return where
        if isinstance(value, dict):
            items = [(where + pointer([key]), inner) for key, inner in value.items()]
            stack.extend(reversed(items))
        elif isinstance(value, list):
            stack.extend((f"{where}/{i}", value[i]) for i in range(len(value) - 1, -1, -1))
    return None
