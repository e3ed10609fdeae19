"""Classify many objects by one request."""

from __future__ import annotations

from functools import partial
from typing import Any, BinaryIO, cast
from zipfile import ZipInfo

from flask import Response, request

from pcdash.api.batch_schemas import BatchForm, BatchRequest
from pcdash.api.bodies import points_from_json, sent_once, validated
from pcdash.api.clouds import said
from pcdash.api.isolation import IsolatedSources
from pcdash.api.problems import InvalidFields, explain
from pcdash.api.service import Service, answer
from pcdash.core.cloud import Points, Prediction
from pcdash.errors import InvalidInput, TooLarge
from pcdash.files import Bundle
from pcdash.logs import bind


def predict_clouds(service: Service, body: BatchRequest) -> Response:
    """Classify up to 1,000 objects.

    Takes clouds as JSON, or a zip of files as multipart/form-data. A bad cloud is answered by a
    problem in its place, and costs the others nothing. There are no figures, and "explain" is
    refused, since some explanations take seconds: ask /predict about single clouds.
    """
    limits = service.limits
    sources = IsolatedSources(
        [
            partial(points_from_json, rows, max_points=limits.json_points)
            for rows in _clouds(body.clouds, limits.batch_clouds)
        ],
        body.isolate,
    )
    outcomes = service.workbench.predict_batch(sources.readers())
    return _answer(
        [
            _result(one, body.level, f"clouds.{place}", sources.records[place])
            for place, one in enumerate(outcomes)
        ]
    )


def predict_zip(service: Service) -> Response:
    """Classify the objects in the files of a zip."""
    form = validated(BatchForm, sent_once(request.form, request.files))
    stream = cast(BinaryIO, form.file.stream)
    with service.workbench.open_bundle(stream, form.file.filename or "file") as bundle:
        sources = IsolatedSources(
            [partial(_read, bundle, member) for member in bundle.members], form.isolate
        )
        outcomes = service.workbench.predict_batch(sources.readers())
        names = bundle.names()
    return _answer(
        [
            {"name": name, **_result(one, form.level, f"file.{place}", sources.records[place])}
            for place, (name, one) in enumerate(zip(names, outcomes, strict=True))
        ]
    )


def _clouds(clouds: object, most: int) -> list[Any]:
    if type(clouds) is not list:
        raise InvalidFields([("/clouds", "must be an array of clouds")])
    if not 1 <= len(clouds) <= most:
        raise InvalidFields([("/clouds", f"must hold 1 to {most:,} clouds")])
    return clouds


def _read(bundle: Bundle, member: ZipInfo) -> Points:
    return bundle.read(member).points


def _answer(results: list[dict[str, Any]]) -> Response:
    versions = [one["model_version"] for one in results if "model_version" in one]
    if versions:
        bind(version=versions[0])
    return answer({"results": results})


def _result(
    outcome: Prediction | Exception, level: float, place: str, record: dict[str, Any]
) -> dict[str, Any]:
    if isinstance(outcome, Exception):
        return {"error": explain(moved(outcome, place)).body()}
    return said(outcome, level) | record


def moved(error: Exception, place: str) -> Exception:
    """Let an error about a cloud or a file as a whole request blame its place in the batch."""
    if isinstance(error, InvalidFields):
        where = "/" + place.replace(".", "/")
        return InvalidFields(
            (where + blamed.removeprefix("/points"), text) for blamed, text in error.errors
        )
    if isinstance(error, InvalidInput | TooLarge):
        _, _, inside = (error.field or "").partition(".")
        error.field = f"{place}.{inside}" if inside else place
    return error
