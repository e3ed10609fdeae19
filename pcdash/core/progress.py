"""How long work tells where it is and learns that it should stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a long computation calls now and then."""

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Say which stage runs and which share of the whole, in [0, 1], is done."""

    def check(self) -> None:
        """Raise `pcdash.errors.Cancelled` if somebody asked to stop."""


class Silent:
    """A `Progress` that nobody watches."""

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Say nothing."""

    def check(self) -> None:
        """Never stop."""
