"""Make clouds, classify them, take in files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Response, request
from werkzeug.datastructures import FileStorage

from pcdash.api.asked import Asked, AskedAsText
from pcdash.api.bodies import points_from_json, points_from_npy, sent_once, validated
from pcdash.api.isolation import isolated
from pcdash.api.schemas import (
    ArrayQuery,
    FileForm,
    GenerateRequest,
    PredictRequest,
    UploadQuery,
)
from pcdash.api.service import Service, answer
from pcdash.core.cloud import PointCloud, Points, Prediction
from pcdash.logs import bind
from pcdash.workbench import with_seed


def generate(service: Service, body: GenerateRequest) -> Response:
    """Generate a synthetic cloud.

    Points are drawn uniformly by area. The same seed gives the same bytes; without one the server
    draws a seed and returns it.
    """
    params = with_seed(body)
    cloud = service.workbench.generate(params)
    result: dict[str, Any] = params.model_dump(
        include={"shape", "n_points", "noise_sigma", "seed", "apply_random_rotation"}
    )
    result["points"] = cloud.points
    if body.include_figure:
        result["plotly_json"] = service.figure(
            cloud.points, f"{params.shape}, {params.n_points:,} points"
        )
    return answer(result)


def predict(service: Service, body: PredictRequest) -> Response:
    """Classify one object.

    Takes points as JSON, a file as multipart/form-data, or the bytes of a .npy file as
    application/x-npy with 16 to 2,000,000 points in float32 or float64. Beside the class come the
    set of classes that holds the true one at the asked level, and whether the object is like none
    of them; "explain" asks for more. How to answer is said in the JSON or the form; with an array,
    in the query.
    """
    points = points_from_json(body.points, max_points=service.limits.json_points)
    return _prediction(service, points, body)


def predict_file(service: Service) -> Response:
    """Classify the object in an uploaded file."""
    form = validated(FileForm, sent_once(request.form, request.files))
    cloud = _read(service, form.file)
    return _prediction(service, cloud.points, form)


def predict_npy(service: Service, query: ArrayQuery) -> Response:
    """Classify the object in an array; the query says what a form says beside its file."""
    points = points_from_npy(request.get_data(cache=False), max_points=service.limits.file_points)
    return _prediction(service, points, query)


def upload(service: Service, query: UploadQuery) -> Response:
    """Take in a file for the page.

    The body is the file itself; it goes to disk in blocks. The id is good for an hour.
    """
    stream = cast(BinaryIO, request.stream)
    upload_id = service.workbench.receive_upload(stream, query.name)
    return answer({"upload_id": upload_id}, 201)


def _prediction(service: Service, points: Points, asked: Asked | AskedAsText) -> Response:
    first = ("isolate",) if asked.isolate else ()
    with service.workbench.turns.costing(*first, points=len(points)):
        points, record = isolated(points, asked.isolate)
    prediction, more = service.workbench.explained(points, asked.explain)
    bind(version=prediction.model_version)
    result = said(prediction, asked.level) | record | more
    if asked.include_figure:
        result["plotly_json"] = service.figure(points, f"Predicted: {prediction.predicted_class}")
    return answer(result)


def said(prediction: Prediction, level: float) -> dict[str, Any]:
    """What a prediction says, without a figure."""
    return {
        "predicted_class": prediction.predicted_class,
        "probabilities": dict(prediction.probabilities),
        "label_set": prediction.label_set(level),
        "unknown": prediction.unknown,
        "unknown_score": prediction.unknown_score,
        "model_version": prediction.model_version,
    }


def _read(service: Service, file: FileStorage) -> PointCloud:
    # Readers want a path; the name that the sender gave is for display and its ending only.
    with tempfile.NamedTemporaryFile(prefix="pcdash-") as copy:
        shutil.copyfileobj(file.stream, copy)
        copy.flush()
        return service.workbench.read_file(Path(copy.name), file.filename or "file")
