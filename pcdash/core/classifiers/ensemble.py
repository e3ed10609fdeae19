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
"""Clouds of more points than this train the expert for many; those up to `FEW` train both."""

_FEWEST_ROWS = 20
"""Rows that every class must have for an expert of its own."""

_FITS = SLICES["few_points"]


class Ensemble(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Cross-fitted networks and linear discriminants, calibrated, by number of points.

    Clouds of few points are judged with the signed-distance fits of the descriptor, the others
    without.  Where the training data hold clouds of one sort only, its expert judges all.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the networks' hidden layers.
    epochs : int
        Passes over the training rows.
    steps : int
        Fewest batches of 128 rows; few rows are passed over more often.
    folds : int
        Networks of each expert.
    seed : int

    Attributes
    ----------
    many_, few_ : Expert or None
        At least one of the two.
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (256, 64),
        epochs: int = 15,
        steps: int = 800,
        folds: int = 4,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.steps = steps
        self.folds = folds
        self.seed = seed

    def fit(self, X: NDArray[np.float32], y: NDArray[Any]) -> Self:
        """Fit on descriptors (m, DIM) and labels (m,)."""
        self.classes_, labels = np.unique(y, return_inverse=True)
        number = _points(X)
        few, many = number <= FEW, number > _MANY
        mixed = self._enough(labels[few]) and self._enough(labels[many])
        if not mixed:
            few = many = np.ones(len(X), bool)
        mostly_few = bool(np.median(number) <= FEW)
        seeds = np.random.SeedSequence(self.seed).spawn(2)
        self.many_ = self.few_ = None
        if mixed or not mostly_few:
            self.many_ = self._expert(X[many, : _FITS.start], labels[many], seeds[0])
        if mixed or mostly_few:
            self.few_ = self._expert(X[few], labels[few], seeds[1])
        return self

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities (m, classes)."""
        few = _points(X) <= FEW
        if self.many_ is None:
            few = np.ones(len(X), bool)
        elif self.few_ is None:
            few = np.zeros(len(X), bool)
        result = np.empty((len(X), len(self.classes_)))
        if self.few_ is not None and few.any():
            result[few] = self.few_.probabilities(X[few])
        if self.many_ is not None and not few.all():
            result[~few] = self.many_.probabilities(X[~few, : _FITS.start])
        return result

    def predict(self, X: NDArray[np.float32]) -> NDArray[Any]:
        """The most probable class of every row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _enough(self, labels: NDArray[np.int64]) -> bool:
        return int(np.bincount(labels, minlength=len(self.classes_)).min()) >= _FEWEST_ROWS

    def _expert(
        self, X: NDArray[np.float32], labels: NDArray[np.int64], seed: np.random.SeedSequence
    ) -> Expert:
        recipe = NetworkRecipe(
            hidden=tuple(self.hidden), epochs=self.epochs, least_steps=self.steps
        )
        return fit_expert(X, labels, len(self.classes_), recipe, self.folds, seed)


def _points(X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Points that were looked at in every row's cloud, as the descriptor says."""
    return np.rint(np.exp2(X[:, _FITS.start].astype(np.float64)))
