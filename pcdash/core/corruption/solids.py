"""Primitives of free proportions, and points on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives.distance import Solid

Array = NDArray[np.float64]


def log_uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """One number whose logarithm is uniform between the logarithms of `bounds`."""
    low, high = np.log(bounds)
    return float(np.exp(rng.uniform(low, high)))


def surface_points(solid: Solid, n: int, rng: np.random.Generator) -> Array:
    """`n` points, uniform by area on every face of `solid`: (n, 3)."""
    return _SAMPLERS[solid.kind](solid, n, rng)


def _sphere(solid: Solid, n: int, rng: np.random.Generator) -> Array:
    points = rng.standard_normal((n, 3))
    points *= solid.sizes[0] / np.linalg.norm(points, axis=1, keepdims=True)
    return points


def _box(solid: Solid, n: int, rng: np.random.Generator) -> Array:
    half = np.array(solid.sizes)
    area = half.prod() / half
    axis = rng.choice(3, n, p=area / area.sum())
    points = rng.uniform(-1.0, 1.0, (n, 3))
    points[np.arange(n), axis] = np.sign(rng.random(n) - 0.5)
    return points * half


def _revolved(solid: Solid, n: int, rng: np.random.Generator) -> Array:
    """Mantle and discs in proportion to their areas; on each the radius squared is uniform."""
    low, high, half = solid.sizes
    slant = np.hypot(low - high, 2 * half)
    area = np.array([slant * (low + high), low**2 * solid.bottom, high**2 * solid.top])
    face = rng.choice(3, n, p=area / area.sum())
    u = rng.random(n)
    mantle = np.sqrt(low**2 + u * (high**2 - low**2))
    radius = np.choose(face, [mantle, low * np.sqrt(u), high * np.sqrt(u)])
    if abs(low - high) > 1e-9:
        height = half - 2 * half * (mantle - high) / (low - high)
    else:
        height = half * (1 - 2 * rng.random(n))
    return _turned(radius, np.choose(face, [height, np.full(n, -half), np.full(n, half)]), rng)


def _torus(solid: Solid, n: int, rng: np.random.Generator) -> Array:
    """Tube angles of density 1 + k cos v by reflecting uniform ones."""
    ring, tube = solid.sizes
    angle = rng.uniform(0, 2 * np.pi, n)
    reflect = rng.random(n) < (1 - tube / ring * np.cos(angle)) / 2
    angle = np.where(reflect, np.pi - angle, angle)
    return _turned(ring + tube * np.cos(angle), tube * np.sin(angle), rng)


def _turned(radius: Array, height: Array, rng: np.random.Generator) -> Array:
    angle = rng.uniform(0, 2 * np.pi, len(radius))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)


_SAMPLERS = {"sphere": _sphere, "box": _box, "revolved": _revolved, "torus": _torus}
