"""How a version came to be, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pcdash.datasets import stored_hash
from pcdash.figures.words import UNKNOWN, counted, duration
from pcdash.workbench.dossier import Dossier

_HASH = 16
"""Digits that are shown of a SHA-256."""


def facts_of(dossier: Dossier) -> dict[str, str]:
    """Name -> value of what led to a version; a dash for what nobody wrote down."""
    report = dossier.report
    lineage: Mapping[str, Any] = report.get("lineage") or {}
    config: Mapping[str, Any] = report.get("config") or {}
    seconds = (report.get("seconds") or {}).get("total")
    counts: Mapping[str, int] = report.get("counts") or {}
    libraries: Mapping[str, str] = lineage.get("libraries") or {}
    return {
        "Made": dossier.created_at.replace("T", ", ").replace("Z", " UTC") or UNKNOWN,
        "Classifier": str((config.get("model") or {}).get("name", UNKNOWN)),
        "Classes": ", ".join(dossier.classes) or UNKNOWN,
        "Data": _data(config.get("dataset") or {}, dossier.dataset),
        "Clouds": ", ".join(f"{n:,} {split}" for split, n in counts.items()) or UNKNOWN,
        "Left out": counted(len(report.get("problems") or ()), "unreadable file"),
        "Data hash": _digits(lineage.get("dataset_fingerprint")),
        "Configuration hash": _digits(lineage.get("config_fingerprint")),
        "Seed": str(lineage.get("seed", UNKNOWN)),
        "Trained in": UNKNOWN if seconds is None else duration(seconds),
        "pcdash": str(lineage.get("pcdash", UNKNOWN)),
        "Descriptor": str(lineage.get("descriptor_version", UNKNOWN)),
        "Libraries": ", ".join(f"{name} {at}" for name, at in libraries.items()) or UNKNOWN,
    }


def conditions_of(dossier: Dossier) -> str:
    """Say on what a version was examined; empty without a passport."""
    if dossier.passport is None:
        return ""
    test = dossier.passport["test"]
    whose = "synthetic clouds of its own classes" if test["kind"] == "synthetic" else "test clouds"
    return (
        f"Examined on {test['clouds']:,} {whose} under "
        f"{counted(len(dossier.passport['conditions']), 'condition')}, the same for every version "
        f"like it ({_digits(test['fingerprint'])}). Bands are 95 % intervals."
    )


def _data(dataset: Mapping[str, Any], name: str | None) -> str:
    if dataset.get("kind") == "folder":
        if (key := stored_hash(str(dataset.get("root")))) is not None:
            digits = f"dataset {_digits(key)}"
            return f"{name} ({digits})" if name else digits
        return f"folder {dataset.get('root', UNKNOWN)}"
    each = dataset.get("n_samples_per_class")
    if each is None:
        return UNKNOWN
    recipe = "synthetic, like real scans" if dataset.get("randomise") else "synthetic"
    return f"{recipe}, {each:,} clouds per class"


def _digits(value: object) -> str:
    return str(value)[:_HASH] if value else UNKNOWN
