"""Versions of the model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from flask import Response

from pcdash.api.schemas import VersionPath
from pcdash.api.service import Service, answer
from pcdash.errors import CorruptArtifact, NotFound


def list_models(service: Service) -> Response:
    """List all versions."""
    return answer({"models": [asdict(row) for row in service.workbench.models()]})


def show_model(service: Service, path: VersionPath) -> Response:
    """Show one version and the report of its training."""
    workbench = service.workbench
    row = next((row for row in workbench.models() if row.version == path.version), None)
    if row is None:
        raise NotFound("there is no such version")
    try:
        report: dict[str, Any] | None = _without_paths(workbench.report(path.version))
    except (NotFound, CorruptArtifact):
        report = None
    return answer(asdict(row) | {"report": report})


def promote(service: Service, path: VersionPath) -> Response:
    """Put a version in service."""
    service.workbench.promote(path.version, reason="POST /models")
    return answer({"model_version": path.version})


def roll_back(service: Service) -> Response:
    """Put the version in service that was so before the present one."""
    return answer({"model_version": service.workbench.rollback()})


def _without_paths(report: dict[str, Any]) -> dict[str, Any]:
    """Name a training folder by its last part alone: where it lies is the server's business."""
    config = report.get("config") or {}
    dataset = config.get("dataset") or {}
    if "root" not in dataset:
        return report
    harmless = dataset | {"root": PurePath(str(dataset["root"])).name}
    return report | {"config": config | {"dataset": harmless}}
