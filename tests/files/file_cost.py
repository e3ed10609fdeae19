"""What reading one file may cost."""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_JUMP = 64 * 2**20
"""Bytes of memory that reading a damaged file of some kilobytes may take at its peak."""

MAX_SECONDS = 2.0
"""Seconds of this thread's own time: how busy the machine is does not count."""

_SELF = Path("/proc/self")


@contextmanager
def bounded() -> Iterator[None]:
    """Fail if what is done inside takes too much memory or time, whatever comes of it."""
    started, before = time.thread_time(), _start_peak()
    try:
        yield
    finally:
        seconds, jump = time.thread_time() - started, _peak() - before
        assert jump < MAX_JUMP, f"took {jump / 2**20:.0f} MiB"
        assert seconds < MAX_SECONDS, f"took {seconds:.1f} s"


def _start_peak() -> int:
    """Forget the highest use of memory so far, where the system can, and return the present one."""
    if sys.platform == "linux":
        (_SELF / "clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    if sys.platform == "linux":
        found = re.search(r"VmHWM:\s+(\d+) kB", (_SELF / "status").read_text())
        assert found is not None
        return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
