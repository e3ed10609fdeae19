"""Labelled scans on their way into the store: what is taken, hashed and counted."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pcdash.core.progress import Progress
from pcdash.errors import TooLarge
from pcdash.files import LabelledFolder, SkippedFile, scan_folder

SHARE = 0.1
"""Of the progress bar of an addition."""

_MIB = 1 << 20
_CLUSTER = 4096
"""What even the smallest file takes on disk: a quota of bytes alone lets in millions of them."""


@dataclass(frozen=True)
class Taken:
    """Labelled files in their new place.

    Attributes
    ----------
    folder : LabelledFolder
        As they were found.
    hash : str
        SHA-256 over their paths below the root and their contents.
    size : int
        Bytes that they take on disk.
    """

    folder: LabelledFolder
    hash: str
    size: int


def gather(
    root: Path, target: Path, *, room: int, most_of_a_file: int, progress: Progress
) -> Taken:
    """Bring the labelled files of `root` to `target`; everything else is left out.

    Parameters
    ----------
    root : Path
        What lies beside `target` is moved, being a copy already; from elsewhere, it is copied.
    target : Path
        A folder that is not there yet.
    room : int
        Bytes that may be taken.
    most_of_a_file : int
        Bytes of the largest file that is taken.
    progress : Progress
        Reported as stage ``store`` from 0 to `SHARE`.

    Raises
    ------
    InvalidInput
        If `root` is no labelled folder.
    TooLarge
        If there is no room.
    """
    folder = _fitting(scan_folder(root), most_of_a_file)
    bring = shutil.move if root.is_relative_to(target.parent) else shutil.copyfile
    content, size = hashlib.sha256(), 0
    for done, file in enumerate(sorted(folder.files, key=lambda file: file.inside)):
        progress.report("store", SHARE * done / len(folder.files))
        size += _on_disk(file.path)
        if size > room:
            raise TooLarge(
                f"there is room for {room // _MIB:,} MiB of datasets: delete one, "
                "or raise limits.dataset_quota_mib"
            )
        place = target / file.inside
        place.parent.mkdir(parents=True, exist_ok=True)
        bring(file.path, place)
        with place.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        content.update(os.fsencode(file.inside.as_posix()) + b"\0" + digest.encode() + b"\n")
    return Taken(folder, content.hexdigest(), size)


def _fitting(folder: LabelledFolder, most: int) -> LabelledFolder:
    """The same without files that are too large to be read here."""
    large = {file.name for file in folder.files if file.path.stat().st_size > most}
    if not large:
        return folder
    reason = f"larger than {most:,} bytes, the most that is read"
    kept = tuple(file for file in folder.files if file.name not in large)
    if {(file.label, file.part) for file in kept} != {(f.label, f.part) for f in folder.files}:
        raise TooLarge(f"{min(large)}: {reason}, and there is no other file beside it")
    skipped = [*folder.skipped, *(SkippedFile(name, reason) for name in large)]
    return LabelledFolder(folder.classes, kept, tuple(sorted(skipped, key=lambda one: one.name)))


def _on_disk(path: Path) -> int:
    return max(1, -(-path.stat().st_size // _CLUSTER)) * _CLUSTER
