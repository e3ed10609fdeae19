"""Files that say, in every process and container over one folder, what is in use.

The system frees what a dead process held; nobody has to judge by process ids, which mean something
else in the next container.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def exclusive(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file `lock` against every other thread and process; a dead holder frees it.

    Raises
    ------
    BlockingIOError
        If somebody holds it and `wait` is false.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def share(path: Path) -> int:
    """A descriptor of the file `path` that marks it as in use, in every process, until closed."""
    descriptor = os.open(path, os.O_RDONLY)
    with suppress(OSError):  # a file system without locks: then nobody can tell
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return descriptor


def is_shared(path: Path) -> bool:
    """Whether a living process has marked the file `path` as in use."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
