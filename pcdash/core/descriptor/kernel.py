"""Kernel sums around query points: local moments at four scales without a search tree.

One dense (q, n) array of squared distances per cloud becomes the widest kernel; squaring it gives
the narrower ones: (1 - d^2 / 64 h^2)^p with p = 4, 16, 32, 64 is close to Gaussians of width
2.83 h, 1.41 h, h and 0.71 h.  The sums are matrix products with the monomials up to degree 2.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.algebra import products
from pcdash.core.descriptor.sample import KEPT, Sample

QUERIES = 160
"""Points that get local statistics, or a quarter of the points if that is more; their sums run over
every kept point."""

_MOST_QUERIES = max(QUERIES, KEPT // 4)

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


class _Buffers(threading.local):
    """Work arrays of a thread: fresh megabyte arrays would cost as much in page faults."""

    def __init__(self) -> None:
        self.arrays = [np.empty(_MOST_QUERIES * KEPT, np.float32) for _ in range(4)]

    def views(self, q: int, n: int) -> list[Float32]:
        return [array[: q * n].reshape(q, n) for array in self.arrays]


_buffers = _Buffers()


def moments(sample: Sample) -> Moments:
    """Local moments around the first points of every cloud."""
    batch, _, n = sample.points.shape
    q = min(n, max(QUERIES, n // 4))
    sums = np.empty((batch, 4, q, 10), np.float32)
    among = np.empty((batch, q, q), np.float32)
    mask = sample.mask.copy()
    bandwidth = np.empty(batch)
    for b in range(batch):
        bandwidth[b] = _sums(sample.points[b], mask[b], sums[b], among[b])
    ordered = np.ascontiguousarray(sums.transpose(3, 0, 1, 2), dtype=np.float64)
    return Moments(ordered, among, mask, bandwidth)


def _sums(points: Float32, mask: NDArray[np.bool_], sums: Float32, among: Float32) -> float:
    """Fill `sums` (4, q, 10) and `among` (q, q), update `mask`; the bandwidth of one cloud."""
    q, n = len(among), points.shape[1]
    widest, wide, narrow, narrowest = _buffers.views(q, n)
    lifted = np.empty((5, n), np.float32)
    lifted[0] = 1
    lifted[1:4] = points
    np.einsum("kn,kn->n", points, points, out=lifted[4])
    bandwidth = _bandwidth(lifted, mask, q)
    np.matmul(_lowered(lifted, q, 1.0, 1 / (64 * bandwidth * bandwidth)), lifted, out=widest)
    np.maximum(widest, 0, out=widest)
    widest *= widest
    widest *= widest
    np.multiply(widest, widest, out=wide)
    wide *= wide
    np.maximum(wide, _NOTHING, out=wide)
    np.multiply(wide, wide, out=narrow)
    np.multiply(narrow, narrow, out=narrowest)
    _reject_isolated(narrowest, mask, q)

    monomials = np.empty((10, n), np.float32)
    monomials[:4] = lifted[:4]
    products(points, out=monomials[4:])
    monomials *= mask
    columns = monomials.T
    for scale, weights in enumerate((narrowest, narrow, wide, widest)):
        np.matmul(weights, columns, out=sums[scale])
    among[:] = narrow[:, :q]
    return bandwidth


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


def _reject_isolated(kernel: Float32, mask: NDArray[np.bool_], q: int) -> None:
    """Clear the mask where a point is alone, or much lonelier than its own neighbours.

    The mass of the kernel around a point is compared with the typical mass and with the mean mass
    around its neighbours.  Nothing is cleared if that would leave less than 40 % of the points.
    """
    n = len(mask)
    inside = mask.astype(np.float32)
    own = np.empty((2, q), np.float32)  # of the queries: whether they count, and their mass
    own[0] = inside[:q]
    np.matmul(kernel, inside, out=own[1])
    own[1] -= own[0]
    own[1] *= own[0]
    near, around = own @ kernel
    near[:q] -= own[0]  # nobody is his own neighbour
    around[:q] -= own[1]
    around /= np.maximum(near, np.float32(1e-6))
    share = q / n
    counted = np.sort(near[mask])
    typical = counted[len(counted) // 2]
    around *= np.float32(0.35 * share)
    np.maximum(around, np.float32(0.6 * share), out=around)
    np.minimum(around, np.float32(0.22) * typical, out=around)
    keep = near >= around
    keep &= mask
    if np.count_nonzero(keep) >= max(12, 0.4 * n):
        mask[:] = keep
