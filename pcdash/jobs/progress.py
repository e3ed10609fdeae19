"""What a running job tells, and how it learns that it should stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from pcdash.errors import Cancelled

_MAX_STAGE = 80
_MAX_MESSAGE = 500


class Progress:
    """Handed to the job's callable; may be used from any of its threads.

    Reports are cheap: at most one in `interval` seconds is passed on, except that a new stage
    always is.  Every report passed on also asks whether the job should stop.

    Parameters
    ----------
    job_id : str
        The job this belongs to.
    save : callable
        ``save(stage, fraction, message)`` shows a report to the world; True if the job should stop.
    cancelled : callable
        True if the job should stop.
    shown : callable
        ``shown(so_far)`` keeps what there is to show before the end.
    committed : callable
        Asked by `commit`: makes known that the job can no longer be cancelled, or says True if it
        should stop.
    interval : float
        Seconds between two reports passed on, and between two looks at `cancelled`.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        job_id: str,
        *,
        save: Callable[[str, float, str], bool],
        cancelled: Callable[[], bool],
        shown: Callable[[Mapping[str, Any]], object] = lambda so_far: None,
        committed: Callable[[], bool] = lambda: False,
        interval: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job_id = job_id
        self._save = save
        self._cancelled = cancelled
        self._shown = shown
        self._committed = committed
        self._interval = interval
        self._clock = clock
        self._lock = threading.Lock()
        self._stage: str | None = None
        self._pending: tuple[str, float, str] | None = None
        self._saved_at = self._checked_at = float("-inf")
        self._stop = False

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Say how far the job is.

        Parameters
        ----------
        stage : str
            A word or two; the first 80 characters are kept.
        fraction : float
            Share of the whole job that is done; values outside [0, 1] and NaN are clamped.
        message : str
            One line of detail; the first 500 characters are kept.

        Raises
        ------
        Cancelled
            If somebody asked the job to stop.
        """
        clamped = min(1.0, fraction) if fraction > 0.0 else 0.0
        with self._lock:
            self._pending = (stage[:_MAX_STAGE], clamped, message[:_MAX_MESSAGE])
            now = self._clock()
            if stage != self._stage or now - self._saved_at >= self._interval:
                self._stage = stage
                self._pass_on(now)
            self._raise_if_stopped()

    def show(self, so_far: Mapping[str, Any]) -> None:
        """Let everybody see, until the job ends, what has come out so far; JSON-able and small."""
        self._shown(so_far)

    def check(self) -> None:
        """Raise `Cancelled` if somebody asked the job to stop; cheap enough for inner loops."""
        with self._lock:
            now = self._clock()
            if not self._stop and now - self._checked_at >= self._interval:
                self._checked_at = now
                self._stop = self._cancelled()
            self._raise_if_stopped()

    def commit(self) -> None:
        """Pass the point of no return; whoever cancels from here on comes too late.

        Raises
        ------
        Cancelled
            If somebody asked the job to stop before.
        """
        with self._lock:
            self._stop = self._committed() or self._stop
            self._raise_if_stopped()

    def flush(self) -> None:
        """Pass on the last report if it was held back."""
        with self._lock:
            if self._pending is not None:
                self._pass_on(self._clock())

    def _pass_on(self, now: float) -> None:
        if self._pending is not None:
            self._stop = self._save(*self._pending) or self._stop
            self._pending = None
        self._saved_at = self._checked_at = now

    def _raise_if_stopped(self) -> None:
        if self._stop:
            raise Cancelled("the job was cancelled")
