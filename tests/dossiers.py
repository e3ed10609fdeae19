"""Versions with whole reports, made up of a few clouds."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from pcdash.core.evaluation import calibration_bins, confusion_matrix, per_class
from pcdash.core.examination.evidence import SHOWN_POINTS, Evidence
from pcdash.core.examination.paired import wilson
from pcdash.workbench.dossier import Dossier

CLASSES = ("ball", "box", "rod")
CONDITIONS = (
    ("clean", 0.0),
    ("noise", 0.02),
    ("noise", 0.1),
    ("points", 128.0),
    ("points", 32.0),
    ("outliers", 0.3),
    ("crop", 0.5),
    ("view", 1.0),
)


def make_evidence(
    number: int, wrong: Sequence[int] = (), classes: Sequence[str] = CLASSES
) -> Evidence:
    """Clouds of each class in turn; `wrong` ones are taken for the next class, ever less surely."""
    rng = np.random.default_rng(1)
    truth = np.arange(number) % len(classes)
    said = truth.copy()
    said[list(wrong)] = (truth[list(wrong)] + 1) % len(classes)
    sure = np.linspace(0.9, 0.6, number)
    probabilities = np.tile(((1 - sure) / (len(classes) - 1))[:, None], (1, len(classes)))
    probabilities[np.arange(number), said] = sure
    return Evidence(
        truth=truth.astype(np.int16),
        said=said.astype(np.int16),
        probabilities=probabilities.astype(np.float32),
        points=rng.standard_normal((number, SHOWN_POINTS, 3)).astype(np.float16),
        place=rng.standard_normal((number, 2)).astype(np.float32),
        name=np.array([f"{classes[t]}/test/{i:03}.ply" for i, t in enumerate(truth)]),
        total=number,
    )


def make_passport(
    right: Sequence[Sequence[bool]] | None = None,
    *,
    classes: Sequence[str] = CLASSES,
    fingerprint: str = "e" * 64,
    n: int = 20,
) -> dict[str, Any]:
    """A passport; `right` says for each condition which clouds are right, all of them at first."""
    rows = [np.ones(n, dtype=bool) for _ in CONDITIONS] if right is None else right
    return {
        "passport_format": 1,
        "seed": 1,
        "grid": "small",
        "classes": list(classes),
        "test": {"fingerprint": fingerprint, "clouds": n, "kind": "folder"},
        "conditions": [
            _condition(family, level, np.asarray(row, dtype=bool))
            for (family, level), row in zip(CONDITIONS, rows, strict=True)
        ],
    }


def _condition(family: str, level: float, right: Any) -> dict[str, Any]:
    hits, n = int(right.sum()), len(right)
    low, high = wilson(hits, n)
    return {
        "name": f"{family} {level:g}",
        "family": family,
        "level": level,
        "title": f"{family} at {level:g}",
        "n": n,
        "right": hits,
        "accuracy": hits / n,
        "low": low,
        "high": high,
        "ece": 0.1,
        "outcomes": base64.b64encode(np.packbits(right).tobytes()).decode(),
    }


def make_dossier(
    version: str = "20261122-101500",
    *,
    number: int = 12,
    wrong: Sequence[int] = (1, 4),
    classes: Sequence[str] = CLASSES,
    data: str = "d" * 64,
    **changes: Any,
) -> Dossier:
    """A version that lacks nothing, with `number` test clouds, unless said otherwise."""
    evidence = make_evidence(number, wrong, classes)
    truth, said = evidence.truth.astype(np.int64), evidence.said.astype(np.int64)
    confusion = confusion_matrix(truth, said, len(classes))
    hits = int(np.trace(confusion))
    probabilities = evidence.probabilities.astype(np.float64)
    report: dict[str, Any] = {
        "classes": list(classes),
        "config": {
            "seed": 7,
            "model": {"name": "lda"},
            "dataset": {"kind": "folder", "root": "scans"},
        },
        "metrics": {"accuracy": hits / number, "f1_macro": 0.5},
        "intervals": {"accuracy": list(wilson(hits, number)), "f1_macro": [0.25, 0.75]},
        "confusion": confusion.tolist(),
        "per_class": [vars(one) for one in per_class(confusion, classes)],
        "calibration": {
            "ece": 0.125,
            "bins": [vars(one) for one in calibration_bins(probabilities, truth)],
        },
        "importance": [{"block": "fits", "drop": 0.25}, {"block": "second_order", "drop": -0.01}],
        "alarm": None,
        "projection": "lda",
        "counts": {"train": 30, "val": 6, "test": number},
        "problems": [],
        "seconds": {"total": 65.0},
        "lineage": {
            "seed": 7,
            "dataset_fingerprint": data,
            "config_fingerprint": "c" * 64,
            "pcdash": "0.1.0",
            "descriptor_version": 3,
            "libraries": {"numpy": "2.4.6"},
        },
    }  # fmt: skip
    known: dict[str, Any] = {
        "version": version,
        "created_at": "2026-11-22T10:15:00Z",
        "classes": tuple(classes),
        "report": report | changes.pop("report", {}),
        "passport": make_passport(classes=classes),
        "evidence": evidence,
        "missing": (),
    }
    return Dossier(**known | changes)
