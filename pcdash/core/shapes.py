"""Area-uniform samplers of the five shapes, vectorised over clouds.

Every sampler returns ``(clouds, n, 3)`` float64 points on a surface whose largest half extent
along a coordinate axis is 1, centred on the middle of its bounding box.  Uniform means uniform by
area on every face, caps included: a face receives points in proportion to its share of the area.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Sampler = Callable[[int, int, np.random.Generator], Array]

CONE_HEIGHT = 2.0
"""Height of the default cone of base radius 1."""

TORUS_TUBE = 1.0 / 3.0
"""Tube radius over ring radius of the default torus."""


def sphere(clouds: int, n: int, rng: np.random.Generator) -> Array:
    """Unit sphere: normalised Gaussian directions (Muller 1959)."""
    points = rng.standard_normal((clouds, n, 3))
    points /= np.linalg.norm(points, axis=2, keepdims=True)
    return points


def cube(clouds: int, n: int, rng: np.random.Generator) -> Array:
    """Surface of [-1, 1]^3: six faces of equal area."""
    points = rng.uniform(-1.0, 1.0, (clouds, n, 3))
    face = rng.integers(0, 6, (clouds, n))
    np.put_along_axis(
        points, (face // 2)[..., None], np.where(face % 2 == 0, -1.0, 1.0)[..., None], axis=2
    )
    return points


def cylinder(clouds: int, n: int, rng: np.random.Generator) -> Array:
    """Closed cylinder of radius 1 and height 2: mantle 4 pi, each cap pi."""
    mantle = rng.random((clouds, n)) < 2.0 / 3.0
    side = np.where(rng.random((clouds, n)) < 0.5, -1.0, 1.0)
    radius = np.where(mantle, 1.0, np.sqrt(rng.random((clouds, n))))
    height = np.where(mantle, rng.uniform(-1.0, 1.0, (clouds, n)), side)
    return _revolve(radius, height, rng)


def cone(clouds: int, n: int, rng: np.random.Generator) -> Array:
    """Closed cone, base radius 1 at z = -1, apex at z = 1: mantle pi sqrt(5), base pi.

    On mantle and base alike the area within relative radius r grows as r^2.
    """
    slant = float(np.hypot(1.0, CONE_HEIGHT))
    mantle = rng.random((clouds, n)) < slant / (slant + 1.0)
    radius = np.sqrt(rng.random((clouds, n)))
    height = np.where(mantle, CONE_HEIGHT / 2 - CONE_HEIGHT * radius, -CONE_HEIGHT / 2)
    return _revolve(radius, height, rng)


def torus(clouds: int, n: int, rng: np.random.Generator) -> Array:
    """Torus of outer radius 1 and tube over ring radius 1/3.

    The density of the tube angle v is proportional to 1 + k cos v, k = tube / ring.  It is drawn
    by reflection: a uniform v is replaced by pi - v with probability (1 - k cos v) / 2 and the
    opposite weight is kept otherwise, which leaves (1 + k cos v) / 2 + (1 + k cos v) / 2.
    """
    v = rng.uniform(0.0, 2 * np.pi, (clouds, n))
    reflect = rng.random((clouds, n)) < (1.0 - TORUS_TUBE * np.cos(v)) / 2.0
    v = np.where(reflect, np.pi - v, v)
    radius = (1.0 + TORUS_TUBE * np.cos(v)) / (1.0 + TORUS_TUBE)
    return _revolve(radius, TORUS_TUBE * np.sin(v) / (1.0 + TORUS_TUBE), rng)


def _revolve(radius: Array, height: Array, rng: np.random.Generator) -> Array:
    """Turn (radius, height) profiles about the z axis by uniform angles."""
    angle = rng.uniform(0.0, 2 * np.pi, radius.shape)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=2)


SHAPES: dict[str, Sampler] = {
    "sphere": sphere,
    "cube": cube,
    "cylinder": cylinder,
    "cone": cone,
    "torus": torus,
}
"""The generator's classes; a new shape is a function above and a line here."""
