"""Randomised training clouds: what a scan does to a shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.camera import render, spoil
from pcdash.core.corruption.recipe import Randomisation, Sensor
from pcdash.core.corruption.solids import log_uniform, surface_points
from pcdash.core.primitives.distance import Solid

Array = NDArray[np.float64]

__all__ = ["Randomisation", "Sensor", "draw"]

_FEWEST = 16
_SPARE = 64

_PLAIN = {
    "stretch_share": 0.0,
    "crop_share": 0.0,
    "gradient_share": 0.0,
    "outlier_share": 0.0,
    "camera_share": 0.0,
    "heavy_noise_share": 0.0,
    "noise": (0.004, 0.06),
}


def draw(shape: str, recipe: Randomisation, rng: np.random.Generator) -> Array:
    """One training cloud of class `shape`: (n, 3) float64, n >= 16."""
    solid = _solid(shape, recipe, rng)
    if rng.random() < recipe.plain_share:
        recipe = recipe.model_copy(update=_PLAIN)
    stretch = _stretch(shape, recipe, rng)
    few = rng.random() < recipe.few_share
    wanted = int(log_uniform(recipe.few_points if few else recipe.n_points, rng))
    while True:
        if rng.random() < recipe.camera_share:
            points = _seen(solid, stretch, recipe, rng)
            if len(points) > wanted:
                points = points[rng.choice(len(points), wanted, replace=False)]
        else:
            points = _sampled(solid, stretch, wanted, recipe, rng)
        if len(points) >= _FEWEST:
            break
    points = points @ rotation(rng).T
    if rng.random() < recipe.outlier_share:
        points = clutter(points, rng.uniform(*recipe.outliers), rng)
    return points


def rotation(rng: np.random.Generator) -> Array:
    """A rotation matrix, uniform on SO(3): a normalised Gaussian quaternion (Shoemake 1992)."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def clutter(points: Array, share: float, rng: np.random.Generator) -> Array:
    """Replace a share of the points by uniform ones in a box of half to all again the size."""
    number = round(share * len(points))
    low, high = points.min(axis=0), points.max(axis=0)
    half = rng.uniform(0.55, 1.0) * float((high - low).max())
    points = points.copy()
    where = rng.choice(len(points), number, replace=False)
    points[where] = (low + high) / 2 + rng.uniform(-half, half, (number, 3))
    return points


def _solid(shape: str, recipe: Randomisation, rng: np.random.Generator) -> Solid:
    free = rng.random() < recipe.proportions_share
    if shape == "sphere":
        return Solid("sphere", (1.0,))
    if shape == "cube":
        edges = (log_uniform(recipe.box_edge, rng), log_uniform(recipe.box_edge, rng))
        return Solid("box", (1.0, *edges) if free else (1.0, 1.0, 1.0))
    if shape == "torus":
        return Solid("torus", (1.0, log_uniform(recipe.torus_tube, rng) if free else 1 / 3))
    closed = not (free and rng.random() < recipe.open_share)
    if shape == "cylinder":
        half = log_uniform(recipe.cylinder_height, rng) if free else 1.0
        return Solid("revolved", (1.0, 1.0, half), closed, closed)
    half = log_uniform(recipe.cone_height, rng) if free else 1.0
    cut = rng.uniform(*recipe.truncation) if free and rng.random() < recipe.truncation_share else 0
    return Solid("revolved", (1.0, float(cut), half), closed, closed)


def _stretch(shape: str, recipe: Randomisation, rng: np.random.Generator) -> Array:
    if shape == "sphere" or rng.random() >= recipe.stretch_share:
        return np.ones(3)
    return np.exp(rng.uniform(*np.log(recipe.stretch), 3))


def _seen(solid: Solid, stretch: Array, recipe: Randomisation, rng: np.random.Generator) -> Array:
    sensor = recipe.sensor
    points, rays, reach = render(
        solid,
        rotation(rng) * stretch,
        int(log_uniform(sensor.resolution, rng)),
        log_uniform(sensor.distance, rng),
    )
    return spoil(points, rays, reach, sensor, rng)


def _sampled(
    solid: Solid, stretch: Array, n: int, recipe: Randomisation, rng: np.random.Generator
) -> Array:
    crop = rng.uniform(*recipe.crop) if rng.random() < recipe.crop_share else 0.0
    slope = log_uniform(recipe.gradient, rng) if rng.random() < recipe.gradient_share else 0.0
    spare = 1 + (1.5 if crop else 0) + (2 if slope else 0)
    points = surface_points(solid, int(n * spare) + _SPARE * (spare > 1), rng) * stretch
    extent = 0.5 * float(np.ptp(points, axis=0).max())
    if crop:
        side = points @ direction(rng)
        points = points[side <= np.quantile(side, 1 - crop)]
    if slope:
        # Weighted sampling without replacement (Efraimidis & Spirakis 2006), on a log scale.
        score = slope * (points @ direction(rng)) / extent + rng.gumbel(size=len(points))
        points = points[np.argsort(score)[-n:]]
    return points[:n] + rng.normal(0, _noise(recipe, rng) * extent, (min(n, len(points)), 3))


def direction(rng: np.random.Generator) -> Array:
    """A unit vector, uniform on the sphere."""
    vector = rng.standard_normal(3)
    result: Array = vector / np.linalg.norm(vector)
    return result


def _noise(recipe: Randomisation, rng: np.random.Generator) -> float:
    u = rng.random()
    if u < recipe.noise_free_share:
        return 0.0
    if u < recipe.noise_free_share + recipe.heavy_noise_share:
        return float(rng.uniform(*recipe.heavy_noise))
    return log_uniform(recipe.noise, rng)
