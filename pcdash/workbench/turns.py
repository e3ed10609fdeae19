"""How many clouds are read and classified at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import BoundedSemaphore

from pcdash.errors import Busy
from pcdash.workbench.costs import slow

PATIENCE_SECONDS = 1.0
"""How long a request waits for its turn: a handful of clients on a busy machine should never be
sent away (0.2 s did, once in 150 times); how many may wait is bounded by the places."""

MAX_PLACES = 1_000

SLOW_PART = 4
"""One turn in so many, one at least, may be held by what is slow: the others are left to plain
predictions, however many ask for more."""


class Turns:
    """A bounded number of turns.

    Parameters
    ----------
    count : int
        Turns that may be taken at the same time, >= 1.
    patience : float
        Seconds to wait for one.
    places : int
        How many may hold a turn or wait for one; whoever comes after them does not wait.
    """

    def __init__(
        self, count: int, *, patience: float = PATIENCE_SECONDS, places: int = MAX_PLACES
    ) -> None:
        self._free = BoundedSemaphore(min(count, places))
        self._places = BoundedSemaphore(places)
        self._slow = BoundedSemaphore(max(1, min(count, places) // SLOW_PART))
        self._patience = patience

    @contextmanager
    def taken(self, patience: float | None = None) -> Iterator[None]:
        """Hold a turn for the length of a ``with`` block.

        Parameters
        ----------
        patience : float, optional
            Seconds to wait for it; None: as everybody.

        Raises
        ------
        Busy
            If none comes free in time.
        """
        seconds = self._patience if patience is None else patience
        with _held(self._places, 0), _held(self._free, seconds):
            yield

    @contextmanager
    def costing(self, *what: str, points: int = 0) -> Iterator[None]:
        """Hold one of the few turns for slow work, if this is such, for a ``with`` block.

        To be used by whoever has a turn, around the slow work alone.  Nobody waits: that would keep
        the turn from others, and slow work lasts longer than the patience.

        Parameters
        ----------
        *what : str
            What is asked, see `pcdash.workbench.costs`.
        points : int
            Of the cloud.

        Raises
        ------
        Busy
            If others hold them all.
        """
        with _held(self._slow, 0) if slow(what, points) else nullcontext():
            yield


@contextmanager
def _held(semaphore: BoundedSemaphore, seconds: float) -> Iterator[None]:
    if not semaphore.acquire(timeout=seconds):
        raise Busy("too many predictions at the moment; try again shortly")
    try:
        yield
    finally:
        semaphore.release()
