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
from pcdash.jobs import statements as sql
from pcdash.jobs.job import Job, JobState
from pcdash.jobs.lane import EVERYTHING, Lane

_BUSY_SECONDS = 10.0


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
            if version == sql.FORMAT:
                return
            if version > sql.FORMAT:
                raise Refused(f"{self.path.name} was written by a newer pcdash (format {version})")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.executescript(sql.SCHEMA)

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
        return [_job(row) for row in self._run(sql.NEWEST, kind, kind, limit, skip)]

    def count(self, kind: str | None = None) -> int:
        """How many jobs there are, of a `kind`."""
        (row,) = self._run(sql.COUNT, kind, kind)
        return int(row["jobs"])

    def active(self) -> list[Job]:
        """Jobs that run or wait, the newest first."""
        return [_job(row) for row in self._run(sql.ACTIVE)]

    def cancel(self, job_id: str) -> None:
        """End a queued job; note the wish on a running one; leave a finished one alone."""
        self._run(sql.CANCEL, time.time(), job_id)

    def prune(self, keep: int) -> list[str]:
        """Delete finished jobs beyond the newest `keep`; their ids."""
        return [str(row["id"]) for row in self._run(sql.PRUNE, keep)]

    # -- asked by the dispatcher -------------------------------------------------------------

    def ids(self) -> set[str]:
        """The ids of all jobs."""
        return {str(row["id"]) for row in self._run("SELECT id FROM jobs")}

    def claim(self, lane: Lane = EVERYTHING) -> Job | None:
        """Turn the longest waiting job of a lane into a running one."""
        if not self._run(sql.WAITING, *lane.values()):
            return (
                None  # Without this look the update would take the write lock ten times a second.
            )
        rows = self._run(sql.CLAIM, time.time(), *lane.values())
        return _job(rows[0]) if rows else None

    def set_process(self, job_id: str, pid: int, started: str | None) -> None:
        """Note which process runs the job."""
        self._run("UPDATE jobs SET pid = ?, pid_started = ? WHERE id = ?", pid, started, job_id)

    def leftovers(self, lane: Lane = EVERYTHING) -> list[Leftover]:
        """Jobs of a lane that run according to the table."""
        rows = self._run(sql.RUNNING, *lane.values())
        return [Leftover(row["id"], row["pid"], row["pid_started"]) for row in rows]

    # -- asked by dispatcher and child -------------------------------------------------------

    def save_progress(self, job_id: str, stage: str, fraction: float, message: str) -> bool:
        """Note a report; whether the job should stop, also if it is not running any more."""
        rows = self._run(sql.PROGRESS, stage, fraction, message, job_id)
        return rows[0]["cancelling"] == sql.ASKED if rows else True

    def show(self, job_id: str, so_far: str) -> bool:
        """Keep what a running job has to show, as JSON, in the place of its result to come."""
        return bool(self._run(sql.SHOW, so_far, job_id))

    def should_stop(self, job_id: str) -> bool:
        """Whether somebody asked the job to stop, or it is not running any more."""
        rows = self._run("SELECT cancelling FROM jobs WHERE id = ? AND state = 'running'", job_id)
        return rows[0]["cancelling"] == sql.ASKED if rows else True

    def commit(self, job_id: str) -> bool:
        """Let no wish to cancel come any more; True if one has come, or it is not running."""
        return not self._run(sql.COMMIT, job_id)

    def finish(
        self,
        job_id: str,
        state: JobState,
        *,
        result: str | None = None,
        error: str | None = None,
    ) -> bool:
        """End a running job; False if it had ended before: the first word is the last."""
        rows = self._run(sql.FINISH, state, time.time(), result, error, state, job_id)
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
    names = Job.__dataclass_fields__.keys() - {"so_far"}
    values: dict[str, Any] = {name: row[name] for name in names}
    values["payload"] = json.loads(row["payload"])
    found = None if row["result"] is None else json.loads(row["result"])
    running = row["state"] == JobState.RUNNING
    values["result"], values["so_far"] = (None, found) if running else (found, None)
    values["state"] = JobState(row["state"])
    values["cancelling"] = row["cancelling"] == sql.ASKED and row["state"] == JobState.RUNNING
    return Job(**values)
