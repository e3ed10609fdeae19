"""Statistics of point pairs: distances, and angles between normals and chord."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import Histograms, concatenate
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

PARTNERS = 24
"""Partners of every query.  Query i meets i + k s for k = 1..24: each is used equally often."""


def pairs(surface: Surface) -> Float:
    """D2 shape distribution and point-pair features (20 + 2 + 85).

    Distances are relative to their mean.  With chord d between two points of unit normals m, n the
    angles enter as |m . n|, |m . d|, |n . d|: no sign of a normal matters.
    """
    mask = surface.query_mask
    query = surface.query.astype(np.float32)
    normal = surface.normal.astype(np.float32)
    chord = _partners(query) - query[:, None]
    length = np.sqrt(np.maximum(_dot(chord, chord), 1e-10))
    own = np.abs(_dot(chord, normal[:, None])) / length
    partner_normal = _partners(normal)
    other = np.abs(_dot(chord, partner_normal)) / length
    between = np.abs(_dot(partner_normal, normal[:, None]))
    batch = len(length)
    flat = (batch, -1)
    valid = None
    if mask is not None:
        valid = (_partners(mask[:, None])[:, :, 0] & mask[:, None]).reshape(flat)
    length, own, other, between = (x.reshape(flat) for x in (length, own, other, between))
    mean, deviation = _mean_deviation(length, valid)
    length = length / np.maximum(mean, 1e-9).astype(np.float32)[:, None]

    histogram = Histograms(valid)
    distance, _ = histogram.axis(length, 0, 2, 4)
    angle, _ = histogram.axis(between, 0, 1, 5)
    tilt = 0.5 * (own + other)
    histogram.add((length, 0, 2.4, 20))
    histogram.add((between, 0, 1, 10))
    histogram.add_index(distance * 5 + angle, 20)
    histogram.add_index(distance * 6 + histogram.axis(tilt, 0, 1, 6)[0], 24)
    histogram.add((np.abs(own - other), 0, 1, 6))
    histogram.add_index(histogram.axis(tilt, 0, 1, 5)[0] * 5 + angle, 25)
    return concatenate([histogram.counts(), deviation / np.maximum(mean, 1e-9), mean])


def _partners(rows: NDArray[np.generic]) -> NDArray[np.generic]:
    """(B, c, q) -> view (B, K, c, q): rows shifted cyclically by s, 2 s, ... K s."""
    q = rows.shape[-1]
    half = (q - 1) // 2
    step = max(1, half // PARTNERS)
    doubled = np.concatenate([rows, rows], axis=2)
    windows = np.lib.stride_tricks.sliding_window_view(doubled, q, axis=2)
    return windows[:, :, step : step * min(PARTNERS, half) + 1 : step].transpose(0, 2, 1, 3)


def _dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner product over the axis of length 3 of (B, K, 3, q) arrays."""
    result = a[:, :, 0] * b[:, :, 0]
    result += a[:, :, 1] * b[:, :, 1]
    result += a[:, :, 2] * b[:, :, 2]
    return result


def _mean_deviation(
    length: NDArray[np.float32], valid: NDArray[np.bool_] | None
) -> tuple[Float, Float]:
    if valid is None:
        return length.mean(axis=1, dtype=np.float64), length.std(axis=1, dtype=np.float64)
    number = np.maximum(valid.sum(axis=1), 1)
    mean = (length * valid).sum(axis=1) / number
    square = (length * length * valid).sum(axis=1) / number
    return mean, np.sqrt(np.maximum(square - mean * mean, 0))
