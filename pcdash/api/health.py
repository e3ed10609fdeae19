"""Whether the service is well."""

from __future__ import annotations

from typing import Any

from flask import Response

from pcdash.api.metrics import CONTENT_TYPE
from pcdash.api.service import Service, answer
from pcdash.errors import ModelUnavailable, Stopping


def health(service: Service) -> Response:
    """Tell which model answers.

    200 also without a model: then `detail` says what is being done about it, as it says why what
    is promoted is not what answers.
    """
    status = service.workbench.status()
    body: dict[str, Any] = {
        "status": "ok",
        "model_loaded": status.model_loaded,
        "model_version": status.model_version,
    }
    if status.state != "ready" or status.problem is not None:
        body["detail"] = status.detail
    return answer(body)


def live(service: Service) -> Response:
    """Tell that this process answers, whatever it has to say."""
    return answer({"status": "ok"})


def ready(service: Service) -> Response:
    """Tell that predictions are to be had: 503 without a model, and while the server stops."""
    if service.traffic.stopping:
        raise Stopping
    if not service.workbench.status().model_loaded:
        raise ModelUnavailable
    return answer({"status": "ok"})


def metrics(service: Service) -> Response:
    """Count requests, refusals, reloads and jobs, for Prometheus.

    Of this server process alone: where several serve, each has its own counts.
    """
    return Response(service.traffic.metrics.text(), content_type=CONTENT_TYPE)
