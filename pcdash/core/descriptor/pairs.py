"""Statistics of point pairs: distances, and angles between normals and chord."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import Histograms, concatenate
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

PARTNERS = 24
"""Partners of every query.  Query i meets i + k s for k = 1..24: each is used equally often."""


def pairs(surface: Surface) -> Float:
    """D2 shape distribution and point-pair features (20 + 85 + 2).

    Distances are relative to their mean.  With chord d between two points of unit normals m, n the
    angles enter as |m . n|, |m . d|, |n . d|: no sign of a normal matters.
    """
    batch = len(surface.query)
    query = surface.query.astype(np.float32)
    normal = surface.normal.astype(np.float32)
    partner_normal = _partners(normal)
    chord = _partners(query) - query[:, None]
    length = np.sqrt(np.maximum(_dot(chord, chord), np.float32(1e-10)))
    own = np.abs(_dot(chord, normal[:, None]))
    own /= length
    other = np.abs(_dot(chord, partner_normal))
    other /= length
    between = np.abs(_dot(partner_normal, normal[:, None]))
    length, own, other, between = (x.reshape(batch, -1) for x in (length, own, other, between))
    mask = surface.query_mask
    valid = None
    if mask is not None:
        inside = mask.astype(np.float32)[:, None]
        valid = (_partners(inside)[:, :, 0] * inside > 0).reshape(batch, -1)
    mean, deviation = _mean_deviation(length, valid)
    length *= (1 / mean).astype(np.float32)[:, None]
    tilt = own + other

    histogram = Histograms(valid)
    distance = histogram.axis(length, 0, 2, 4)
    angle = histogram.axis(between, 0, 1, 5)
    histogram.line(length, 0, 2.4, 20)
    histogram.line(between, 0, 1, 10)
    histogram.add(distance, angle)
    histogram.add(distance, histogram.axis(tilt, 0, 2, 6))
    histogram.line(np.abs(own - other), 0, 1, 6)
    histogram.add(histogram.axis(tilt, 0, 2, 5), angle)
    return concatenate([histogram.counts(), deviation / mean, mean])


def _partners(rows: Float32) -> Float32:
    """(B, c, q) -> view (B, K, c, q): rows shifted cyclically by s, 2 s, ... K s."""
    batch, channels, q = rows.shape
    half = (q - 1) // 2
    step = max(1, half // PARTNERS)
    doubled = np.concatenate([rows, rows], axis=2)
    outer, inner, item = doubled.strides
    return np.ndarray(
        (batch, min(PARTNERS, half), channels, q),
        np.float32,
        doubled,
        step * item,
        (outer, step * item, inner, item),
    )


def _dot(a: Float32, b: Float32) -> Float32:
    """Inner product over the axis of length 3 of (B, K, 3, q) arrays."""
    result = a[:, :, 0] * b[:, :, 0]
    result += a[:, :, 1] * b[:, :, 1]
    result += a[:, :, 2] * b[:, :, 2]
    return result


def _mean_deviation(length: Float32, valid: NDArray[np.bool_] | None) -> tuple[Float, Float]:
    """Mean, at least 1e-9, and standard deviation of the lengths that count: (B,) each."""
    if valid is None:
        number: Float | float = float(length.shape[1])
        total = length.sum(axis=1, dtype=np.float64)
        square = np.einsum("bn,bn->b", length, length).astype(np.float64)
    else:
        number = np.maximum(valid.sum(axis=1), 1).astype(np.float64)
        counted = length * valid
        total = counted.sum(axis=1, dtype=np.float64)
        square = np.einsum("bn,bn->b", counted, length).astype(np.float64)
    mean = np.maximum(total / number, 1e-9)
    return mean, np.sqrt(np.maximum(square / number - mean * mean, 0))
