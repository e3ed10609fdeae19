"""The newest descriptors of classified clouds: a bounded SQLite file that several processes fill.

No points, no names of files, nothing of who asked.  A prediction only puts a row into memory; a
thread writes what has gathered, so that a killed process loses some seconds of it, and no more.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Prediction
from pcdash.core.descriptor import DIM
from pcdash.core.drift import halved
from pcdash.errors import CorruptArtifact

_log = logging.getLogger(__name__)

FILE = "drift/log.sqlite"
"""Below the artifacts folder."""

FORMAT = 1
FLUSH_SECONDS = 2.0
_GATHERED = 4096
"""Rows in memory at most: 8 MB; what comes while there are so many is not logged."""

_BUSY_SECONDS = 5.0

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS clouds (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    version     TEXT NOT NULL,
    place       INTEGER NOT NULL,
    at          REAL NOT NULL,
    said        TEXT NOT NULL,
    unknown     INTEGER,
    descriptor  BLOB NOT NULL,
    digest      BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS each_cloud_once ON clouds (version, digest);
CREATE INDEX IF NOT EXISTS by_place ON clouds (version, place);
CREATE TABLE IF NOT EXISTS versions (version TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS about (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT OR IGNORE INTO about VALUES (1, hex(randomblob(16)));
PRAGMA user_version = {FORMAT};
COMMIT;
"""


@dataclass(frozen=True)
class Seen:
    """Clouds that a version has classified, in their order.

    Attributes
    ----------
    log : str
        Name of the file's content; another one after it was removed.
    place : (n,) int64
        1 for the first cloud that this version ever classified, and so on: the number stays when
        older rows go.
    at : (n,) float64
        Unix seconds.
    said : (n,) str
    unknown : (n,) float64
        1, 0, or NaN where the version cannot tell.
    features : (n, DIM) float16
    """

    log: str
    place: NDArray[np.int64]
    at: NDArray[np.float64]
    said: NDArray[np.str_]
    unknown: NDArray[np.float64]
    features: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.place)


class DriftLog:
    """What was classified lately.

    Parameters
    ----------
    artifacts : Path
    rows : int
        Clouds that are kept, of all versions together; older ones make room.
    clock : callable
        Unix seconds.
    """

    def __init__(
        self, artifacts: Path, *, rows: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = (artifacts / FILE).absolute()
        self._rows = rows
        self._clock = clock
        self._gathered: deque[dict[str, Any]] = deque()
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._failed = False
        self._thread: threading.Thread | None = None

    def note(self, prediction: Prediction) -> None:
        """Remember a prediction; takes some microseconds, waits for nobody and never fails."""
        described = prediction.descriptor
        if described is None or len(self._gathered) >= _GATHERED:
            return
        self._gathered.append(
            {
                "version": prediction.model_version,
                "at": self._clock(),
                "said": prediction.predicted_class,
                "unknown": None if prediction.judgement is None else int(prediction.unknown),
                "descriptor": halved(described).astype("<f2").tobytes(),
            }
        )

    def start(self) -> None:
        """Write what gathers, every two seconds."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="drift-log", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write the rest."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self.flush()

    def flush(self) -> None:
        """Write what has gathered; where that fails, it is lost, and the log says so once."""
        with self._writing:
            some = [self._gathered.popleft() for _ in range(len(self._gathered))]
            if not some:
                return
            try:
                self._write(some)
                self._failed = False
            except (OSError, sqlite3.Error) as error:
                if not self._failed:
                    _log.warning("classified clouds are not logged for the drift watch: %s", error)
                self._failed = True

    def read(self, version: str, after: int = 0, most: int = -1) -> Seen:
        """The clouds of `version` that are still kept, from place `after` + 1 on.

        Parameters
        ----------
        version : str
        after : int
        most : int
            Clouds to read; -1: all.

        Raises
        ------
        CorruptArtifact
            If the file cannot be read.
        """
        rows: list[tuple[int, float, str, int | None, bytes]] = []
        name = ""
        if self.path.is_file():
            try:
                # Not read-only: what a killed writer has left half done is taken back first.
                with self._connection("rw") as connection:
                    ((name,),) = connection.execute("SELECT name FROM about").fetchall()
                    rows = connection.execute(_READ, (version, after, 2 * DIM, most)).fetchall()
            except (sqlite3.Error, ValueError) as error:
                _log.warning("%s: %s", self.path, error)
                raise CorruptArtifact(
                    "the log of the drift watch cannot be read: stop the server and remove "
                    "artifacts/drift"
                ) from None
        place, at, said, unknown, described = zip(*rows, strict=True) if rows else ((),) * 5
        features = np.frombuffer(b"".join(described), dtype="<f2").reshape(-1, DIM)
        return Seen(
            name,
            np.array(place, dtype=np.int64),
            np.array(at, dtype=np.float64),
            np.array(said, dtype=np.str_),
            np.array([np.nan if one is None else one for one in unknown], dtype=np.float64),
            features.astype(np.float16, copy=False),
        )

    def _write(self, some: list[dict[str, Any]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection("rwc") as connection:
            (known,) = connection.execute("PRAGMA user_version").fetchone()
            if known > FORMAT:
                raise OSError("the log was written by a newer pcdash")
            if known < FORMAT:
                connection.executescript(_SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            for row in some:
                digest = hashlib.blake2b(row["descriptor"], digest_size=8).digest()
                if connection.execute(_INSERT, row | {"digest": digest}).rowcount:
                    connection.execute(_COUNT, row)
            connection.execute(_PRUNE, (self._rows,))
            connection.execute("COMMIT")

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()

    @contextmanager
    def _connection(self, mode: str) -> Iterator[sqlite3.Connection]:
        uri = f"{self.path.as_uri()}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
        with closing(connection):
            connection.execute("PRAGMA synchronous = FULL")
            yield connection


# Not OR IGNORE, which may use up a number all the same: what is kept is counted by them.
_INSERT = """
INSERT INTO clouds (version, place, at, said, unknown, descriptor, digest)
SELECT :version, (SELECT COALESCE(MAX(last), 0) + 1 FROM versions WHERE version = :version),
    :at, :said, :unknown, :descriptor, :digest
WHERE NOT EXISTS (SELECT 1 FROM clouds WHERE version = :version AND digest = :digest)
"""
_COUNT = """
INSERT INTO versions VALUES (:version, 1) ON CONFLICT (version) DO UPDATE SET last = last + 1
"""
_PRUNE = """
DELETE FROM clouds WHERE number <= (SELECT MAX(number) FROM clouds) - ?
"""
_READ = """
SELECT place, at, said, unknown, descriptor FROM clouds
WHERE version = ? AND place > ? AND LENGTH(descriptor) = ? ORDER BY place LIMIT ?
"""
