"""Features that were computed before: a second training on the same clouds starts at once."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from pcdash.core.dataset import ChunkResult
from pcdash.core.descriptor import DESCRIPTOR_VERSION, DIM

_log = logging.getLogger(__name__)

MAX_BYTES = 1 << 30
"""Size of the file: ten trainings by train.yaml and more."""

_ROW_BYTES = 4 * DIM + 1024
"""What a cloud takes on disk at most, with its keys, both indices and half-filled pages."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS clouds (
    number INTEGER PRIMARY KEY,
    key BLOB UNIQUE NOT NULL,
    used INTEGER NOT NULL,
    digest TEXT NOT NULL,
    row BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_use ON clouds (used, number);
"""
_EVICT = """
DELETE FROM clouds WHERE number IN (
    SELECT number FROM clouds ORDER BY used DESC, number DESC LIMIT -1 OFFSET ?
)
"""


class FeatureCache:
    """A SQLite table from what a cloud is to what the descriptor said of it.

    Keys hold the descriptor's version, so a new descriptor finds nothing of the old one's; what
    was not used for longest goes first.  A cache that cannot be read or written is no reason to
    fail: it is then as if it were empty.

    Parameters
    ----------
    folder : Path
        Holds ``features.sqlite``.
    max_bytes : int
        What the file may grow to.
    clock : callable
        Unix seconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = folder / "features.sqlite"
        self._max_rows = max_bytes // _ROW_BYTES
        self._clock = clock
        self._warned = False

    def get(self, keys: Sequence[str]) -> ChunkResult | None:
        """The stored clouds of a chunk if all of them are known, else None."""
        if not self._path.exists():
            return None
        try:
            with self._open() as database:
                found = [
                    database.execute(
                        "SELECT digest, row FROM clouds WHERE key = ?", (_hash(key),)
                    ).fetchone()
                    for key in keys
                ]
                self._touch(database, keys)
        except sqlite3.Error as error:
            self._warn("read", error)
            return None
        if not all(found) or any(len(row) != 4 * DIM for _, row in found):
            return None
        features = np.stack([np.frombuffer(row, dtype="<f4") for _, row in found])
        return ChunkResult(features, tuple(range(len(keys))), tuple(d for d, _ in found))

    def put(self, keys: Sequence[str], result: ChunkResult) -> None:
        """Remember the kept clouds of a chunk."""
        now = int(self._clock())
        rows = [
            (_hash(key), now, digest, row.astype("<f4").tobytes())
            for key, digest, row in zip(keys, result.digests, result.features, strict=True)
        ]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as database, database:
                database.executescript(_SCHEMA)
                database.executemany(
                    "INSERT OR IGNORE INTO clouds (key, used, digest, row) VALUES (?, ?, ?, ?)",
                    rows,
                )
                database.execute(_EVICT, (self._max_rows,))
        except (sqlite3.Error, OSError) as error:
            self._warn("written", error)

    def _touch(self, database: sqlite3.Connection, keys: Sequence[str]) -> None:
        now = int(self._clock())
        with database:
            database.executemany(
                "UPDATE clouds SET used = ? WHERE key = ? AND used < ?",
                [(now, _hash(key), now) for key in keys],
            )

    def _warn(self, what: str, error: Exception) -> None:
        if not self._warned:
            _log.warning("the feature cache cannot be %s: %s", what, error)
        self._warned = True

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = OFF")  # losing it costs a recomputation
            yield database


def _hash(key: str) -> bytes:
    return hashlib.sha256(f"{DESCRIPTOR_VERSION}\n{key}".encode()).digest()
