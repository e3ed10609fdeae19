"""Files that the page works with for a while: uploads and the clouds on view.

They lie on disk, so that every server process over the same artifacts folder finds them; they are
bounded by a quota, and gone after a while.  What a browser holds is the id alone.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pcdash.core.cloud import PointCloud
from pcdash.errors import NotFound, TooLarge

_log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{32}\Z")
_BLOCK = 1 << 20
_ABOUT_BYTES = 4096
"""Room for what is said about a file."""
_DATA, _ABOUT, _PART = ".data", ".json", ".part"

MAX_FILES = 2000
"""Uploads and clouds on view together: a quota of bytes alone lets in millions of tiny ones."""


@dataclass(frozen=True)
class Kept:
    """A file in the store.

    Attributes
    ----------
    path : Path
        Its bytes.
    about : mapping
        What was said about it when it came; ``name`` is for display only.
    """

    path: Path
    about: Mapping[str, Any]


class ScratchStore:
    """A bounded folder of short-lived files.

    Parameters
    ----------
    folder : Path
        Created on first use; a temporary folder takes its place where it cannot be written.
    quota : int
        Bytes that all files together may take.
    max_age : float
        Seconds after which a file is gone.
    max_files : int
        Files kept at a time.
    clock : callable
        Seconds since the epoch.
    """

    def __init__(
        self,
        folder: Path,
        *,
        quota: int,
        max_age: float,
        max_files: int = MAX_FILES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._wanted = folder
        self._folder: Path | None = None
        self._quota = quota
        self._max_age = max_age
        self._max_files = max_files
        self._clock = clock
        self._lock = threading.Lock()

    def put(self, stream: BinaryIO, about: Mapping[str, Any], *, limit: int) -> str:
        """Copy `stream` to disk in blocks and return the new file's id.

        Raises
        ------
        TooLarge
            If it holds more than `limit` bytes, or the store has no room for it.
        """
        folder = self._ready()
        self.sweep()
        if len(self._files()) >= self._max_files:
            raise TooLarge("the upload area is full: try again in a while", field="file")
        key = uuid.uuid4().hex
        part = folder / (key + _PART)
        try:
            with part.open("wb") as target:
                self._copy(stream, target, limit)
            (folder / (key + _ABOUT)).write_text(json.dumps(dict(about)), encoding="utf-8")
            part.replace(folder / (key + _DATA))
        finally:
            part.unlink(missing_ok=True)
        return key

    def get(self, key: str) -> Kept:
        """Find a file by its id.

        Raises
        ------
        NotFound
            If there is none, or its time is over.
        """
        if isinstance(key, str) and _ID.match(key):
            data = self._ready() / (key + _DATA)
            try:
                fresh = self._clock() - data.stat().st_mtime <= self._max_age
                about = json.loads(data.with_suffix(_ABOUT).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                fresh = False
            if fresh:
                return Kept(data, about)
        raise NotFound("this cloud is no longer here: generate it or upload the file again")

    def keep_cloud(self, cloud: PointCloud) -> str:
        """Keep a cloud for the page; the oldest files make room for it."""
        buffer = io.BytesIO()
        np.save(buffer, cloud.points)
        size = buffer.tell()
        buffer.seek(0)
        self._make_room(size)
        return self.put(buffer, {"name": cloud.name, "source": dict(cloud.source)}, limit=size)

    def cloud(self, key: str) -> PointCloud:
        """A cloud that `keep_cloud` has kept."""
        kept = self.get(key)
        if "source" not in kept.about:
            raise NotFound("this is an upload, not a cloud")
        points = np.load(kept.path, allow_pickle=False)
        return PointCloud(points, kept.about["name"], kept.about["source"])

    def sweep(self) -> None:
        """Remove what is older than `max_age`."""
        oldest = self._clock() - self._max_age
        folder = self._folder or self._wanted
        for path in folder.iterdir() if folder.is_dir() else ():
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                continue  # another server process was faster

    def _make_room(self, size: int) -> None:
        files = self._files()
        while files and (
            len(files) >= self._max_files or self._used() + size + _ABOUT_BYTES > self._quota
        ):
            _, path = files.pop(0)
            discard(path)

    def _files(self) -> list[tuple[float, Path]]:
        """When each file came, and where it is; the oldest first."""
        found = []
        for entry in os.scandir(self._ready()):
            if entry.name.endswith(_DATA):
                with suppress(FileNotFoundError):
                    found.append((entry.stat().st_mtime, Path(entry.path)))
        return sorted(found)

    def _ready(self) -> Path:
        if self._folder is None:
            try:
                self._wanted.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=self._wanted):
                    self._folder = self._wanted
            except OSError:
                self._folder = Path(tempfile.mkdtemp(prefix="pcdash-"))
        return self._folder

    def _copy(self, stream: BinaryIO, target: BinaryIO, limit: int) -> None:
        size = 0
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > limit:
                raise TooLarge(f"the file is larger than {limit / _BLOCK:g} MiB", field="file")
            with self._lock:  # all uploads together keep to the quota, block by block
                if self._used() + len(block) > self._quota:
                    raise TooLarge("the upload area is full: try again in a while", field="file")
                target.write(block)
                target.flush()

    def _used(self) -> int:
        used = 0
        for entry in os.scandir(self._ready()):
            with suppress(FileNotFoundError):
                used += entry.stat().st_size
        return used

    def close(self) -> None:
        """Forget a temporary folder that stood in for the wanted one."""
        if self._folder is not None and self._folder != self._wanted:
            shutil.rmtree(self._folder, ignore_errors=True)


def discard(path: Path) -> None:
    """Forget a file of a store before its time; `path` as in `Kept`."""
    path.unlink(missing_ok=True)
    path.with_suffix(_ABOUT).unlink(missing_ok=True)


class Housekeeper:
    """A thread that sweeps a store now and then, also while nobody uses it.

    Parameters
    ----------
    store : ScratchStore
    seconds : float
        Time between two sweeps.
    """

    def __init__(self, store: ScratchStore, *, seconds: float = 60.0) -> None:
        self._store = store
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)

    def start(self) -> None:
        """Sweep at once, then again and again."""
        self._thread.start()

    def close(self) -> None:
        """Stop sweeping."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._store.close()

    def _run(self) -> None:
        while True:
            try:
                self._store.sweep()
            except OSError as error:
                _log.warning("old uploads cannot be removed: %s", error.strerror)
            if self._stop.wait(self._seconds):
                return
