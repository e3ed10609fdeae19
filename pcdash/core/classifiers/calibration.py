"""Temperatures: how sure is a classifier really?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.classifiers.network import softmax

Float = NDArray[np.float64]

_STEPS = 40
_RANGE = (np.log(0.05), np.log(50.0))


def log_loss(probabilities: Float, labels: NDArray[np.int64]) -> float:
    """Mean negative log probability of the true class."""
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, 1e-9)).mean())


def temperature(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """The divisor of held-out logits that minimises their log loss (Guo et al. 2017).

    Golden-section search on its logarithm; the loss has one minimum.
    """
    logits = logits.astype(np.float64)
    low, high = _RANGE
    golden = (np.sqrt(5) - 1) / 2

    def loss(log_temperature: float) -> float:
        return log_loss(softmax(logits / np.exp(log_temperature)), labels)

    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))
