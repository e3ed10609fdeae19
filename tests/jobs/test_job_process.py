"""Telling one process from another that has got its pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from pcdash.jobs import process
from pcdash.jobs.process import end_leftover, start_time

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
VARIANTS = [start_time, process._start_time_from_ps]


@pytest.fixture
def canary() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(SLEEP, start_new_session=True)
    yield child
    child.kill()
    child.wait()


@pytest.mark.parametrize("ask", VARIANTS)
def test_a_living_process_has_a_start_time_that_does_not_change(
    ask: Callable[[int], str | None], canary: subprocess.Popen[bytes]
) -> None:
    first = ask(canary.pid)
    assert first
    assert ask(canary.pid) == first
    assert ask(os.getpid()) not in (None, first) or ask is not start_time


@pytest.mark.parametrize("ask", VARIANTS)
def test_the_dead_have_none_buried_or_not(
    ask: Callable[[int], str | None], canary: subprocess.Popen[bytes]
) -> None:
    canary.kill()
    os.waitid(os.P_PID, canary.pid, os.WEXITED | os.WNOWAIT)  # dead, but a zombie still
    assert ask(canary.pid) is None
    canary.wait()
    assert ask(canary.pid) is None


def test_a_leftover_is_killed_by_pid_and_start_time(canary: subprocess.Popen[bytes]) -> None:
    end_leftover(canary.pid, start_time(canary.pid), timeout=5)
    assert canary.wait(timeout=5) == -signal.SIGKILL


@pytest.mark.parametrize("started", [None, "", "another boot 12345"])
def test_a_process_that_only_shares_the_pid_is_left_alone(
    canary: subprocess.Popen[bytes], started: str | None
) -> None:
    begin = time.monotonic()
    end_leftover(canary.pid, started, timeout=5)
    assert time.monotonic() - begin < 1
    assert canary.poll() is None
