"""What /openapi.json says about a route beyond what flask-openapi3 finds by itself."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

from flask_openapi3.models.media_type import MediaType
from flask_openapi3.models.parameter import Parameter
from flask_openapi3.models.request_body import RequestBody
from flask_openapi3.models.schema import Schema
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.utils import parse_query

from pcdash.api.problems import MEDIA_TYPE
from pcdash.api.route import OtherBody, Route

Security = list[dict[str, list[Any]]]
"""Alternatives of what a request has to bring: scheme -> scopes."""

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


def described(tag: str, route: Route, security: Security) -> dict[str, Any]:
    """What flask-openapi3 is told when the route is added."""
    summary, _, description = (inspect.getdoc(route.handler) or "").partition("\n")
    return {
        "tags": [Tag(name=tag)],
        "summary": summary.rstrip("."),
        "description": " ".join(description.split()) or summary,
        "responses": _responses(route),
        "security": [] if route.public else security,
    }


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
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return described


def document_bodies(server: OpenAPI, route: Route) -> None:
    """Add the bodies that are no JSON, and what their queries say, once the route is documented."""
    if not route.bodies:
        return
    path = route.path.replace("<", "{").replace(">", "}")
    operation = getattr(server.paths[path], route.method)
    if operation.requestBody is None:
        operation.requestBody = RequestBody(content={}, required=True)
    for media_type, body in route.bodies.items():
        operation.requestBody.content[media_type] = MediaType(schema=Schema(**body.schema))
        # The query of the route's own handler has been found already.
        if body.handler is not route.handler and (found := _parameters(media_type, body)):
            operation.parameters = [*(operation.parameters or ()), *found]


def _parameters(media_type: str, body: OtherBody) -> list[Parameter]:
    """The query that goes with one kind of body; OpenAPI has no better place to say with which."""
    query = get_type_hints(body.handler).get("query")
    if query is None:
        return []
    found, _ = parse_query(query)
    for parameter in found:
        parameter.description = f"With a body of type {media_type} only. {parameter.description}"
    return found
