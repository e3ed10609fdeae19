"""Signed-distance fits of the five primitives, for clouds too small for normals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import concatenate, quantiles
from pcdash.core.descriptor.revolution import find_axis
from pcdash.core.descriptor.surface import Surface
from pcdash.core.primitives.fit import fit

Float = NDArray[np.float64]

FEW = 150
"""Clouds of at most this many points are fitted; for larger ones the block is zero."""

_FITTED = 96
_COUNT = 50


def few(surface: Surface) -> Float:
    """Costs, residuals and sizes of the fits, absolute and against the best (1 + 15 + 15 + 5 + 14).

    The first feature is log2 of the points looked at; it chooses the expert.  Work is done along the principal axes,
    so that the starting poses turn with the cloud.
    """
    batch, _, n = surface.points.shape
    if n > FEW:
        return np.pad(np.full((batch, 1), np.log2(n)), ((0, 0), (0, _COUNT - 1)))
    points = surface.principal[:, :, :_FITTED].astype(np.float64)
    mask = surface.mask[:, :_FITTED]
    mask = mask | ~mask.any(axis=1, keepdims=True)
    number = mask.sum(axis=1, keepdims=True)
    turning = np.einsum("bkj,bk->bj", surface.axes, surface.once(find_axis).direction)
    fixed = np.broadcast_to(_DIRECTIONS, (batch, *_DIRECTIONS.shape))
    found = fit(points, mask.astype(np.float64), np.concatenate([fixed, turning[:, None]], axis=1))
    near = np.minimum(found.residual, 0.5)
    rms = np.sqrt((near * near * mask[:, None]).sum(axis=2) / number)
    middle = quantiles(found.residual, mask, np.array([0.5]))[:, :, 0]
    logs = np.log(np.stack([found.cost, rms, middle], axis=1) + 1e-3)
    sizes = np.log(np.concatenate([found.sizes[:, 1], found.sizes[:, 2:, :2].reshape(batch, 6)], 1))
    radius = np.log(found.sizes[:, 0, :1])
    ratio = sizes[:, [0, 3, 5, 7]] - sizes[:, [2, 4, 6, 8]]
    return concatenate(
        [np.full(batch, np.log2(n)), logs, logs - logs.min(axis=2, keepdims=True), found.cost]
        + [sizes, radius, ratio]
    )


def _directions() -> Float:
    """The principal axes and three oblique directions between them."""
    oblique = np.array([[1.0, 1.0, 0.3], [-0.3, 1.0, 1.0], [1.0, -0.3, -1.0]])
    oblique /= np.linalg.norm(oblique, axis=1, keepdims=True)
    return np.concatenate([np.eye(3), oblique])


_DIRECTIONS = _directions()
