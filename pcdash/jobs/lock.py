"""A file lock that says which of several processes may do something."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """Held by one process at a time, and freed by the system when its holder dies.

    Children do not inherit it: Python opens files close-on-exec.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; whether this object holds it now."""
        if self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            except BaseException:
                os.close(descriptor)
                raise
            self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go of the lock, if held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
