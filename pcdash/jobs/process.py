"""One child process, told apart from any other that may later get its pid."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from pcdash.jobs.logs import LogFile

_PROC = Path("/proc")
_STATE, _START_TIME = 0, 19  # Fields 3 and 22 of proc(5) stat, counted behind the command's name.
_POLL_SECONDS = 0.02

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
"""What the numeric libraries read once, when they are loaded."""


def start_time(pid: int) -> str | None:
    """When the living process `pid` started, in words that no other process of that pid shares.

    None if there is no such process, if it is dead but not yet buried (a zombie), or if the
    platform does not tell.
    """
    if (_PROC / "self" / "stat").exists():
        return _start_time_from_proc(pid)
    return _start_time_from_ps(pid)


def kill_group(pid: int, signal_number: int) -> None:
    """Signal the process group that the child `pid` leads, if any of it is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal_number)


def end_leftover(pid: int, started: str | None, *, timeout: float) -> None:
    """Kill the child of a dead dispatcher, unless its pid now belongs to somebody else."""
    if started is None:
        return
    deadline = time.monotonic() + timeout
    while start_time(pid) == started and time.monotonic() < deadline:
        kill_group(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


class Child:
    """A process in a session of its own that ends when this one does.

    Its standard input is a pipe whose other end nobody but this process holds: when this process
    dies, however hard, the child reads the end of the file and ends itself.  What it writes goes
    through a pipe into a bounded log.

    Parameters
    ----------
    command : sequence of str
    log : LogFile
    environment : mapping of str to str
        Added to this process's own.
    """

    def __init__(
        self, command: Sequence[str], log: LogFile, environment: Mapping[str, str]
    ) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        self.pid = self._process.pid
        self.started = start_time(self.pid)
        output = cast("BinaryIO", self._process.stdout)
        self._buried = False
        self._drain = threading.Thread(
            target=log.drain, args=(output,), name=f"job-log-{self.pid}", daemon=True
        )
        self._drain.start()

    def exit_code(self) -> int | None:
        """Minus the signal that ended it, its exit code, or None while it lives."""
        return self._process.poll()

    def wait(self, timeout: float) -> None:
        """Give it up to `timeout` seconds to end by itself."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)

    def signal(self, signal_number: int) -> None:
        """Signal the child and its descendants, if it lives."""
        if self.exit_code() is None:
            kill_group(self.pid, signal_number)

    def hang_up(self) -> None:
        """Close its standard input, which tells it to end at once."""
        with suppress(OSError):
            cast("BinaryIO", self._process.stdin).close()

    def bury(self, *, timeout: float) -> None:
        """See that the child, its descendants and its log's thread are gone.

        While a member of its group is left, its pid is given to no other process, so the group
        is signalled at once after its leader's end, and never again.
        """
        if self._buried:
            return
        self.hang_up()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        kill_group(self.pid, signal.SIGKILL)
        self._process.wait()
        self._drain.join(timeout)
        self._buried = True


def _start_time_from_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[_STATE] in "ZX" else f"{boot} {fields[_START_TIME]}"


def _start_time_from_ps(pid: int) -> str | None:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    state, _, started = answer.stdout.strip().partition(" ")
    return started.strip() or None if not state.startswith("Z") else None
