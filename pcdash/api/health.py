"""Whether the service is well."""

from __future__ import annotations

from typing import Any

from flask import Response

from pcdash.api.service import Service, answer
from pcdash.errors import ModelUnavailable


def health(service: Service) -> Response:
    """Tell which model answers.

    200 also without a model: then `detail` says what is being done about it.
    """
    status = service.workbench.status()
    body: dict[str, Any] = {
        "status": "ok",
        "model_loaded": status.model_loaded,
        "model_version": status.model_version,
    }
    if status.state != "ready":
        body["detail"] = status.detail
    return answer(body)


def live(service: Service) -> Response:
    """Tell that this process answers, whatever it has to say."""
    return answer({"status": "ok"})


def ready(service: Service) -> Response:
    """Tell that predictions are to be had: 503 without a model."""
    if not service.workbench.status().model_loaded:
        raise ModelUnavailable
    return answer({"status": "ok"})
