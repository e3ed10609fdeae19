"""Randomised training clouds: what a scan does to a shape.

A model that has seen textbook shapes alone fails on anything real.  Here shapes get free
proportions, few or many points, noise, and the corruptions of `CORRUPTIONS`; some of them are seen
through a depth camera that hides the far side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.camera import render, spoil
from pcdash.core.corruption.motions import clutter, direction, rotation
from pcdash.core.corruption.recipe import Randomisation, Sensor
from pcdash.core.corruption.scanning import dense_surface, draw_defects, scan
from pcdash.core.corruption.solids import SOLIDS, draw_solid, log_uniform, surface_points
from pcdash.core.primitives.distance import Solid

Array = NDArray[np.float64]

__all__ = [
    "CORRUPTIONS",
    "SOLIDS",
    "Randomisation",
    "Sensor",
    "clutter",
    "direction",
    "draw",
    "rotation",
]

CORRUPTIONS = ("stretch", "crop", "gradient", "outlier", "camera")
"""What may happen to a cloud, alone or together; each has a share in `Randomisation`."""

_FEWEST = 16
_SPARE = 64
_ATTEMPTS = 100


def draw(shape: str, recipe: Randomisation, rng: np.random.Generator) -> Array:
    """One training cloud.

    Parameters
    ----------
    shape : str
        A key of `SOLIDS`.
    recipe : Randomisation
    rng : numpy.random.Generator

    Returns
    -------
    (n, 3) float64, n >= 16
        Randomly turned; its unit is about the shape's largest radius or half edge.
    """
    for _ in range(_ATTEMPTS):
        points = _attempt(shape, recipe, rng)
        if len(points) >= _FEWEST:
            return points
    raise RuntimeError(f"the recipe leaves no points of a {shape}")


def _attempt(shape: str, recipe: Randomisation, rng: np.random.Generator) -> Array:
    if recipe.scan_share and rng.random() < recipe.scan_share:
        return scan(dense_surface(shape, recipe, rng), draw_defects(rng), rng).points
    happens = _choose(shape, recipe, rng)
    solid = draw_solid(shape, recipe, rng)
    stretch = np.ones(3)
    if "stretch" in happens:
        stretch = np.array([log_uniform(recipe.stretch, rng) for _ in range(3)])
    few = rng.random() < recipe.few_share
    wanted = round(log_uniform(recipe.few_points if few else recipe.n_points, rng))
    if "camera" in happens:
        points = _seen(solid, stretch, recipe.sensor, rng)
        points = points[rng.permutation(len(points))[:wanted]]
    else:
        points = _sampled(solid, stretch, wanted, happens, recipe, rng)
    points = points @ rotation(rng).T
    if "outlier" in happens and len(points) >= _FEWEST:
        points = clutter(points, rng.uniform(*recipe.outliers), rng)
    return points


def _choose(shape: str, recipe: Randomisation, rng: np.random.Generator) -> set[str]:
    """Which corruptions happen: none, one, or each by its own share."""
    possible = [c for c in CORRUPTIONS if not (c == "stretch" and shape == "sphere")]
    u = rng.random()
    if u < recipe.plain_share:
        return set()
    if u < recipe.plain_share + recipe.single_share:
        return {possible[rng.integers(len(possible))]}
    return {c for c in possible if rng.random() < getattr(recipe, f"{c}_share")}


def _seen(solid: Solid, stretch: Array, sensor: Sensor, rng: np.random.Generator) -> Array:
    """What the camera sees of a turned and stretched solid."""
    resolution = round(log_uniform(sensor.resolution, rng))
    away = log_uniform(sensor.distance, rng)
    points, rays, reach = render(solid, rotation(rng) * stretch, resolution, away)
    return spoil(points, rays, reach, sensor, rng)


def _sampled(
    solid: Solid,
    stretch: Array,
    n: int,
    happens: set[str],
    recipe: Randomisation,
    rng: np.random.Generator,
) -> Array:
    """`n` noisy points of the whole surface, or of what crop and gradient leave."""
    crop = rng.uniform(*recipe.crop) if "crop" in happens else 0.0
    spare = 1 / (1 - crop) + (2 if "gradient" in happens else 0)
    points = surface_points(solid, int(n * spare) + _SPARE, rng) * stretch
    extent = 0.5 * float(np.ptp(points, axis=0).max())
    if crop:
        side = points @ direction(rng)
        points = points[side <= np.quantile(side, 1 - crop)]
    if "gradient" in happens:
        # Weighted sampling without replacement (Efraimidis & Spirakis 2006), on a log scale.
        slope = log_uniform(recipe.gradient, rng) / extent
        score = slope * (points @ direction(rng)) + rng.gumbel(size=len(points))
        points = points[np.argsort(-score)]
    points = points[:n]
    if rng.random() < recipe.noise_free_share:
        return points
    noise: Array = rng.normal(0, log_uniform(recipe.noise, rng) * extent, points.shape)
    return points + noise
