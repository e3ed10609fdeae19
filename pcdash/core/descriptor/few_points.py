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
_DIRECTIONS = np.eye(3)
"""Axes that are always tried: the principal ones."""


def few(surface: Surface) -> Float:
    """Fits of the five primitives (1 + 15 + 15 + 5 + 14).

    log2 of the points looked at, by which the classifier chooses its expert; log costs, log rms and
    log median residuals, absolute and against the best; costs; log sizes.  Work is done along the
    principal axes, so that the starting poses turn with the cloud.
    """
    batch, _, n = surface.points.shape
    result = np.zeros((batch, _COUNT))
    result[:, 0] = np.log2(n)
    if n > FEW:
        return result
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
    behind = logs - logs.min(axis=2, keepdims=True)
    result[:, 1:] = concatenate([logs, behind, found.cost, sizes, radius, ratio])
    return result
