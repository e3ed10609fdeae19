"""Every JSON route on one page.

A new route is a handler in one of the modules beside this one and a line in `ROUTES`; its checks,
error answers, documentation and the tests that walk the url map come with it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import get_type_hints

from flask import Response, request
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel

from pcdash.api import (
    batch,
    batch_schemas,
    clouds,
    datasets,
    drift,
    drift_schemas,
    health,
    imitation,
    imitation_schemas,
    jobs,
    models,
    morph_schemas,
    morphs,
    schemas,
)
from pcdash.api import dataset_schemas as kept
from pcdash.api import version_schemas as versions
from pcdash.api.bodies import MULTIPART, NPY, OCTETS, read_body, sent_once, validated
from pcdash.api.documented import Security, described, document_bodies
from pcdash.api.problems import InvalidFields
from pcdash.api.route import OtherBody, Route
from pcdash.api.service import Service
from pcdash.errors import NotFound

_BYTES = {"type": "string", "format": "binary"}

PREDICT_BODIES = {
    MULTIPART: OtherBody(clouds.predict_file, schemas.FileForm.model_json_schema()),
    NPY: OtherBody(clouds.predict_npy, _BYTES),
}
BATCH_BODIES = {
    MULTIPART: OtherBody(batch.predict_zip, batch_schemas.BatchForm.model_json_schema()),
}
IMITATE_BODIES = {
    MULTIPART: OtherBody(imitation.imitate_zip, imitation_schemas.ImitateForm.model_json_schema()),
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
            turn=True,
        ),
        Route(
            "post",
            "/predict/batch",
            batch.predict_clouds,
            200,
            batch_schemas.BatchAnswer,
            (422, 503),
            BATCH_BODIES,
        ),
        Route(
            "post",
            "/morph",
            morphs.follow,
            200,
            morph_schemas.MorphAnswer,
            (422, 503),
            turn=True,
        ),
        Route(
            "post",
            "/imitate",
            imitation.imitate,
            200,
            imitation_schemas.ImitateAnswer,
            (409, 422, 503),
            IMITATE_BODIES,
            turn=True,
        ),
        Route("post", "/uploads", clouds.upload, 201, schemas.UploadAnswer, (422,), UPLOAD_BODIES),
    ),
    "datasets": (
        Route("get", "/datasets", datasets.list_datasets, 200, kept.DatasetList),
        Route(
            "post", "/datasets", datasets.add_dataset, 202, schemas.JobSummary, (404, 409, 422, 429)
        ),
        Route("get", "/datasets/<hash>", datasets.show_dataset, 200, kept.DatasetDetail, (404,)),
        Route(
            "delete",
            "/datasets/<hash>",
            datasets.delete_dataset,
            200,
            kept.DatasetEntry,
            (404, 409),
        ),
    ),
    "jobs": (
        Route("get", "/jobs", jobs.list_jobs, 200, schemas.JobList, (422,)),
        Route("post", "/jobs", jobs.start_job, 202, schemas.JobSummary, (409, 422, 429)),
        Route("get", "/jobs/<job_id>", jobs.show_job, 200, schemas.JobDetail, (404,)),
        Route("delete", "/jobs/<job_id>", jobs.cancel_job, 200, schemas.JobSummary, (404,)),
    ),
    "models": (
        Route("get", "/models", models.list_models, 200, versions.ModelList),
        Route("get", "/models/log", models.show_log, 200, versions.PromotionLog),
        Route("get", "/models/<version>", models.show_model, 200, versions.ModelDetail, (404,)),
        Route("delete", "/models/<version>", models.delete, 200, versions.Deleted, (404, 409, 503)),
        Route(
            "post",
            "/models/<version>/promote",
            models.promote,
            200,
            versions.Promoted,
            (404, 409, 422, 503),
        ),
        Route("post", "/models/rollback", models.roll_back, 200, versions.RolledBack, (409, 503)),
    ),
    "drift": (
        Route("get", "/drift", drift.show_drift, 200, drift_schemas.DriftAnswer, (404, 409)),
    ),
    "health": (
        Route("get", "/health", health.health, 200, schemas.Health, public=True),
        Route("get", "/health/live", health.live, 200, schemas.Alive, public=True),
        Route("get", "/health/ready", health.ready, 200, schemas.Alive, (503,), public=True),
        Route("get", "/metrics", health.metrics, 200, "text/plain"),
    ),
}
"""Tag -> its routes."""


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
            add(route.path, **described(tag, route, security))(_view(route, service))
            document_bodies(server, route)


def _view(route: Route, service: Service) -> Callable[..., Response]:
    """Wrap a handler into what Flask calls, reading what its hints ask for."""
    handlers = (route.handler, *(body.handler for body in route.bodies.values()))
    hints_of = {handler: get_type_hints(handler) for handler in handlers}
    turn = service.workbench.turns.taken if route.turn else nullcontext

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
        # Under overload refusals are many: they must not cost the reading of their bodies.
        with turn():
            if "body" in hints:
                given["body"] = read_body(hints["body"])
            return handler(service, **given)

    # flask-openapi3 reads the hints for its documentation; the reading itself is ours.
    view.__delay_validate_request__ = True  # type: ignore[attr-defined]  # the library's own mark
    return view


def _read_path(model: type[BaseModel], values: dict[str, str]) -> BaseModel:
    try:
        return validated(model, values)
    except InvalidFields:
        raise NotFound("there is nothing of that name") from None
