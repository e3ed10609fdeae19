"""The Gauss map: where the normals point, which planes they form, which frame they fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import concatenate, median, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_CANDIDATES = 64
_COVER = 6
_FRAME_STEPS = 3
_SECOND_CHOICE = np.array([0.0, 0.0, 0.5, 0.5, 0.5])


def trust(surface: Surface) -> Float:
    """Weights (B, q) of sum 1 that favour normals of flat neighbourhoods over edges and noise."""
    square = surface.flatness[:, 1] ** 2
    middle = median(square, surface.query_mask)[:, None]
    weight = surface.inside / (1 + (square / (middle + 1e-4)) ** 2)
    result: Float = weight / weight.sum(axis=1, keepdims=True)
    return result


def gauss(surface: Surface) -> Float:
    """Eigenvalues of the second moment of the trusted normals, largest first (3)."""
    return surface.once(_gauss)[0][:, ::-1]


def _gauss(surface: Surface) -> tuple[Float, Float]:
    weighted = surface.normal * surface.once(trust)[:, None]
    values, vectors = np.linalg.eigh(weighted @ surface.normal.transpose(0, 2, 1))
    return values, vectors


def planes(surface: Surface) -> Float:
    """Greedy cover by tangent planes and the angles of the first three (6 + 3 + 3).

    Every candidate is the tangent plane of one of the flattest queries; a query belongs to it if it
    is close and its normal agrees.  Six are chosen, each covering most of what is left: their
    shares, cumulated shares, and |cos| between the first three.
    """
    shares, chosen = surface.once(_cover)
    cosines = np.abs(chosen.transpose(0, 2, 1) @ chosen)[:, [0, 0, 1], [1, 2, 2]]
    return concatenate([shares, np.cumsum(shares, axis=1)[:, [1, 2, 5]], cosines])


def _cover(surface: Surface) -> tuple[Float, Float]:
    """Shares (B, 6) of the planes and normals (B, 3, 3) of the first three as columns."""
    q = surface.inside.shape[1]
    rank = np.where(surface.inside, surface.flatness[:, 1], np.inf)
    number = min(q, _CANDIDATES)
    stride = max(1, q // number // 2)
    best = np.argsort(rank, axis=1, kind="stable")[:, : number * stride : stride]
    batch = np.arange(len(best))[:, None]
    normal = surface.normal.astype(np.float32)
    query = surface.query.astype(np.float32)
    candidates = np.take_along_axis(normal, best[:, None], axis=2)
    level = (np.take_along_axis(query, best[:, None], axis=2) * candidates).sum(axis=1)
    rough = median(surface.roughness[:, 0], surface.query_mask)
    near = np.maximum(0.06, 0.75 * rough).astype(np.float32)[:, None, None]
    member = np.abs(query.transpose(0, 2, 1) @ candidates - level[:, None]) < near
    member &= np.abs(normal.transpose(0, 2, 1) @ candidates) > 0.85
    covers = (member & surface.inside[:, :, None]).astype(np.float32)
    left = np.ones((len(best), 1, q), np.float32)
    shares, picks = [], []
    for _ in range(_COVER):
        count = (left @ covers)[:, 0]
        pick = count.argmax(axis=1)
        shares.append(count[batch[:, 0], pick])
        picks.append(pick)
        left *= 1 - covers[batch[:, 0], :, pick][:, None]
    chosen = np.take_along_axis(candidates, np.stack(picks[:3], axis=1)[:, None], axis=2)
    return np.stack(shares, axis=1) / surface.number[:, None], chosen.astype(np.float64)


def frame(surface: Surface) -> Float:
    """How well the normals fit three orthogonal directions (1 + 7 + 2 + 3).

    Value, quantiles of the largest component, shares above 0.9 and 0.95, shares of the three axes.
    """
    weight = surface.once(trust)
    value, best = surface.once(_fit_frame)
    square = (surface.normal.transpose(0, 2, 1) @ best) ** 2
    largest = np.sqrt(square.max(axis=2))
    axis = np.eye(3)[square.argmax(axis=2)] * weight[:, :, None]
    shares = -np.sort(-axis.sum(axis=1), axis=1)
    above = [((largest > t) * surface.weight).sum(axis=1) for t in (0.9, 0.95)]
    return concatenate([value, quantiles(largest[:, None], surface.query_mask), *above, shares])


def best_frame(surface: Surface) -> Float:
    """The frame (B, 3, 3), axes as columns, that the normals fit best."""
    return surface.once(_fit_frame)[1]


def _fit_frame(surface: Surface) -> tuple[Float, Float]:
    """The rotation that maximises the mean fourth power of the normals' components, with it.

    Symmetric fixed-point steps (as in FastICA, Hyvarinen 1999) from two starts: the Gauss map's
    axes, and a frame about the normal of the largest plane.
    """
    _, vectors = surface.once(_gauss)
    weight = surface.once(trust)
    start = np.stack([vectors, _plane_frame(surface)], axis=1)
    columns = np.ascontiguousarray(surface.normal.transpose(0, 2, 1))[:, None]
    weighted = (surface.normal * weight[:, None])[:, None]
    for _ in range(_FRAME_STEPS):
        component = columns @ start
        left, _, right = np.linalg.svd(weighted @ (component * component * component))
        start = left @ right
    square = (columns @ start) ** 2
    value = np.einsum("bfqk,bq->bf", square * square, weight)
    best = value.argmax(axis=1)
    batch = np.arange(len(best))
    return value[batch, best], start[batch, best]


def _plane_frame(surface: Surface) -> Float:
    """Frames (B, 3, 3): the largest plane's normal, and what is most nearly at right angles to it.

    That is the normal of the second or third plane, or, where these are parallel to the first or
    askew, an axis of the Gauss map.
    """
    chosen = surface.once(_cover)[1]
    first = chosen[:, :, 0]
    others = np.concatenate([chosen[:, :, 1:], surface.once(_gauss)[1]], axis=2)
    cosine = (first[:, None] @ others)[:, 0]
    pick = (np.abs(cosine) + _SECOND_CHOICE).argmin(axis=1)[:, None, None]
    second = np.take_along_axis(others, pick, axis=2)[:, :, 0]
    second = second - np.take_along_axis(cosine, pick[:, 0], axis=1) * first
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=2)
