"""A perspective depth camera: what one look at a solid sees of it, and what the sensor spoils."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.recipe import Sensor
from pcdash.core.corruption.solids import log_uniform
from pcdash.core.primitives.distance import Solid, distance

Array = NDArray[np.float64]

_STEPS = 48
_ARRIVED = 2e-3
"""A ray has arrived when it is this close to the surface, in units of the solid's reach."""


def render(
    solid: Solid, transform: Array, resolution: int, range_: float
) -> tuple[Array, Array, float]:
    """Look once at a solid, by sphere tracing (Hart 1996).

    Parameters
    ----------
    solid : Solid
    transform : (3, 3)
        Linear map from the solid's frame to the camera's (x right, y down, z forward): a rotation
        times an affine stretch.  Rays stay straight under its inverse, so they are traced in the
        solid's own frame, where distances are known.
    resolution : int
        Pixels along a side of the image, which just holds the bounding sphere.
    range_ : float > 1
        Distance of the camera from the centre, in units of the bounding sphere's radius.

    Returns
    -------
    points : (k, 3)
        Where the rays meet the surface, in the camera's frame; the centre is (0, 0, distance).
    rays : (k, 3)
        Their unit directions.
    reach : float
        Radius of the bounding sphere.
    """
    reach = solid.reach * float(np.linalg.norm(transform, 2))
    away = range_ * reach
    half = np.tan(np.arcsin(1 / range_)) * (1 - 1 / resolution)
    pixel = np.linspace(-half, half, resolution)
    right, down = (grid.ravel() for grid in np.meshgrid(pixel, pixel))
    rays = np.stack([right, down, np.ones(resolution**2)], axis=1)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    # The part of every ray inside the bounding sphere; the others are dropped.
    nearest = rays[:, 2] * away
    chord2 = reach**2 - (away**2 - nearest**2)
    rays, nearest, chord = (a[chord2 > 0] for a in (rays, nearest, np.sqrt(np.maximum(chord2, 0))))
    inverse = np.linalg.inv(transform)
    origin = inverse @ np.array([0.0, 0.0, -away])
    travel = _trace(solid, origin, rays @ inverse.T, nearest - chord, nearest + chord)
    seen = np.isfinite(travel)
    return rays[seen] * travel[seen, None], rays[seen], reach


def _trace(solid: Solid, origin: Array, rays: Array, start: Array, end: Array) -> Array:
    """Travel along every ray until it meets the surface; infinite where it misses."""
    speed = np.linalg.norm(rays, axis=1)
    travel = np.full(len(rays), np.inf)
    active = np.arange(len(rays))
    now = start.copy()
    close = _ARRIVED * solid.reach
    for _ in range(_STEPS):
        place = origin + now[:, None] * rays[active]
        step = distance(solid, place[:, 0], place[:, 1], place[:, 2])
        now += step / speed[active]
        arrived = step < close
        travel[active[arrived]] = now[arrived]
        going = ~arrived & (now < end[active])
        active, now = active[going], now[going]
        if not len(active):
            break
    return travel


def spoil(
    points: Array, rays: Array, reach: float, sensor: Sensor, rng: np.random.Generator
) -> Array:
    """What a real sensor does to a depth image: (k, 3) -> (at most k, 3).

    Another object in front, smooth depth error, noise along the ray, depth steps, flying pixels
    behind the silhouette, lost pixels; each with its own share and range.
    """
    if rng.random() < sensor.occluder_share and len(points) > 1:
        angle = rng.uniform(0, 2 * np.pi)
        side = points[:, 0] * np.cos(angle) + points[:, 1] * np.sin(angle)
        seen = side <= np.quantile(side, 1 - rng.uniform(*sensor.occluded))
        points, rays = points[seen], rays[seen]
    error = np.zeros(len(points))
    if rng.random() < sensor.warp_share:
        waves = rng.normal(0, 1.5 / reach, (2, 2))
        phase = points[:, :2] @ waves + rng.uniform(0, 2 * np.pi, 2)
        error += rng.uniform(0, sensor.warp) * reach * np.sin(phase).sum(axis=1)
    if rng.random() < sensor.noise_share:
        error += rng.normal(0, log_uniform(sensor.noise, rng) * reach, len(points))
    if rng.random() < sensor.flying_share:
        flying = rng.random(len(points)) < rng.uniform(0, sensor.flying)
        error += flying * rng.uniform(0, 0.6 * reach, len(points))
    points = points + error[:, None] * rays
    if rng.random() < sensor.step_share:
        step = rng.uniform(*sensor.step) * reach
        depth = np.round(points[:, 2] / step) * step
        points = points * (depth / points[:, 2])[:, None]
    if rng.random() < sensor.lost_share:
        points = points[rng.random(len(points)) < rng.uniform(1 - sensor.lost, 1)]
    return points
