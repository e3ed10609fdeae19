"""Labelled files of a given split, each cloud turned by its own rotation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from pcdash.core.cloud import Points
from pcdash.core.dataset import ChunkResult, Places, Split, chosen
from pcdash.core.descriptor import describe_batch
from pcdash.core.params import SplitParams
from pcdash.errors import InvalidInput
from pcdash.files import scan_folder
from pcdash.workbench.folders import FolderChunk, folder_chunks

_NO_VALIDATION = SplitParams(train=0.85, val=0.0, test=0.15)


@dataclass(frozen=True)
class TurnedChunk:
    """A few labelled files; each cloud is turned by its own rotation, uniform on SO(3).

    Attributes
    ----------
    chunk : FolderChunk
    seed : tuple of int
        Of the rotations.
    """

    chunk: FolderChunk
    seed: tuple[int, ...]

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""
        return self.chunk.labels

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each cloud."""
        return self.chunk.splits

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """Those of the files, with the rotation's seed and the place in the chunk."""
        keys = zip(chosen(places, len(self.labels)), self.chunk.keys(places), strict=True)
        return tuple(f"{key} turned {self.seed} {index}" for index, key in keys)

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Read and turn."""
        turns = Rotation.random(len(self.labels), rng=np.random.default_rng(self.seed))
        for index, points in self.chunk.clouds(places):
            yield index, points @ turns[index].as_matrix().T

    def compute(self) -> ChunkResult:
        """Read, turn, describe."""
        made = dict(self.clouds())
        digests = tuple(hashlib.sha256(points.tobytes()).hexdigest() for points in made.values())
        return ChunkResult(describe_batch(made.values()), tuple(made), digests)


def turned_chunks(
    root: Path, seed: Sequence[int], *, parts: Sequence[Split] = ("train", "test")
) -> tuple[list[TurnedChunk], tuple[str, ...]]:
    """Plan a folder whose split is given; nothing of train is set aside for validation.

    Parameters
    ----------
    root : Path
        ``ROOT/<class>/<train|test>/files``.
    seed : sequence of int
        Of the rotations; the order of the files does not depend on it.
    parts : sequence of {"train", "test"}
        Files of the others are not opened.

    Raises
    ------
    InvalidInput
        If the folder has no train and test folders, or files that are not read.
    """
    if not scan_folder(root).is_split:
        raise InvalidInput(
            "expected ROOT/<class>/<train|test>/files: the split has to be given", field="root"
        )
    chunks, classes = folder_chunks(root, "stop", _NO_VALIDATION, 0)
    kept = [
        replace(chunk, files=tuple(file for file in chunk.files if file.split in parts))
        for chunk in chunks
    ]
    turned = [TurnedChunk(chunk, (*seed, number)) for number, chunk in enumerate(kept)]
    return [chunk for chunk in turned if chunk.labels], classes
