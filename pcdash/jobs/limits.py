"""What a job may use of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class JobLimits:
    """Bounds of one job; None is no bound.

    Attributes
    ----------
    seconds : float or None
        Time after which a job is stopped and fails.
    memory_bytes : int or None
        Address space of the child and of each of its workers (RLIMIT_AS); beyond it, allocations
        fail.
    file_bytes : int or None
        Size of each file that they write (RLIMIT_FSIZE); beyond it, writing fails.
    """

    seconds: float | None = None
    memory_bytes: int | None = None
    file_bytes: int | None = None

    def arguments(self) -> list[str]:
        """What `apply` takes, as words of a command."""
        return [str(self.memory_bytes or 0), str(self.file_bytes or 0)]


def apply(arguments: Sequence[str]) -> None:
    """Bound this process and its future children; not every system can."""
    import resource

    kinds = (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)
    for kind, limit in zip(kinds, map(int, arguments), strict=True):
        if limit:
            with suppress(ValueError, OSError):
                _, hard = resource.getrlimit(kind)
                resource.setrlimit(kind, (limit, hard))
