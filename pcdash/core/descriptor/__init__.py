"""An invariant description of a point cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points
from pcdash.core.descriptor import (
    few_points,
    harmonics,
    inertia,
    normals,
    pairs,
    pooled,
    revolution,
    sample,
    spheres,
)
from pcdash.core.descriptor.surface import Surface, measure
from pcdash.errors import InvalidCloud

DESCRIPTOR_VERSION = "1"


@dataclass(frozen=True)
class Block:
    """A group of features."""

    count: int
    compute: Callable[[Surface], NDArray[np.float64]]
    definition: str
    source: str = ""
    invariances: str = "similarity, order"


BLOCKS: dict[str, Block] = {
    "summary": Block(8, pooled.summary, ""),
    "levels": Block(175, pooled.levels, ""),
    "inertia": Block(24, inertia.inertia, ""),
    "radial": Block(7, inertia.radial, ""),
    "marginals": Block(127, inertia.marginals, ""),
    "pairs": Block(107, pairs.pairs, ""),
    "gauss": Block(3, normals.gauss, ""),
    "orientation": Block(166, normals.orientation, ""),
    "planes": Block(12, normals.planes, ""),
    "frame": Block(13, normals.frame, ""),
    "revolution": Block(84, revolution.revolution, ""),
    "sphere": Block(21, spheres.sphere, ""),
    "harmonics": Block(105, harmonics.harmonics, ""),
    "second_order": Block(434, pooled.second_order, ""),
    "few_points": Block(50, few_points.few, ""),
}


def _slices() -> dict[str, slice]:
    ends = np.cumsum([block.count for block in BLOCKS.values()]).tolist()
    return {n: slice(e - b.count, e) for (n, b), e in zip(BLOCKS.items(), ends, strict=True)}


SLICES = _slices()
DIM = sum(block.count for block in BLOCKS.values())

_BATCH = 16


def describe(points: Points) -> NDArray[np.float32]:
    """Describe one cloud."""
    return _describe([sample.shuffle(np.asarray(points, np.float64))])[0]


def describe_batch(clouds: Iterable[Points]) -> NDArray[np.float32]:
    shuffled = [sample.shuffle(np.asarray(c, np.float64)) for c in clouds]
    result = np.empty((len(shuffled), DIM), np.float32)
    sizes: dict[int, list[int]] = {}
    for i, s in enumerate(shuffled):
        sizes.setdefault(s.shape[1], []).append(i)
    for idx in sizes.values():
        for k in range(0, len(idx), _BATCH):
            part = idx[k : k + _BATCH]
            result[part] = _describe([shuffled[i] for i in part])
    return result


def _describe(shuffled: Sequence[Points]) -> NDArray[np.float32]:
    s = measure(sample.normalise(np.stack(shuffled)))
    parts = [block.compute(s) for block in BLOCKS.values()]
    for (name, block), p in zip(BLOCKS.items(), parts, strict=True):
        if p.shape[1] != block.count:
            raise RuntimeError(f"{name}: {p.shape[1]} != {block.count}")
    result = np.concatenate(parts, axis=1).astype(np.float32)
    if not np.isfinite(result).all():
        raise InvalidCloud("not finite")
    return result


def __getattr__(name: str) -> object:
    """`Describe` on demand: importing scikit-learn takes longer than describing a thousand clouds."""
    if name == "Describe":
        from pcdash.core.describe_step import Describe

        return Describe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
