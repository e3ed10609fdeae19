"""The default classifier: one expert for clouds of many points, one for clouds of few."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from pcdash.core.classifiers.crossfit import Expert, fit_expert
from pcdash.core.classifiers.network import NetworkRecipe
from pcdash.core.descriptor import SLICES
from pcdash.core.descriptor.few_points import FEW

_MANY = 100
_FEWEST_ROWS = 20


class Ensemble(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Experts by the number of points."""

    def __init__(
        self, hidden: tuple[int, ...] = (256, 64), epochs: int = 25, folds: int = 4, seed: int = 0
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.folds = folds
        self.seed = seed

    def fit(self, X: NDArray[np.float32], y: NDArray[Any]) -> Self:
        """Fit on features (m, DIM) and labels (m,)."""
        self.classes_, labels = np.unique(y, return_inverse=True)
        few, many = _routes(X)
        recipe = NetworkRecipe(hidden=tuple(self.hidden), epochs=self.epochs)
        seeds = np.random.SeedSequence(self.seed).spawn(2)
        number = len(self.classes_)
        self.few_: Expert | None = None
        self.many_: Expert | None = None
        if _enough(labels[many], number):
            self.many_ = fit_expert(
                _large(X[many]), labels[many], number, recipe, self.folds, seeds[0]
            )
        if self.many_ is None or _enough(labels[few], number):
            rows = few if self.many_ is not None else np.ones(len(X), bool)
            self.few_ = fit_expert(X[rows], labels[rows], number, recipe, self.folds, seeds[1])
        return self

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (m, classes)."""
        if self.many_ is None and self.few_ is not None:
            return self.few_.probabilities(X)
        if self.few_ is None and self.many_ is not None:
            return self.many_.probabilities(_large(X))
        few, _ = _routes(X)
        result = np.empty((len(X), len(self.classes_)))
        if few.any():
            result[few] = self.few_.probabilities(X[few])
        if not few.all():
            result[~few] = self.many_.probabilities(_large(X[~few]))
        return result

    def predict(self, X: NDArray[np.float32]) -> NDArray[Any]:
        """The most probable class of every row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _routes(X: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows with few and with many points; the ones between are both."""
    number = np.exp2(X[:, SLICES["few_points"].start])
    return number < FEW + 0.5, number > _MANY + 0.5


def _large(X: NDArray[np.float32]) -> NDArray[np.float32]:
    return X[:, : SLICES["few_points"].start]


def _enough(labels: NDArray[np.int64], classes: int) -> bool:
    return bool(np.bincount(labels, minlength=classes).min() >= _FEWEST_ROWS)
