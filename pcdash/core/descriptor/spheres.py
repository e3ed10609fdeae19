"""Global fit of a sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import concatenate, median, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_STEPS = 3
_FARTHEST = 10.0


def sphere(surface: Surface) -> Float:
    """Robust sphere: plain and reweighted fit, residual quantiles, normals against radii (22).

    Algebraic fit (|x - c|^2 = r^2 is linear in c and r^2 - |c|^2), reweighted by the distances.
    """
    points = surface.query
    columns = np.concatenate([2 * points, np.ones_like(points[:, :1])], axis=1)
    target = surface.query_radius**2
    weight = surface.weight
    first: list[Float] = []
    for step in range(_STEPS):
        weighted = columns * weight[:, None]
        matrix = weighted @ columns.transpose(0, 2, 1) + 1e-9 * np.eye(4)
        solution = np.linalg.solve(matrix, weighted @ target[:, :, None])[:, :, 0]
        centre = solution[:, :3]
        square = (centre * centre).sum(axis=1)
        radius = np.sqrt(np.maximum(solution[:, 3] + square, 1e-9))
        ray = points - centre[:, :, None]
        length = np.sqrt(np.einsum("bkq,bkq->bq", ray, ray))
        error = np.abs(length - radius[:, None])
        if step == 0:
            plain = np.sqrt((error * error * surface.weight).sum(axis=1))
            first = [plain, radius, np.sqrt(square)]
        if step < _STEPS - 1:
            middle = median(error, surface.query_mask)[:, None]
            loose = 1 + (error / (middle + 0.02)) ** 2
            weight = surface.weight / (loose * loose)
    cosine = np.abs((ray * surface.normal).sum(axis=1)) / (length + 1e-9)
    levels = quantiles(np.stack([cosine, error], axis=1), surface.query_mask)
    near = [((error < t) * surface.weight).sum(axis=1) for t in (0.05, 0.1)]
    result = concatenate([*first, radius, np.sqrt(square), *near, levels])
    return np.minimum(result, _FARTHEST)
