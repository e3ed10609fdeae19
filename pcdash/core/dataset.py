"""From chunks of clouds to one table of features, in parallel, keeping no points."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points
from pcdash.core.parallel import in_parallel
from pcdash.core.params import ComputeParams, SplitParams
from pcdash.core.progress import Progress
from pcdash.errors import InvalidInput

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

CHUNK = 40
"""Clouds of one chunk: small enough for live progress, large enough to keep the workers busy."""


@dataclass(frozen=True)
class ChunkResult:
    """What computing one chunk yields.

    Attributes
    ----------
    features : (k, DIM) float32
        One row per cloud that could be read.
    kept : tuple of int
        Which of the chunk's clouds the rows belong to.
    digests : tuple of str
        SHA-256 of each kept cloud's content, hex.
    problems : tuple of str
        One line per cloud that was skipped.
    """

    features: NDArray[np.float32]
    kept: tuple[int, ...]
    digests: tuple[str, ...]
    problems: tuple[str, ...] = ()


def chosen(places: Places, size: int) -> Sequence[int]:
    """The places that are meant in a chunk of `size` clouds."""
    return range(size) if places is None else places


class FeatureStore(Protocol):
    """Features that were computed before, by key."""

    def get(self, keys: Sequence[str]) -> ChunkResult | None:
        """The stored clouds of a chunk if all its keys are known, else None."""

    def put(self, keys: Sequence[str], result: ChunkResult) -> None:
        """Remember the clouds of a chunk; `keys` are those of its kept clouds."""


Places = Sequence[int] | None
"""Which clouds of a chunk, ascending; None: all of them."""


class Chunk(Protocol):
    """Some clouds that are described together, in whichever process has time. Picklable.

    What is not at the wanted places costs nothing, as far as no cloud depends on the others.
    """

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """What decides each cloud's features, as text that is the same in every run."""

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each cloud."""

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Yield the place in the chunk and the points of each cloud that can be had."""

    def compute(self) -> ChunkResult:
        """Make or read the clouds and describe them."""


@dataclass(frozen=True)
class FeatureTable:
    """Every cloud of a dataset as a row of features.

    Attributes
    ----------
    features : (m, DIM) float32
    labels : (m,) int64
        Index into `classes`.
    splits : (m,) str
        ``train``, ``val`` or ``test``.
    classes : tuple of str
    fingerprint : str
        SHA-256 over labels, splits and contents of all clouds in order.
    digests : (m,) tuple of str
        SHA-256 of each cloud's content, hex.
    places : (m,) tuple of (int, int)
        Number of the chunk that each cloud comes from, and its place in there.
    problems : tuple of str
        One line per skipped file.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    classes: tuple[str, ...]
    fingerprint: str
    digests: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    problems: tuple[str, ...] = field(default=())

    def rows(self, split: Split) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features and labels of one split."""
        mask = self.splits == split
        return self.features[mask], self.labels[mask]


def split_counts(total: int, split: SplitParams) -> dict[Split, int]:
    """Divide `total` by the shares; train comes first where there are too few for all."""
    test = min(max(1, round(total * split.test)), total - 1)
    val = min(max(1, round(total * split.val)), total - test - 1) if split.val > 0 else 0
    return {"train": total - val - test, "val": val, "test": test}


def fingerprint(classes: Sequence[str], clouds: Iterable[tuple[int, str, str]]) -> str:
    """SHA-256 over labels, splits and digests of all clouds in order, hex."""
    digest = hashlib.sha256("\n".join(classes).encode())
    for label, split, content in clouds:
        digest.update(f"{label} {split} {content}\n".encode())
    return digest.hexdigest()


def build_table(
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    progress: Progress,
    *,
    stage: str = "features",
    begin: float = 0.0,
    upto: float = 1.0,
    compute: ComputeParams | None = None,
    store: FeatureStore | None = None,
) -> FeatureTable:
    """Describe all chunks through joblib, streaming: only features stay in memory.

    Parameters
    ----------
    chunks : sequence of Chunk
    classes : sequence of str
    progress : Progress
        Reported as `stage` from `begin` to `upto`.
    stage : str
    begin, upto : float
        Shares of the whole work that are done before and after this stage.
    compute : ComputeParams, optional
        Backend and number of workers; the result does not depend on it.
    store : FeatureStore, optional
        Asked before anything is computed, and told afterwards.

    Raises
    ------
    InvalidInput
        If nothing could be read.
    Cancelled
        If `progress` says so.
    """
    table = _Gathering(chunks, classes)
    progress.report(stage, begin, f"0 of {table.total} clouds")
    missing = []
    for index, chunk in enumerate(chunks):
        progress.check()
        known = store.get(chunk.keys()) if store is not None else None
        if known is None:
            missing.append(index)
        else:
            table.add(index, known)
    reused = table.done
    started = time.perf_counter()
    todo = [chunks[index] for index in missing]
    for index, result in zip(missing, in_parallel(todo, compute), strict=True):
        progress.check()
        table.add(index, result)
        if store is not None:
            keys = chunks[index].keys()
            store.put([keys[i] for i in result.kept], result)
        rate = (table.done - reused) / (time.perf_counter() - started)
        message = f"{table.done} of {table.total} clouds, {rate:.0f} a second"
        done = begin + (upto - begin) * table.done / table.total
        progress.report(stage, done, message)
    if reused:
        progress.report(stage, upto, f"{reused} of {table.total} clouds were known already")
    return table.finish()


class _Gathering:
    """Results in the order in which they come; a table in the order of the chunks."""

    def __init__(self, chunks: Sequence[Chunk], classes: Sequence[str]) -> None:
        self._chunks = chunks
        self._classes = tuple(classes)
        self._results: dict[int, ChunkResult] = {}
        self.total = sum(len(chunk.labels) for chunk in chunks)
        self.done = 0

    def add(self, index: int, result: ChunkResult) -> None:
        self._results[index] = result
        self.done += len(self._chunks[index].labels)

    def finish(self) -> FeatureTable:
        labels, splits, digests, places = [], [], [], []
        ordered = [self._results[index] for index in range(len(self._chunks))]
        for number, (chunk, result) in enumerate(zip(self._chunks, ordered, strict=True)):
            for place, content in zip(result.kept, result.digests, strict=True):
                labels.append(chunk.labels[place])
                splits.append(chunk.splits[place])
                digests.append(content)
                places.append((number, place))
        if not labels:
            raise InvalidInput("no cloud of the dataset could be read", field="dataset")
        return FeatureTable(
            np.concatenate([result.features for result in ordered]),
            np.array(labels, dtype=np.int64),
            np.array(splits),
            self._classes,
            fingerprint(self._classes, zip(labels, splits, digests, strict=True)),
            tuple(digests),
            tuple(places),
            tuple(problem for result in ordered for problem in result.problems),
        )
