"""Distances to box, cylinder, cone and torus with their derivatives, for many guesses at once.

Every function takes local coordinates (..., 3, n) and sizes, and fills residuals (..., n), their
gradients by the coordinates (..., 3, n) and their derivatives by the log sizes (..., 3, n).  Where C is
the nearest surface point and g the unit vector from C, the distance changes by -g . dC with the
sizes; that C slides along the surface does not matter to first order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TINY = 1e-9


def box(local: Array, half: Array, residual: Array, gradient: Array, growth: Array) -> None:
    """Signed distance to boxes of half edges `half` (..., 3)."""
    edge = half[..., None]
    excess = np.abs(local) - edge
    inside = excess.max(axis=-2)
    beyond = np.maximum(excess, 0)
    length = np.sqrt((beyond * beyond).sum(axis=-2))
    outside = inside > 0
    np.copyto(residual, np.where(outside, length, inside))
    np.divide(beyond, (length + _TINY)[..., None, :], out=gradient)
    nearest = excess == inside[..., None, :]
    np.copyto(gradient, nearest, where=~outside[..., None, :])
    np.multiply(gradient, -edge, out=growth)
    np.multiply(gradient, np.sign(local), out=gradient)


def frustum(
    local: Array, sizes: Array, taper: Array, residual: Array, gradient: Array, growth: Array
) -> None:
    """Distance to capped frusta of sizes (bottom radius, half height, -) and top radius taper * bottom.

    A taper of 1 makes cylinders, of 0 cones.
    """
    x, y, z = local[..., 0, :], local[..., 1, :], local[..., 2, :]
    radius, half = sizes[..., 0, None], sizes[..., 1, None]
    rho = np.sqrt(x * x + y * y) + _TINY
    lean = (taper - 1) * radius
    rise = 2 * half
    place = (rho - radius) * lean + (z + half) * rise
    place /= lean * lean + rise * rise
    np.clip(place, 0, 1, out=place)
    # Nearest point of the mantle, with its change by radius and half height.
    out = 1 + (taper - 1) * place
    up = 2 * place - 1
    near_rho, near_z = radius * out, half * up
    best = (rho - near_rho) ** 2 + (z - near_z) ** 2
    for level, share in ((-1.0, np.ones_like(taper)), (1.0, taper)):
        rim = radius * share
        disc_rho = np.minimum(rho, rim)
        other = (rho - disc_rho) ** 2 + (z - level * half) ** 2
        closer = other < best
        best = np.where(closer, other, best)
        near_rho = np.where(closer, disc_rho, near_rho)
        near_z = np.where(closer, level * half, near_z)
        out = np.where(closer, share * (rho > rim), out)
        up = np.where(closer, level, up)
    np.sqrt(best, out=residual)
    scale = 1 / (residual + _TINY)
    outward, upward = (rho - near_rho) * scale, (z - near_z) * scale
    turn = outward / rho
    np.multiply(turn, x, out=gradient[..., 0, :])
    np.multiply(turn, y, out=gradient[..., 1, :])
    gradient[..., 2, :] = upward
    growth[..., 0, :] = -outward * out * radius
    growth[..., 1, :] = -upward * up * half
    growth[..., 2, :] = 0


def torus(local: Array, sizes: Array, residual: Array, gradient: Array, growth: Array) -> None:
    """Signed distance to tori of sizes (ring radius, tube radius, -)."""
    x, y, z = local[..., 0, :], local[..., 1, :], local[..., 2, :]
    ring, tube = sizes[..., 0, None], sizes[..., 1, None]
    rho = np.sqrt(x * x + y * y) + _TINY
    across = rho - ring
    length = np.sqrt(across * across + z * z) + _TINY
    np.subtract(length, tube, out=residual)
    outward = across / length
    turn = outward / rho
    np.multiply(turn, x, out=gradient[..., 0, :])
    np.multiply(turn, y, out=gradient[..., 1, :])
    np.divide(z, length, out=gradient[..., 2, :])
    growth[..., 0, :] = -outward * ring
    growth[..., 1, :] = -tube
    growth[..., 2, :] = 0
