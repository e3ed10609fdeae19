"""A job as everybody sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands; the last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True)
class Job:
    """One job at the moment it was looked up.

    Attributes
    ----------
    id : str
        32 hexadecimal digits.
    kind : str
        Names the callable in the queue's table of kinds.
    title : str
        For display.
    payload : dict
        What the callable gets.
    state : JobState
    stage, message : str
        What the callable last reported; empty until then.
    fraction : float
        Share of the work done, in [0, 1].
    created_at, started_at, finished_at : float or None
        Unix seconds.
    result : dict or None
        What the callable returned; only of a job that is done.
    error : str or None
        One sentence; of a failed or interrupted job.
    so_far : dict or None
        What the callable has to show already; only of a running job.
    cancelling : bool
        Whether somebody asked a running job to stop.
    """

    id: str
    kind: str
    title: str
    payload: dict[str, Any]
    state: JobState
    stage: str
    fraction: float
    message: str
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    result: dict[str, Any] | None = None
    error: str | None = None
    so_far: dict[str, Any] | None = None
    cancelling: bool = False

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE

    @property
    def seconds(self) -> float:
        """Seconds it has run, until now or until its end; 0 if it never started."""
        if self.started_at is None:
            return 0.0
        end = time.time() if self.finished_at is None else self.finished_at
        return max(0.0, end - self.started_at)
