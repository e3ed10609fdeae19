"""From a recipe or a folder to one table of features, in parallel, keeping no points."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption import draw
from pcdash.core.descriptor import describe_batch
from pcdash.core.generation import generate_batch
from pcdash.core.params import SplitParams, SyntheticData
from pcdash.core.progress import Progress
from pcdash.errors import InvalidInput

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

CHUNK = 40
"""Clouds of one chunk: small enough for live progress, large enough to keep the workers busy."""


PARALLEL_FROM = 256
"""Clouds below which starting worker processes costs more than it saves."""


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


class Chunk(Protocol):
    """Some clouds that are described together, in whichever process has time. Picklable."""

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each cloud."""

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
    problems : tuple of str
        One line per skipped file.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    classes: tuple[str, ...]
    fingerprint: str
    problems: tuple[str, ...] = field(default=())

    def rows(self, split: Split) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features and labels of one split."""
        mask = self.splits == split
        return self.features[mask], self.labels[mask]


@dataclass(frozen=True)
class SyntheticChunk:
    """Clouds of one class and split, made from their own seed."""

    data: SyntheticData
    label: int
    split: Split
    clouds: int
    seed: np.random.SeedSequence

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""
        return (self.label,) * self.clouds

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each cloud."""
        return (self.split,) * self.clouds

    def compute(self) -> ChunkResult:
        """Generate, then describe."""
        rng = np.random.default_rng(self.seed)
        shape = self.data.classes[self.label]
        if self.data.randomise is None:
            made = list(generate_batch(shape, self.clouds, self.data, rng))
        else:
            made = [draw(shape, self.data.randomise, rng) for _ in range(self.clouds)]
        digests = tuple(hashlib.sha256(p.tobytes()).hexdigest() for p in made)
        return ChunkResult(describe_batch(made), tuple(range(self.clouds)), digests)


def split_counts(total: int, split: SplitParams) -> dict[Split, int]:
    """Divide `total` by the shares; train comes first where there are too few for all."""
    test = min(max(1, round(total * split.test)), total - 1)
    val = min(max(1, round(total * split.val)), total - test - 1) if split.val > 0 else 0
    return {"train": total - val - test, "val": val, "test": test}


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


def build_table(
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    progress: Progress,
    *,
    upto: float = 1.0,
    n_jobs: int = -1,
) -> FeatureTable:
    """Describe all chunks through joblib, streaming: only features stay in memory.

    Parameters
    ----------
    chunks : sequence of Chunk
    classes : sequence of str
    progress : Progress
        Reported as stage ``features`` from 0 to `upto`.
    upto : float
        Share of the whole work that this stage is.
    n_jobs : int
        joblib's worker count; -1 uses every core.

    Raises
    ------
    InvalidInput
        If nothing could be read.
    Cancelled
        If `progress` says so.
    """
    from joblib import Parallel, delayed

    total = sum(len(chunk.labels) for chunk in chunks)
    features, labels, splits, problems = [], [], [], []
    digest = hashlib.sha256("\n".join(classes).encode())
    done = 0
    progress.report("features", 0.0, f"0 of {total} clouds")
    workers = n_jobs if total >= PARALLEL_FROM else 1
    results = Parallel(n_jobs=workers, return_as="generator")(
        delayed(_compute)(chunk) for chunk in chunks
    )
    for chunk, result in zip(chunks, results, strict=True):
        progress.check()
        features.append(result.features)
        problems += result.problems
        for index, content in zip(result.kept, result.digests, strict=True):
            labels.append(chunk.labels[index])
            splits.append(chunk.splits[index])
            digest.update(f"{labels[-1]} {splits[-1]} {content}\n".encode())
        done += len(chunk.labels)
        progress.report("features", upto * done / total, f"{done} of {total} clouds")
    if not labels:
        raise InvalidInput("no cloud of the dataset could be read", field="dataset")
    return FeatureTable(
        np.concatenate(features),
        np.array(labels, dtype=np.int64),
        np.array(splits),
        tuple(classes),
        digest.hexdigest(),
        tuple(problems),
    )


def _compute(chunk: Chunk) -> ChunkResult:
    return chunk.compute()
