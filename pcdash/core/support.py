"""The plane that things stand on, told from a face of the thing itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pcdash.core.cloud import Points
from pcdash.core.clusters import NEIGHBOURS, grouped, linking_radius

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST = 100
"""Points below which nothing is said about a support."""

_TRIPLES = 512
_FITTED = 8
"""Planes that are tried, and the best of them that are fitted again to their points."""

_PLANES = 3
"""Planes that are looked at; the largest may be a face of a large box on a small table."""

_SHARE = 0.2
_ONE_SIDE = 0.9
_WIDE = 1.75
_THIN = 5.0
_TALL = 2.5
_SURROUNDED = 0.55
"""What makes a plane a support, see `is_support`."""

_REST = 0.01
"""Least share of a plane's points in a crop that lie beside what stands on it."""

_SIGMAS = 2.5
_MAD = 0.6745
"""Median of the absolute value of a standard normal number."""

_THICKNESS = 0.25
"""Least tolerance in units of the spacing: no table is perfectly flat."""

_LOW = 0.3
_APART = 1.3
_SECTORS = 8
_AROUND, _ON_PLANE = 300, 1500
"""Points that are looked around from, and points of the plane that they may see."""


@dataclass(frozen=True)
class Plane:
    """Points x with ``normal @ x = offset``; what stands on it is on the positive side.

    Attributes
    ----------
    normal : (3,) float64
        Unit vector.
    offset : float
    tolerance : float
        Distance up to which a point belongs to it.
    """

    normal: Float
    offset: float
    tolerance: float

    def height(self, points: Points) -> Float:
        """Signed distance of each point."""
        height: Float = points @ self.normal - self.offset
        return height

    def along(self, points: Points) -> Float:
        """Coordinates (n, 2) of the points within the plane."""
        across: Float = np.linalg.svd(self.normal[None])[2][1:]
        return points @ across.T


def find_support(points: Points, rng: np.random.Generator) -> Plane | None:
    """The plane that most of the points belong to, if the others stand on it.

    Planes through random triples (RANSAC, Fischler & Bolles 1981), the best of them fitted again
    to their points (Chum et al. 2003).  The tolerance follows from the noise.

    Parameters
    ----------
    points : (n, 3) float64
        A sample of the scan, all different; some thousand are enough.
    rng : numpy.random.Generator
    """
    if len(points) < FEWEST:
        return None
    least, tolerance = _tolerances(points)
    pool = points
    for _ in range(_PLANES):
        plane, share = _dominant(pool, tolerance, rng)
        if share * len(pool) < _SHARE * len(points):
            return None
        plane = _adapted(plane, points, least)
        if is_support(plane, points, rng):
            return plane
        pool = pool[np.abs(plane.height(pool)) > plane.tolerance]
        if len(pool) < FEWEST:
            return None
    return None


def is_support(plane: Plane, points: Points, rng: np.random.Generator) -> bool:
    """Whether the points that are not on the plane stand on it, rather than being the same body.

    All of these: nearly all of them are on one side; the plane is wider than the largest group of
    them, and its noise small against both its width and their height; and where they come down to
    it, it goes on all around them.  A box comes down to its face at the face's edges, a cone to its
    base at the rim.
    """
    height = plane.height(points)
    above = _above(plane, height)
    if above is None:
        return False
    on = plane.along(points[np.abs(height) <= plane.tolerance])
    others = points[above]
    groups = grouped(others, linking_radius(others))
    place = plane.along(others)
    largest = groups == np.bincount(groups).argmax()
    width, tall = _spread(on), float(np.quantile(height[above][largest], 0.9))
    noisy = width < _THIN * plane.tolerance or tall < _TALL * plane.tolerance
    if noisy or width < _WIDE * _spread(place[largest]):
        return False
    return _surrounded(place, height[above], groups, on, rng) >= _SURROUNDED


def reaches_among(plane: Plane, points: Points) -> bool:
    """Whether a plane that was found in more than these points has some of its own among them.

    They are what stands on it, cut out with or without a rest of the plane.  So nearly all are on
    its upper side and rise above its noise, and of those on it some lie beside what stands there:
    the lowest points of an object that was cut out without the plane are no part of it.

    Parameters
    ----------
    plane : Plane
    points : (n, 3) float64
        All different, in the units of the plane.
    """
    height = plane.height(points)
    above = _above(plane, height)
    if above is None:
        return False
    if float(np.quantile(height[above], 0.9)) < _TALL * plane.tolerance:
        return False
    on = np.abs(height) <= plane.tolerance
    reach = linking_radius(points[above])
    distance, _ = cKDTree(plane.along(points[above])).query(plane.along(points[on]))
    return int(np.count_nonzero(distance > reach)) >= max(3, _REST * np.count_nonzero(on))


def _above(plane: Plane, height: Float) -> NDArray[np.bool_] | None:
    """Which points are clear of the plane on its upper side; None unless nearly all of them are."""
    clear = 1.5 * plane.tolerance
    above, below = height > clear, int(np.count_nonzero(height < -clear))
    number = int(np.count_nonzero(above))
    if number < NEIGHBOURS or number < _ONE_SIDE * (number + below):
        return None
    return above


def _surrounded(
    place: Float, height: Float, groups: NDArray[np.int64], on: Float, rng: np.random.Generator
) -> float:
    """Share of the low points from which the plane is seen in every direction.

    First each is moved away from the middle of its group, to 1.3 times the distance: a face of the
    group ends there.  Small groups are noise, and do not count.
    """
    size = np.bincount(groups)
    middle = np.stack([np.bincount(groups, column) / size for column in place.T], axis=1)[groups]
    counts = size[groups] >= max(3, 0.01 * len(groups))
    if not counts.any():
        return 0.0
    low = counts & (height <= np.quantile(height[counts], _LOW))
    moved = _some((middle + _APART * (place - middle))[low], _AROUND, rng)
    seen = _some(on, _ON_PLANE, rng)
    offset = seen[None] - moved[:, None]
    turn = np.arctan2(offset[..., 1], offset[..., 0]) / (2 * np.pi) + 0.5
    sector = np.minimum((turn * _SECTORS).astype(np.int64), _SECTORS - 1)
    rows = np.arange(len(moved))[:, None] * _SECTORS
    per_sector = np.bincount((rows + sector).ravel(), minlength=len(moved) * _SECTORS)
    # One point alone may be noise.
    return float((per_sector.reshape(-1, _SECTORS) >= 2).all(axis=1).mean())


def _dominant(points: Points, tolerance: float, rng: np.random.Generator) -> tuple[Plane, float]:
    """The plane with the most points within `tolerance`, and the share of them."""
    corner = points[rng.integers(0, len(points), (_TRIPLES, 3))]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)
    level = np.einsum("ij,ij->i", normal, corner[:, 0])
    count = (np.abs(points @ normal.T - level) <= tolerance).sum(axis=0)
    count[length[:, 0] == 0] = 0
    fitted = [
        _fitted(Plane(normal[i], float(level[i]), tolerance), points)
        for i in np.argsort(-count, kind="stable")[:_FITTED]
    ]
    return max(fitted, key=lambda found: found[1])


def _fitted(plane: Plane, points: Points) -> tuple[Plane, float]:
    """The plane by least squares through its own points, three times, and their share."""
    near = np.abs(plane.height(points)) <= plane.tolerance
    for _ in range(3):
        if np.count_nonzero(near) < 3:
            break
        middle = points[near].mean(axis=0)
        local = points[near] - middle
        normal = np.linalg.eigh(local.T @ local)[1][:, 0]
        plane = replace(plane, normal=normal, offset=float(normal @ middle))
        near = np.abs(plane.height(points)) <= plane.tolerance
    return plane, float(near.mean())


def _tolerances(points: Points) -> tuple[float, float]:
    """The least tolerance, from the spacing, and one to begin with, from the noise.

    Noise: median over the points of the rms distance of their neighbours from a common plane.
    """
    distance, near = cKDTree(points).query(points, k=NEIGHBOURS + 1)
    local = points[near] - points[near].mean(axis=1, keepdims=True)
    square = np.linalg.eigvalsh(np.einsum("nki,nkj->nij", local, local) / near.shape[1])[:, 0]
    noise = float(np.sqrt(max(np.median(square), 0.0)))
    # On a surface the twelfth neighbour is the square root of twelve spacings away.
    least = _THICKNESS * float(np.median(distance[:, -1])) / np.sqrt(NEIGHBOURS)
    return least, max(3 * noise, least)


def _adapted(plane: Plane, points: Points, least: float) -> Plane:
    """Turn the plane so that more points are above it, and let its tolerance follow from those
    below: nothing stands there, so they show the noise alone.
    """
    height = plane.height(points)
    beyond = np.abs(height) > plane.tolerance
    if np.count_nonzero(height[beyond] < 0) > np.count_nonzero(height[beyond] > 0):
        plane = replace(plane, normal=-plane.normal, offset=-plane.offset)
        height = -height
    tolerance = plane.tolerance
    for _ in range(3):
        depth = -height[(height < 0) & (height > -2 * tolerance)]
        if len(depth) < NEIGHBOURS:
            break
        tolerance = max(_SIGMAS * float(np.median(depth)) / _MAD, least)
    return replace(plane, tolerance=tolerance)


def _spread(place: Float) -> float:
    """Root mean square distance from the middle."""
    return float(np.sqrt(((place - place.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _some(rows: Float, most: int, rng: np.random.Generator) -> Float:
    return rows[rng.permutation(len(rows))[:most]]
