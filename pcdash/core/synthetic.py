"""Synthetic clouds as chunks of a dataset: the same seed plans the same clouds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pcdash.core.cloud import Points
from pcdash.core.corruption import draw
from pcdash.core.dataset import CHUNK, SPLITS, ChunkResult, Places, Split, chosen, split_counts
from pcdash.core.descriptor import describe_batch
from pcdash.core.generation import generate_batch
from pcdash.core.params import SplitParams, SyntheticData

GENERATOR_VERSION = 1
"""Raised when the same recipe and seed begin to make other points."""


@dataclass(frozen=True)
class SyntheticChunk:
    """Clouds of one class and split, made from their own seed."""

    data: SyntheticData
    label: int
    split: Split
    size: int
    seed: np.random.SeedSequence

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""
        return (self.label,) * self.size

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each cloud."""
        return (self.split,) * self.size

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """The recipe, the seed and the place in the chunk."""
        recipe = self.data.model_dump(mode="json", exclude={"classes", "n_samples_per_class"})
        shape = self.data.classes[self.label]
        text = json.dumps([GENERATOR_VERSION, shape, self.size, recipe], sort_keys=True)
        stream = f"{self.seed.entropy} {self.seed.spawn_key}"
        return tuple(f"{text} {stream} {index}" for index in chosen(places, self.size))

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Generate; all of them whatever is wanted, since they come out of one stream."""
        wanted = frozenset(chosen(places, self.size))
        return ((index, points) for index, points in self._made() if index in wanted)

    def _made(self) -> Iterator[tuple[int, Points]]:
        rng = np.random.default_rng(self.seed)
        shape, recipe = self.data.classes[self.label], self.data.randomise
        if recipe is None:
            yield from enumerate(generate_batch(shape, self.size, self.data, rng))
        else:
            yield from ((index, draw(shape, recipe, rng)) for index in range(self.size))

    def compute(self) -> ChunkResult:
        """Generate, then describe."""
        made = [points for _, points in self.clouds()]
        digests = tuple(hashlib.sha256(points.tobytes()).hexdigest() for points in made)
        return ChunkResult(describe_batch(made), tuple(range(self.size)), digests)


def synthetic_chunks(data: SyntheticData, split: SplitParams, seed: int) -> list[SyntheticChunk]:
    """Plan a synthetic dataset: the same seed plans the same clouds, however many workers run."""
    counts = split_counts(data.n_samples_per_class, split)
    plan = [
        (label, name, min(CHUNK, counts[name] - start))
        for name in SPLITS
        for start in range(0, counts[name], CHUNK)
        for label in range(len(data.classes))
    ]
    seeds = np.random.SeedSequence(seed).spawn(len(plan))
    return [SyntheticChunk(data, *item, seed=s) for item, s in zip(plan, seeds, strict=True)]
