"""Which points are looked at, in which order, and in which unit.

Nothing here depends on the order of the points, their frame or their unit.  The policy, recorded
as `POLICY` in a model's metadata:

1. Every point gets a number that depends on its place in the shape alone: a scalar made of the
   cloud's first moments (rotation invariant, float64), spread by a large factor and reduced to its
   fractional part.  Sorting by it is a reproducible shuffle.
2. The first `KEPT` points of that shuffle are kept (all, where there are fewer).
3. Centre: geometric median (Weiszfeld 1937).  Unit: median distance from it.  Points beyond six
   units are set aside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import MIN_POINTS, Points
from pcdash.core.descriptor import pooling
from pcdash.errors import InvalidCloud

Vector = NDArray[np.float64]

KEPT = 768
"""Most points that are looked at."""

POLICY = f"invariant shuffle, first {KEPT}"

_SPREAD = 1e4
"""Turns of the shuffle across the unit length: far above 1 / spacing, far below 1 / rounding."""

_FLAT = 1e-14
"""Second principal variance against the first, below which points count as collinear."""

_FAR = 6.0
_WEISZFELD_STEPS = 3


@dataclass(frozen=True)
class Sample:
    """A batch of clouds with the same number of points, centred and scaled.

    Attributes
    ----------
    points : (B, 3, n) float32
        Centre at the geometric median, median radius 1; points that do not count are at the origin.
    mask : (B, n) bool
        Points that count.
    """

    points: NDArray[np.float32]
    mask: NDArray[np.bool_]


def shuffle(points: Points) -> NDArray[np.float64]:
    """At most `KEPT` points in an order that depends on the shape alone.

    Parameters
    ----------
    points : (n, 3) float64, n >= 16

    Returns
    -------
    (3, min(n, KEPT)) float64
        Centred on their mean, with mean radius about 1.

    Raises
    ------
    InvalidCloud
        If there are too few points, one is not finite, or all coincide or lie on one line.
    """
    n = len(points)
    if n < MIN_POINTS:
        raise InvalidCloud(f"need at least {MIN_POINTS} points, got {n}", field="points")
    place = np.subtract(points.T, points[0][:, None], order="C")
    place -= place.mean(axis=1)[:, None]
    radius2 = np.einsum("kn,kn->n", place, place)
    scale = float(np.sqrt(radius2).mean())
    if not np.isfinite(scale):
        raise InvalidCloud("every coordinate must be a finite number", field="points")
    if scale <= 8 * np.finfo(np.float64).eps * float(np.abs(points[0]).max()):
        raise InvalidCloud("all points coincide: there is no shape to classify", field="points")
    place /= scale
    radius2 /= scale * scale
    key = _place_numbers(place, radius2)
    if n > KEPT:
        chosen = np.argpartition(key, KEPT)[:KEPT]
        order = chosen[np.argsort(key[chosen])]
    else:
        order = np.argsort(key, kind="stable")
    return np.asarray(place[:, order])


def _place_numbers(place: NDArray[np.float64], radius2: Vector) -> Vector:
    """A number in [0, 1) for every point that depends on its place in the shape alone.

    The fractional part of a large multiple of r^2 + b.x + x'Mx, with the cloud's own moments
    b = <r^2 x> and M = <x x'>: no axes are chosen and hence no signs, and where the shape itself is
    round, the chance of the sampling still tells its points apart.
    """
    n = len(radius2)
    second = np.array([[np.dot(a, b) for b in place] for a in place]) / n
    spectrum = np.linalg.eigvalsh(second)
    if spectrum[1] <= _FLAT * spectrum[2]:
        raise InvalidCloud(
            "all points lie on one line: there is no shape to classify", field="points"
        )
    third = place @ radius2 / n
    slope = (second + np.eye(3)) @ place
    slope += third[:, None]
    key: Vector = np.einsum("kn,kn->n", slope, place)
    key *= _SPREAD
    key -= np.floor(key)
    return key


def normalise(clouds: NDArray[np.float64]) -> Sample:
    """Centre and scale shuffled clouds of one size, and set far outliers aside.

    Parameters
    ----------
    clouds : (B, 3, n) float64
    """
    points = clouds.copy()
    centre = points.mean(axis=2)
    for _ in range(_WEISZFELD_STEPS):
        offset = points - centre[:, :, None]
        weight = 1.0 / np.sqrt(np.einsum("bkn,bkn->bn", offset, offset) + 1e-12)
        centre = np.einsum("bkn,bn->bk", points, weight) / weight.sum(axis=1, keepdims=True)
    points -= centre[:, :, None]
    radius = np.sqrt(np.einsum("bkn,bkn->bn", points, points))
    unit = pooling.median(radius, None)
    # More than half of the points may coincide: then the mean radius is the unit.
    mean = radius.mean(axis=1)
    unit = np.where(unit > 1e-3 * mean, unit, mean)
    mask = radius <= _FAR * unit[:, None]
    points /= unit[:, None, None]
    points *= mask[:, None]
    return Sample(points.astype(np.float32), mask)
