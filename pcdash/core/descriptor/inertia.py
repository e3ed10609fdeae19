"""Global mass distribution: principal axes and radial profile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import LEVELS, concatenate, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_ENDS = np.array([0.02, 0.98])
_MOST = 20.0


def inertia(surface: Surface) -> Float:
    """Ratios of the principal spreads, skewness, kurtosis, extents and radial moments (24)."""
    number = np.count_nonzero(surface.mask, axis=1)[:, None]
    spread = np.sqrt(surface.spectrum)
    along = surface.principal
    squared = along * along
    skewness = np.einsum("bkn,bkn->bk", squared, along) / number / spread**3
    kurtosis = np.einsum("bkn,bkn->bk", squared, squared) / number / (spread * spread) ** 2
    low, high = quantiles(along, surface.point_mask, _ENDS).transpose(2, 0, 1)
    extent = np.maximum(high - low, 1e-9)
    low, high = np.abs(low), np.abs(high)
    radius = surface.radius * surface.mask
    square = radius * radius
    mean = radius.sum(axis=1)[:, None] / number
    return concatenate(
        [
            spread / np.sqrt(surface.spectrum.sum(axis=1, keepdims=True)),
            spread[:, [1, 2, 2]] / spread[:, [0, 0, 1]],
            np.abs(skewness),
            np.minimum(kurtosis, _MOST),
            np.minimum(extent / spread, _MOST),
            np.sort(extent, axis=1)[:, :2] / extent.max(axis=1, keepdims=True),
            np.minimum(low, high) / np.maximum(np.maximum(low, high), 1e-9),
            mean,
            np.einsum("bn,bn->b", square, radius)[:, None] / number,
            np.einsum("bn,bn->b", square, square)[:, None] / number,
            np.sqrt(np.maximum(1 - mean * mean, 0)),
        ]
    )


def radial(surface: Surface) -> Float:
    """Quantiles of the distance from the centre (7)."""
    return concatenate([quantiles(surface.radius[:, None], surface.point_mask, LEVELS)])
