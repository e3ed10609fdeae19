"""The child's side of a job: ``python -m pcdash.jobs.child TABLE JOB_ID TARGET LIMIT...``.

Imports nothing heavy itself, so that a job starts within a few hundredths of a second.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from pcdash.errors import Cancelled, PcdashError
from pcdash.jobs import limits
from pcdash.jobs.job import JobState
from pcdash.jobs.progress import Progress
from pcdash.jobs.table import JobTable

logger = logging.getLogger("pcdash.jobs.child")

Target = Callable[[dict[str, Any], Progress], dict[str, Any]]

Outcome = tuple[JobState, str | None, str | None]
"""Final state, result as JSON, and error of a job."""

_STDIN = 0


class _Terminated(BaseException):
    """SIGTERM as an exception, so that the job can tidy up; not an Exception, to pass through."""


def main(arguments: list[str]) -> int:
    """Run one job and write its end into the table; the process's exit code."""
    path, job_id, target, *bounds = arguments
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    limits.apply(bounds)
    table = JobTable(Path(path))
    job = table.get(job_id)
    if job is None or job.state is not JobState.RUNNING:
        return 1
    progress = Progress(
        job_id,
        save=lambda *report: _unless_locked(table.save_progress, job_id, *report),
        shown=lambda so_far: _unless_locked(table.show, job_id, json.dumps(dict(so_far))),
        cancelled=lambda: _unless_locked(table.should_stop, job_id),
        committed=lambda: _commit(table, job_id),
    )
    try:
        signal.signal(signal.SIGTERM, _terminate)
        state, result, error = _outcome(target, job.payload, progress)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # What is finished counts as finished.
    except _Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)  # The dispatcher knows why, and writes the end.
        return 1
    with suppress(Cancelled):
        progress.flush()
    table.finish(job_id, state, result=result, error=error)
    return 1 if state is JobState.FAILED else 0


def _outcome(target: str, payload: dict[str, Any], progress: Progress) -> Outcome:
    """Run `target`; whatever it raises becomes a sentence."""
    try:
        result = _load(target)(payload, progress)
        return JobState.DONE, json.dumps(dict(result), allow_nan=False), None
    except Cancelled:
        logger.info("cancelled")
        return JobState.CANCELLED, None, None
    except PcdashError as error:
        logger.error("%s: %s", error.code, error.message)
        return JobState.FAILED, None, error.message
    except MemoryError:
        logger.exception("out of memory")
        return JobState.FAILED, None, "the job needs more memory than it may use"
    except (Exception, SystemExit) as error:
        logger.exception("the job failed")
        name = type(error).__name__
        return JobState.FAILED, None, f"unexpected error ({name}); the job's log has the details"


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # Once: tidying up is not interrupted again.
    raise _Terminated


def _load(target: str) -> Target:
    module, _, function = target.partition(":")
    found: Target = getattr(importlib.import_module(module), function)
    return found


def _end_with_parent() -> None:
    """Wait for the end of standard input, which is the end of the parent, and end everything here.

    ``os.read`` rather than ``sys.stdin``: a thread that waits inside a buffered reader holds its
    lock, and the interpreter aborts when it wants to close it at exit.
    """
    while os.read(_STDIN, 1024):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _commit(table: JobTable, job_id: str) -> bool:
    """Note that the job will be finished, come what may; whether it should rather stop."""
    stop = _unless_locked(table.commit, job_id)
    if not stop:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return stop


def _unless_locked(question: Callable[..., bool], *values: object) -> bool:
    """Ask the table; a full disk or a busy database is no reason to lose the job's work."""
    try:
        return question(*values)
    except sqlite3.Error as error:
        logger.warning("progress is not shown: %s", error)
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
