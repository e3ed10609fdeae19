"""One shape for everything that goes wrong: ``application/problem+json`` (RFC 9457).

A problem says what is wrong and which value is to blame.  It never shows a traceback, a path of
the server, or what the request contained.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, g
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException

from pcdash.errors import (
    Busy,
    Cancelled,
    CorruptArtifact,
    InvalidInput,
    ModelUnavailable,
    NotFound,
    PcdashError,
    QueueFull,
    Refused,
    Stopping,
    TooLarge,
)
from pcdash.yamlconfig import real_path

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[PcdashError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotFound: HTTPStatus.NOT_FOUND,
    Refused: HTTPStatus.CONFLICT,
    Cancelled: HTTPStatus.CONFLICT,
    QueueFull: HTTPStatus.TOO_MANY_REQUESTS,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    Stopping: HTTPStatus.SERVICE_UNAVAILABLE,
    ModelUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    CorruptArtifact: HTTPStatus.SERVICE_UNAVAILABLE,
    PcdashError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Error class -> status; a class that is not listed answers as its nearest base."""

RETRY_SECONDS: dict[type[PcdashError], int] = {
    QueueFull: 30,
    Busy: 1,
    Stopping: 5,
    ModelUnavailable: 5,
    CorruptArtifact: 60,
}
"""Error class -> Retry-After."""

DETAILS: dict[int, str] = {
    404: "There is nothing at this path.",
    405: "This path does not take this method; the Allow header lists those it takes.",
}
"""What to say about statuses that the framework answers."""

MAX_ERRORS = 20
_MAX_POINTER = 200

_log = logging.getLogger(__name__)

_MESSAGES: dict[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be an array",
    "tuple_type": "must be an array",
    "too_long": "may hold at most {max_length:,} values",
    "too_short": "must hold at least {min_length:,} values",
}
"""pydantic's kind of error -> our words, where its own speak of Python."""


class InvalidFields(InvalidInput):
    """One or more fields of a request are wrong.

    Parameters
    ----------
    errors : sequence of (str, str)
        JSON Pointer and what is wrong there; at least one.
    """

    def __init__(self, errors: Iterable[tuple[str, str]]) -> None:
        self.errors = tuple((pointer[:_MAX_POINTER], text) for pointer, text in errors)
        pointer, text = self.errors[0]
        name = pointer.lstrip("/").replace("/", ".") or "the body"
        super().__init__(f"{name} {text}")

    @classmethod
    def of(cls, error: ValidationError, data: object) -> InvalidFields:
        """Translate what pydantic found in `data`."""
        found = error.errors(include_url=False)[:MAX_ERRORS]
        # A container that is wrong only because of what is in it needs no error of its own.
        inner = {one["loc"][:depth] for one in found for depth in range(len(one["loc"]))}
        return cls(
            (pointer(real_path(one, data)), _message(one))
            for one in found
            if one["loc"] not in inner
        )


def pointer(parts: Iterable[str | int]) -> str:
    """Join keys and indices to a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)


def request_id() -> str:
    """The id of the request being answered: 32 hexadecimal digits."""
    if "request_id" not in g:
        g.request_id = uuid.uuid4().hex
    return str(g.request_id)


@dataclass(frozen=True)
class Problem:
    """What went wrong, as RFC 9457 says it.

    Attributes
    ----------
    status : int
        400..599.
    detail : str
        One sentence about this very case.
    code : str, optional
        The stable name of the kind of problem; None: the status says it all.
    errors : tuple of (str, str)
        JSON Pointer of each value to blame, and what is wrong with it.
    headers : tuple of (str, str)
        What the status wants in the headers.
    """

    status: int
    detail: str
    code: str | None = None
    errors: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> dict[str, Any]:
        """The JSON object."""
        code, occurrence = self.code, request_id()
        body: dict[str, Any] = {
            "type": f"urn:pcdash:problem:{code}" if code else "about:blank",
            "title": (
                code.replace("_", " ").capitalize() if code else HTTPStatus(self.status).phrase
            ),
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:uuid:{uuid.UUID(occurrence)}",
            "request_id": occurrence,
        }
        if self.errors:
            body["errors"] = [{"pointer": at, "detail": text} for at, text in self.errors]
        return body

    def answer(self) -> Response:
        """The HTTP answer."""
        g.problem_reason = self.code or HTTPStatus(self.status).name.lower()
        return Response(
            orjson.dumps(self.body()), self.status, list(self.headers), content_type=MEDIA_TYPE
        )


def problem_reason(response: Response) -> str | None:
    """The kind of problem that `response` is: a code of ours, or its status's name; None if none.

    Of a closed set, whatever was asked.
    """
    return g.get("problem_reason") if 400 <= response.status_code != 500 else None


def install_problems(server: Flask) -> None:
    """Answer every exception with a problem."""
    for kind in (PcdashError, HTTPException, Exception):
        server.register_error_handler(kind, answer_problem)


def explain(error: Exception) -> Problem:
    """Say what went wrong; what is not meant for users goes to the log alone."""
    if isinstance(error, PcdashError):
        return _explain_ours(error)
    if isinstance(error, HTTPException):
        detail = DETAILS.get(error.code or 500, error.description or "")
        # With what the status wants in the headers: Allow, Retry-After, WWW-Authenticate.
        kept = tuple((k, v) for k, v in error.get_headers() if k.lower() != "content-type")
        return Problem(error.code or 500, detail, headers=kept)
    _log.error("request %s failed", request_id(), exc_info=error)
    return Problem(500, "Something went wrong here; the server's log has it under this request_id.")


def answer_problem(error: Exception) -> Response:
    """Answer an exception."""
    return explain(error).answer()


def _explain_ours(error: PcdashError) -> Problem:
    kind = next(base for base in type(error).__mro__ if base in STATUS)
    if isinstance(error, CorruptArtifact):
        _log.error("request %s: %s", request_id(), error.message)
    errors: tuple[tuple[str, str], ...] = ()
    if isinstance(error, InvalidFields):
        errors = error.errors
    elif error.field is not None:
        errors = ((pointer(error.field.split(".")), error.message),)
    retry = RETRY_SECONDS.get(kind)
    headers = (("Retry-After", str(retry)),) if retry else ()
    return Problem(int(STATUS[kind]), error.message, error.code, errors, headers)


def _message(error: ErrorDetails) -> str:
    if error["type"] in _MESSAGES:
        return _MESSAGES[error["type"]].format(**error.get("ctx", {}))
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return message[:1].lower() + message[1:]
