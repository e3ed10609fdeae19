"""Global mass distribution: principal axes and radial profile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import LEVELS, Histograms, concatenate, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_ENDS = np.array([0.02, 0.98])


def inertia(surface: Surface) -> Float:
    """Ratios of the principal spreads, skewness, kurtosis, extents and radial moments (24)."""
    number = surface.mask.sum(axis=1)[:, None]
    spread = np.sqrt(surface.spectrum)
    along = surface.principal
    squared = along * along
    skewness = (squared * along).sum(axis=2) / number / spread**3
    kurtosis = (squared * squared).sum(axis=2) / number / spread**4
    low, high = quantiles(along, surface.point_mask, _ENDS).transpose(2, 0, 1)
    extent = np.maximum(high - low, 1e-9)
    ends = np.sort(np.abs(np.stack([low, high])), axis=0)
    radius = surface.radius * surface.mask
    moments = [np.einsum("bn->b", radius**k)[:, None] / number for k in (1, 3, 4)]
    return concatenate(
        [
            spread / np.sqrt(surface.spectrum.sum(axis=1, keepdims=True)),
            spread[:, [1, 2, 2]] / spread[:, [0, 0, 1]],
            np.abs(skewness),
            np.minimum(kurtosis, 20),
            np.minimum(extent / spread, 20),
            np.sort(extent, axis=1)[:, :2] / extent.max(axis=1, keepdims=True),
            ends[0] / np.maximum(ends[1], 1e-9),
            *moments,
            np.sqrt(np.maximum(1 - moments[0] ** 2, 0)),
        ]
    )


def radial(surface: Surface) -> Float:
    """Quantiles and histogram of the distance from the centre (7 + 16)."""
    mask = surface.point_mask
    levels = quantiles(surface.radius[:, None], mask, LEVELS)
    histogram = Histograms(mask)
    histogram.add((surface.radius, 0, 2, 16))
    return concatenate([levels, histogram.counts()])


def marginals(surface: Surface) -> Float:
    """Histograms along the principal axes, single and in pairs (3 x 12 + 3 x 25)."""
    scaled = surface.principal / np.sqrt(surface.spectrum[:, :1, None]).astype(np.float32)
    size = np.abs(scaled)
    histogram = Histograms(surface.point_mask)
    axes = [histogram.axis(size[:, k], 0, 2, 5)[0] for k in range(3)]
    for k in range(3):
        histogram.add((scaled[:, k], -2.2, 2.2, 12))
    for j, k in ((0, 1), (0, 2), (1, 2)):
        histogram.add_index(axes[j] * 5 + axes[k], 25)
    return histogram.counts()
