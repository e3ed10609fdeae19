"""Predictions with descriptors, and reports of the drift watch, all made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pcdash.core.cloud import Prediction
from pcdash.core.descriptor import DIM
from pcdash.core.drift import Comparison, Shift
from pcdash.workbench.drift_report import DriftReport, Judged

VERSION = "20261122-101500"
_MIXING = np.random.default_rng(0).normal(size=(6, DIM)).astype(np.float32)


def make_features(rng: np.random.Generator, n: int, shift: float = 0.0) -> np.ndarray[Any, Any]:
    """Descriptors (n, DIM) of six hidden causes, the first of them shifted."""
    causes = rng.normal(size=(n, 6)) + shift * np.eye(6)[0]
    return (causes @ _MIXING + 0.1 * rng.normal(size=(n, DIM))).astype(np.float32)


def make_predictions(
    rng: np.random.Generator, n: int, shift: float = 0.0, version: str = VERSION
) -> Iterator[Prediction]:
    """Answers of a version that was never calibrated."""
    for row in make_features(rng, n, shift):
        name = str(rng.choice(["sphere", "cube"]))
        yield Prediction(name, {}, version, 128, 1.0, descriptor=row)


def make_comparison(distance: float, clouds: int = 100, unknown: float = 0.03) -> Comparison:
    """Clouds whose planes are that far off."""
    shifts = (Shift("planes", distance, 0.9), Shift("frame", 0.3, 0.55), Shift("gauss", 0.1, 0.5))
    shares = {"cube": 0.25, "torus": 0.75}
    return Comparison(clouds, shifts, 0.4, 0.25, shares, {"cube": 0.5, "torus": 0.5}, unknown, 0.2)


def make_report(
    version: str, *distances: float, waiting: int = 7, together: float = 0.6
) -> DriftReport:
    """A report with a window for each distance, an hour apart; those together are all the same."""
    windows = tuple(
        Judged(
            1.795e9 + 3600 * hour,
            1.795e9 + 3600 * hour + 600,
            make_comparison(distance),
            make_comparison(together, 100 * (hour + 1)) if hour else None,
        )
        for hour, distance in enumerate(distances)
    )
    return DriftReport(version, windows, waiting)
