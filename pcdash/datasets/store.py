"""The datasets on disk: add, delete; listing and reading is `DatasetShelf`'s."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pcdash import locks
from pcdash.core.progress import Progress, Silent
from pcdash.datasets.dataset import LISTED_CLASSES, Dataset, index_of
from pcdash.datasets.intake import Taken, gather
from pcdash.datasets.shelf import DatasetShelf, no_dataset
from pcdash.errors import NotFound, PcdashError, Refused, TooLarge
from pcdash.files import SkippedFile, display_name, unpacked
from pcdash.registry import durable

_log = logging.getLogger(__name__)

MAX_DATASETS = 500
"""More than anybody can choose from."""

_MIB = 1 << 20
_SILENT = Silent()


class DatasetStore(DatasetShelf):
    """The datasets below one artifacts folder; safe to use from many threads and processes.

    Whatever is unfinished has a temporary name; whoever adds holds one lock, so that what he finds
    unfinished belongs to the dead, and is removed.

    Parameters
    ----------
    artifacts : Path
    quota : int
        Bytes that all datasets together may take.
    most_of_a_file : int
        Bytes of the largest file that is taken.
    clock : callable
        Unix seconds.
    """

    def __init__(
        self,
        artifacts: Path,
        *,
        quota: int = 0,
        most_of_a_file: int = 64 * _MIB,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(artifacts)
        self._lock = self._folder / ".lock"
        self._quota = quota
        self._most_of_a_file = most_of_a_file
        self._clock = clock

    # -- writing -----------------------------------------------------------------------------

    def add(
        self, source: Path, file_name: str, name: str, progress: Progress = _SILENT
    ) -> tuple[Dataset, tuple[SkippedFile, ...]]:
        """Take in a folder of labelled scans, or a zip of one; the same content only once.

        Parameters
        ----------
        source : Path
            Left as it is.
        file_name : str
            What the user called it; its ending tells a zip.
        name : str
            For display; the one of the first addition stays.
        progress : Progress

        Returns
        -------
        dataset : Dataset
        left_out : tuple of SkippedFile
            What in `source` is no labelled scan, and why.

        Raises
        ------
        InvalidInput, UnreadableFile
            If it is no such folder or zip.
        TooLarge
            If there is no room for it.
        Refused
            If the disk refuses.
        """
        with _disk_errors("store the dataset"):
            self._folder.mkdir(parents=True, exist_ok=True)
            with locks.exclusive(self._lock):
                durable.sweep(self._folder)
                room = self._room()
                staging = durable.temporary_beside(self._folder)
                staging.mkdir()
                try:
                    progress.report("unpack", 0.0)
                    with unpacked(source, staging / "zip", name=file_name, most=room) as root:
                        taken = gather(
                            root,
                            staging / "files",
                            room=room,
                            most_of_a_file=self._most_of_a_file,
                            progress=progress,
                        )
                    return self._install(taken, name, staging / "files"), taken.folder.skipped
                finally:
                    shutil.rmtree(staging, ignore_errors=True)

    def keep_preview(self, key: str, preview: dict[str, Any], *, unreadable: int) -> None:
        """Put what is in a dataset beside it, and the count that lists show into its index."""
        dataset = replace(self.get(key), unreadable=unreadable)
        place = self._folder / key
        with _disk_errors("keep the preview"):
            durable.replace_file(place / "preview.json", durable.to_json(preview, field="preview"))
            durable.replace_file(place / "index.json", index_of(dataset))

    def delete(self, key: str) -> None:
        """Take a dataset out of the store; `sweep` frees its room.

        Thousands of files take seconds to remove, and whoever asks here has no time.

        Raises
        ------
        NotFound
        Refused
            If somebody reads it, or the disk refuses.
        """
        if key not in self._hashes():
            raise no_dataset()
        place = self._folder / key
        if locks.is_shared(place / "lock"):
            raise Refused("the dataset is being read: try again when that is done")
        with _disk_errors("delete the dataset"):
            place.rename(durable.temporary_beside(self._folder))  # gone in one step for everybody

    def sweep(self) -> None:
        """Remove what was deleted, and what dead processes have left; waits for an addition."""
        if durable.unfinished(self._folder):
            with suppress(OSError), locks.exclusive(self._lock):
                durable.sweep(self._folder)

    # -- details -----------------------------------------------------------------------------

    def _room(self) -> int:
        stored = self.all()
        if len(stored) >= MAX_DATASETS:
            raise TooLarge(f"{MAX_DATASETS} datasets are stored already: delete one first")
        return max(0, self._quota - sum(one.size for one in stored))

    def _install(self, taken: Taken, name: str, files: Path) -> Dataset:
        """Give finished files their place; what is there already stays."""
        with suppress(NotFound):
            return self.get(taken.hash)
        place = self._folder / taken.hash
        if place.exists():  # its index is damaged: made anew
            place.rename(durable.temporary_beside(self._folder))
        dataset = Dataset(
            hash=taken.hash,
            name=display_name(name),
            created_at=self._clock(),
            n_classes=len(taken.folder.classes),
            classes=tuple(map(display_name, taken.folder.classes[:LISTED_CLASSES])),
            files=len(taken.folder.files),
            is_split=taken.folder.is_split,
            size=taken.size,
        )
        finished = files.parent / "finished"
        finished.mkdir()
        files.rename(finished / "files")
        durable.write_synced(finished / "lock", b"")
        durable.write_synced(finished / "index.json", index_of(dataset))
        os.sync()  # all files at once: one by one, thousands of them would take minutes
        finished.rename(place)
        durable.sync_folder(self._folder)
        _log.info("stored dataset %s (%d files)", dataset.hash, dataset.files)
        return dataset


@contextmanager
def _disk_errors(action: str) -> Iterator[None]:
    """Say in plain words, without a path, why the disk did not do as asked."""
    try:
        yield
    except PcdashError:
        raise
    except OSError as error:
        raise Refused(f"cannot {action}: {error.strerror or type(error).__name__}") from error
