"""Clouds to calibrate with: known shapes and strangers, scanned with defects that are known.

They are described like any dataset, in parallel and through the feature cache: a second training
in the same place finds them there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from pcdash.core.cloud import Points, check_cloud
from pcdash.core.corruption import Randomisation
from pcdash.core.corruption.scanning import DENSE, Scan, dense_surface, draw_defects, scan
from pcdash.core.dataset import (
    Chunk,
    ChunkResult,
    FeatureTable,
    Places,
    Split,
    chosen,
)
from pcdash.core.descriptor import describe_batch
from pcdash.core.params import SyntheticData
from pcdash.core.trust.strangers import FAMILIES
from pcdash.errors import InvalidCloud

SEED = 20_261_126
"""Of all calibrations: the same strangers for every version."""

SCHOOL_VERSION = 5
"""Raised when the same seed begins to make other clouds."""

_TOGETHER = 25
_ATTEMPTS = 20
_MOST_TIMES = 8
_SPLIT: Split = "train"


@dataclass(frozen=True)
class Made:
    """Some scans of one kind of surface; a `Chunk`.

    Attributes
    ----------
    name : str
        Shape of a class, or family of strangers.
    known : bool
        Which of them.
    label : int
        Class index; -1 for strangers.
    first, size : int
        Numbers of the scans.
    recipe : Randomisation
        Proportions of known shapes.
    """

    name: str
    known: bool
    label: int
    first: int
    size: int
    recipe: Randomisation

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each scan."""
        return (self.label,) * self.size

    @property
    def splits(self) -> tuple[Split, ...]:
        """One and the same for all: there is no choice to be made by them."""
        return (_SPLIT,) * self.size

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """What decides each scan."""
        proportions = self.recipe.model_dump_json() if self.known else ""
        what = f"school {SCHOOL_VERSION} {SEED} {self.name} {proportions}"
        return tuple(f"{what} {self.first + i}" for i in chosen(places, self.size))

    def scans(self, places: Places = None) -> Iterator[tuple[int, Scan]]:
        """Make them."""
        for i in chosen(places, self.size):
            name = int.from_bytes(self.name.encode(), "big")
            rng = np.random.default_rng([SEED, name, self.first + i])
            yield i, _sound(self._surface(rng), rng)

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Yield the points alone."""
        return ((i, one.points) for i, one in self.scans(places))

    def compute(self) -> ChunkResult:
        """Make and describe them."""
        return described(list(self.scans()))

    def _surface(self, rng: np.random.Generator) -> Points:
        if not self.known:
            return FAMILIES[self.name](DENSE, rng)
        return dense_surface(self.name, self.recipe, rng)


@dataclass(frozen=True)
class Rescanned:
    """Some clouds of another chunk, scanned once more; a `Chunk`.

    Attributes
    ----------
    chunk : Chunk
    chosen : tuple of int
        Places in `chunk`, ascending; no other is read.
    times : int
        Scans of each cloud.
    """

    chunk: Chunk
    chosen: tuple[int, ...]
    times: int

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each scan; scans of one cloud come one after the other."""
        labels = self.chunk.labels
        return tuple(labels[i] for i in self.chosen for _ in range(self.times))

    @property
    def splits(self) -> tuple[Split, ...]:
        """One and the same for all."""
        return (_SPLIT,) * (len(self.chosen) * self.times)

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """What decides each scan."""
        keys = self.chunk.keys(self.chosen)
        what = f"rescanned {SCHOOL_VERSION} {SEED}"
        every = [f"{key} {what} {t}" for key in keys for t in range(self.times)]
        return tuple(every[i] for i in chosen(places, len(every)))

    def scans(self, places: Places = None) -> Iterator[tuple[int, Scan]]:
        """Scan each cloud by generators of its own, which its content seeds."""
        place = {i: number for number, i in enumerate(self.chosen)}
        wanted = set(chosen(places, len(self.chosen) * self.times))
        for index, points in self.chunk.clouds(self.chosen):
            content = int.from_bytes(hashlib.sha256(points.tobytes()).digest()[:16], "big")
            for t in range(self.times):
                at = place[index] * self.times + t
                if at in wanted:
                    yield at, _sound(points, np.random.default_rng([SEED, content, t]))

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Yield the points alone."""
        return ((i, one.points) for i, one in self.scans(places))

    def compute(self) -> ChunkResult:
        """Scan and describe them."""
        return described(list(self.scans()))


@dataclass(frozen=True)
class Again:
    """Which clouds of a training are scanned again.

    Attributes
    ----------
    chunks : list of Rescanned
    digest : dict
        Content of the cloud at (number of a chunk in `chunks`, place in its source).
    """

    chunks: list[Rescanned]
    digest: dict[tuple[int, int], str]

    @classmethod
    def plan(cls, table: FeatureTable, chunks: Sequence[Chunk], number: int) -> Self:
        """Plan about `number` scans of training clouds; content decides which, where not of all."""
        at = {
            place: digest
            for place, digest, split in zip(table.places, table.digests, table.splits, strict=True)
            if split == "train"
        }
        times = min(max(1, round(number / len(at))), _MOST_TIMES)
        taken = sorted(at, key=lambda place: (at[place], place))[: max(1, number // times)]
        by_chunk: dict[int, list[int]] = {}
        for chunk, place in sorted(taken):
            by_chunk.setdefault(chunk, []).append(place)
        digest = {
            (i, place): at[chunk, place]
            for i, (chunk, places) in enumerate(by_chunk.items())
            for place in places
        }
        again = [Rescanned(chunks[k], tuple(places), times) for k, places in by_chunk.items()]
        return cls(again, digest)

    def digests(self, scans: FeatureTable) -> list[str]:
        """Content of the cloud behind each row of the table of all scans."""
        return [
            self.digest[i, self.chunks[i].chosen[place // self.chunks[i].times]]
            for i, place in scans.places
        ]


MET = Randomisation(
    box_edge=(0.33, 1.0),
    cylinder_height=(0.33, 3.0),
    cone_height=(0.33, 3.0),
    torus_tube=(0.16, 0.67),
    open_share=0.05,
    blunt_share=0.05,
    stretch_share=0.05,
)
"""Shapes as one meets them.  A training goes beyond that on purpose, so as to bear more; what is
said of scans is about these."""

TEXTBOOK = Randomisation(proportions_share=0.0, stretch_share=0.0)


def recipe_of(data: SyntheticData) -> Randomisation:
    """The proportions that a training's classes are calibrated with."""
    return TEXTBOOK if data.randomise is None else MET


def strangers(number: int) -> list[Made]:
    """About `number` scans of strangers, equally many of each family."""
    return _made(list(FAMILIES), number, Randomisation(), known=False)


def known_shapes(classes: Sequence[str], number: int, recipe: Randomisation) -> list[Made]:
    """About `number` scans of synthetic classes, equally many of each."""
    return _made(classes, number, recipe, known=True)


def _made(names: Sequence[str], number: int, recipe: Randomisation, *, known: bool) -> list[Made]:
    each = max(1, round(number / len(names)))
    return [
        Made(name, known, label if known else -1, first, min(_TOGETHER, each - first), recipe)
        for first in range(0, each, _TOGETHER)
        for label, name in enumerate(names)
    ]


def described(scans: Sequence[tuple[int, Scan]]) -> ChunkResult:
    """Describe scans; the truth about each stands in its digest, where the cache keeps it."""
    features = describe_batch([one.points for _, one in scans])
    return ChunkResult(
        features, tuple(place for place, _ in scans), tuple(one.truth.text() for _, one in scans)
    )


def _sound(surface: Points, rng: np.random.Generator) -> Scan:
    """Scan until something is left to classify."""
    for _ in range(_ATTEMPTS):
        one = scan(surface, draw_defects(rng), rng)
        try:
            check_cloud(one.points)
        except InvalidCloud:
            continue
        return one
    raise InvalidCloud("no scan of this surface holds a shape")
