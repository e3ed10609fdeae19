"""Temperatures: how sure may a classifier be?"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import StratifiedKFold

from pcdash.core.classifiers.network import softmax

Float = NDArray[np.float64]
Labels = NDArray[np.int64]

_STEPS = 40
_RANGE = (float(np.log(0.05)), float(np.log(50.0)))
_LEAST = 1e-3
"""Smallest probability whose logarithm is taken: a forest's vote may be unanimous by chance."""


def log_loss(probabilities: Float, labels: Labels) -> float:
    """Mean negative log probability of the true class."""
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, 1e-9)).mean())


def temperature(logits: NDArray[np.floating], labels: Labels) -> float:
    """The divisor of held-out logits that minimises their log loss (Guo et al. 2017).

    Golden-section search on its logarithm within 0.05..50; the loss has one minimum.
    """
    low, high = _RANGE
    golden = float(np.sqrt(5) - 1) / 2

    def loss(log_temperature: float) -> float:
        return log_loss(softmax(logits / np.exp(log_temperature)), labels)

    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


class TemperatureScaled(ClassifierMixin, BaseEstimator):
    """Any classifier, its probabilities calibrated on what it says about held-out folds.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba``, or a ``decision_function`` with one column per class.
    folds : int
        Folds of the cross-validation; classes with fewer rows lower it.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on all rows.
    temperature_ : float
        1 where a class has a single row and nothing can be held out.
    """

    def __init__(self, estimator: Any, folds: int = 3) -> None:
        self.estimator = estimator
        self.folds = folds

    def fit(self, X: NDArray[np.float32], y: NDArray[Any]) -> Self:
        """Fit on features (m, d) and labels (m,)."""
        self.classes_, labels = np.unique(y, return_inverse=True)
        self.estimator_ = self._fitted(X, labels)
        folds = min(self.folds, int(np.bincount(labels).min()))
        self.temperature_ = 1.0
        if folds >= 2:
            self.temperature_ = temperature(self._logits(self._held_out(X, labels, folds)), labels)
        return self

    def predict_proba(self, X: NDArray[np.float32]) -> Float:
        """Calibrated probabilities (m, classes)."""
        said = getattr(self.estimator_, self._method())(X)
        return softmax(self._logits(said) / self.temperature_)

    def predict(self, X: NDArray[np.float32]) -> NDArray[Any]:
        """The most probable class of every row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _held_out(self, X: NDArray[np.float32], labels: Labels, folds: int) -> Float:
        """What is said of every row by an estimator that has not seen it."""
        split = StratifiedKFold(folds, shuffle=True, random_state=0)
        rows, said = [], []
        for seen, held in split.split(X, labels):
            estimator = self._fitted(X[seen], labels[seen])
            rows.append(held)
            said.append(getattr(estimator, self._method())(X[held]))
        return np.asarray(np.concatenate(said)[np.argsort(np.concatenate(rows))])

    def _fitted(self, X: NDArray[np.float32], labels: Labels) -> Any:
        """A fitted estimator that is grown on all cores but asked on one.

        Starting threads costs more than a cloud's answer, and a forest's threads add up the votes
        in the order in which they finish: the last digits of the sum would be left to chance.
        """
        estimator = clone(self.estimator).fit(X, labels)
        if "n_jobs" in estimator.get_params(deep=False):
            estimator.set_params(n_jobs=1)
        return estimator

    def _method(self) -> str:
        return "decision_function" if self._decides() else "predict_proba"

    def _decides(self) -> bool:
        return hasattr(self.estimator, "decision_function")

    def _logits(self, said: Float) -> Float:
        if not self._decides():
            return np.asarray(np.log(np.maximum(said, _LEAST)))
        return np.stack([-said, said], axis=1) if said.ndim == 1 else said
