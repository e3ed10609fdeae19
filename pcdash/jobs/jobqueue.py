"""The queue as the rest of the house sees it."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pcdash.errors import InvalidInput, NotFound, Refused, TooLarge
from pcdash.jobs.job import Job
from pcdash.jobs.logs import LogFile
from pcdash.jobs.table import JobTable

logger = logging.getLogger(__name__)

KEEP_FINISHED = 200
"""Finished jobs that are remembered, with their logs."""

_MAX_LISTED = 1000
_MAX_TITLE = 200
_MAX_PAYLOAD = 2**20
_MAX_TAIL = 2**20

Jobs: TypeAlias = list[Job]  # `list` is a method inside the class.
Answer = TypeVar("Answer")


class JobQueue:
    """Jobs on disk: submit, look up, cancel.  Any number of processes may use one folder.

    Constructing it never fails: where the folder cannot be written, lists are empty and `submit`
    raises `Refused` with the reason.

    Parameters
    ----------
    folder : Path
        Holds ``jobs.sqlite`` and ``job-logs/<id>.log``.
    kinds : mapping of str to str
        The callables by name, as ``package.module:function``; called in the child process as
        ``function(payload, progress)`` and expected to return a JSON-able dict.
    capacity : int
        Jobs that may wait at a time.
    """

    def __init__(self, folder: Path, *, kinds: Mapping[str, str], capacity: int = 8) -> None:
        self.folder = folder.absolute()
        self.kinds = dict(kinds)
        self.capacity = capacity
        self._warned: str | None = None
        self.table = JobTable(self.folder / "jobs.sqlite")
        self._problem: str | None = "not looked at yet"
        self._warn(self.problem)

    @property
    def problem(self) -> str | None:
        """Why jobs cannot be stored here now, or None; cheap while all is well."""
        if self._problem is None and os.access(self.table.path, os.W_OK):
            return None
        try:
            self._prepare()
            self._problem = None
        except Refused as error:
            self._problem = error.message
        return self._problem

    def submit(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        title: str = "",
        unique: str | None = None,
    ) -> Job:
        """Let a job wait for its turn.

        Parameters
        ----------
        kind : str
            One of the queue's kinds.
        payload : mapping
            JSON-able, up to 1 MiB; what the callable gets.
        title : str
            For display; the kind where empty.
        unique : str, optional
            A key of which one job may be active at a time; if there is one, it is returned.

        Raises
        ------
        InvalidInput
            If the kind is unknown or the payload is not JSON.
        TooLarge
            If the payload is larger than 1 MiB.
        QueueFull
            If `capacity` jobs wait already.
        Refused
            If jobs cannot be stored here; the message says why.
        """
        if kind not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            raise InvalidInput(f"no such kind of job; known are: {known}", field="kind")
        text = _payload_text(payload)
        self._prepare()
        job = self._stored(
            lambda: self.table.insert(
                kind,
                text,
                title=(title or kind)[:_MAX_TITLE],
                unique=unique,
                capacity=self.capacity,
            )
        )
        self._prune()
        return job

    def get(self, job_id: str) -> Job:
        """The job `job_id`; NotFound if there is none (any more)."""
        job = self._stored(lambda: self.table.get(job_id)) if self.table.path.exists() else None
        if job is None:
            raise NotFound("there is no such job", field="id")
        return job

    def list(self, limit: int = 50, skip: int = 0, kind: str | None = None) -> Jobs:
        """The newest `limit` jobs but `skip`, newest first; empty where jobs cannot be stored."""
        most = max(0, min(limit, _MAX_LISTED))
        return self._listed(lambda: self.table.newest(most, max(0, skip), kind), [])

    def count(self, kind: str | None = None) -> int:
        """How many jobs are remembered, of a `kind`; 0 where jobs cannot be stored."""
        return self._listed(lambda: self.table.count(kind), 0)

    def active(self) -> Jobs:
        """Jobs that run or wait, the newest first; empty where jobs cannot be stored."""
        return self._listed(self.table.active, [])

    def cancel(self, job_id: str) -> Job:
        """Ask a job to stop; the job as it is now.

        A waiting job is cancelled at once.  A running one gets the time to stop by itself, then is
        stopped; if it finishes first, it is done.  On a finished one nothing happens, nor on one
        that has passed the point of no return (`Progress.commit`).
        """
        self.get(job_id)
        self._stored(lambda: self.table.cancel(job_id))
        return self.get(job_id)

    def log_tail(self, job_id: str, max_bytes: int = 8192) -> str:
        """The end of what the job wrote, as plain text; empty if it wrote nothing."""
        return self.log(self.get(job_id).id).tail(max(0, min(max_bytes, _MAX_TAIL)))

    def log(self, job_id: str) -> LogFile:
        """The log file of a job that is known to exist."""
        return LogFile(self.folder / "job-logs", job_id)

    def sweep_logs(self) -> None:
        """Remove logs of jobs that are forgotten, as a crash or a lost table leaves them."""
        folder = self.folder / "job-logs"
        known = self._stored(self.table.ids)
        for path in folder.iterdir() if folder.is_dir() else ():
            job_id = path.name.partition(".")[0]
            if job_id not in known:
                self.log(job_id).remove()

    def _prepare(self) -> None:
        self._stored(self.table.prepare)

    def _prune(self) -> None:
        for job_id in self._stored(lambda: self.table.prune(KEEP_FINISHED)):
            self.log(job_id).remove()

    def _listed(self, question: Callable[[], Answer], nothing: Answer) -> Answer:
        if not self.table.path.exists():
            return nothing
        try:
            return self._stored(question)
        except Refused as error:
            self._warn(error.message)
            return nothing

    def _warn(self, problem: str | None) -> None:
        """Say what is wrong once, not at every look."""
        if problem is not None and problem != self._warned:
            logger.warning("%s", problem)
        self._warned = problem

    @staticmethod
    def _stored(question: Callable[[], Answer]) -> Answer:
        """Ask the table; what disk or database object to becomes a sentence without a path."""
        try:
            return question()
        except OSError as error:
            raise Refused(f"jobs cannot be stored: {error.strerror}") from error
        except sqlite3.Error as error:
            raise Refused(f"jobs cannot be stored: jobs.sqlite: {error}") from error


def _payload_text(payload: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(payload), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"the payload is not JSON: {error}", field="payload") from None
    if len(text) > _MAX_PAYLOAD:
        raise TooLarge(f"a job's payload may have {_MAX_PAYLOAD:,} bytes", field="payload")
    return text
