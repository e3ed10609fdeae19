"""The table of jobs: one SQLite file that several processes read and write.

Each operation opens its own short connection: nothing is shared between threads or inherited by
children, and a killed process leaves nothing open.  Every change of state is one statement that
names the state it leaves, so that of two who race exactly one wins.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pcdash.errors import QueueFull, Refused
from pcdash.jobs.job import Job, JobState
from pcdash.jobs.lane import EVERYTHING, Lane

FORMAT = 1
"""``user_version`` of the file; a higher one was written by a newer pcdash."""

_BUSY_SECONDS = 10.0

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS jobs (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    title        TEXT NOT NULL,
    payload      TEXT NOT NULL,
    unique_key   TEXT,
    state        TEXT NOT NULL DEFAULT 'queued',
    stage        TEXT NOT NULL DEFAULT '',
    fraction     REAL NOT NULL DEFAULT 0,
    message      TEXT NOT NULL DEFAULT '',
    created_at   REAL NOT NULL,
    started_at   REAL,
    finished_at  REAL,
    result       TEXT,
    error        TEXT,
    cancelling   INTEGER NOT NULL DEFAULT 0,
    pid          INTEGER,
    pid_started  TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
CREATE UNIQUE INDEX IF NOT EXISTS one_active_job_per_key ON jobs (unique_key)
    WHERE state IN ('queued', 'running');
PRAGMA user_version = {FORMAT};
COMMIT;
"""


@dataclass(frozen=True)
class Leftover:
    """A job that runs according to the table, and the process that ran it."""

    id: str
    pid: int | None
    pid_started: str | None


class JobTable:
    """The statements; `path` is the absolute path of the SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Create folder, file and table where missing."""
        folder = self.path.parent
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):  # SQLite would only say "unable to open database file".
            raise PermissionError(errno.EACCES, "the artifacts folder cannot be written")
        with self._connection("rwc") as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == FORMAT:
                return
            if version > FORMAT:
                raise Refused(f"{self.path.name} was written by a newer pcdash (format {version})")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.executescript(_SCHEMA)

    def keep_open(self) -> closing[sqlite3.Connection]:
        """A connection to hold while many operations are expected.

        SQLite writes its log back and deletes it whenever the last connection closes; with one
        held, a look at the table takes 0.2 ms instead of 5.
        """
        connection = sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True)
        connection.execute("SELECT 1 FROM jobs LIMIT 1").fetchall()
        return closing(connection)

    # -- asked by anybody --------------------------------------------------------------------

    def insert(
        self, kind: str, payload: str, *, title: str, unique: str | None, capacity: int
    ) -> Job:
        """Add a queued job, or return the active one of the same `unique` key.

        Raises
        ------
        QueueFull
            If `capacity` jobs wait already.
        """
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if unique is not None:
                found = connection.execute(
                    "SELECT * FROM jobs WHERE unique_key = ? AND state IN ('queued', 'running')",
                    (unique,),
                ).fetchone()
                if found is not None:
                    return _job(found)
            (waiting,) = connection.execute(
                "SELECT COUNT(*) FROM jobs WHERE state = 'queued'"
            ).fetchone()
            if waiting >= capacity:
                raise QueueFull(f"{waiting} jobs are waiting already; try again later")
            row = connection.execute(
                "INSERT INTO jobs (id, kind, title, payload, unique_key, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
                (uuid.uuid4().hex, kind, title, payload, unique, time.time()),
            ).fetchall()[0]
            connection.execute("COMMIT")
            return _job(row)

    def get(self, job_id: str) -> Job | None:
        """The job of that id."""
        rows = self._run("SELECT * FROM jobs WHERE id = ?", job_id)
        return _job(rows[0]) if rows else None

    def newest(self, limit: int, skip: int = 0, kind: str | None = None) -> list[Job]:
        """Jobs in the order of their submission, the newest first but `skip`; of a `kind`."""
        return [_job(row) for row in self._run(_NEWEST, kind, kind, limit, skip)]

    def count(self, kind: str | None = None) -> int:
        """How many jobs there are, of a `kind`."""
        (row,) = self._run(_COUNT, kind, kind)
        return int(row["jobs"])

    def active(self) -> list[Job]:
        """Jobs that run or wait, the newest first."""
        return [_job(row) for row in self._run(_ACTIVE)]

    def cancel(self, job_id: str) -> None:
        """End a queued job; note the wish on a running one; leave a finished one alone."""
        self._run(_CANCEL, time.time(), job_id)

    def prune(self, keep: int) -> list[str]:
        """Delete finished jobs beyond the newest `keep`; their ids."""
        return [str(row["id"]) for row in self._run(_PRUNE, keep)]

    # -- asked by the dispatcher -------------------------------------------------------------

    def ids(self) -> set[str]:
        """The ids of all jobs."""
        return {str(row["id"]) for row in self._run("SELECT id FROM jobs")}

    def claim(self, lane: Lane = EVERYTHING) -> Job | None:
        """Turn the longest waiting job of a lane into a running one."""
        if not self._run(_WAITING, *lane.values()):
            return (
                None  # Without this look the update would take the write lock ten times a second.
            )
        rows = self._run(_CLAIM, time.time(), *lane.values())
        return _job(rows[0]) if rows else None

    def set_process(self, job_id: str, pid: int, started: str | None) -> None:
        """Note which process runs the job."""
        self._run("UPDATE jobs SET pid = ?, pid_started = ? WHERE id = ?", pid, started, job_id)

    def leftovers(self, lane: Lane = EVERYTHING) -> list[Leftover]:
        """Jobs of a lane that run according to the table."""
        rows = self._run(_RUNNING, *lane.values())
        return [Leftover(row["id"], row["pid"], row["pid_started"]) for row in rows]

    # -- asked by dispatcher and child -------------------------------------------------------

    def save_progress(self, job_id: str, stage: str, fraction: float, message: str) -> bool:
        """Note a report; whether the job should stop, also if it is not running any more."""
        rows = self._run(_PROGRESS, stage, fraction, message, job_id)
        return rows[0]["cancelling"] == _ASKED if rows else True

    def should_stop(self, job_id: str) -> bool:
        """Whether somebody asked the job to stop, or it is not running any more."""
        rows = self._run("SELECT cancelling FROM jobs WHERE id = ? AND state = 'running'", job_id)
        return rows[0]["cancelling"] == _ASKED if rows else True

    def commit(self, job_id: str) -> bool:
        """Let no wish to cancel come any more; True if one has come, or it is not running."""
        return not self._run(_COMMIT, job_id)

    def finish(
        self,
        job_id: str,
        state: JobState,
        *,
        result: str | None = None,
        error: str | None = None,
    ) -> bool:
        """End a running job; False if it had ended before: the first word is the last."""
        rows = self._run(_FINISH, state, time.time(), result, error, state, job_id)
        return bool(rows)

    # -- details -----------------------------------------------------------------------------

    def _run(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._connection() as connection:
            # All rows are fetched: a statement with RETURNING is committed by its last step.
            rows: list[sqlite3.Row] = connection.execute(statement, values).fetchall()
            return rows

    @contextmanager
    def _connection(self, mode: str = "rw") -> Iterator[sqlite3.Connection]:
        uri = f"{self.path.as_uri()}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
        with closing(connection):
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection


def _job(row: sqlite3.Row) -> Job:
    values: dict[str, Any] = {name: row[name] for name in Job.__dataclass_fields__}
    values["payload"] = json.loads(row["payload"])
    values["result"] = None if row["result"] is None else json.loads(row["result"])
    values["state"] = JobState(row["state"])
    values["cancelling"] = row["cancelling"] == _ASKED and row["state"] == JobState.RUNNING
    return Job(**values)


_NEWEST = """
SELECT * FROM jobs WHERE ? IS NULL OR kind = ? ORDER BY number DESC LIMIT ? OFFSET ?
"""
_COUNT = "SELECT COUNT(*) AS jobs FROM jobs WHERE ? IS NULL OR kind = ?"
_ACTIVE = "SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY number DESC"
_IN_LANE = "(kind IN (SELECT value FROM json_each(?))) != ?"
_WAITING = f"SELECT 1 FROM jobs WHERE state = 'queued' AND {_IN_LANE} LIMIT 1"
_RUNNING = f"SELECT id, pid, pid_started FROM jobs WHERE state = 'running' AND {_IN_LANE}"
_CLAIM = f"""
UPDATE jobs SET state = 'running', stage = 'starting', started_at = ?
WHERE id = (
    SELECT id FROM jobs WHERE state = 'queued' AND {_IN_LANE} ORDER BY number LIMIT 1
)
RETURNING *
"""
_ASKED, _TOO_LATE = 1, 2  # Values of `cancelling`; of two who race, one finds it changed.
_COMMIT = f"""
UPDATE jobs SET cancelling = {_TOO_LATE}
WHERE id = ? AND state = 'running' AND cancelling = 0
RETURNING id
"""
_CANCEL = f"""
UPDATE jobs SET
    cancelling = {_ASKED},
    finished_at = CASE state WHEN 'queued' THEN ? END,
    state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
WHERE id = ? AND state IN ('queued', 'running') AND cancelling != {_TOO_LATE}
"""
_PROGRESS = """
UPDATE jobs SET stage = ?, fraction = ?, message = ?
WHERE id = ? AND state = 'running'
RETURNING cancelling
"""
_FINISH = """
UPDATE jobs SET
    state = ?, finished_at = ?, result = ?, error = ?,
    fraction = CASE WHEN ? = 'done' THEN 1.0 ELSE fraction END
WHERE id = ? AND state = 'running'
RETURNING id
"""
_PRUNE = """
DELETE FROM jobs WHERE number IN (
    SELECT number FROM jobs WHERE state NOT IN ('queued', 'running')
    ORDER BY number DESC LIMIT -1 OFFSET ?
)
RETURNING id
"""
