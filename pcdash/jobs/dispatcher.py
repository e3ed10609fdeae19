"""The thread that gives waiting jobs a process, one at a time, and sees to its end."""

from __future__ import annotations

import logging
import signal
import sqlite3
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum, auto

from pcdash.errors import PcdashError
from pcdash.jobs.job import Job, JobState
from pcdash.jobs.jobqueue import JobQueue
from pcdash.jobs.lane import EVERYTHING, Lane
from pcdash.jobs.limits import JobLimits
from pcdash.jobs.lock import FileLock
from pcdash.jobs.process import THREAD_VARIABLES, Child, end_leftover

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0
"""Pause between two tries to become the dispatching process, or after an error."""

_LEFTOVER_SECONDS = 5.0
_HANG_UP_SECONDS = 2.0
_NO_LIMITS = JobLimits()


class Stop(Enum):
    """Why a child is being stopped."""

    CANCELLED = auto()
    TIME = auto()
    LINGERING = auto()


@dataclass
class Run:
    """The job that runs now."""

    job: Job
    child: Child
    since: float
    stop: Stop | None = None
    stop_since: float = 0.0


class Dispatcher:
    """Runs the jobs of a queue.

    Several server processes may each start one on the same folder: the one that holds the lock
    file dispatches, and when it dies another one takes over, ends what is left of the dead one's
    job and marks it interrupted.

    Parameters
    ----------
    queue : JobQueue
    grace_seconds : float
        How long a cancelled job may take to stop by itself before SIGTERM, and then before SIGKILL.
    poll_seconds : float
        Time between two looks at the queue and at the child.
    threads : int
        Threads that BLAS and OpenMP may use in a child.
    limits : JobLimits
        What one job may use.
    lane : Lane
        The jobs that this one runs; other kinds may have a dispatcher of their own.
    """

    def __init__(
        self,
        queue: JobQueue,
        *,
        grace_seconds: float = 5.0,
        poll_seconds: float = 0.1,
        threads: int = 1,
        limits: JobLimits = _NO_LIMITS,
        lane: Lane = EVERYTHING,
    ) -> None:
        self._queue = queue
        self._lane = lane
        self._table = queue.table
        self._grace = grace_seconds
        self._poll = poll_seconds
        self._environment = dict.fromkeys(THREAD_VARIABLES, str(threads)) | {
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
        }
        self._limits = limits
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = FileLock(queue.folder / f"{lane.name}.lock")
        self._held = ExitStack()
        self._leading = False
        self._run: Run | None = None
        self._trouble = ""

    def start(self) -> None:
        """Start the thread; nothing happens if it runs already."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the running job, which becomes interrupted, and the thread."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    @property
    def leading(self) -> bool:
        """Whether this process is the one that dispatches."""
        return self._leading

    # -- the loop ----------------------------------------------------------------------------

    def _loop(self) -> None:
        try:
            while not self._stopping.wait(self._step()):
                pass
            self._interrupt()
        finally:
            self._leading = False
            self._held.close()
            self._lock.release()

    def _step(self) -> float:
        """Do what is to be done now; seconds until the next look."""
        try:
            if not self.leading and not self._lead():
                return _RETRY_SECONDS
            if self._run is None:
                self._start_next()
            else:
                self._supervise(self._run)
        except Exception as error:  # The thread must outlive a full disk and anything else.
            if str(error) != self._trouble:
                known = isinstance(error, (OSError, sqlite3.Error, PcdashError))
                logger.warning("the dispatcher will try again: %s", error, exc_info=not known)
            self._trouble = str(error)
            return _RETRY_SECONDS
        self._trouble = ""
        return self._poll

    def _lead(self) -> bool:
        """Take the lock if nobody holds it, and clear up behind whoever held it before."""
        if not self._queue.folder.is_dir() or not self._lock.acquire():
            return False
        self._table.prepare()
        self._clear_up()
        self._held.enter_context(self._table.keep_open())
        self._leading = True
        return True

    def _clear_up(self) -> None:
        for leftover in self._table.leftovers(self._lane):
            if leftover.pid is not None:
                end_leftover(leftover.pid, leftover.pid_started, timeout=_LEFTOVER_SECONDS)
            if self._table.finish(leftover.id, JobState.INTERRUPTED, error=_SERVER_ENDED):
                logger.warning("job %s was interrupted: its server ended", leftover.id)
        self._queue.sweep_logs()

    # -- one job -----------------------------------------------------------------------------

    def _start_next(self) -> None:
        job = self._table.claim(self._lane)
        if job is None:
            return
        target = self._queue.kinds.get(job.kind)
        if target is None:
            self._table.finish(job.id, JobState.FAILED, error="no such kind of job")
            return
        arguments = [str(self._table.path), job.id, target, *self._limits.arguments()]
        command = [sys.executable, "-m", "pcdash.jobs.child", *arguments]
        try:
            child = Child(command, self._queue.log(job.id), self._environment)
        except OSError as error:
            reason = f"the job's process could not be started: {error.strerror}"
            self._table.finish(job.id, JobState.FAILED, error=reason)
            return
        self._run = Run(job, child, since=time.monotonic())
        self._table.set_process(job.id, child.pid, child.started)

    def _supervise(self, run: Run) -> None:
        code = run.child.exit_code()
        if code is not None:
            run.child.bury(timeout=_HANG_UP_SECONDS)
            self._settle(run, code)
            self._run = None
            return
        if run.stop is None:
            run.stop = self._reason_to_stop(run)
            run.stop_since = time.monotonic()
        if run.stop is not None:
            self._press(run, run.stop, time.monotonic() - run.stop_since)

    def _reason_to_stop(self, run: Run) -> Stop | None:
        most = self._limits.seconds
        if most is not None and time.monotonic() - run.since > most:
            return Stop.TIME
        job = self._table.get(run.job.id)
        if job is None or not job.active:
            return Stop.LINGERING
        return Stop.CANCELLED if job.cancelling else None

    def _press(self, run: Run, stop: Stop, seconds: float) -> None:
        """Be patient first, then polite, then final."""
        patience = 0.0 if stop is Stop.TIME else self._grace
        if seconds >= patience + self._grace:
            run.child.signal(signal.SIGKILL)
        elif seconds >= patience:
            run.child.signal(signal.SIGTERM)

    def _settle(self, run: Run, code: int) -> None:
        """Write the end of a job whose child did not write it itself."""
        if run.stop is Stop.CANCELLED:
            state, error = JobState.CANCELLED, None
        elif run.stop is Stop.TIME:
            state, error = JobState.FAILED, _overtime(self._limits)
        else:
            state, error = JobState.FAILED, _describe(code)
        if self._table.finish(run.job.id, state, error=error):
            self._queue.log(run.job.id).append(f"[{state}] {error or 'stopped on request'}")

    def _interrupt(self) -> None:
        """The server stops: so does its job."""
        if self._run is None:
            return
        run, self._run = self._run, None
        run.child.signal(signal.SIGTERM)
        run.child.wait(_HANG_UP_SECONDS)  # time to remove what it has written so far
        run.child.bury(timeout=_HANG_UP_SECONDS)
        try:
            self._table.finish(run.job.id, JobState.INTERRUPTED, error=_SERVER_ENDED)
        except (OSError, sqlite3.Error) as error:
            logger.warning("job %s ends unrecorded: %s", run.job.id, error)


_SERVER_ENDED = "the server ended while the job ran"


def _overtime(limits: JobLimits) -> str:
    return f"stopped after {limits.seconds:g} s, the time limit"


def _describe(code: int) -> str:
    if code < 0:
        return f"failed (signal {-code}): the job's process was killed"
    return f"failed (exit code {code}): the job's process ended without a result"
