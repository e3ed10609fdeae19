"""Signed-distance fits of the five primitives: what shape explains the points as a whole?

Normals fail where points are few, and clutter bends them; a fit of points alone bears with both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.normals import best_frame
from pcdash.core.descriptor.pooling import concatenate, median
from pcdash.core.descriptor.slippage import find_axis
from pcdash.core.descriptor.surface import Surface
from pcdash.core.primitives.fit import QUICK, THOROUGH, fit
from pcdash.core.primitives.starts import AXES, FRAMES, even_axes, even_frames

Float = NDArray[np.float64]

FEW = 150
"""Up to this many points poses are searched for; beyond it the normals know them."""

FITTED = 192
"""Most points that are fitted."""

_OWN = np.eye(3)
_CLIP = 0.5


def fits(surface: Surface) -> Float:
    """Fits of the five primitives (1 + 15 + 15 + 5 + 14).

    log2 of the points looked at; log costs, log rms and log median residuals, absolute and against
    the best; costs; log sizes and ratios of sizes.  Work is done along the principal axes, so that
    the starting poses turn with the cloud: these axes, the normals' best frame and the axis of
    revolution, and for few points many more.
    """
    batch, _, n = surface.points.shape
    into = surface.axes.transpose(0, 2, 1)
    own = np.broadcast_to(_OWN, (batch, 3, 3))
    turning = into @ surface.once(find_axis).direction[:, :, None]
    boxes = np.stack([own, into @ best_frame(surface)], axis=1)
    axes = np.concatenate([own, turning[:, None, :, 0]], axis=1)
    few = n <= FEW
    if few:
        boxes = np.concatenate([boxes, np.broadcast_to(even_frames(), (batch, FRAMES, 3, 3))], 1)
        axes = np.concatenate([axes, np.broadcast_to(even_axes(), (batch, AXES, 3))], axis=1)
    found = fit(_chosen(surface), boxes, axes, THOROUGH if few else QUICK)
    near = np.minimum(found.residual, _CLIP)
    rms = np.sqrt(np.einsum("bkn,bkn->bk", near, near) / near.shape[2])
    logs = np.log(np.stack([found.cost, rms, median(found.residual, None)], axis=1) + 1e-3)
    cube, turned, ball = found.sizes[:, 0], found.sizes[:, 1:4, ::2], found.sizes[:, 4, 2:]
    sizes = np.log(np.concatenate([cube, turned.reshape(batch, 6), ball], axis=1))
    ratio = sizes[:, [0, 3, 5, 7]] - sizes[:, [2, 4, 6, 8]]
    behind = logs - logs.min(axis=2, keepdims=True)
    number = np.full(batch, np.log2(n))
    return concatenate([number, logs, behind, found.cost, sizes, ratio])


def _chosen(surface: Surface) -> NDArray[np.float32]:
    """The first points that count, along the principal axes: (B, 3, min(n, FITTED)).

    Where there are too few, they are repeated.
    """
    points = surface.principal
    most = min(points.shape[2], FITTED)
    if surface.point_mask is None:
        return np.ascontiguousarray(points[:, :, :most])
    order = np.argsort(~surface.mask, axis=1, kind="stable")
    number = np.maximum(surface.mask.sum(axis=1, keepdims=True), 1)
    index = np.take_along_axis(order, np.arange(most) % number, axis=1)
    return np.take_along_axis(points, index[:, None], axis=2)
