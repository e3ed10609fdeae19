"""One cloud of the benchmark: a shape sampled, cut or seen by a camera, and disturbed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.transform import Rotation

from pcdash.core.benchmark.camera import DISTANCE, lay_out, look
from pcdash.core.cloud import Points
from pcdash.core.shapes import SHAPES

POINTS = 512
NOISE = 0.02
FREE = (1 / 3, 3.0)
"""Range of one axis's length against another's where proportions are free."""

TUBE = (1 / 6, 2 / 3)
"""Range of a torus's tube over ring radius in single views."""

VIEW_PIXELS = 40
_FEWEST_SEEN = 20


def default(
    shape: str,
    rng: np.random.Generator,
    *,
    n: int = POINTS,
    noise: float = NOISE,
    unit: float = 1.0,
    offset: float = 0.0,
    outliers: float = 0.0,
    keep: Callable[[Points, np.random.Generator], Points] | None = None,
    lengths: tuple[float, float] | None = None,
    free: bool = False,
) -> Points:
    """One cloud: sample, cut, stretch, rotate, scale, add noise and outliers, change the unit.

    Parameters
    ----------
    shape : str
    rng : numpy.random.Generator
    n : int
        Points.
    noise : float
        Standard deviation; the shape's half extent is 1.
    unit, offset : float
        Factor on all coordinates, and shift in sizes of the object.
    outliers : float
        Share of points replaced by uniform ones in a box half as large again.
    keep : callable, optional
        ``keep(points, rng)`` gives those of a larger sample that the scan has.
    lengths : (low, high), optional
        Each of the shape's axes is stretched by its own factor, log-uniform in between.
    free : bool
        Proportions of the class: boxes of any edges, cylinders and cones of any height.
    """
    spare = 1 if keep is None and not free else 40
    points = SHAPES[shape](1, spare * n, rng)[0]
    if free and shape in ("cube", "cylinder", "cone"):
        # Cylinder and cone stay round: only the height is free.
        factors = _factors(FREE, rng)
        points = _even(points * (factors if shape == "cube" else [1, 1, factors[2]]), shape, rng)
    if lengths is not None:
        points = points * _factors(lengths, rng)
    points = points / np.abs(points).max()
    if keep is not None:
        points = keep(points, rng)
    return scan(points, rng, n=n, noise=noise, unit=unit, offset=offset, outliers=outliers)


def scan(
    points: Points,
    rng: np.random.Generator,
    *,
    n: int,
    noise: float,
    unit: float = 1.0,
    offset: float = 0.0,
    outliers: float = 0.0,
) -> Points:
    """At most `n` of the points, turned, with noise and outliers, in a unit; see `default`."""
    points = points[rng.choice(len(points), n, replace=False)] if len(points) > n else points
    points = points @ Rotation.random(rng=rng).as_matrix().T * rng.uniform(0.85, 1.15)
    points = points + noise * rng.standard_normal(points.shape)
    count = round(outliers * len(points))
    if count:
        low, high = points.min(axis=0), points.max(axis=0)
        half = 0.75 * float((high - low).max())
        points[:count] = (low + high) / 2 + rng.uniform(-half, half, (count, 3))
    result: Points = unit * (points + offset * np.array([1.0, -0.7, 0.3]))
    return result


def _factors(bounds: tuple[float, float], rng: np.random.Generator) -> Points:
    """Three numbers whose logarithms are uniform between the logarithms of `bounds`."""
    low, high = np.log(bounds)
    factors: Points = np.exp(rng.uniform(low, high, 3))
    return factors


def _even(points: Points, shape: str, rng: np.random.Generator) -> Points:
    """Undo what stretching does to the density: faces are thinned to their new areas."""
    scale = np.abs(points).max(axis=0)
    if shape == "cube":
        face = np.abs(points / scale).argmax(axis=1)
        area = scale.prod() / scale
    else:
        disc = np.isclose(np.abs(points[:, 2]), scale[2]) & (
            (shape == "cylinder") | (points[:, 2] < 0)
        )
        face = disc.astype(np.int64)
        height = 2 * scale[2] if shape == "cylinder" else np.hypot(1, 2 * scale[2]) / 2
        area = np.array([2 * height, 2.0 if shape == "cylinder" else 1.0])
    weight = (area / np.bincount(face, minlength=len(area)))[face]
    thinned: Points = points[rng.random(len(points)) < weight / weight.max()]
    return thinned


def half(points: Points, rng: np.random.Generator) -> Points:
    """What lies on one side of a plane through the middle."""
    side = points @ _direction(rng)
    near: Points = points[side <= np.median(side)]
    return near


def gradient(points: Points, rng: np.random.Generator) -> Points:
    """Dense on one side, thin on the other: exp(1.5 t) along a random direction."""
    weight = np.exp(1.5 * points @ _direction(rng))
    thinned: Points = points[rng.random(len(points)) < weight / weight.max()]
    return thinned


def _direction(rng: np.random.Generator) -> Points:
    vector = rng.standard_normal(3)
    return np.asarray(vector / np.linalg.norm(vector))


def view(
    shape: str,
    rng: np.random.Generator,
    *,
    pixels: int = VIEW_PIXELS,
    noise: float = 0.0,
    fewest: int = _FEWEST_SEEN,
) -> Points:
    """What a depth camera sees of a freely proportioned shape from one side.

    Parameters
    ----------
    shape : str
    rng : numpy.random.Generator
    pixels : int
        Along a side of the image, which just holds the bounding sphere.
    noise : float
        Standard deviation along the ray, in radii of the bounding sphere.
    fewest : int
        Views of fewer points are drawn again.
    """
    while True:
        sizes = _factors(TUBE if shape == "torus" else FREE, rng)
        surface = lay_out(shape, sizes, pixels)
        points = look(surface, rng, pixels=pixels, noise=noise, distance=DISTANCE)
        if len(points) >= fewest:
            return points
