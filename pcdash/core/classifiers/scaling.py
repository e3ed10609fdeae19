"""Features on a common scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

Float32 = NDArray[np.float32]

_CLIP = np.float32(5.0)
_CONSTANT = 1e-6


@dataclass(frozen=True)
class Scaling:
    """Signed square root, zero mean and unit deviation, clipped to five deviations.

    The square root evens out histogram counts and heavy tails; columns that do not vary in
    training are left out.
    """

    columns: NDArray[np.intp]
    mean: Float32
    factor: Float32

    @classmethod
    def fit(cls, features: Float32) -> Self:
        """Learn means and deviations of features (m, d)."""
        rooted = _root(features)
        deviation = rooted.std(axis=0, dtype=np.float64)
        columns = np.flatnonzero(deviation > _CONSTANT)
        mean = rooted.mean(axis=0, dtype=np.float64)[columns]
        return cls(columns, mean.astype(np.float32), (1 / deviation[columns]).astype(np.float32))

    def __call__(self, features: Float32) -> Float32:
        """Scale features (m, d) to (m, len(columns)) float32."""
        scaled = _root(features[:, self.columns])
        scaled -= self.mean
        scaled *= self.factor
        np.maximum(scaled, -_CLIP, out=scaled)
        np.minimum(scaled, _CLIP, out=scaled)
        return scaled


class Rooted(TransformerMixin, BaseEstimator):
    """`Scaling` as a step of a scikit-learn pipeline."""

    def fit(self, X: Float32, y: Any = None) -> Self:
        """Learn means and deviations."""
        self.scaling_ = Scaling.fit(X)
        return self

    def transform(self, X: Float32) -> Float32:
        """Scaled features (m, columns that vary)."""
        return self.scaling_(X)


def _root(values: Float32) -> Float32:
    result = np.sqrt(np.abs(values))
    return np.copysign(result, values, out=result)
