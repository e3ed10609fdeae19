"""A folder of labelled scans as chunks of clouds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pcdash.core.cloud import Points
from pcdash.core.dataset import SPLITS, ChunkResult, Places, Split, chosen, split_counts
from pcdash.core.descriptor import describe_batch
from pcdash.core.params import SplitParams
from pcdash.errors import InvalidInput, PcdashError, UnreadableFile
from pcdash.files import LabelledFolder, ReadLimits, read_cloud, scan_folder

_FILES_A_CHUNK = 8
_ANY_SIZE = ReadLimits(max_bytes=None)  # the folders are the owner's


@dataclass(frozen=True)
class PlannedFile:
    """A labelled file and the split it goes to."""

    path: Path
    name: str
    label: int
    split: Split


@dataclass(frozen=True)
class FolderChunk:
    """A few labelled files that are read and described together."""

    files: tuple[PlannedFile, ...]
    skip_errors: bool

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""
        return tuple(file.label for file in self.files)

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each cloud."""
        return tuple(file.split for file in self.files)

    def keys(self, places: Places = None) -> tuple[str, ...]:
        """The files' contents and the endings that decide how they are read."""
        paths = (self.files[i].path for i in chosen(places, len(self.files)))
        return tuple(f"{path.suffix.lower()} {digest_of(path)}" for path in paths)

    def clouds(self, places: Places = None) -> Iterator[tuple[int, Points]]:
        """Read those that can be read."""
        for index, points, _ in self._read(places):
            if points is not None:
                yield index, points

    def compute(self) -> ChunkResult:
        """Read, hash and describe; an unreadable file is skipped or stops the training."""
        clouds, kept, digests, problems = [], [], [], []
        for index, points, problem in self._read():
            if points is None:
                problems.append(problem)
                continue
            clouds.append(points)
            kept.append(index)
            digests.append(digest_of(self.files[index].path))
        return ChunkResult(describe_batch(clouds), tuple(kept), tuple(digests), tuple(problems))

    def _read(self, places: Places = None) -> Iterator[tuple[int, Points | None, str]]:
        """Yield each file's place, its points or None, and what is wrong with it."""
        for index in chosen(places, len(self.files)):
            file = self.files[index]
            try:
                yield index, read_cloud(file.path, name=file.name, limits=_ANY_SIZE).points, ""
            except PcdashError as error:
                named = _in_folder(error, file.name)
                if not self.skip_errors:
                    raise named from None
                yield index, None, named.message


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content, hex; empty where it cannot be read, which `compute` reports."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _in_folder(error: PcdashError, name: str) -> UnreadableFile:
    """The same complaint with the class folder in the name; the reader knows the file alone."""
    if isinstance(error, UnreadableFile):
        return UnreadableFile(name, error.problem, line=error.line)
    return UnreadableFile(name, error.message)


def folder_chunks(
    root: Path, on_error: str, split: SplitParams, seed: int
) -> tuple[list[FolderChunk], tuple[str, ...]]:
    """Plan a folder of labelled scans.

    A ``test`` folder is taken as it is and the rest divided into train and validation; without
    one, each class is divided by the three shares, in an order drawn from `seed`.
    """
    folder = scan_folder(root)
    rng = np.random.default_rng(seed)
    planned: list[PlannedFile] = []
    for label, name in enumerate(folder.classes):
        planned += _split_class(folder, name, label, split, rng)
    if on_error == "stop" and folder.skipped:
        first = folder.skipped[0]
        raise InvalidInput(
            f"{first.name}: {first.reason} (dataset.on_error: skip leaves such files out)",
            field="dataset.root",
        )
    planned = [planned[i] for i in rng.permutation(len(planned))]  # mixed: even load and progress
    return _in_chunks(planned, on_error == "skip"), folder.classes


def unseen_chunks(
    root: Path, *, skip_errors: bool = False
) -> tuple[list[FolderChunk], tuple[str, ...]]:
    """Plan a folder that is only looked at: without given parts, all of it is test data."""
    folder = scan_folder(root)
    label = {name: index for index, name in enumerate(folder.classes)}
    planned = [
        PlannedFile(file.path, file.name, label[file.label], file.part or "test")
        for file in folder.files
    ]
    return _in_chunks(planned, skip_errors), folder.classes


def _in_chunks(planned: list[PlannedFile], skip_errors: bool) -> list[FolderChunk]:
    return [
        FolderChunk(tuple(planned[i : i + _FILES_A_CHUNK]), skip_errors)
        for i in range(0, len(planned), _FILES_A_CHUNK)
    ]


def _split_class(
    folder: LabelledFolder, name: str, label: int, split: SplitParams, rng: np.random.Generator
) -> list[PlannedFile]:
    items = [item for item in folder.files if item.label == name]
    given = [item for item in items if item.part == "test"]
    free = [item for item in items if item.part != "test"]
    free = [free[i] for i in rng.permutation(len(free))]
    if given:
        val = round(len(free) * split.val / (split.train + split.val))
        counts: dict[Split, int] = {"train": len(free) - val, "val": val, "test": 0}
    else:
        counts = split_counts(len(free), split)
    assigned: list[Split] = [s for s in SPLITS for _ in range(counts[s])]
    assigned += ["test"] * len(given)
    return [
        PlannedFile(item.path, item.name, label, part)
        for item, part in zip(free + given, assigned, strict=True)
    ]
