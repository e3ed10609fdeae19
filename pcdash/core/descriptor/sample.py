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

from pcdash.core.cloud import MIN_POINTS, Points, scatter
from pcdash.core.descriptor import pooling
from pcdash.errors import InvalidCloud

Vector = NDArray[np.float64]

KEPT = 1024
"""Most points that are looked at."""

POLICY = f"invariant shuffle, first {KEPT}"

_SPREAD = 1e4
"""Turns of the shuffle across the unit length: far above 1 / spacing, far below 1 / rounding."""

_BLOCK = 8192
"""Points at a time: what fits the cache is read only once."""

_TIE = 7
"""Decimals to which the numbers of exchangeable points agree."""

_MARGIN = 2e-8
"""Added to all numbers: one that should be whole must not fall below by rounding alone."""

_SQUARED = (1e-60, 1e60)
"""Lengths whose fourth powers are safe from overflow and underflow."""

_ROUND = np.eye(3)

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
        Centred on their mean, in units of their rms radius.

    Raises
    ------
    InvalidCloud
        If there are too few points, one is not finite, or all coincide or lie on one line.
    """
    n = len(points)
    if n < MIN_POINTS:
        raise InvalidCloud(f"need at least {MIN_POINTS} points, got {n}", field="points")
    kept = _centred(points[_smallest(_place_numbers(points), points)])
    if not kept.any():
        # So many points share so few places that all the chosen ones coincide: spread them.
        spread = np.linspace(0, n - 1, min(n, KEPT)).astype(np.intp)
        kept = _centred(points[np.lexsort(points.T)[spread]])
    return kept


def _centred(points: Points) -> NDArray[np.float64]:
    """Centre by the points' own mean, to rms radius 1: (n, 3) -> (3, n)."""
    place: NDArray[np.float64] = np.subtract(points.T, points[0][:, None], order="C")
    place -= place.mean(axis=1)[:, None]
    unit = float(np.abs(place).max())
    if unit > 0:
        place /= unit
        place /= np.sqrt(np.einsum("kn,kn->", place, place) / place.shape[1])
    return place


def _place_numbers(points: Points) -> Vector:
    """A number in [0, 1) for every point that depends on its place in the shape alone.

    The fractional part of a large multiple of b.x + x'(M + 1)x, with the cloud's own moments
    b = <r^2 x> and M = <x x'> in units of the rms radius: no axes are chosen and hence no signs,
    and where the shape itself is round, the chance of the sampling still tells its points apart.

    Returns
    -------
    (n,) float64
    """
    n = len(points)
    low, high = float(points.min()), float(points.max())
    if not np.isfinite(high - low):
        raise InvalidCloud("every coordinate must be a finite number", field="points")
    # The mean to the rounding of its own size; what that leaves, `rest`, comes from the sums.
    centre = np.full(n, 1 / n) @ points
    farthest = max(high - float(centre.min()), float(centre.max()) - low)
    unit = 1.0 if _SQUARED[0] < farthest < _SQUARED[1] else max(farthest, _SQUARED[0])
    place = np.empty((3, n))
    blocks = [(start, place[:, start : start + _BLOCK]) for start in range(0, n, _BLOCK)]
    total, third, second = np.zeros(3), np.zeros(3), np.zeros((3, 3))
    for start, block in blocks:
        np.subtract(points[start : start + _BLOCK].T, centre[:, None], out=block)
        if unit != 1:
            block /= unit
        total += block.sum(axis=1)
        third += block @ np.einsum("kn,kn->n", block, block)
        second += scatter(block)
    rest = total / n
    second /= n
    square = float(second[0, 0] + second[1, 1] + second[2, 2])
    third = third / n - square * rest + 2 * ((rest @ rest) * rest - second @ rest)
    second -= rest[:, None] * rest
    _check_extent(second, max(-low, high) / unit)
    square = float(second[0, 0] + second[1, 1] + second[2, 2])
    bend = (second / square + _ROUND) * (_SPREAD / square)
    slope = third * (_SPREAD / square / square)
    level = float(rest @ bend @ rest - slope @ rest) + _MARGIN
    slope = (slope - 2 * (bend @ rest))[:, None]
    numbers = np.empty(n)
    for start, block in blocks:
        part = numbers[start : start + _BLOCK]
        tilt = bend @ block
        tilt += slope
        np.einsum("kn,kn->n", tilt, block, out=part)
        part += level
        part -= np.floor(part)
    return numbers


def _check_extent(second: NDArray[np.float64], offset: float) -> None:
    """Refuse second moments of what is smaller than the rounding of `offset`, or a line."""
    (xx, xy, xz), (_, yy, yz), (_, _, zz) = second.tolist()
    square = xx + yy + zz
    if square <= (8 * float(np.finfo(np.float64).eps) * offset) ** 2:
        raise InvalidCloud("all points coincide: there is no shape to classify", field="points")
    # The sum of products of two principal variances each.
    minors = xx * yy - xy * xy + xx * zz - xz * xz + yy * zz - yz * yz
    if minors <= _FLAT * square * square:
        raise InvalidCloud(
            "all points lie on one line: there is no shape to classify", field="points"
        )


def _smallest(numbers: Vector, points: Points) -> NDArray[np.intp]:
    """Where the `KEPT` smallest of the numbers are, in ascending order.

    Points that a symmetry of the shape exchanges have equal numbers but for rounding, which depends
    on the order of the input: they are put in the order of their coordinates.
    """
    n = len(numbers)
    few = np.arange(n)
    if n > KEPT:
        # Nearly uniform in [0, 1): a threshold leaves a few more than wanted.
        few = np.flatnonzero(numbers < (KEPT + 8 * KEPT**0.5) / n)
        if len(few) < KEPT:
            few = np.argsort(numbers, kind="stable")[: 2 * KEPT]
    rounded = np.round(numbers[few], _TIE)
    order = rounded.argsort()
    ascending = rounded[order]
    equal = ascending[1:] == ascending[:-1]
    if equal.any():
        tied = np.zeros(len(few), np.bool_)
        tied[1:] = equal
        tied[:-1] |= equal
        members = order[tied]
        x, y, z = points[few[members]].T
        order[tied] = members[np.lexsort((z, y, x, rounded[members]))]
    return few[order[:KEPT]]


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
