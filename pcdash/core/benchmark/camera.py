"""What a depth camera sees of a shape from one side, by a z-buffer over its surface.

The camera of the training data (`pcdash.core.corruption.camera`) follows rays through distance
fields.  This one shares no code and no method with it: the surface is laid out as a dense lattice,
projected, and of everything that falls into a pixel's cell the nearest point is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from pcdash.core.cloud import Points

DISTANCE = 3.5
"""From the camera to the centre, in radii of the bounding sphere."""

_LATTICE = 32
"""Points of the surface per pixel of the image.  A surface that faces the camera then has some 4 or
more in every cell that it fills, and far sides do not shine through."""

_GOLDEN = (np.sqrt(5) - 1) / 2


def look(
    surface: Points, rng: np.random.Generator, *, pixels: int, noise: float, distance: float
) -> Points:
    """Turn a surface at random and see its near side, with noise along the rays.

    Parameters
    ----------
    surface : (m, 3) float64
        From `lay_out`, centred on the origin.
    rng : numpy.random.Generator
    pixels : int
        Along a side of the square image, which just holds the bounding sphere.
    noise : float
        Standard deviation along the ray, in radii of the bounding sphere.
    distance : float
        From the centre, in radii of the bounding sphere.

    Returns
    -------
    (k, 3) float64
        One point per pixel that sees anything, in the camera's frame and the surface's unit.
    """
    radius = np.sqrt(np.einsum("ij,ij->i", surface, surface).max())
    turned = surface @ Rotation.random(rng=rng).as_matrix().T
    turned[:, 2] += distance * radius
    seen = nearest(turned, pixels, distance)
    reach = np.linalg.norm(seen, axis=1, keepdims=True)
    points: Points = seen * (1 + noise * radius * rng.standard_normal(reach.shape) / reach)
    return points


def nearest(points: Points, pixels: int, distance: float) -> Points:
    """Of the points in the camera's frame, z forward, those nearest to it in their pixel's cell.

    A point stays where it is and is not moved onto the axis of its cell, so what is seen lies on
    the surface exactly; its place within the cell is anywhere.

    Parameters
    ----------
    points : (m, 3) float64
        Within the sphere of radius r around (0, 0, distance r).
    pixels : int
    distance : float > 1

    Returns
    -------
    (k, 3) float64
    """
    tangent = 1 / np.sqrt(distance**2 - 1)  # of half the angle that the sphere fills
    x, y, z = points.T
    column = ((x / (z * tangent) + 1) * (pixels / 2)).astype(np.int64).clip(0, pixels - 1)
    row = ((y / (z * tangent) + 1) * (pixels / 2)).astype(np.int64).clip(0, pixels - 1)
    cell = row * pixels + column
    reach = np.sqrt(x * x + y * y + z * z)
    first = np.full(pixels**2, np.inf)
    np.minimum.at(first, cell, reach)
    seen: Points = points[reach == first[cell]]
    return seen


def lay_out(shape: str, sizes: Points, pixels: int) -> Points:
    """Cover a shape's surface with points, densely enough for an image of `pixels` a side.

    Parameters
    ----------
    shape : str
        One of `SURFACES`.
    sizes : (3,) float64
        Half edges of a box.  Of the others the last one counts: half height of cylinder and cone
        over the radius, tube over ring radius of a torus.
    pixels : int

    Returns
    -------
    (m, 3) float64
        Centred on the origin; the largest half extent along an axis is 1.
    """
    core, outwards = _surface(shape, _LATTICE * pixels**2)
    factors = sizes if shape == "cube" else sizes[2]
    surface = core + factors * outwards
    scaled: Points = surface / np.abs(surface).max()
    return scaled


@lru_cache(maxsize=16)
def _surface(shape: str, count: int) -> tuple[Points, Points]:
    """Points for sizes 0 and what sizes of 1 add to them: all five surfaces are linear in both."""
    return SURFACES[shape](count)


def _lattice(count: int) -> tuple[Points, Points]:
    """The unit square by multiples of the golden section: no large gap, however it is stretched."""
    number = np.arange(count)
    return (number + 0.5) / count, (number * _GOLDEN) % 1.0


def _sphere(count: int) -> tuple[Points, Points]:
    u, v = _lattice(count)
    height = 2 * u - 1
    ball = _turned(np.sqrt(1 - height**2), v) + _raised(height)
    return ball, np.zeros_like(ball)


def _box(count: int) -> tuple[Points, Points]:
    u, v = _lattice(count // 6)
    face = np.stack([np.ones_like(u), 2 * u - 1, 2 * v - 1], axis=1)
    corner = np.concatenate([np.roll(face, axis, axis=1) for axis in range(3)])
    box = np.concatenate([corner, -corner])
    return np.zeros_like(box), box


def _cylinder(count: int) -> tuple[Points, Points]:
    u, v = _lattice(6 * count // 10)
    disc, angle = _lattice(2 * count // 10)
    radius = np.concatenate([np.ones_like(u), np.sqrt(disc), np.sqrt(disc)])
    height = np.concatenate([2 * u - 1, np.ones_like(disc), -np.ones_like(disc)])
    return _turned(radius, np.concatenate([v, angle, angle])), _raised(height)


def _cone(count: int) -> tuple[Points, Points]:
    u, v = _lattice(6 * count // 10)
    disc, angle = _lattice(4 * count // 10)
    radius = np.sqrt(np.concatenate([u, disc]))
    height = np.concatenate([1 - 2 * np.sqrt(u), -np.ones_like(disc)])
    return _turned(radius, np.concatenate([v, angle])), _raised(height)


def _torus(count: int) -> tuple[Points, Points]:
    u, v = _lattice(count)
    around = 2 * np.pi * u
    return _turned(np.ones_like(u), v), _turned(np.cos(around), v) + _raised(np.sin(around))


def _turned(radius: Points, turn: Points) -> Points:
    """Points of the plane z = 0; `turn` in whole turns."""
    angle = 2 * np.pi * turn
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros_like(angle)], axis=1)


def _raised(height: Points) -> Points:
    """Points of the z axis."""
    return np.stack([np.zeros_like(height), np.zeros_like(height), height], axis=1)


SURFACES: dict[str, Callable[[int], tuple[Points, Points]]] = {
    "sphere": _sphere,
    "cube": _box,
    "cylinder": _cylinder,
    "cone": _cone,
    "torus": _torus,
}
"""``(count)`` gives about `count` points of a shape's surface for sizes 0, and what sizes add."""
