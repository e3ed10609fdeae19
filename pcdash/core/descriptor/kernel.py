"""Kernel sums around query points: local moments at four scales without a search tree.

One dense (q, n) array of squared distances per cloud becomes the widest kernel; squaring it gives
the narrower ones: (1 - d^2 / 64 h^2)^p with p = 4, 16, 32, 64 is close to Gaussians of width
2.83 h, 1.41 h, h and 0.71 h.  The sums are matrix products with the monomials up to degree 2.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
_SUBNORMAL = np.float32(1e-9)

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
    squares = np.einsum("kn,kn->n", points, points)
    bandwidth = _bandwidth(points, squares, mask, q)
    _base(points, squares, np.float32(1 / (64 * bandwidth * bandwidth)), q, widest)
    widest *= widest
    widest *= widest
    np.multiply(widest, widest, out=wide)
    wide *= wide
    wide *= wide > _SUBNORMAL  # subnormal numbers further on would cost ten times the work
    np.multiply(wide, wide, out=narrow)
    np.multiply(narrow, narrow, out=narrowest)
    _reject_isolated(narrowest, mask, q)

    monomials = np.empty((10, n), np.float32)
    monomials[0] = 1
    monomials[1:4] = points
    np.multiply(points, points, out=monomials[4:7])
    np.multiply(points[0], points[1:], out=monomials[7:9])
    np.multiply(points[1], points[2], out=monomials[9])
    monomials *= mask
    columns = monomials.T
    for scale, weights in enumerate((narrowest, narrow, wide, widest)):
        np.matmul(weights, columns, out=sums[scale])
    among[:] = narrow[:, :q]
    return bandwidth


def _bandwidth(points: Float32, squares: Float32, mask: NDArray[np.bool_], q: int) -> float:
    """Median distance of some probes to neighbour `NEIGHBOUR`, within `BANDWIDTHS`."""
    probes = slice(0, min(q, _PROBES))
    distance2 = points[:, probes].T @ points
    distance2 *= -2
    distance2 += squares
    distance2 += squares[probes, None]
    if not mask.all():
        distance2[:, ~mask] = np.inf
    rank = min(int(mask.sum()) - 1, NEIGHBOUR)
    distance2.partition(rank, axis=1)
    middle = np.sort(distance2[:, rank])[len(distance2) // 2]
    return float(np.clip(np.sqrt(max(middle, 0.0)), *BANDWIDTHS))


def _base(points: Float32, squares: Float32, scale: np.float32, q: int, out: Float32) -> None:
    """max(0, 1 - d^2 scale) between queries and points as one matrix product of depth 5."""
    right = np.empty((5, points.shape[1]), np.float32)
    right[:3] = points
    right[3] = 1
    right[4] = squares
    left = np.empty((q, 5), np.float32)
    np.multiply(points[:, :q].T, 2 * scale, out=left[:, :3])
    left[:, 3] = 1 - squares[:q] * scale
    left[:, 4] = -scale
    np.matmul(left, right, out=out)
    np.maximum(out, 0, out=out)


def _reject_isolated(kernel: Float32, mask: NDArray[np.bool_], q: int) -> None:
    """Clear the mask where a point is alone, or much lonelier than its own neighbours.

    The mass of the kernel around a point is compared with the typical mass and with the mean mass
    around its neighbours.  Nothing is cleared if that would leave less than 40 % of the points.
    """
    n = len(mask)
    inside = mask.astype(np.float32)
    mass = kernel @ inside - inside[:q]
    sums = np.stack([inside[:q], inside[:q] * mass]) @ kernel
    near = sums[0]  # mass of queries around every point, itself left out
    near[:q] -= inside[:q]
    around = (sums[1] - np.pad(inside[:q] * mass, (0, n - q))) / np.maximum(near, 1e-6)
    share = q / n
    typical = np.sort(near[mask])[int(mask.sum()) // 2]
    lonely = near < 0.22 * typical
    lonely &= (near < 0.6 * share) | (near < 0.35 * share * around)
    keep = mask & ~lonely
    if keep.sum() >= max(12, 0.4 * n):
        mask[:] = keep
