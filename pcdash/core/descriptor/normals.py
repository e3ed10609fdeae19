"""The Gauss map: where the normals point, which planes they form, which frame they fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.algebra import cross
from pcdash.core.descriptor.pooling import concatenate, median, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_CANDIDATES = 64
_COVER = 6
_ALIKE = np.float32(0.85)
_FRAME_STEPS = 3
_NEAR = np.array([0.9, 0.95])
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
    rank = surface.flatness[:, 1]
    if surface.query_mask is not None:
        rank = np.where(surface.query_mask, rank, np.inf)
    number = min(q, _CANDIDATES)
    stride = max(1, q // number // 2)
    best = rank.argsort(axis=1, kind="stable")[:, : number * stride : stride]
    batch = np.arange(len(best))[:, None]
    normal = surface.normal.astype(np.float32).transpose(0, 2, 1)
    query = surface.query.astype(np.float32).transpose(0, 2, 1)
    candidates = normal[batch, best].transpose(0, 2, 1)
    level = np.einsum("bcq,bqc->bq", candidates, query[batch, best])
    rough = median(surface.roughness[:, 0], surface.query_mask)
    near = np.maximum(0.06, 0.75 * rough).astype(np.float32)[:, None, None]
    apart = query @ candidates
    apart -= level[:, None]
    np.abs(apart, out=apart)
    turn = normal @ candidates
    np.abs(turn, out=turn)
    covers = (apart < near).astype(np.float32)
    covers *= turn > _ALIKE
    covers *= surface.inside[:, :, None]
    columns = covers.transpose(0, 2, 1)
    left = np.ones((len(best), 1, q), np.float32)
    shares, picks = [], []
    for _ in range(_COVER):
        count = (left @ covers)[:, 0]
        pick = count.argmax(axis=1)
        shares.append(count.max(axis=1))
        picks.append(pick)
        left -= left * columns[batch[:, 0], pick][:, None]
    chosen = candidates.transpose(0, 2, 1)[batch, np.stack(picks[:3], axis=1)].transpose(0, 2, 1)
    return np.stack(shares, axis=1) / surface.number[:, None], chosen.astype(np.float64)


def frame(surface: Surface) -> Float:
    """How well the normals fit three orthogonal directions (1 + 7 + 2 + 3).

    Value, quantiles of the largest component, shares above 0.9 and 0.95, shares of the three axes.
    """
    weight = surface.once(trust)
    value, best = surface.once(_fit_frame)
    component = np.abs(best.transpose(0, 2, 1) @ surface.normal)
    largest = component.max(axis=1, keepdims=True)
    shares = np.einsum("bkq,bq->bk", component == largest, weight)
    shares.sort(axis=1)
    above = np.einsum("bkq,bq->bk", largest > _NEAR[:, None], surface.weight)
    return concatenate([value, quantiles(largest, surface.query_mask), above, shares[:, ::-1]])


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
    normal = surface.normal[:, None]
    weighted = (surface.normal * weight[:, None])[:, None].swapaxes(2, 3)
    for _ in range(_FRAME_STEPS):
        component = start.swapaxes(2, 3) @ normal
        component *= component * component
        left, _, right = np.linalg.svd(component @ weighted)
        start = (left @ right).swapaxes(2, 3)
    square = start.swapaxes(2, 3) @ normal
    square *= square
    value = np.einsum("bfkq,bfkq,bq->bf", square, square, weight)
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
    pick = (np.abs(cosine) + _SECOND_CHOICE).argmin(axis=1)
    batch = np.arange(len(pick))
    second = others[batch, :, pick] - cosine[batch, pick][:, None] * first
    second /= np.sqrt(np.einsum("bk,bk->b", second, second))[:, None]
    return np.stack([first, second, cross(first, second)], axis=2)
