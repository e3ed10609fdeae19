"""What a scan does to a surface, with the truth about it: how noisy, how cluttered, how much seen.

The rest of the randomisation (`pcdash.core.corruption`) goes for variety; here every defect is
known, so that estimates can be learnt and bins can be filled.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import MIN_POINTS, Points
from pcdash.core.corruption.motions import clutter, direction, rotation
from pcdash.core.corruption.recipe import Randomisation
from pcdash.core.corruption.solids import draw_solid, log_uniform, surface_points

DENSE = 4000
"""Points on a surface before anything happens to it."""

_FEW = (24.0, 110.0)
_POINTS = (90.0, 2048.0)
_NOISES = ((0.004, 0.04), (0.04, 0.08), (0.08, 0.14), (0.14, 0.28))
_PIXELS = (12.0, 60.0)
_AWAY = (2.0, 20.0)
_MOST = 1.3
"""Rms radii between the nearest and the farthest side, about; for the slope of the density."""

_DEPTH = 0.35
"""How far behind the nearest point of its neighbourhood a point is still seen, rms radii."""


@dataclass(frozen=True)
class Truth:
    """What is true of a scan, as it can be estimated.

    Attributes
    ----------
    noise : float
        Standard deviation along each axis, in rms radii of the undamaged surface.
    outliers : float
        Share of the points that belong to nothing.
    coverage : float
        Part of the surface that is seen, in (0, 1].
    evenness : float
        Effective over actual number of points, in (0, 1]: 1 where the density is the same
        everywhere (Kish 1965).
    """

    noise: float
    outliers: float
    coverage: float
    evenness: float

    def text(self) -> str:
        """All four, to be read by `of`."""
        return " ".join(f"{value:.6g}" for value in astuple(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read what `text` has written."""
        return cls(*map(float, text.split()))


@dataclass(frozen=True)
class Defects:
    """What is wrong with a scan.

    Attributes
    ----------
    points : int
        Wanted number.
    noise : float
        Standard deviation along each axis, in rms radii of the undamaged surface.
    outliers : float
        Share of the points that belong to nothing.
    crop : float
        Part of the surface cut off by a plane.
    view : bool
        Whether only one side is seen.
    away : float
        Distance of such a view from the centre, in radii of the object about it: from near, fewer
        sides are seen.
    pixels : int
        Of such a view along the object; 0: as dense as the surface itself.
    along_rays : bool
        Whether the noise of such a view goes along the line of sight alone.
    gradient : float
        Log density slope per rms radius.
    """

    points: int
    noise: float
    outliers: float
    crop: float
    view: bool
    gradient: float
    away: float = 20.0
    pixels: int = 0
    along_rays: bool = False


@dataclass(frozen=True)
class Scan:
    """A scan, points (n, 3) float64, and the truth about it."""

    points: Points
    truth: Truth


def dense_surface(shape: str, recipe: Randomisation, rng: np.random.Generator) -> Points:
    """`DENSE` points on a shape in the proportions of a recipe, stretched as often as it says."""
    points = surface_points(draw_solid(shape, recipe, rng), DENSE, rng)
    if shape == "sphere" or rng.random() >= recipe.stretch_share:
        return points
    stretched: Points = points * [log_uniform(recipe.stretch, rng) for _ in range(3)]
    return stretched


def draw_defects(rng: np.random.Generator) -> Defects:
    """Draw defects, so that every quality bin gets its share of the scans."""
    few = rng.random() < 0.5
    noise = 0.0 if rng.random() < 0.05 else log_uniform(_NOISES[rng.integers(4)], rng)
    return Defects(
        points=round(log_uniform(_FEW if few else _POINTS, rng)),
        noise=noise,
        outliers=0.3 * float(rng.random()) ** 2 if rng.random() < 0.25 else 0.0,
        crop=float(rng.uniform(0.1, 0.55)) if rng.random() < 0.2 else 0.0,
        view=bool(rng.random() < 0.4),
        gradient=log_uniform((0.2, 2.0), rng) if rng.random() < 0.2 else 0.0,
        away=log_uniform(_AWAY, rng),
        pixels=round(log_uniform(_PIXELS, rng)) if rng.random() < 0.6 else 0,
        along_rays=bool(rng.random() < 0.5),
    )


def scan(surface: Points, defects: Defects, rng: np.random.Generator) -> Scan:
    """Scan a surface once.

    Parameters
    ----------
    surface : (m, 3) float64
        Many points, as even as can be had; in any unit.
    defects : Defects
    rng : numpy.random.Generator

    Returns
    -------
    Scan
        Randomly turned; at least `MIN_POINTS` points, never more than the surface has.
    """
    points = surface @ rotation(rng).T
    points -= points.mean(axis=0)
    size = float(np.sqrt(np.einsum("nk,nk->", points, points) / len(points)))
    points /= size
    image = points
    if defects.view:
        image = _image(points, defects.away)
        seen = in_front(image)
        if np.count_nonzero(seen) >= MIN_POINTS:
            points, image = points[seen], image[seen]
    if defects.crop:
        side = points @ direction(rng)
        kept = max(MIN_POINTS, round((1 - defects.crop) * len(points)))
        left = side.argsort(kind="stable")[:kept]
        points, image = points[left], image[left]
    coverage = len(points) / len(surface)
    if defects.view and defects.pixels:
        points = points[_pixels(image, defects.pixels)]
    weight = np.exp(defects.gradient * np.minimum(points @ direction(rng), _MOST))
    # Weighted sampling without replacement (Efraimidis & Spirakis 2006), on a log scale.
    score = np.log(weight) + rng.gumbel(size=len(points))
    chosen = np.argsort(-score)[: max(MIN_POINTS, defects.points)]
    points = points[chosen]
    error = rng.standard_normal(points.shape)
    if defects.view and defects.along_rays:
        error[:, :2], error[:, 2] = 0, error[:, 2] * 3**0.5
    points = points + defects.noise * error
    if defects.outliers:
        points = clutter(points, defects.outliers, rng)
    even = float(weight.sum() ** 2 / (len(weight) * (weight @ weight)))
    return Scan(points * size, Truth(defects.noise, defects.outliers, coverage, even))


def _image(points: Points, away: float) -> Points:
    """Where points appear to a camera far down the z axis, and how far from it they are: (n, 3).

    In units of the object: a camera sees what is at the centre as large as it is.
    """
    distance = away * float(np.sqrt(np.einsum("nk,nk->n", points, points).max()))
    depth = points[:, 2:] + distance
    return np.hstack([points[:, :2] * (distance / depth), depth])


def _pixels(points: Points, across: int) -> NDArray[np.intp]:
    """One point for each pixel of an image that is `across` pixels wide; enough of them."""
    flat = points[:, :2] - points[:, :2].min(axis=0)
    while True:
        cell = np.floor(flat * (across / (flat.max() + 1e-12))).astype(np.int64)
        _, first = np.unique(cell[:, 0] * (across + 2) + cell[:, 1], return_index=True)
        if len(first) >= min(MIN_POINTS, len(points)):
            return first
        across *= 2


def in_front(points: Points) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which points are seen from far down the z axis; lengths in rms radii: (n,) bool."""
    flat, depth = points[:, :2], points[:, 2]
    low = flat.min(axis=0)
    extent = np.ptp(flat, axis=0) + 1e-12
    edge = np.sqrt(4 * extent.prod() / len(points))
    shape = np.floor(extent / edge).astype(np.int64) + 3
    cell = np.floor((flat - low) / edge).astype(np.int64) + 1
    nearest = np.full(shape, np.inf)
    np.minimum.at(nearest, (cell[:, 0], cell[:, 1]), depth)
    # The least of the neighbourhood, one axis after the other.
    for axis in (0, 1):
        before, after = np.roll(nearest, 1, axis), np.roll(nearest, -1, axis)
        nearest = np.minimum(nearest, np.minimum(before, after))
    seen: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        depth <= nearest[cell[:, 0], cell[:, 1]] + _DEPTH
    )
    return seen
