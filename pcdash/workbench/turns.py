"""How many clouds are read and classified at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from pcdash.errors import Busy

PATIENCE_SECONDS = 0.2
"""How long a request waits for its turn: long enough for a burst, too short to pile up."""


class Turns:
    """A bounded number of turns.

    Parameters
    ----------
    count : int
        Turns that may be taken at the same time, >= 1.
    patience : float
        Seconds to wait for one.
    """

    def __init__(self, count: int, *, patience: float = PATIENCE_SECONDS) -> None:
        self._free = BoundedSemaphore(count)
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
        if not self._free.acquire(timeout=seconds):
            raise Busy("too many predictions at the moment; try again shortly")
        try:
            yield
        finally:
            self._free.release()
