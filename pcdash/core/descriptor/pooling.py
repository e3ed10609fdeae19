"""From values at points to numbers of a cloud: masked quantiles and joint histograms.

Shapes are channel-first with the clouds of a batch in front: values are (B, rows, n).  Points that
do not count carry a False in the (B, n) mask; ``None`` means that all count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64] | NDArray[np.float32]
Float = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
"""Quantile levels of every quantile feature."""


def quantiles(values: Values, mask: Mask | None, levels: Float = LEVELS) -> Float:
    """Linearly interpolated quantiles of every row over the points that count.

    Parameters
    ----------
    values : (B, rows, n)
    mask : (B, n) bool or None
        At least one point counts in every cloud.
    levels : (k,) in [0, 1]

    Returns
    -------
    (B, rows, k) float64
    """
    if mask is None:
        values = values.copy()
        values.sort(axis=-1)
        return _at(values, levels * (values.shape[-1] - 1))
    counted: Float = np.where(mask[:, None], values, np.inf)
    ordered = np.sort(counted, axis=-1)
    last = mask.sum(axis=1) - 1
    return np.stack([_at(ordered[b], levels * k) for b, k in enumerate(last)])


def _at(ordered: Values, position: Float) -> Float:
    low = position.astype(np.intp)
    weight = position - low
    high = low + (weight > 0)
    return np.asarray(ordered[..., low] * (1 - weight) + ordered[..., high] * weight, np.float64)


def median(values: Values, mask: Mask | None) -> Float:
    """Upper median of every row over the points that count: (B, n) -> (B,)."""
    if mask is None:
        middle = values.shape[-1] // 2
        return np.partition(values, middle, axis=-1)[..., middle].astype(np.float64)
    ordered = np.sort(np.where(mask, values, np.inf), axis=-1)
    middles = mask.sum(axis=-1) // 2
    return np.take_along_axis(ordered, middles[:, None], axis=-1)[:, 0].astype(np.float64)


class Histograms:
    """Histograms over the same samples, of one axis or two, all counted by a single ``bincount``.

    Parameters
    ----------
    mask : (B, n) bool or None
        Samples that count.
    """

    def __init__(self, mask: Mask | None) -> None:
        self._mask = mask
        self._axes: list[tuple[Values, float, float, int]] = []
        self._wanted: list[tuple[int, ...]] = []

    def axis(self, values: Values, low: float, high: float, bins: int) -> int:
        """Declare an axis: values (B, n), equal bins; what lies beyond falls into the ends."""
        self._axes.append((values, low, bins / (high - low), bins))
        return len(self._axes) - 1

    def add(self, *axes: int) -> None:
        """Ask for the histogram over one or two of the declared axes."""
        self._wanted.append(axes)

    def line(self, values: Values, low: float, high: float, bins: int) -> None:
        """Ask for the histogram of values that no other histogram needs."""
        self.add(self.axis(values, low, high, bins))

    def counts(self) -> Float:
        """All histograms side by side in the order they were asked for, each of sum 1."""
        bins = [bins for _, _, _, bins in self._axes]
        place = self._bins()
        batch, _, n = place.shape
        index = np.empty((batch, len(self._wanted), n), np.int32)
        total = 0
        for k, axes in enumerate(self._wanted):
            size = bins[axes[0]]
            row = place[:, axes[0]]
            if len(axes) == 2:
                size *= bins[axes[1]]
                row = row * np.int32(bins[axes[1]])
                row += place[:, axes[1]]
            np.add(row, np.int32(total), out=index[:, k])
            total += size
        number: Float | float = float(n)
        if self._mask is not None:
            np.copyto(index, total, where=~self._mask[:, None])  # a bin that is thrown away
            number = np.maximum(self._mask.sum(axis=1, keepdims=True), 1.0)
        if batch > 1:
            index += (np.arange(batch, dtype=np.int32) * np.int32(total + 1))[:, None, None]
        counts = np.bincount(index.ravel(), minlength=batch * (total + 1))
        return np.asarray(counts.reshape(batch, total + 1)[:, :total] / number)

    def _bins(self) -> NDArray[np.int32]:
        """Bin numbers (B, axes, n) of all declared axes at once."""
        batch, n = self._axes[0][0].shape
        rows = np.empty((batch, len(self._axes), n), np.float32)
        for k, (values, _, _, _) in enumerate(self._axes):
            rows[:, k] = values
        low, scale, bins = (
            np.array([axis[i] for axis in self._axes], np.float32)[:, None] for i in (1, 2, 3)
        )
        rows -= low
        rows *= scale
        np.maximum(rows, 0, out=rows)
        np.minimum(rows, bins - np.float32(0.5), out=rows)
        return rows.astype(np.int32)


def concatenate(parts: Sequence[Values]) -> Float:
    """Join (B,), (B, k) and (B, k, l) parts to (B, all)."""
    batch = len(parts[0])
    return np.concatenate([part.reshape(batch, -1) for part in parts], axis=1)
