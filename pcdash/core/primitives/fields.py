"""Distances to boxes and shapes of revolution with their derivatives, for many guesses at once.

Both functions take points in the guesses' own frames, (..., 3, n), and sizes (..., 3).  They return
the distances (..., n), their gradients by the coordinates and their derivatives by the logarithms
of the sizes, (..., 3, n) both.  With g the unit vector from the nearest surface point C, the
distance changes by -g . dC with the sizes; that C slides along the surface does not matter to first
order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Field = tuple[Array, Array, Array]

_TINY = 1e-9


def box(local: Array, half: Array) -> Field:
    """Signed distance to boxes of half edges `half`."""
    edge = half[..., None]
    excess = np.abs(local)
    excess -= edge
    farthest = excess.max(axis=-2, keepdims=True)
    beyond = np.maximum(excess, 0)
    length = np.sqrt(np.einsum("...kn,...kn->...n", beyond, beyond))[..., None, :]
    outside = farthest > 0
    gradient = np.where(outside, beyond / (length + _TINY), excess == farthest)
    growth = gradient * -edge
    gradient *= np.sign(local)
    return np.where(outside, length, farthest)[..., 0, :], gradient, growth


def revolved(local: Array, sizes: Array, profile: Array) -> Field:
    """Distance to surfaces whose profile is a closed line of three segments, or a circle.

    Parameters
    ----------
    sizes : (..., 3)
        (radius, half height, -), for tori (ring radius, tube radius, -).
    profile : (K, 2)
        Taper, the radius at the top over that at the bottom (1: cylinder, 0: cone), and 1 for a
        torus.  A torus' "segments" are all the point (ring radius, 0), and its tube radius is taken
        off the distance.
    """
    x, y, z = local[..., 0, :], local[..., 1, :], local[..., 2, :]
    rho = np.sqrt(x * x + y * y) + _TINY
    start_r, start_z, along_r, along_z = _segments(sizes, profile)
    off_r, off_z = rho[..., None, :] - start_r, z[..., None, :] - start_z
    place = off_r * along_r + off_z * along_z
    place /= along_r * along_r + along_z * along_z + _TINY
    np.maximum(place, 0, out=place)
    np.minimum(place, 1, out=place)
    off_r -= place * along_r
    off_z -= place * along_z
    square = off_r * off_r + off_z * off_z
    nearest = square.min(axis=-2, keepdims=True)
    # Segments that share the nearest point, at a corner, agree on everything: their mean is taken.
    chosen = (square <= nearest).astype(np.float64)
    chosen /= chosen.sum(axis=-2, keepdims=True)
    toward_r = np.einsum("...sn,...sn->...n", chosen, off_r)
    toward_z = np.einsum("...sn,...sn->...n", chosen, off_z)
    length = np.sqrt(nearest[..., 0, :])
    scale = 1 / (length + _TINY)
    near_r, near_z = rho - toward_r, z - toward_z
    toward_r *= scale
    toward_z *= scale
    tube = (sizes[..., 1] * profile[:, 1])[..., None]
    gradient = np.empty_like(local)
    np.multiply(local[..., :2, :], (toward_r / rho)[..., None, :], out=gradient[..., :2, :])
    gradient[..., 2, :] = toward_z
    growth = np.zeros_like(local)
    np.multiply(toward_r, near_r, out=growth[..., 0, :])
    np.multiply(toward_z, near_z, out=growth[..., 1, :])
    growth[..., 1, :] += tube
    np.negative(growth, out=growth)
    return length - tube, gradient, growth


def _segments(sizes: Array, profile: Array) -> tuple[Array, Array, Array, Array]:
    """Starts and extents of the bottom disc, the mantle and the top disc, (..., 3, 1) each."""
    radius, half = sizes[..., :1], sizes[..., 1:2]
    taper, ring = profile[:, :1], profile[:, 1:]
    solid = 1 - ring
    start_r = radius * np.concatenate([ring, np.ones_like(ring), taper * solid + ring], axis=1)
    start_z = half * (solid * np.array([-1.0, -1.0, 1.0]))
    along_r = radius * (solid * np.concatenate([solid, taper - 1, -taper], axis=1))
    along_z = half * (solid * np.array([0.0, 2.0, 0.0]))
    return start_r[..., None], start_z[..., None], along_r[..., None], along_z[..., None]
