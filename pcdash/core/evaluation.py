"""Figures that say how right a model was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Confusion = NDArray[np.int64]
"""(c, c) counts; rows are the true classes, columns the predicted ones."""


def confusion_matrix(truth: NDArray[np.int64], said: NDArray[np.int64], classes: int) -> Confusion:
    """Count (true, predicted) pairs.

    Parameters
    ----------
    truth, said : (m,) int64
        Class indices in [0, `classes`).
    classes : int

    Returns
    -------
    (classes, classes) int64
    """
    flat = np.bincount(truth * classes + said, minlength=classes * classes)
    return flat.reshape(classes, classes).astype(np.int64)


def accuracy(confusion: Confusion) -> float:
    """Share of clouds that were classified right, in [0, 1]."""
    return float(np.trace(confusion) / confusion.sum())


def f1_macro(confusion: Confusion) -> float:
    """Mean over the classes of 2 TP / (2 TP + FP + FN), in [0, 1].

    A class that neither occurs nor is predicted is left out of the mean.
    """
    hits = np.diag(confusion)
    involved = confusion.sum(axis=0) + confusion.sum(axis=1)
    present = involved > 0
    return float(np.mean(2 * hits[present] / involved[present]))


def macro_recall(confusion: Confusion) -> float:
    """Mean over the classes that occur of the share of their clouds found, in [0, 1]."""
    occur = confusion.sum(axis=1)
    present = occur > 0
    return float(np.mean(np.diag(confusion)[present] / occur[present]))


def calibration_error(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], bins: int = 15
) -> float:
    """Expected calibration error of the winning class, in [0, 1].

    Mean over equal-width bins of the confidence of |accuracy - mean confidence|, weighted by the
    bins' shares (Guo et al. 2017, "On calibration of modern neural networks", eq. 3).

    Parameters
    ----------
    probabilities : (m, c) float64
        Rows summing to 1.
    truth : (m,) int64
        Column of the true class; -1 where the model does not know it.
    bins : int
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(bin_of, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


METRICS: dict[str, Callable[[Confusion], float]] = {"accuracy": accuracy, "f1_macro": f1_macro}
"""What ``metrics`` in a training configuration may name."""
