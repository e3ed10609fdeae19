"""An invariant description of a point cloud: from (n, 3) points to `DIM` numbers.

The same cloud gets the same numbers in any unit, anywhere, turned in any way, its points in any
order.  The stages, a module each::

    sample      which points are looked at, in which order and unit
    kernel      sums around query points at four scales; isolated points are set aside
    surface     normals, curvature, density, principal axes: what the blocks share
    blocks      the table of feature blocks

Clouds of one size are described together: the arrays of all modules carry a batch in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points
from pcdash.core.descriptor.blocks import BLOCKS, Block
from pcdash.core.descriptor.sample import KEPT, POLICY, normalise, shuffle
from pcdash.core.descriptor.surface import measure
from pcdash.errors import InvalidCloud

__all__ = [
    "BLOCKS",
    "DESCRIPTOR_VERSION",
    "DIM",
    "KEPT",
    "POLICY",
    "SLICES",
    "Block",
    "describe",
    "describe_batch",
]

DESCRIPTOR_VERSION = "3"
"""Changes whenever a feature changes: cached features and models of another version are refused."""


def _slices() -> dict[str, slice]:
    ends = np.cumsum([block.count for block in BLOCKS.values()]).tolist()
    return {
        name: slice(end - block.count, end)
        for (name, block), end in zip(BLOCKS.items(), ends, strict=True)
    }


SLICES = _slices()
"""Where each block's features are."""

DIM = sum(block.count for block in BLOCKS.values())
"""Number of features."""

_TOGETHER = 16
"""Clouds described together: enough to hide numpy's overhead, few enough for the cache."""


def describe(points: Points) -> NDArray[np.float32]:
    """Describe one cloud.

    Parameters
    ----------
    points : (n, 3) float64, 16 <= n <= 2,000,000
        Any unit, offset, pose and order; see `sample` for which points are looked at.

    Returns
    -------
    (DIM,) float32
        Finite.

    Raises
    ------
    InvalidCloud
        If there are too few points, one is not finite, or all coincide or lie on one line.
    """
    return np.asarray(_describe([_shuffled(points)])[0])


def describe_batch(clouds: Iterable[Points]) -> NDArray[np.float32]:
    """Describe many clouds, those of one size together: (m, DIM) float32.

    Up to rounding the same as `describe` for each, and up to three times as fast.

    Raises
    ------
    InvalidCloud
        As `describe`, for the first cloud that has no shape.
    """
    ready = [_shuffled(points) for points in clouds]
    result = np.empty((len(ready), DIM), np.float32)
    by_size: dict[int, list[int]] = {}
    for number, cloud in enumerate(ready):
        by_size.setdefault(cloud.shape[1], []).append(number)
    for numbers in by_size.values():
        for start in range(0, len(numbers), _TOGETHER):
            some = numbers[start : start + _TOGETHER]
            result[some] = _describe([ready[number] for number in some])
    return result


def _shuffled(points: Points) -> NDArray[np.float64]:
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3:
        raise InvalidCloud(
            f"points must have 3 columns (x, y, z); got shape {points.shape}", field="points"
        )
    return shuffle(points)


def _describe(clouds: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Describe shuffled clouds of one size, (3, n) each."""
    surface = measure(normalise(np.stack(clouds)))
    result = np.empty((len(clouds), DIM), np.float32)
    for name, block in BLOCKS.items():
        result[:, SLICES[name]] = block.compute(surface)
    if not np.isfinite(result).all():
        raise InvalidCloud(
            "the points are too degenerate to describe: check for coordinates of extreme range",
            field="points",
        )
    return result


def __getattr__(name: str) -> object:
    """`Describe` on demand: importing scikit-learn takes longer than describing many clouds."""
    if name == "Describe":
        from pcdash.core.describe_step import Describe

        return Describe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
