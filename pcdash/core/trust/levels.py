"""What score is to be expected of a scan of this quality, and how far scores lie from it.

Scans of one bin are about as hard as one another, not quite: a score counts by how far it is from
what such a scan has (normalised nonconformity, Papadopoulos et al. 2002; Lei et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor import SLICES

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

_RIDGE = 1e-3
_LEAST = 0.05
"""Added to deviations before their logarithm is taken: none of them must count for nothing."""

_COLUMNS = (18, 6, 1)
_PER_COLUMN = 40
"""A regression takes as many columns of `basis` as there are so many scans for each: all, the
measures without squares and products, or one level for all scans."""

_SURE = 0.01
"""Shares of the scans at either end beyond whose levels nothing is extrapolated."""

LOG_POINTS = SLICES["fits"].start
"""The feature that holds log2 of the number of points looked at."""


@dataclass(frozen=True)
class Level:
    """Ridge regression of a score on the quality of the scan, and of the logarithm of what is left.

    Attributes
    ----------
    centre, spread : (18,) float64
        Coefficients for `basis`; the latter of a logarithm.
    bounds : (2, 2) float64
        Least and most of either that is believed.
    """

    centre: Float
    spread: Float
    bounds: Float

    @classmethod
    def fit(cls, quality: Float32, scores: Float) -> Self:
        """Learn from the scores (m,) of scans whose quality is given as `basis` (m, 18) has it."""
        columns = next(n for n in _COLUMNS if n == 1 or len(quality) >= _PER_COLUMN * n)
        used = quality[:, :columns].astype(np.float64)
        centre = _regression(used, scores)
        apart = np.log(np.abs(scores - used @ centre) + _LEAST)
        spread = _regression(used, apart)
        found = np.stack([used @ centre, used @ spread])
        bounds = np.quantile(found, [_SURE, 1 - _SURE], axis=1).T
        rest = np.zeros(quality.shape[1] - columns)
        return cls(np.append(centre, rest), np.append(spread, rest), bounds)

    def __call__(self, quality: Float32) -> tuple[Float, Float]:
        """Centre and spread (> 0) of the score of m scans: (m,), (m,)."""
        centre = np.clip(quality @ self.centre, *self.bounds[0])
        return centre, np.exp(np.clip(quality @ self.spread, *self.bounds[1]))


def basis(features: Float32, estimates: Float32) -> Float32:
    """Quality of m scans as a regression takes it: 1, five measures, squares, products (m, 18).

    Every measure is about 0 in the middle and about 1 apart from there at either end.

    Parameters
    ----------
    features : (m, DIM) float32
    estimates : (m, 4) float32
        See `pcdash.core.trust.quality.Estimator`.
    """
    noise, outliers, coverage, evenness = estimates.T
    points = (features[:, LOG_POINTS] - 7.5) / 2.5
    noise = (np.log(noise + 0.01) + 3) / 1.2
    rest = [outliers * 6 - 0.5, coverage * 4 - 3, evenness * 6 - 5]
    first = [points, noise, *rest]
    columns = [np.ones_like(points), *first, *(one * one for one in first)]
    columns += [points * one for one in (noise, *rest)]
    columns += [noise * one for one in rest]
    return np.stack(columns, axis=1).astype(np.float32)


def regression(quality: Float32, values: Float32) -> Float32:
    """Ridge regression of values (m, d) on the quality (m, q): (q, d)."""
    return np.asarray(_regression(quality, values), np.float32)


def _regression(quality: NDArray[np.floating], values: NDArray[np.floating]) -> Float:
    normal = (quality.T @ quality).astype(np.float64)
    normal[np.diag_indices(len(normal))] += _RIDGE * len(quality) + 1e-6
    return np.asarray(np.linalg.solve(normal, quality.T @ values), np.float64)
