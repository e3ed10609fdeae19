"""Signed distances to one primitive with their derivatives, in double precision.

Points come in the primitive's own frame, (3, n), the axis of what revolves along z.  Ends may be
open: there the surface goes on for ever, since no distance says how far it reaches.

Where g is the unit vector from the nearest surface point C, the distance changes by -g . dC with
the sizes; that C slides along the surface does not matter to first order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TINY = 1e-12


@dataclass(frozen=True)
class Distances:
    """Distances of points to a surface.

    Attributes
    ----------
    distance : (n,)
        Negative inside.
    gradient : (3, n)
        By the coordinates.
    growth : (k, n)
        By the sizes.
    bend : (n,)
        Sum of the principal curvatures of the surface at the nearest point; 0 on flat parts.
    border : (n,)
        How far the nearest point is from an edge of its face; infinite where there is none.
    part : (n,) int
        Which face is nearest.  Box: x low, y low, z low, x high ...; what revolves: mantle, bottom,
        top; else 0.
    """

    distance: Array
    gradient: Array
    growth: Array
    bend: Array
    border: Array
    part: NDArray[np.intp]


Surface = Callable[[Array, Array], Distances]
"""``surface(points, sizes)``: (3, n) and (k,)."""


def sphere(points: Array, sizes: Array) -> Distances:
    """Sizes: (radius,)."""
    length = np.sqrt(np.einsum("kn,kn->n", points, points)) + _TINY
    growth = np.full((1, len(length)), -1.0)
    bend = np.full(len(length), 2 / sizes[0])
    return Distances(length - sizes[0], points / length, growth, bend, *_one_part(length))


def torus(points: Array, sizes: Array) -> Distances:
    """Sizes: (ring radius, tube radius)."""
    ring, tube = sizes
    x, y, z = points
    rho = np.hypot(x, y) + _TINY
    length = np.hypot(rho - ring, z) + _TINY
    outward = (rho - ring) / length
    gradient = np.stack([outward * x / rho, outward * y / rho, z / length])
    bend = 1 / tube + outward / np.maximum(ring + tube * outward, _TINY)
    growth = np.stack([-outward, -np.ones_like(outward)])
    return Distances(length - tube, gradient, growth, bend, *_one_part(length))


def box(points: Array, sizes: Array) -> Distances:
    """Sizes: where the faces are, x, y and z low, then x, y and z high; open ones infinite."""
    low, high = sizes[:3, None], sizes[3:, None]
    off = points - np.clip(points, low, high)
    length = np.sqrt(np.einsum("kn,kn->n", off, off))
    beyond = length > 0
    depth = np.concatenate([low - points, points - high])
    part = depth.argmax(axis=0)
    axis, side = part % 3, np.where(part < 3, -1.0, 1.0)
    gradient = (axis == np.arange(3)[:, None]) * side
    np.divide(off, length, out=gradient, where=beyond)
    distance = np.where(beyond, length, depth.max(axis=0))
    growth = np.concatenate([-np.minimum(gradient, 0), -np.maximum(gradient, 0)])
    sideways = np.maximum(depth[:3], depth[3:])
    sideways[axis, np.arange(len(axis))] = -np.inf
    border = np.maximum(-sideways.max(axis=0), 0)
    return Distances(distance, gradient, growth, np.zeros_like(distance), border, part)


def revolved(*, bottom: bool, top: bool, tip: bool = False) -> Surface:
    """Cylinders, cones and frusta.

    Parameters
    ----------
    bottom, top : bool
        Whether there is a disc at the end; without one the mantle does not end there.
    tip : bool
        Whether the mantle ends at the top without a disc.

    Returns
    -------
    Surface
        Sizes: (bottom radius, top radius, bottom height, top height).
    """

    ends = 0.0 if bottom else -np.inf, 1.0 if top or tip else np.inf

    def surface(points: Array, sizes: Array) -> Distances:
        low, high, floor, roof = sizes
        rho = np.hypot(points[0], points[1]) + _TINY
        faces = [_mantle(rho, points[2], sizes, ends)]
        parts = [0]
        if bottom:
            faces.append(_disc(rho, points[2] - floor, low, -1.0, (1.0, 0.0, 1.0, 0.0)))
            parts.append(1)
        if top:
            faces.append(_disc(rho, points[2] - roof, high, 1.0, (0.0, 1.0, 0.0, 1.0)))
            parts.append(2)
        found = np.stack(faces)
        nearest = (found[:, 0] ** 2 + found[:, 1] ** 2).argmin(axis=0)
        return _in_space(points, rho, np.take_along_axis(found, nearest[None, None], axis=0)[0],
                         np.array(parts, np.intp)[nearest])  # fmt: skip

    return surface


def _mantle(rho: Array, z: Array, sizes: Array, ends: tuple[float, float]) -> Array:
    """Offset, outward normal, weights of the sizes in the nearest point, bend, border: (10, n)."""
    low, high, floor, roof = sizes
    along, rise = high - low, roof - floor
    slant = float(np.hypot(along, rise)) + _TINY
    place = ((rho - low) * along + (z - floor) * rise) / slant**2
    share = np.clip(place, *ends)
    radius = low + share * along
    result = np.empty((10, len(z)))
    result[0], result[1] = rho - radius, z - (floor + share * rise)
    result[2], result[3] = rise / slant, -along / slant
    result[4] = result[6] = 1 - share
    result[5] = result[7] = share
    result[8] = np.where(place == share, rise / slant / np.maximum(radius, _TINY), 0.0)
    result[9] = slant * np.minimum(share - ends[0], ends[1] - share)
    return result


def _disc(rho: Array, above: Array, radius: float, way: float, weights: tuple[float, ...]) -> Array:
    """The same for an end."""
    result = np.zeros((10, len(rho)))
    result[0], result[1], result[3] = np.maximum(rho - radius, 0), above, way
    result[4:8] = np.array(weights)[:, None]
    result[4:6] *= rho > radius
    result[9] = np.maximum(radius - rho, 0)
    return result


def _in_space(points: Array, rho: Array, face: Array, part: NDArray[np.intp]) -> Distances:
    """From what is known in the half plane."""
    off_r, off_z, out_r, out_z = face[:4]
    sign = np.where(off_r * out_r + off_z * out_z < 0, -1.0, 1.0)
    distance = sign * np.hypot(off_r, off_z)
    # On the surface itself the face's normal is the gradient.
    far = np.abs(distance) > _TINY
    np.divide(off_r, distance, out=out_r, where=far)
    np.divide(off_z, distance, out=out_z, where=far)
    gradient = np.stack([out_r * points[0] / rho, out_r * points[1] / rho, out_z])
    growth = -face[4:8]
    growth[:2] *= out_r
    growth[2:] *= out_z
    return Distances(distance, gradient, growth, face[8], face[9], part)


def _one_part(like: Array) -> tuple[Array, NDArray[np.intp]]:
    return np.full(len(like), np.inf), np.zeros(len(like), np.intp)
