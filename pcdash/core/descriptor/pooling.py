"""From values at points to numbers of a cloud: masked quantiles and joint histograms.

Shapes are channel-first with the clouds of a batch in front: values are (B, rows, n).  Points that
do not count carry a zero in the (B, n) mask; ``None`` means that all count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
"""Quantile levels of every quantile feature."""


def quantiles(values: Array, mask: Mask | None, levels: Array = LEVELS) -> NDArray[np.float64]:
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
        return _at(np.sort(values, axis=-1), levels * (values.shape[-1] - 1))
    ordered = np.sort(np.where(mask[:, None], values, np.inf), axis=-1)
    last = mask.sum(axis=1) - 1
    return np.stack([_at(rows, levels * k) for rows, k in zip(ordered, last, strict=True)])


def _at(ordered: Array, position: NDArray[np.float64]) -> NDArray[np.float64]:
    low = position.astype(np.intp)
    weight = position - low
    high = low + (weight > 0)
    result: NDArray[np.float64] = ordered[..., low] * (1 - weight) + ordered[..., high] * weight
    return result


def median(values: Array, mask: Mask | None) -> NDArray[np.float64]:
    """Upper median of every row over the points that count: (B, n) -> (B,)."""
    if mask is None:
        middle = values.shape[-1] // 2
        return np.partition(values, middle, axis=-1)[..., middle].astype(np.float64)
    ordered = np.sort(np.where(mask, values, np.inf), axis=-1)
    middle = mask.sum(axis=-1) // 2
    return np.take_along_axis(ordered, middle[:, None], axis=-1)[:, 0].astype(np.float64)


class Histograms:
    """Joint histograms over the same samples, all counted by a single ``bincount``.

    Parameters
    ----------
    mask : (B, n) bool or None
        Samples that count.
    """

    def __init__(self, mask: Mask | None) -> None:
        self._mask = mask
        self._bins: list[NDArray[np.int32]] = []
        self._sizes: list[int] = []

    def add(self, *axes: tuple[Array, float, float, int]) -> None:
        """Ask for the joint histogram of one or two axes ``(values (B, n), low, high, bins)``.

        Values beyond the ends fall into the first and the last bin.
        """
        index, size = self.axis(*axes[0])
        for axis in axes[1:]:
            other, bins = self.axis(*axis)
            index, size = index * bins + other, size * bins
        self.add_index(index, size)

    def axis(
        self, values: Array, low: float, high: float, bins: int
    ) -> tuple[NDArray[np.int32], int]:
        """Bin numbers of one axis, to be combined by hand and given to `add_index`."""
        scaled = (values - np.float32(low)) * np.float32(bins / (high - low))
        np.maximum(scaled, 0, out=scaled)
        np.minimum(scaled, np.float32(bins - 0.5), out=scaled)
        return scaled.astype(np.int32), bins

    def add_index(self, index: NDArray[np.int32], size: int) -> None:
        """Ask for the histogram of ready bin numbers (B, n) in [0, `size`)."""
        self._bins.append(index)
        self._sizes.append(size)

    def counts(self) -> NDArray[np.float64]:
        """All histograms side by side, each summing to 1: (B, sum of sizes)."""
        ends = np.cumsum(self._sizes)
        total = int(ends[-1]) + 1
        batch, n = self._bins[0].shape
        index = np.empty((batch, len(self._bins), n), np.int32)
        for k, (bins, end, size) in enumerate(zip(self._bins, ends, self._sizes, strict=True)):
            np.add(bins, end - size, out=index[:, k])
        number: NDArray[np.float64] | float = float(n)
        if self._mask is not None:
            np.copyto(index, total - 1, where=~self._mask[:, None])
            number = np.maximum(self._mask.sum(axis=1, keepdims=True), 1.0)
        index += np.arange(batch, dtype=np.int32)[:, None, None] * total
        counts = np.bincount(index.ravel(), minlength=batch * total).reshape(batch, total)
        return counts[:, :-1] / number


def concatenate(parts: Sequence[Array]) -> NDArray[np.float64]:
    """Join (B,), (B, k) and (B, k, l) parts to (B, all)."""
    batch = len(parts[0])
    return np.concatenate([np.reshape(part, (batch, -1)) for part in parts], axis=1)
