"""The default classifier: cross-fitted networks and linear discriminants."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from pcdash.core.classifiers.crossfit import fit_expert
from pcdash.core.classifiers.network import NetworkRecipe


class Ensemble(ClassifierMixin, BaseEstimator):
    """Networks and linear discriminants, calibrated on the folds that they have not seen.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the networks' hidden layers.
    epochs : int
        Passes over the training rows.
    steps : int
        Fewest batches of 128 rows; few rows are passed over more often.
    folds : int
        Networks, each of which leaves out one fold.
    seed : int

    Attributes
    ----------
    expert_ : Expert
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
        recipe = NetworkRecipe(
            hidden=tuple(self.hidden), epochs=self.epochs, least_steps=self.steps
        )
        seed = np.random.SeedSequence(self.seed)
        self.expert_ = fit_expert(X, labels, len(self.classes_), recipe, self.folds, seed)
        return self

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities (m, classes)."""
        return self.expert_.probabilities(X)

    def predict(self, X: NDArray[np.float32]) -> NDArray[Any]:
        """The most probable class of every row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
