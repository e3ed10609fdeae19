"""The network of the ensemble, alone, as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from pcdash.core.classifiers.network import NetworkRecipe, softmax, train_network


class Perceptron(ClassifierMixin, BaseEstimator):
    """One multilayer perceptron on scaled features.

    Parameters
    ----------
    hidden : sequence of int
    epochs : int
    seed : int
    """

    def __init__(
        self, hidden: tuple[int, ...] = (256, 64), epochs: int = 15, seed: int = 0
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.seed = seed

    def fit(self, X: NDArray[np.float32], y: NDArray[Any]) -> Self:
        """Fit on features (m, d) and labels (m,)."""
        self.classes_, labels = np.unique(y, return_inverse=True)
        targets = np.eye(len(self.classes_), dtype=np.float32)[labels]
        recipe = NetworkRecipe(hidden=tuple(self.hidden), epochs=self.epochs)
        rng = np.random.default_rng(self.seed)
        self.network_ = train_network(np.asarray(X, np.float32), targets, recipe, rng)
        return self

    def decision_function(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Unnormalised log probabilities (m, classes)."""
        return self.network_.logits(np.asarray(X, np.float32))

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (m, classes), not calibrated."""
        return softmax(self.decision_function(X))

    def predict(self, X: NDArray[np.float32]) -> NDArray[Any]:
        """The most probable class of every row."""
        return np.asarray(self.classes_[self.decision_function(X).argmax(axis=1)])
