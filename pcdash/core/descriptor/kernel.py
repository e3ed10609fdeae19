"""Kernel sums around query points: local moments at four scales without a search tree.

One dense (q, n) array of squared distances per cloud becomes the widest kernel; squaring it gives
the narrower ones: (1 - d^2 / 64 h^2)^p with p = 4, 16, 32, 64 is close to Gaussians of width
2.83 h, 1.41 h, h and 0.71 h.  The sums are matrix products with the monomials up to degree 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.algebra import products
from pcdash.core.descriptor.sample import KEPT, Sample

QUERIES = 160
"""Points that get local statistics, or a quarter of the points if that is more; their sums run over
every kept point."""

_ROWS = 64
"""Queries at a time: their kernels at all scales stay in the cache."""

SCALES = np.array([2.0**-0.5, 1.0, 2.0**0.5, 2.0**1.5])
"""Widths of the four kernels in units of the bandwidth h."""

NEIGHBOUR = 7
"""The bandwidth is the typical distance to this neighbour."""

BANDWIDTHS = (0.18, 0.8)
"""Limits of the bandwidth, in median radii."""

_PROBES = 32
_NOTHING = np.float32(1e-9)
"""Least weight: smaller ones would become subnormal numbers, which cost ten times the work."""


Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Moments:
    """Local sums of a batch.

    Attributes
    ----------
    sums : (10, B, 4, q) float64
        Kernel-weighted sums of 1, x, y, z, xx, yy, zz, xy, xz, yz at the four scales.
    kernel : (B, q, q) float32
        The kernel of width h among the queries.
    mask : (B, n) bool
        Points that count after isolated ones have been set aside.
    bandwidth : (B,) float64
    """

    sums: NDArray[np.float64]
    kernel: Float32
    mask: NDArray[np.bool_]
    bandwidth: NDArray[np.float64]


_spare: list[list[Float32]] = []
"""Work arrays that nobody uses: fresh ones would cost as much again in page faults.

As many as have ever been in use at the same time; a server's threads share them.
"""


@contextmanager
def _work_arrays() -> Iterator[list[Float32]]:
    """Borrow one array for each scale."""
    try:
        arrays = _spare.pop()
    except IndexError:
        arrays = [np.empty(_ROWS * KEPT, np.float32) for _ in SCALES]
    try:
        yield arrays
    finally:
        _spare.append(arrays)


def moments(sample: Sample) -> Moments:
    """Local moments around the first points of every cloud."""
    batch, _, n = sample.points.shape
    q = min(n, max(QUERIES, n // 4))
    sums = np.empty((batch, 4, q, 10), np.float32)
    among = np.empty((batch, q, q), np.float32)
    mask = sample.mask.copy()
    bandwidth = np.empty(batch)
    with _work_arrays() as work:
        for b in range(batch):
            bandwidth[b] = _sums(sample.points[b], mask[b], sums[b], among[b], work)
    ordered = np.ascontiguousarray(sums.transpose(3, 0, 1, 2), dtype=np.float64)
    return Moments(ordered, among, mask, bandwidth)


def _sums(
    points: Float32,
    mask: NDArray[np.bool_],
    sums: Float32,
    among: Float32,
    work: list[Float32],
) -> float:
    """Fill `sums` (4, q, 10) and `among` (q, q), update `mask`; the bandwidth of one cloud."""
    q, n = len(among), points.shape[1]
    lifted = np.empty((5, n), np.float32)
    lifted[0] = 1
    lifted[1:4] = points
    np.einsum("kn,kn->n", points, points, out=lifted[4])
    bandwidth = _bandwidth(lifted, mask, q)
    rows = _lowered(lifted, q, 1.0, 1 / (64 * bandwidth * bandwidth))
    monomials = np.empty((n, 10), np.float32)
    monomials[:, :4] = lifted[:4].T
    products(points, out=monomials.T[4:])
    monomials *= mask[:, None]

    inside = mask[:q].astype(np.float32)
    near, around = np.zeros((2, n), np.float32)
    for start in range(0, q, _ROWS):
        some = slice(start, min(start + _ROWS, q))
        kernels = _kernels(rows[some], lifted, work)
        for scale, weights in enumerate(kernels):
            np.matmul(weights, monomials, out=sums[scale, some])
        among[some] = kernels[1][:, :q]
        mass = (sums[0, some, 0] - inside[some]) * inside[some]
        near += inside[some] @ kernels[0]
        around += mass @ kernels[0]
        near[some] -= inside[some]  # nobody is his own neighbour
        around[some] -= mass
    alone = _isolated(near, around, mask, q / n)
    if len(alone):
        mask[alone] = False
        for start in range(0, q, _ROWS):
            some = slice(start, min(start + _ROWS, q))
            for scale, weights in enumerate(_kernels(rows[some], lifted[:, alone], work)):
                sums[scale, some] -= weights @ monomials[alone]
    return bandwidth


def _kernels(rows: Float32, lifted: Float32, work: list[Float32]) -> list[Float32]:
    """Kernels between some queries and some points, (k, m) each, in the order of `SCALES`."""
    k, m = len(rows), lifted.shape[1]
    kernels = [array[: k * m].reshape(k, m) for array in work]
    narrowest, narrow, wide, widest = kernels
    np.matmul(rows, lifted, out=widest)
    np.maximum(widest, 0, out=widest)
    widest *= widest
    widest *= widest
    np.multiply(widest, widest, out=wide)
    wide *= wide
    np.maximum(wide, _NOTHING, out=wide)
    np.multiply(wide, wide, out=narrow)
    np.multiply(narrow, narrow, out=narrowest)
    return kernels


def _bandwidth(lifted: Float32, mask: NDArray[np.bool_], q: int) -> float:
    """Median distance of some probes to neighbour `NEIGHBOUR`, within `BANDWIDTHS`."""
    distance2 = _lowered(lifted, min(q, _PROBES), 0.0, -1.0) @ lifted
    number = int(np.count_nonzero(mask))
    if number < len(mask):
        distance2[:, ~mask] = np.inf
    rank = min(number - 1, NEIGHBOUR)
    distance2.partition(rank, axis=1)
    middle = float(np.sort(distance2[:, rank])[len(distance2) // 2])
    return min(max(math.sqrt(max(middle, 0.0)), BANDWIDTHS[0]), BANDWIDTHS[1])


def _lowered(lifted: Float32, number: int, level: float, scale: float) -> Float32:
    """Rows that give level - scale d^2 when multiplied with (1, x, y, z, square) of the points.

    One product of depth 5 for all squared distances d^2 from the first `number` points.
    """
    rows = np.empty((number, 5), np.float32)
    np.multiply(lifted[1:4, :number].T, np.float32(2 * scale), out=rows[:, 1:4])
    np.multiply(lifted[4, :number], np.float32(-scale), out=rows[:, 0])
    rows[:, 0] += np.float32(level)
    rows[:, 4] = -scale
    return rows


def _isolated(
    near: Float32, around: Float32, mask: NDArray[np.bool_], share: float
) -> NDArray[np.intp]:
    """Points that are alone, or much lonelier than their own neighbours.

    None at all if what is left would be less than 40 % of the points.

    Parameters
    ----------
    near : (n,) float32
        Mass of the narrowest kernel around every point, queries only, itself left out.
    around : (n,) float32
        The same, each query weighted with its own mass.
    mask : (n,) bool
        Points that count so far.
    share : float
        Queries over points.
    """
    counted = np.sort(near[mask])
    typical = counted[len(counted) // 2]
    lonely = around / np.maximum(near, np.float32(1e-6))
    lonely *= np.float32(0.35 * share)
    np.maximum(lonely, np.float32(0.6 * share), out=lonely)
    np.minimum(lonely, np.float32(0.22) * typical, out=lonely)
    alone = np.flatnonzero(mask & (near < lonely))
    return alone if len(counted) - len(alone) >= max(12, 0.4 * len(mask)) else alone[:0]
