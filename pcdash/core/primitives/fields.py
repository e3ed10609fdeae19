"""Distances to the primitives with their derivatives, for many guesses at once.

Points come in the guesses' own frames, (B, K, 3, n), the axis of what revolves along z; sizes are
(B, K, 3): the half edges of a box, else the radius, something unused, and the half height (of a
torus the ring radius and the tube radius).  A sphere is a torus without a ring.

Where g is the unit vector from the nearest surface point C, the distance changes by -g . dC with
the sizes; that C slides along the surface does not matter to first order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Counts = tuple[int, int, int, int, int]
"""Guesses of each kind, in the order cube, cylinder, cone, torus, sphere."""

_TINY = np.float32(1e-6)
_ENDLESS = np.float32(1e3)


@dataclass(frozen=True)
class Field:
    """Distances of all points to all guessed surfaces.

    Attributes
    ----------
    distance : (B, K, n)
        Signed, negative inside; unsigned for cones.
    slopes : Slopes or None
        The derivatives, where they are asked for.
    """

    distance: Array
    slopes: Slopes | None


@dataclass(frozen=True)
class Slopes:
    """Derivatives of the distances.

    Attributes
    ----------
    gradient : (B, K, 3, n)
        By the coordinates.
    growth : (B, K, 3, n)
        By the logarithms of the sizes; 0 for what is unused.
    """

    gradient: Array
    growth: Array


def evaluate(local: Array, sizes: Array, counts: Counts, *, slopes: bool) -> Field:
    """Distances and, if wanted, derivatives; guesses are ordered by kind, `counts` of each."""
    boxes, cylinders, cones, tori, _ = counts
    blocks, turned = boxes + cylinders, cylinders + cones
    distance = np.empty(local.shape[:2] + local.shape[3:], local.dtype)
    field = Field(distance, Slopes(np.empty_like(local), np.empty_like(local)) if slopes else None)
    x, y, z = local[:, boxes:, 0], local[:, boxes:, 1], local[:, boxes:, 2]
    rho = np.sqrt(x * x + y * y)
    rho += _TINY
    # A cylinder is a box in the coordinates rho and z; across it there is no end.
    place = np.abs(local[:, :blocks])
    place[:, boxes:, 0] = rho[:, :cylinders]
    place[:, boxes:, 1] = 0
    edge = sizes[:, :blocks, :, None].copy()
    edge[:, boxes:, 1] = _ENDLESS
    _box(place, edge, field, blocks)
    pointed = slice(cylinders, turned)
    _cone(rho[:, pointed], z[:, pointed], sizes[:, blocks : blocks + cones], field, blocks)
    round_sizes = sizes[:, blocks + cones :].copy()
    round_sizes[:, tori:, 0] = 0
    _torus(rho[:, turned:], z[:, turned:], round_sizes, field, blocks + cones)
    if field.slopes is None:
        return field
    # From the derivatives by |x|, |y|, |z| and rho to those by x, y and z.
    gradient = field.slopes.gradient
    gradient[:, :boxes] *= np.sign(local[:, :boxes])
    gradient[:, boxes:blocks, 2] *= np.sign(z[:, :cylinders])
    outward = gradient[:, boxes:, 0] / rho
    np.multiply(outward, x, out=gradient[:, boxes:, 0])
    np.multiply(outward, y, out=gradient[:, boxes:, 1])
    return field


def _box(place: Array, edge: Array, field: Field, number: int) -> None:
    """Signed distance of `place` >= 0 to boxes of half edges (B, K, 3, 1): the first kinds.

    What counts of the excess over the edges is its positive part, or inside the largest, which is
    negative: their norm is the distance.
    """
    place -= edge
    farthest = place.max(axis=2, keepdims=True)
    beyond = np.maximum(place, 0)
    np.copyto(beyond, place, where=place == farthest)
    length = np.sqrt(np.einsum("bkcn,bkcn->bkn", beyond, beyond))
    length += _TINY
    signed = np.copysign(length, farthest[:, :, 0])
    field.distance[:, :number] = signed
    if field.slopes is not None:
        gradient = field.slopes.gradient[:, :number]
        np.divide(beyond, signed[:, :, None], out=gradient)
        np.multiply(gradient, -edge, out=field.slopes.growth[:, :number])


def _cone(rho: Array, z: Array, sizes: Array, field: Field, first: int) -> None:
    """Distance to the base and the mantle of the cone with its tip at z = half height."""
    radius, half = sizes[:, :, :1], sizes[:, :, 2:]
    off_r, off_z = rho - radius, z + half
    slant2 = radius * radius + 4 * half * half + _TINY
    share = off_z * (2 * half / slant2)
    share -= off_r * (radius / slant2)
    np.maximum(share, 0, out=share)
    np.minimum(share, 1, out=share)
    toward_r = off_r + share * radius
    toward_z = off_z - share * (2 * half)
    np.maximum(off_r, 0, out=off_r)
    mantle2 = toward_r * toward_r + toward_z * toward_z
    base2 = off_r * off_r + off_z * off_z
    distance = np.sqrt(np.minimum(mantle2, base2))
    kinds = slice(first, first + rho.shape[1])
    field.distance[:, kinds] = distance
    if field.slopes is None:
        return
    nearer = base2 < mantle2
    np.copyto(toward_r, off_r, where=nearer)
    np.copyto(toward_z, off_z, where=nearer)
    # The nearest surface point scales with the sizes.
    near_r, near_z = toward_r - rho, toward_z - z
    distance += _TINY
    toward_r /= distance
    toward_z /= distance
    field.slopes.gradient[:, kinds, 0] = toward_r
    field.slopes.gradient[:, kinds, 2] = toward_z
    np.multiply(toward_r, near_r, out=field.slopes.growth[:, kinds, 0])
    field.slopes.growth[:, kinds, 1] = 0
    np.multiply(toward_z, near_z, out=field.slopes.growth[:, kinds, 2])


def _torus(rho: Array, z: Array, sizes: Array, field: Field, first: int) -> None:
    """Signed distance to tori: the last kinds."""
    ring, tube = sizes[:, :, :1], sizes[:, :, 2:]
    off = rho - ring
    length = np.sqrt(off * off + z * z)
    np.subtract(length, tube, out=field.distance[:, first:])
    if field.slopes is None:
        return
    gradient, growth = field.slopes.gradient[:, first:], field.slopes.growth[:, first:]
    length += _TINY
    np.divide(off, length, out=gradient[:, :, 0])
    np.divide(z, length, out=gradient[:, :, 2])
    np.multiply(gradient[:, :, 0], -ring, out=growth[:, :, 0])
    growth[:, :, 1] = 0
    growth[:, :, 2] = -tube
