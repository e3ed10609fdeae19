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

from collections.abc import Iterator
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

_BLOCK = 8192

_TIE = 7
"""Decimals to which the numbers of exchangeable points agree."""

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
    total, farthest = np.zeros(3), 0.0
    for block in _blocks(points, points[0], 1.0):
        total += block.sum(axis=1)
        farthest = max(farthest, float(block.max()), -float(block.min()))
    _check_size(farthest, float(np.abs(points[0]).max()))
    centre = points[0] + total / n
    second, third = np.zeros((3, 3)), np.zeros(3)
    for block in _blocks(points, centre, farthest):
        second += [[np.dot(a, b) for b in block] for a in block]
        third += block @ np.einsum("kn,kn->n", block, block)
    second /= n
    _check_extent(second)
    square = float(np.trace(second))
    bend = (second / square + np.eye(3)) * (_SPREAD / square)
    slope = (third / n / square / square * _SPREAD)[:, None]
    numbers = np.empty(n)
    start = 0
    for block in _blocks(points, centre, farthest):
        part = numbers[start : start + block.shape[1]]
        tilt = bend @ block
        tilt += slope
        np.einsum("kn,kn->n", tilt, block, out=part)
        part -= np.floor(part)
        part[part > 1 - 10.0**-_TIE] = 0  # just below a whole number by rounding alone
        start += len(part)
    return numbers


def _blocks(points: Points, centre: Vector, unit: float) -> Iterator[NDArray[np.float64]]:
    """Some points at a time about the centre, (3, k): what fits the cache is read only once."""
    for start in range(0, len(points), _BLOCK):
        block = np.subtract(points[start : start + _BLOCK].T, centre[:, None], order="C")
        block /= unit
        yield block


def _check_size(farthest: float, offset: float) -> None:
    if not np.isfinite(farthest + offset):
        raise InvalidCloud("every coordinate must be a finite number", field="points")
    if farthest <= 8 * np.finfo(np.float64).eps * offset:
        raise InvalidCloud("all points coincide: there is no shape to classify", field="points")


def _check_extent(second: NDArray[np.float64]) -> None:
    spectrum = np.linalg.eigvalsh(second)
    if spectrum[1] <= _FLAT * spectrum[2]:
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
        few = np.flatnonzero(numbers < 2 * KEPT / n)
        if len(few) < KEPT:
            few = np.argsort(numbers, kind="stable")[: 2 * KEPT]
    x, y, z = points[few].T
    return few[np.lexsort((z, y, x, np.round(numbers[few], _TIE)))[:KEPT]]


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
