"""Classifiers whose reasons are known, for the audits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pcdash.core.cloud import Points
from pcdash.core.inference import ActiveModel

CLASSES = ("cone", "torus")


class Scored:
    """A pipeline that is as sure of a torus as a function of the points says."""

    def __init__(self, score: Callable[[Points], float]) -> None:
        self._score = score

    def predict_proba(self, clouds: Sequence[Points]) -> np.ndarray:
        scores = np.clip([self._score(points) for points in clouds], -30, 30)
        torus = 1 / (1 + np.exp(-scores))
        return np.stack([1 - torus, torus], axis=1)


def scored(score: Callable[[Points], float]) -> ActiveModel:
    """A model whose log-odds of a torus are `score` of the points."""
    return ActiveModel(Scored(score), CLASSES, "20260101-000000")


def roundness(points: Points) -> float:
    """Ratio of the middle to the largest principal variance, centred: blind to pose and unit."""
    spectrum = np.linalg.eigvalsh(np.cov(points.T))
    return float(10 * (spectrum[1] / spectrum[2] - 0.2))


def lying(points: Points) -> float:
    """Wide rather than high: a model that looks at the bounding box."""
    wide, _, high = np.ptp(points, axis=0)
    return float(5 * np.log(wide / high))
