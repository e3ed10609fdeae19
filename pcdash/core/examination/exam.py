"""The clouds of an examination, described under every condition.

A version for synthetic shapes is examined on clouds that `pcdash.core.benchmark` makes, whatever
its training recipe: so any two of them can be compared.  One for a user's own data is examined on
its test split.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pcdash.core.benchmark import default
from pcdash.core.cloud import Points
from pcdash.core.dataset import Chunk, ChunkResult, Places, Split, chosen
from pcdash.core.descriptor import describe_batch
from pcdash.core.examination.conditions import Condition

SEED = 20_261_125
"""Of all examinations: the same clouds, spoilt in the same way, for every version."""

EXAM_VERSION = 1
"""Raised when the same seed begins to make other clouds."""

_TOGETHER = 20
_TEST: Split = "test"


@dataclass(frozen=True)
class MadeClouds:
    """Some clouds of one shape, for versions that know synthetic shapes; a `Chunk`."""

    shape: str
    label: int
    first: int
    size: int

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""
        return (self.label,) * self.size

    @property
    def splits(self) -> tuple[Split, ...]:
        """All of it is test data."""
        return (_TEST,) * self.size

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """Shape and number of each cloud."""
        numbers = (self.first + i for i in chosen(places, self.size))
        return tuple(f"exam {EXAM_VERSION} {self.shape} {number}" for number in numbers)

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Make them: free proportions, 512 points, noise 0.02."""
        # A name's bytes as a number: the same shape gets the same clouds in whichever company.
        name = int.from_bytes(self.shape.encode(), "big")
        for i in chosen(places, self.size):
            rng = np.random.default_rng([SEED, name, self.first + i])
            yield i, default(self.shape, rng, free=True)

    def compute(self) -> ChunkResult:
        """Make and describe them."""
        return _described(list(self.clouds()))


@dataclass(frozen=True)
class Spoilt:
    """Some clouds of another chunk under one condition; a `Chunk`.

    Attributes
    ----------
    chunk : Chunk
    chosen : tuple of int
        Places in `chunk` of the clouds that are examined, ascending; no other is read.
    condition : Condition
    """

    chunk: Chunk
    chosen: tuple[int, ...]
    condition: Condition

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""
        labels = self.chunk.labels
        return tuple(labels[i] for i in self.chosen)

    @property
    def splits(self) -> tuple[Split, ...]:
        """All of it is test data."""
        return (_TEST,) * len(self.chosen)

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """What decides each spoilt cloud."""
        what = f"{EXAM_VERSION} {SEED} {self.condition.name}"
        return tuple(f"{key} under {what}" for key in self.chunk.keys(self._inside(places)))

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Spoil each cloud by a generator of its own, which its content and the condition seed."""
        place = {i: number for number, i in enumerate(self.chosen)}
        for index, points in self.chunk.clouds(self._inside(places)):
            text = f"{SEED} {self.condition.name} ".encode() + points.tobytes()
            seed = int.from_bytes(hashlib.sha256(text).digest(), "big")
            rng = np.random.default_rng(seed)
            yield place[index], self.condition.apply(points, rng)

    def _inside(self, places: Places) -> tuple[int, ...]:
        """Places here as places of the chunk that is spoilt."""
        return tuple(self.chosen[i] for i in chosen(places, len(self.chosen)))

    def compute(self) -> ChunkResult:
        """Spoil and describe them."""
        return _described(list(self.clouds()))


def made_clouds(classes: Sequence[str], number: int) -> list[MadeClouds]:
    """About `number` clouds, equally many of each class."""
    each = max(1, number // len(classes))
    return [
        MadeClouds(shape, label, first, min(_TOGETHER, each - first))
        for label, shape in enumerate(classes)
        for first in range(0, each, _TOGETHER)
    ]


def spoilt(
    chunks: Sequence[Chunk], conditions: Sequence[Condition], number: int
) -> list[list[Spoilt]]:
    """The test clouds of `chunks`, at most `number`, under each condition in turn.

    Which ones are taken depends on the keys of the clouds alone: their order, and how they were
    divided into chunks, says nothing about the data.
    """
    candidates = [
        (hashlib.sha256(f"{SEED} {key}".encode()).hexdigest(), at, place)
        for at, chunk in enumerate(chunks)
        if "test" in chunk.splits
        for place, (key, split) in enumerate(zip(chunk.keys(), chunk.splits, strict=True))
        if split == "test"
    ]
    taken: dict[int, list[int]] = {}
    for _, at, place in sorted(candidates)[:number]:
        taken.setdefault(at, []).append(place)
    ordered = sorted(taken.items())
    return [
        [Spoilt(chunks[at], tuple(sorted(places)), condition) for at, places in ordered]
        for condition in conditions
    ]


def _described(clouds: list[tuple[int, Points]]) -> ChunkResult:
    points = [cloud for _, cloud in clouds]
    digests = tuple(hashlib.sha256(cloud.tobytes()).hexdigest() for cloud in points)
    return ChunkResult(describe_batch(points), tuple(place for place, _ in clouds), digests)
