"""The datasets on disk, as those see them who only read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pcdash import locks
from pcdash.datasets.dataset import FOLDER, Dataset, from_index, is_hash
from pcdash.errors import NotFound

Stamp = tuple[int, int, int]
"""Inode, modification time in ns and size of the file that an answer was made from."""


class DatasetShelf:
    """The datasets below one artifacts folder; safe to use from many threads and processes.

    Parameters
    ----------
    artifacts : Path
    """

    def __init__(self, artifacts: Path) -> None:
        self._folder = artifacts / FOLDER
        self._known: dict[str, tuple[Stamp, Dataset]] = {}

    def all(self) -> list[Dataset]:
        """All datasets, the newest first."""
        found = []
        keys = self._hashes()
        for gone in self._known.keys() - set(keys):
            self._known.pop(gone, None)
        for key in keys:
            with suppress(NotFound):
                found.append(self.get(key))
        return sorted(found, key=lambda one: (-one.created_at, one.hash))

    def get(self, key: str) -> Dataset:
        """The dataset of this hash; NotFound if there is none, or none with a sound index."""
        stamp = self._stamp(key)
        known = self._known.get(key)
        if known is not None and known[0] == stamp:
            return known[1]
        dataset = from_index(key, self._read(key, "index.json"))
        self._known[key] = stamp, dataset
        return dataset

    def name(self, key: str) -> str | None:
        """What the dataset of this hash is called; None if there is none any more."""
        try:
            return self.get(key).name
        except NotFound:
            return None

    def preview(self, key: str) -> dict[str, Any] | None:
        """What `keep_preview` has kept; None if nobody has looked yet."""
        self.get(key)
        try:
            return self._read(key, "preview.json")
        except NotFound:
            return None

    @contextmanager
    def opened(self, key: str) -> Iterator[Path]:
        """Yield the folder of the scans; while it is used, nobody deletes it.

        Raises
        ------
        NotFound
        """
        self.get(key)
        try:
            mark = locks.share(self._folder / key / "lock")
        except OSError:
            raise no_dataset() from None
        try:
            yield self._folder / key / "files"
        finally:
            os.close(mark)

    # -- details -----------------------------------------------------------------------------

    def _hashes(self) -> list[str]:
        try:
            with os.scandir(self._folder) as entries:
                return [e.name for e in entries if is_hash(e.name) and e.is_dir()]
        except OSError:
            return []

    def _stamp(self, key: str) -> Stamp:
        """Of the index, which is only ever replaced as a whole."""
        if not is_hash(key):
            raise no_dataset()
        try:
            status = (self._folder / key / "index.json").stat()
        except OSError:
            raise no_dataset() from None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _read(self, key: str, file: str) -> dict[str, Any]:
        if not is_hash(key):
            raise no_dataset()
        try:
            about = json.loads((self._folder / key / file).read_bytes())
        except (OSError, ValueError):
            raise no_dataset() from None
        if not isinstance(about, dict):
            raise no_dataset()
        return about


def no_dataset() -> NotFound:
    """Return what is raised for a dataset that is not there."""
    return NotFound("there is no such dataset")
