"""Surfaces between two shapes, with points that move continuously from one to the other.

Every sampler maps the same uniform numbers to points, by the inverse of the area measured along the
surface's own coordinates (Rosenblatt 1952): nothing is drawn again when the shape changes, and the
points are spread evenly by area on each shape.  The half extent is 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

THICK, THIN = 0.9, 0.05
"""Tube over ring radius at either end."""

_AROUND = 720
"""Corners of a prism's cross-section; those of the square are among them."""

_CELLS = 64
"""Along either side of a quarter of a cube's face."""

_KNOTS = 4096


def tapered(t: float, draws: Array) -> Array:
    """A closed cylinder of radius and half height 1 whose top shrinks to a point.

    Parameters
    ----------
    t : float
        In [0, 1]; the top's radius is 1 - t.
    draws : (n, 3)
        Uniform in [0, 1).

    Returns
    -------
    (n, 3)
    """
    outline = np.array([(0.0, -1.0), (1.0, -1.0), (1.0 - t, 1.0), (0.0, 1.0)])
    radius, height = _along(outline, draws[:, 0])
    return _turned(radius, height, draws[:, 1])


def tube_over_ring(t: float) -> float:
    """Tube radius over ring radius, from `THICK` to `THIN` by equal factors."""
    return float(THICK ** (1 - t) * THIN**t)


def thinning(t: float, draws: Array) -> Array:
    """A torus of outer radius 1 that loses its thickness; see `tapered`.

    The area up to the tube angle v is proportional to v + k sin v, k = tube / ring.
    """
    k = tube_over_ring(t)
    knots = np.linspace(0, 2 * np.pi, _KNOTS)
    v = np.interp(2 * np.pi * draws[:, 0], knots + k * np.sin(knots), knots)
    return _turned((1 + k * np.cos(v)) / (1 + k), k * np.sin(v) / (1 + k), draws[:, 1])


def squared(t: float, draws: Array) -> Array:
    """A sphere that becomes a cube: the superquadric |x|^p + |y|^p + |z|^p = 1 (Barr 1981).

    p = 2 / (1 - t); see `tapered`.  The points of a cube's faces, seen from the centre, are the
    coordinates: all six faces have the same area at any t.
    """
    face = np.minimum((6 * draws[:, 2]).astype(np.intp), 5)
    side = 2 * draws[:, :2] - 1
    place = np.sign(side) * _even(np.abs(side), t)
    direction = np.stack([place[:, 0], place[:, 1], np.where(face < 3, 1.0, -1.0)], axis=1)
    direction /= _norm(direction, 1 - t)[:, None]
    return np.take_along_axis(direction, (np.arange(3) - face[:, None]) % 3, axis=1)


def rounded(t: float, draws: Array) -> Array:
    """A cube whose four upright edges are rounded until it is a cylinder; see `tapered`.

    Its cross-section is |x|^p + |y|^p = 1, p = 2 / t.
    """
    angle = 2 * np.pi * np.arange(_AROUND + 1) / _AROUND
    corner = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    corner /= _norm(corner, t)[:, None]
    here, there = corner[:-1], corner[1:]
    disc = 0.5 * (here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0])
    wall = 2 * np.linalg.norm(there - here, axis=1)
    total = np.concatenate([[0], np.cumsum(2 * disc + wall)])
    where = np.interp(draws[:, 0] * total[-1], total, np.arange(_AROUND + 1))
    rim = np.stack([np.interp(where, np.arange(_AROUND + 1), corner[:, k]) for k in (0, 1)], axis=1)
    # A share for each corner, so that it has no steps between them.
    share = disc / (2 * disc + wall)
    share = np.append(share, share[0])
    share = 0.5 * (share + np.roll(share[:-1], 1)[np.arange(_AROUND + 1) % _AROUND])
    disc_share = np.interp(where, np.arange(_AROUND + 1), share)
    up = draws[:, 1]
    below, above = up / disc_share, (1 - up) / disc_share
    inward = np.sqrt(np.minimum(np.minimum(below, above), 1))
    height = np.clip((2 * up - 1) / (1 - 2 * disc_share), -1, 1)
    return np.column_stack([rim * inward[:, None], height])


def _along(outline: Array, share: Array) -> tuple[Array, Array]:
    """Places on a line (m, 2) of radii and heights, by the share of the area of revolution."""
    radius, height = outline.T
    length = np.hypot(np.diff(radius), np.diff(height))
    area = length * (radius[:-1] + radius[1:])
    ends = np.concatenate([[0], np.cumsum(area)])
    piece = np.clip(np.searchsorted(ends, share * ends[-1], side="right") - 1, 0, len(area) - 1)
    part = (share * ends[-1] - ends[piece]) / np.maximum(area[piece], 1e-300)
    low, high = radius[piece], radius[piece + 1]
    there = np.sqrt(np.maximum(low**2 + part * (high**2 - low**2), 0))
    # (there - low) / (high - low), which for equal radii would be 0 / 0.
    place = part * (low + high) / np.maximum(low + there, 1e-300)
    return there, height[piece] + place * (height[piece + 1] - height[piece])


def _turned(radius: Array, height: Array, turn: Array) -> Array:
    angle = 2 * np.pi * turn
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)


def _norm(vectors: Array, roundness: float) -> Array:
    """Norms of the vectors (n, k) of exponent 2 / roundness; the largest component for 0."""
    size = np.abs(vectors)
    largest = size.max(axis=1)
    if roundness <= 0:
        return np.asarray(largest)
    power = ((size / largest[:, None]) ** (2 / roundness)).sum(axis=1)
    return np.asarray(largest * power ** (roundness / 2))


def _even(share: Array, t: float) -> Array:
    """Places (n, 2) in the quarter [0, 1]^2 of a face, from uniform numbers of that shape."""
    middle = (np.arange(_CELLS) + 0.5) / _CELLS
    a, b = np.meshgrid(middle, middle, indexing="ij")
    weight = _area(a.ravel(), b.ravel(), 1 - t).reshape(a.shape)
    knots = np.linspace(0, 1, _CELLS + 1)
    first = np.interp(share[:, 0], _cumulated(weight.sum(axis=1)), knots)
    # The distribution along b is that between the two nearest rows.
    row = np.clip(first * _CELLS - 0.5, 0, _CELLS - 1)
    above = np.minimum(row.astype(np.intp) + 1, _CELLS - 1)
    part = (row - row.astype(np.intp))[:, None]
    rows = np.stack([_cumulated(line) for line in weight])
    ends = (1 - part) * rows[row.astype(np.intp)] + part * rows[above]
    cell = np.clip((ends <= share[:, 1:]).sum(axis=1) - 1, 0, _CELLS - 1)[:, None]
    low, high = (np.take_along_axis(ends, cell + k, axis=1)[:, 0] for k in (0, 1))
    second = (cell[:, 0] + (share[:, 1] - low) / (high - low)) / _CELLS
    return np.stack([first, second], axis=1)


def _area(a: Array, b: Array, roundness: float) -> Array:
    """Area of the superquadric per area of the cube's face, at (a, b, 1) seen from the centre."""
    direction = np.stack([a, b, np.ones_like(a)], axis=1)
    radius = np.linalg.norm(direction, axis=1) / _norm(direction, roundness)
    solid_angle = (1 + a * a + b * b) ** -1.5
    if roundness <= 0:
        normal = np.broadcast_to([0.0, 0.0, 1.0], direction.shape)
    else:
        normal = direction ** (2 / roundness - 1)
    slope = (normal * direction).sum(axis=1)
    slope /= np.linalg.norm(normal, axis=1) * np.linalg.norm(direction, axis=1)
    return np.asarray(radius**2 * solid_angle / slope)


def _cumulated(weight: Array) -> Array:
    ends = np.concatenate([[0.0], np.cumsum(weight)])
    return np.asarray(ends / ends[-1])
