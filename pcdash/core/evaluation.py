"""Figures that say how right a model was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class ClassFigures:
    """One class's precision, recall and F1, each in [0, 1], and how many clouds of it there were.

    A figure is None where there is nothing to divide by.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    n: int


def per_class(confusion: Confusion, names: Sequence[str]) -> list[ClassFigures]:
    """Precision, recall and F1 of every class."""
    hits, found, there = np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)

    def share(part: int, whole: int) -> float | None:
        return float(part / whole) if whole else None

    return [
        ClassFigures(name, share(h, f), share(h, t), share(2 * h, f + t), int(t))
        for name, h, f, t in zip(names, hits, found, there, strict=True)
    ]


def f1_interval(confusion: Confusion, draws: int = 1000) -> tuple[float, float]:
    """95 % interval of the macro F1: percentile bootstrap over the clouds (Efron 1979).

    Drawing clouds with replacement draws the cells of the confusion from a multinomial
    distribution; the generator's seed is fixed.
    """
    total = int(confusion.sum())
    rng = np.random.default_rng(0)
    shares = confusion.ravel() / total
    # One draw at a time: a thousand of a thousand classes would be 8 GB.
    drawn = (rng.multinomial(total, shares) for _ in range(draws))
    values = [f1_macro(one.reshape(confusion.shape)) for one in drawn]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


COLLAPSED = 0.9
"""Share of the answers that one class must take for a model to count as collapsed."""


def collapse(confusion: Confusion, names: Sequence[str]) -> str | None:
    """A sentence if one class takes nearly all answers though the clouds are of several; or None.

    The class must take `COLLAPSED` of the answers and at least half as many again as it has clouds.
    """
    share = confusion.sum(axis=0) / confusion.sum()
    own = confusion.sum(axis=1) / confusion.sum()
    most = int(share.argmax())
    if share[most] < max(COLLAPSED, min(1.0, 1.5 * own[most])) or own[most] > COLLAPSED:
        return None
    return (
        f"{share[most]:.0%} of the answers are {names[most]}, which {own[most]:.0%} of the "
        "clouds are: the model has collapsed onto one class"
    )


@dataclass(frozen=True)
class CalibrationBin:
    """Answers of similar confidence: how sure they were, and how often they were right.

    Attributes
    ----------
    low, high : float
        Bounds of the confidence.
    n : int
    confidence, accuracy : float or None
        Means over the bin; None where it is empty.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


def calibration_bins(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], bins: int = 10
) -> list[CalibrationBin]:
    """The reliability diagram of the winning class (Guo et al. 2017), equal-width bins.

    Parameters
    ----------
    probabilities : (m, c) float64
        Rows summing to 1.
    truth : (m,) int64
        Column of the true class.
    bins : int
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    number = np.bincount(bin_of, minlength=bins)
    sure = np.bincount(bin_of, weights=confidence, minlength=bins)
    hits = np.bincount(bin_of, weights=right, minlength=bins)
    return [
        CalibrationBin(
            b / bins,
            (b + 1) / bins,
            int(n),
            float(sure[b] / n) if n else None,
            float(hits[b] / n) if n else None,
        )
        for b, n in enumerate(number)
    ]


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
