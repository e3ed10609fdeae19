"""How good a scan is, told from its descriptor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pcdash.core.classifiers.scaling import Scaling
from pcdash.core.corruption.scanning import Truth

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

_LEAST_NOISE = 0.01
"""Noise is estimated on a logarithmic scale that ends about here."""

_RIDGE = 0.1
_FULL = 0.9
"""Coverage from which a scan counts as seen from all around."""


@dataclass(frozen=True)
class Quality:
    """Estimates about one scan.

    Attributes
    ----------
    points : int
        As they came.
    noise : float
        Standard deviation along each axis, in rms radii of the object.
    outliers : float
        Share of the points that belong to nothing, in [0, 1].
    coverage : float
        Part of the surface that is seen, in [0, 1].
    evenness : float
        Effective over actual number of points, in [0, 1]; 1 where the density is the same
        everywhere.
    """

    points: int
    noise: float
    outliers: float
    coverage: float
    evenness: float

    def summary(self) -> str:
        """Everything that matters in a few words."""
        seen = "seen all around" if self.coverage >= _FULL else f"{100 * self.coverage:.0f} % seen"
        parts = [
            f"{self.points:,} points",
            f"noise about {100 * max(self.noise, 0.005):.1f} % of the radius",
        ]
        parts += [f"{100 * self.outliers:.0f} % outliers"] if self.outliers >= 0.03 else []
        return ", ".join([*parts, seen])

    def sentences(self, distinct: int) -> dict[str, str]:
        """A plain sentence about each; `distinct` is the number of different points."""
        seen = (
            "The object seems to be seen from all around."
            if self.coverage >= _FULL
            else f"About {100 * self.coverage:.0f} % of the surface seems to be seen."
        )
        return {
            "points": f"{self.points:,} points."
            if distinct == self.points
            else f"{self.points:,} points, {distinct:,} of them different: points that repeat tell "
            "nothing more, and where there are many, what is said of noise and outliers is wrong.",
            "noise": f"Noise of about {100 * self.noise:.1f} % of the object's radius."
            if self.noise >= 0.005
            else "Hardly any noise.",
            "outliers": f"About {100 * self.outliers:.0f} % of the points belong to nothing."
            if self.outliers >= 0.03
            else "Hardly any point belongs to nothing.",
            "coverage": seen,
            "evenness": "The points are spread evenly."
            if self.evenness >= 0.85
            else "The points are spread unevenly: they tell as much as "
            f"{100 * self.evenness:.0f} % of them would.",
        }


@dataclass(frozen=True)
class Estimator:
    """Ridge regression (Hoerl & Kennard 1970) of the defects on the descriptor.

    Attributes
    ----------
    scaling : Scaling
    slope, level : (d, 4), (4,) float32
        Of noise (logarithmic), outliers, coverage and evenness.
    """

    scaling: Scaling
    slope: Float32
    level: Float32

    @classmethod
    def fit(cls, features: Float32, truths: Sequence[Truth]) -> Self:
        """Learn from scans whose defects are known.

        Parameters
        ----------
        features : (m, DIM) float32
        truths : (m,) sequence of Truth
        """
        scaling = Scaling.fit(features)
        inputs = scaling(features)
        truth = np.array([astuple(one) for one in truths])
        truth[:, 0] = np.log(truth[:, 0] + _LEAST_NOISE)
        level = truth.mean(axis=0)
        normal = (inputs.T @ inputs).astype(np.float64)
        normal[np.diag_indices(len(normal))] += _RIDGE * len(inputs)
        slope = np.linalg.solve(normal, inputs.T @ (truth - level))
        return cls(scaling, slope.astype(np.float32), level.astype(np.float32))

    def __call__(self, features: Float32) -> Float32:
        """Noise, outliers, coverage and evenness of m clouds: (m, 4)."""
        found = self.scaling(features) @ self.slope
        found += self.level
        found[:, 0] = np.exp(found[:, 0]) - _LEAST_NOISE
        np.maximum(found, 0, out=found)
        found[:, 1:] = np.minimum(found[:, 1:], 1)
        return found
