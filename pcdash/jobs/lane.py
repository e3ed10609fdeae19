"""Which jobs wait for one another."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Lane:
    """The jobs that one dispatcher runs, one after the other.

    Attributes
    ----------
    name : str
        Of its lock file.
    kinds : tuple of str
    besides : bool
        Whether it takes all kinds but those, unknown ones included.
    """

    name: str
    kinds: tuple[str, ...] = ()
    besides: bool = False

    def values(self) -> tuple[str, bool]:
        """What the table's statements are given to tell this lane's jobs."""
        return json.dumps(self.kinds), self.besides

    def beside(self, name: str) -> Lane:
        """The lane of all other jobs."""
        return Lane(name, self.kinds, not self.besides)


EVERYTHING = Lane("jobs", besides=True)
"""One lane for all."""
