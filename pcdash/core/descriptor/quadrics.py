"""Global fits of a sphere and of a quadric."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import concatenate, median, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_STEPS = 3


def sphere(surface: Surface) -> Float:
    """Robust sphere: plain and reweighted fit, residual quantiles, normals against radii (23)."""
    points = surface.points.astype(np.float64)
    columns = np.concatenate([2 * points, np.ones_like(points[:, :1])], axis=1)
    target = np.einsum("bkn,bkn->bn", points, points)
    number = surface.mask.sum(axis=1)
    weight = surface.mask.astype(np.float64)
    for step in range(_STEPS):
        weighted = columns * weight[:, None]
        matrix = weighted @ columns.transpose(0, 2, 1) + 1e-6 * np.eye(4)
        solution = np.linalg.solve(matrix, weighted @ target[:, :, None])[:, :, 0]
        centre = solution[:, :3]
        shift = np.sqrt(np.einsum("bk,bk->b", centre, centre))
        radius = np.sqrt(np.maximum(solution[:, 3] + shift * shift, 1e-9))
        offset = points - centre[:, :, None]
        error = np.abs(np.sqrt(np.einsum("bkn,bkn->bn", offset, offset)) - radius[:, None])
        if step == 0:
            plain = np.sqrt((error * error * surface.mask).sum(axis=1) / number)
            first = [np.minimum(v, 10) for v in (plain, radius, shift)]
        middle = median(error, surface.point_mask)
        weight = surface.mask / (1 + (error / (middle[:, None] + 0.02)) ** 2) ** 2
    mean = (error * surface.mask).sum(axis=1) / number
    near = [((error < t) & surface.mask).sum(axis=1) / number for t in (0.05, 0.1)]
    q = surface.inside.shape[1]
    ray = offset[:, :, :q]
    cosine = np.abs((ray * surface.normal).sum(axis=1))
    cosine /= np.sqrt((ray * ray).sum(axis=1)) + 1e-9
    levels = quantiles(np.stack([cosine, np.minimum(error[:, :q], 10)], 1), surface.query_mask)
    final = [np.minimum(v, 10) for v in (radius, shift, mean, middle / np.minimum(radius, 3))]
    return concatenate([*first, *final, *near, levels])


def quadric(surface: Surface) -> Float:
    """Quadric of least approximate distance (Taubin 1991): rms distance, scaled curvatures (4).

    The quadric q minimises q'Sq / q'Tq with the moments S of its ten monomials and the moments T of
    their gradients; the eigenvalues of its 3 x 3 part, over the largest, tell ellipsoids from
    cylinders and saddles.
    """
    points = surface.points.astype(np.float64)
    number = surface.mask.sum(axis=1)[:, None, None]
    x, y, z = points.transpose(1, 0, 2)
    one = np.ones_like(x)
    monomials = np.stack(
        [x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z, 2 * x, 2 * y, 2 * z, one], axis=1
    )
    monomials *= surface.mask[:, None]
    second = monomials @ monomials.transpose(0, 2, 1) / number
    affine = np.concatenate([points, one[:, None]], axis=1) * surface.mask[:, None]
    moments = affine @ affine.transpose(0, 2, 1) / number
    gradients = (_GRADIENT @ moments[:, None]).reshape(-1, 10, 12) @ _GRADIENT.reshape(10, 12).T
    lower = np.linalg.cholesky(second + 1e-9 * np.eye(10))
    half = np.linalg.solve(lower, gradients)
    white = np.linalg.solve(lower, half.transpose(0, 2, 1))
    values, vectors = np.linalg.eigh(0.5 * (white + white.transpose(0, 2, 1)))
    best = np.linalg.solve(lower.transpose(0, 2, 1), vectors[:, :, -1:])[:, :, 0]
    curvature = np.linalg.eigvalsh(best[:, [[0, 3, 4], [3, 1, 5], [4, 5, 2]]])
    largest = np.take_along_axis(curvature, np.abs(curvature).argmax(axis=1)[:, None], axis=1)
    scaled = curvature / np.where(np.abs(largest) > 1e-12, largest, 1.0)
    return concatenate(
        [np.sqrt(1 / np.maximum(values[:, -1], 1e-9))[:, None], -np.sort(-scaled, axis=1)]
    )


def _gradient() -> Float:
    """Gradients of the ten monomials: (10, 3, 4), linear in (x, y, z, 1)."""
    table = np.zeros((10, 3, 4))
    for i in range(3):
        table[i, i, i] = 2
        table[6 + i, i, 3] = 2
    for k, (i, j) in enumerate(((0, 1), (0, 2), (1, 2))):
        table[3 + k, i, j] = table[3 + k, j, i] = 2
    return table


_GRADIENT = _gradient()
