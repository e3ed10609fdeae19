"""Primitives of free proportions, and points on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.recipe import Randomisation
from pcdash.core.primitives.distance import Solid

Array = NDArray[np.float64]
Generator = np.random.Generator


def log_uniform(bounds: tuple[float, float], rng: Generator) -> float:
    """One number whose logarithm is uniform between the logarithms of `bounds`."""
    low, high = np.log(bounds)
    return float(np.exp(rng.uniform(low, high)))


def draw_solid(shape: str, recipe: Randomisation, rng: Generator) -> Solid:
    """A primitive of class `shape`, of the default or of free proportions; its radius is 1."""
    free = bool(rng.random() < recipe.proportions_share)
    return SOLIDS[shape](free, recipe, rng)


def _any_sphere(free: bool, recipe: Randomisation, rng: Generator) -> Solid:
    return Solid("sphere", (1.0,))


def _any_box(free: bool, recipe: Randomisation, rng: Generator) -> Solid:
    edges = (log_uniform(recipe.box_edge, rng), log_uniform(recipe.box_edge, rng))
    return Solid("box", (1.0, *edges) if free else (1.0, 1.0, 1.0))


def _any_cylinder(free: bool, recipe: Randomisation, rng: Generator) -> Solid:
    closed = not (free and rng.random() < recipe.open_share)
    half = log_uniform(recipe.cylinder_height, rng) if free else 1.0
    return Solid("revolved", (1.0, 1.0, half), closed, closed)


def _any_cone(free: bool, recipe: Randomisation, rng: Generator) -> Solid:
    closed = not (free and rng.random() < recipe.open_share)
    half = log_uniform(recipe.cone_height, rng) if free else 1.0
    tip = float(rng.uniform(*recipe.blunt)) if free and rng.random() < recipe.blunt_share else 0.0
    return Solid("revolved", (1.0, tip, half), closed, closed)


def _any_torus(free: bool, recipe: Randomisation, rng: Generator) -> Solid:
    return Solid("torus", (1.0, log_uniform(recipe.torus_tube, rng) if free else 1 / 3))


SOLIDS: dict[str, Callable[[bool, Randomisation, Generator], Solid]] = {
    "sphere": _any_sphere,
    "cube": _any_box,
    "cylinder": _any_cylinder,
    "cone": _any_cone,
    "torus": _any_torus,
}
"""The primitive behind each class; a class of `core.shapes` without one cannot be randomised."""


def surface_points(solid: Solid, n: int, rng: Generator) -> Array:
    """`n` points, uniform by area on every face of `solid`: (n, 3)."""
    return _SAMPLERS[solid.kind](solid, n, rng)


def _on_sphere(solid: Solid, n: int, rng: Generator) -> Array:
    points = rng.standard_normal((n, 3))
    points *= solid.sizes[0] / np.linalg.norm(points, axis=1, keepdims=True)
    return points


def _on_box(solid: Solid, n: int, rng: Generator) -> Array:
    half = np.array(solid.sizes)
    area = half.prod() / half
    axis = rng.choice(3, n, p=area / area.sum())
    points = rng.uniform(-1.0, 1.0, (n, 3))
    points[np.arange(n), axis] = np.where(rng.random(n) < 0.5, -1.0, 1.0)
    return np.asarray(points * half)


def _on_revolved(solid: Solid, n: int, rng: Generator) -> Array:
    """Mantle and discs in proportion to their areas; on each the radius squared is uniform."""
    low, high, half = solid.sizes
    slant = np.hypot(low - high, 2 * half)
    area = np.array([slant * (low + high), low**2 * solid.bottom, high**2 * solid.top])
    face = rng.choice(3, n, p=area / area.sum())
    u = rng.random(n)
    mantle = np.sqrt(low**2 + u * (high**2 - low**2))
    radius = np.choose(face, [mantle, low * np.sqrt(u), high * np.sqrt(u)])
    share = (mantle - low) / (high - low) if abs(high - low) > 1e-9 else u
    height = np.choose(face, [half * (2 * share - 1), np.full(n, -half), np.full(n, half)])
    return _turned(radius, height, rng)


def _on_torus(solid: Solid, n: int, rng: Generator) -> Array:
    """Tube angles of density 1 + k cos v by reflecting uniform ones."""
    ring, tube = solid.sizes
    angle = rng.uniform(0, 2 * np.pi, n)
    reflect = rng.random(n) < (1 - tube / ring * np.cos(angle)) / 2
    angle = np.where(reflect, np.pi - angle, angle)
    return _turned(ring + tube * np.cos(angle), tube * np.sin(angle), rng)


def _turned(radius: Array, height: Array, rng: Generator) -> Array:
    angle = rng.uniform(0, 2 * np.pi, len(radius))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)


_SAMPLERS: dict[str, Callable[[Solid, int, Generator], Array]] = {
    "sphere": _on_sphere,
    "box": _on_box,
    "revolved": _on_revolved,
    "torus": _on_torus,
}
