"""Local geometry at the queries: normals, curvature, density, and the cloud's principal axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor import kernel
from pcdash.core.descriptor.algebra import eigenvalues, eigenvector, products
from pcdash.core.descriptor.sample import Sample

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

T = TypeVar("T")

_LEAST = 1e-9


@dataclass(frozen=True)
class Surface:
    """What the blocks share about a batch of B clouds of n points and q queries.

    Coordinates are relative to the mean of the points that count, in units of their rms radius.

    Attributes
    ----------
    points, mask, radius : (B, 3, n) float32, (B, n) bool, (B, n) float32
    point_mask, query_mask : (B, n), (B, q) bool or None
        `mask` and `inside`, or None where every point (query) counts.
    inside : (B, q) bool
        Queries that count.
    number, weight : (B,) float64; (B, q) float64
        Queries that count; their equal weights of sum 1, zero for the others.
    query, query_radius : (B, 3, q), (B, q) float64
    normal : (B, 3, q) float64
        Unit normals at bandwidth h, of arbitrary sign.
    flatness, linearity : (B, 4, q) float64
        sqrt(l1 / (l1 + l2 + l3)) and 1 - l2 / l3 of the local covariances at the four scales.
    offset, convexity : (B, 4, q) float64
        Mean-shift along the normal over the scale: size, and sign towards the centre.
    density : (B, 2, q) float64
        Log of the kernel mass at scales 2 and 4, relative to its mean over the cloud.
    bending : (B, 2, q) float64
        Square roots of the two smaller eigenvalues of the local Gauss map, largest first.
    support : (B, q) float64
        Distance |x . n| of the tangent plane from the centre.
    bandwidth, rejected : (B,) float64
    spectrum, axes : (B, 3), (B, 3, 3) float64
        Principal variances, largest first, and axes as columns, skewed towards positive sides.
    """

    points: Float32
    mask: NDArray[np.bool_]
    point_mask: NDArray[np.bool_] | None
    query_mask: NDArray[np.bool_] | None
    radius: Float32
    inside: NDArray[np.bool_]
    number: Float
    weight: Float
    query: Float
    query_radius: Float
    normal: Float
    flatness: Float
    linearity: Float
    roughness: Float
    offset: Float
    convexity: Float
    density: Float
    bending: Float
    support: Float
    bandwidth: Float
    rejected: Float
    spectrum: Float
    axes: Float
    principal: Float32

    _once: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False)

    def once(self, compute: Callable[[Surface], T]) -> T:
        """What `compute` says about this surface, computed at the first need: blocks share it."""
        if compute not in self._once:
            self._once[compute] = compute(self)
        result: T = self._once[compute]
        return result


def measure(sample: Sample) -> Surface:
    """Local geometry of a batch."""
    local = kernel.moments(sample)
    q = local.kernel.shape[1]
    points, radius, centre, unit = _recentre(sample.points, local.mask)
    inside = local.mask[:, :q]
    complete = bool(inside.all())
    if not complete:
        # A cloud whose queries have all been set aside has none; then all of them count.
        inside = inside | ~inside.any(axis=1, keepdims=True)
    number = np.count_nonzero(inside, axis=1).astype(np.float64)
    weight = inside / number[:, None]
    query = points[:, :, :q].astype(np.float64)
    bandwidth = local.bandwidth / unit

    total = np.maximum(local.sums[0], 1e-12)
    mean = local.sums[1:4] / total
    covariance = local.sums[4:] / total
    covariance -= products(mean)
    small, middle, large = spectrum = np.maximum(eigenvalues(covariance), _LEAST)
    normals = eigenvector(covariance, small)
    mean -= centre.T[:, :, None, None]
    mean /= unit[:, None, None]
    mean -= query.transpose(1, 0, 2)[:, :, None]
    along = np.einsum("kbsq,kbsq->bsq", mean, normals)
    along /= bandwidth[:, None, None] * kernel.SCALES[:, None]
    outward = np.einsum("kbsq,bkq->bsq", normals, query)
    normal = np.ascontiguousarray(normals[:, :, 1].transpose(1, 0, 2))
    mass = np.log(total[:, 1::2])
    mass -= np.einsum("bsq,bq->bs", mass, weight)[:, :, None]
    roots = np.sqrt(small)
    variances, axes, principal = _principal(points, local.mask)
    return Surface(
        points=points,
        mask=local.mask,
        point_mask=None if local.mask.all() else local.mask,
        query_mask=None if complete else inside,
        radius=radius,
        inside=inside,
        number=number,
        weight=weight,
        query=query,
        query_radius=radius[:, :q].astype(np.float64),
        normal=normal,
        flatness=roots / np.sqrt(spectrum.sum(axis=0)),
        linearity=1 - middle / large,
        roughness=roots[:, :3] / unit[:, None, None],
        offset=np.abs(along),
        convexity=np.copysign(along, -along * outward),
        density=mass,
        bending=_bending(normal, local.kernel, inside),
        support=np.abs(np.einsum("bkq,bkq->bq", query, normal)),
        bandwidth=bandwidth,
        rejected=1 - np.count_nonzero(local.mask, axis=1) / local.mask.shape[1],
        spectrum=variances,
        axes=axes,
        principal=principal,
    )


def _recentre(points: Float32, mask: NDArray[np.bool_]) -> tuple[Float32, Float32, Float, Float]:
    """Centre on the mean and scale to rms radius 1, over the points that count."""
    weight = mask / np.count_nonzero(mask, axis=1)[:, None]
    centre = np.einsum("bkn,bn->bk", points, weight)
    result = points - centre.astype(np.float32)[:, :, None]
    result *= mask[:, None]
    radius = np.einsum("bkn,bkn->bn", result, result)
    unit = np.sqrt(np.maximum(np.einsum("bn,bn->b", radius, weight), 1e-12))
    shrink = (1 / unit).astype(np.float32)[:, None]
    result *= shrink[:, :, None]
    np.sqrt(radius, out=radius)
    radius *= shrink
    return result, radius, centre, unit


def _principal(points: Float32, mask: NDArray[np.bool_]) -> tuple[Float, Float, Float32]:
    """Principal variances and axes; coordinates along the axes (B, 3, n)."""
    number = np.count_nonzero(mask, axis=1)[:, None, None]
    scatter = np.matmul(points, points.transpose(0, 2, 1)) / number
    values, vectors = np.linalg.eigh(scatter)
    values, vectors = np.maximum(values[:, ::-1], 1e-12), vectors[:, :, ::-1]
    along = np.matmul(vectors.transpose(0, 2, 1).astype(np.float32), points)
    sign = np.where(np.einsum("bkn,bkn,bkn->bk", along, along, along) < 0, -1.0, 1.0)
    along *= sign.astype(np.float32)[:, :, None]
    return values, vectors * sign[:, None], along


def _bending(normal: Float, among: Float32, inside: NDArray[np.bool_]) -> Float:
    """Spread of the normals around every query: eigenvalues of the local Gauss map."""
    rows = np.empty((len(normal), 7, normal.shape[2]), np.float32)
    rows[:, 6] = 1
    products(normal.transpose(1, 0, 2), out=rows.transpose(1, 0, 2))
    rows *= inside[:, None]
    pooled = np.matmul(rows, among).astype(np.float64).transpose(1, 0, 2)
    small, middle, _ = eigenvalues(pooled[:6] / np.maximum(pooled[6], 1e-9))
    result: Float = np.sqrt(np.maximum(np.stack([middle, small], axis=1), 0))
    return result
