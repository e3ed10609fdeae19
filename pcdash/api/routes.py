"""Every JSON route on one page.

A new route is a handler in one of the modules beside this one and a line in `ROUTES`; its checks,
error answers, documentation and the tests that walk the url map come with it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_type_hints

from flask import Response, request
from flask_openapi3.models.media_type import MediaType
from flask_openapi3.models.request_body import RequestBody
from flask_openapi3.models.schema import Schema
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel

from pcdash.api import batch, clouds, health, jobs, models, problems, schemas
from pcdash.api.bodies import JSON, MULTIPART, NPY, OCTETS, read_body, sent_once, validated
from pcdash.api.service import Service
from pcdash.errors import NotFound

Handler = Callable[..., Response]
"""``handler(service, *, path=..., query=..., body=...)``: its hints say what it is given."""

Security = list[dict[str, list[Any]]]
"""Alternatives of what a request has to bring: scheme -> scopes."""

_BYTES = {"type": "string", "format": "binary"}


@dataclass(frozen=True)
class OtherBody:
    """A body that is not JSON.

    Attributes
    ----------
    handler : callable
        Takes the request from here; reads the body itself.
    schema : mapping
        For the documentation.
    """

    handler: Handler
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """One method on one path.

    Attributes
    ----------
    method : {"get", "post", "delete"}
    path : str
        As Flask writes it.
    handler : callable
        Its docstring is the documentation, its hints name what it is given.
    status, answer : int, type or str
        Of the success; a content type where it is no JSON.
    problems : tuple of int
        Further statuses, besides those that every route has.
    bodies : mapping
        Content type -> other ways to send the same.
    public : bool
        Whether it needs no token, and is answered while the server stops: probes.
    """

    method: Literal["get", "post", "delete"]
    path: str
    handler: Handler
    status: int
    answer: type[BaseModel] | str
    problems: tuple[int, ...] = ()
    bodies: Mapping[str, OtherBody] = field(default_factory=dict)
    public: bool = False

    @property
    def takes_json(self) -> bool:
        """Whether its body is JSON, or it has none."""
        return "body" in get_type_hints(self.handler) or not self.bodies

    @property
    def accepts(self) -> frozenset[str]:
        """Content types of its bodies."""
        return frozenset({JSON} if self.takes_json else ()) | frozenset(self.bodies)


PREDICT_BODIES = {
    MULTIPART: OtherBody(clouds.predict_file, schemas.FileForm.model_json_schema()),
    NPY: OtherBody(clouds.predict_npy, _BYTES),
}
BATCH_BODIES = {
    MULTIPART: OtherBody(batch.predict_zip, schemas.BatchForm.model_json_schema()),
}
UPLOAD_BODIES = {OCTETS: OtherBody(clouds.upload, _BYTES)}

ROUTES: dict[str, tuple[Route, ...]] = {
    "clouds": (
        Route("post", "/generate", clouds.generate, 200, schemas.GenerateAnswer, (422,)),
        Route(
            "post",
            "/predict",
            clouds.predict,
            200,
            schemas.PredictAnswer,
            (422, 503),
            PREDICT_BODIES,
        ),
        Route(
            "post",
            "/predict/batch",
            batch.predict_clouds,
            200,
            schemas.BatchAnswer,
            (422, 503),
            BATCH_BODIES,
        ),
        Route("post", "/uploads", clouds.upload, 201, schemas.UploadAnswer, (422,), UPLOAD_BODIES),
    ),
    "jobs": (
        Route("get", "/jobs", jobs.list_jobs, 200, schemas.JobList, (422,)),
        Route("post", "/jobs", jobs.start_job, 202, schemas.JobSummary, (409, 422, 429)),
        Route("get", "/jobs/<job_id>", jobs.show_job, 200, schemas.JobDetail, (404,)),
        Route("delete", "/jobs/<job_id>", jobs.cancel_job, 200, schemas.JobSummary, (404,)),
    ),
    "models": (
        Route("get", "/models", models.list_models, 200, schemas.ModelList),
        Route("get", "/models/<version>", models.show_model, 200, schemas.ModelDetail, (404,)),
        Route(
            "post",
            "/models/<version>/promote",
            models.promote,
            200,
            schemas.Promoted,
            (404, 409, 503),
        ),
        Route("post", "/models/rollback", models.roll_back, 200, schemas.Promoted, (409, 503)),
    ),
    "health": (
        Route("get", "/health", health.health, 200, schemas.Health, public=True),
        Route("get", "/health/live", health.live, 200, schemas.Alive, public=True),
        Route("get", "/health/ready", health.ready, 200, schemas.Alive, (503,), public=True),
        Route("get", "/metrics", health.metrics, 200, "text/plain"),
    ),
}
"""Tag -> its routes."""

EVERYWHERE = (400, 414, 431, 500)
"""Statuses that any route may answer: a foreign Host, an oversized head, our own fault."""

PRIVATE = (401, 503)
"""Besides these, for every route that is not public: no token, or the server is stopping."""

ON_WRITES = (403, 413, 415)
"""Besides these, where something is sent: a foreign Origin, a body too large or of another type."""

DESCRIPTIONS: dict[int, str] = {
    400: "Not understood: the Host header, or a body that is not JSON.",
    401: "The token is missing or wrong; only where the server has one.",
    403: "Asked for by another site's page.",
    404: "No such thing.",
    409: "Not allowed on this server; detail says why.",
    413: "The body is larger than the limits allow.",
    414: "The URL is too long.",
    415: "A content type that this route does not take.",
    422: "A value is not what was asked for; errors name it.",
    429: "As many jobs wait as may wait; see Retry-After.",
    431: "The headers are too large.",
    500: "A fault of this server.",
    503: "No model, too many predictions at the moment, or stopping; see Retry-After.",
}


def accepted() -> dict[str, frozenset[str]]:
    """URL rule -> content types of the bodies that may be sent to it."""
    return {
        route.path: route.accepts
        for routes in ROUTES.values()
        for route in routes
        if route.method != "get"
    }


def public_rules() -> frozenset[str]:
    """URL rules that need no token and are answered to the last."""
    return frozenset(r.path for routes in ROUTES.values() for r in routes if r.public)


def register_routes(server: OpenAPI, service: Service, security: Security) -> None:
    """Put every line of `ROUTES` into the url map and into the documentation.

    Parameters
    ----------
    security : list of mapping
        What a request has to bring, as OpenAPI says it; not documented for public routes.
    """
    for tag, routes in ROUTES.items():
        for route in routes:
            add = getattr(server, route.method)
            summary, _, description = (inspect.getdoc(route.handler) or "").partition("\n")
            add(
                route.path,
                tags=[Tag(name=tag)],
                summary=summary.rstrip("."),
                description=" ".join(description.split()) or summary,
                responses=_responses(route),
                security=[] if route.public else security,
            )(_view(route, service))
            _document_bodies(server, route)


def _view(route: Route, service: Service) -> Callable[..., Response]:
    """Wrap a handler into what Flask calls, reading what its hints ask for."""
    handlers = (route.handler, *(body.handler for body in route.bodies.values()))
    hints_of = {handler: get_type_hints(handler) for handler in handlers}

    @functools.wraps(route.handler)
    def view(**values: str) -> Response:
        other = route.bodies.get(request.mimetype)
        handler = other.handler if other else route.handler
        hints = hints_of[handler]
        given: dict[str, BaseModel] = {}
        if "path" in hints:
            given["path"] = _read_path(hints["path"], values)
        if "query" in hints:
            given["query"] = validated(hints["query"], sent_once(request.args))
        elif "body" in hints or other:
            validated(schemas.NoQuery, sent_once(request.args))
        if "body" in hints:
            given["body"] = read_body(hints["body"])
        return handler(service, **given)

    # flask-openapi3 reads the hints for its documentation; the reading itself is ours. The library
    # looks for this mark on the function, whose type knows no attributes of its own.
    view.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return view


def _read_path(model: type[BaseModel], values: dict[str, str]) -> BaseModel:
    try:
        return validated(model, values)
    except problems.InvalidFields:
        raise NotFound("there is nothing of that name") from None


def _responses(route: Route) -> dict[str, Any]:
    statuses = {*EVERYWHERE, *route.problems, *(ON_WRITES if route.method != "get" else ())}
    statuses |= set() if route.public else set(PRIVATE)
    success: Any = route.answer
    if isinstance(success, str):
        text = {"schema": {"type": "string"}}
        success = {"description": "As text.", "content": {success: text}}
    described: dict[str, Any] = {str(route.status): success}
    for status in sorted(statuses):
        described[str(status)] = {
            "description": DESCRIPTIONS[status],
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return described


def _document_bodies(server: OpenAPI, route: Route) -> None:
    if not route.bodies:
        return
    path = route.path.replace("<", "{").replace(">", "}")
    operation = getattr(server.paths[path], route.method)
    if operation.requestBody is None:
        operation.requestBody = RequestBody(content={}, required=True)
    for media_type, body in route.bodies.items():
        operation.requestBody.content[media_type] = MediaType(schema=Schema(**body.schema))
