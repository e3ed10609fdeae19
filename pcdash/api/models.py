"""Versions of the model."""

from __future__ import annotations

from dataclasses import asdict

from flask import Response

from pcdash.api.service import Service, answer
from pcdash.api.version_schemas import LogEntry, ModelDetail, PromoteRequest, VersionPath
from pcdash.errors import CorruptArtifact, NotFound
from pcdash.workbench.dossier import without_paths

_OF_REPORT = ModelDetail.model_fields.keys() - {"report"}


def list_models(service: Service) -> Response:
    """List all versions."""
    return answer({"models": service.workbench.models()})


def show_model(service: Service, path: VersionPath) -> Response:
    """Show one version: how it was made, how right it is, and where it breaks."""
    workbench = service.workbench
    row = next((row for row in workbench.models() if row.version == path.version), None)
    if row is None:
        raise NotFound("there is no such version")
    try:
        report = without_paths(workbench.report(path.version))
    except (NotFound, CorruptArtifact):
        report = {}
    found = dict.fromkeys(_OF_REPORT) | {k: v for k, v in report.items() if k in _OF_REPORT}
    return answer(found | asdict(row) | {"report": report})


def promote(service: Service, path: VersionPath, body: PromoteRequest) -> Response:
    """Put a version in service, unless it is significantly worse than the one there now.

    Then the answer is 409 and names where; a reason overrides that.
    """
    verdict = service.workbench.promote(path.version, reason="POST /models", override=body.override)
    worse = [str(one) for one in verdict.worse]
    return answer({"model_version": path.version, "note": verdict.note, "worse": worse})


def roll_back(service: Service) -> Response:
    """Put the version in service that was so before the present one."""
    return answer({"model_version": service.workbench.rollback()})


def show_log(service: Service) -> Response:
    """What was live when, and why."""
    keys = LogEntry.model_fields
    entries = service.workbench.promotion_log()
    return answer({"log": [{key: entry.get(key) for key in keys} for entry in entries]})


def delete(service: Service, path: VersionPath) -> Response:
    """Remove a version; not the one in service, the one before it, or one that somebody uses."""
    service.workbench.delete(path.version)
    return answer({"model_version": path.version})
