"""What the drift watch has found, in words and in JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pcdash.core.drift import WINDOW, Comparison, Tally

_NAMED = 3
"""Blocks that a sentence names."""


@dataclass(frozen=True)
class Judged:
    """A window of `WINDOW` clouds and what was found.

    Attributes
    ----------
    since, until : float
        Unix seconds of its first and last cloud.
    found : Comparison
        The window by itself.
    together : Comparison or None
        With those before it, `TOGETHER` windows at most; None where there is none before it.
    tally : Tally or None
        For the windows after it.
    """

    since: float
    until: float
    found: Comparison
    together: Comparison | None = None
    tally: Tally | None = field(default=None, compare=False, repr=False)

    @property
    def alarm(self) -> bool:
        """Whether the window is not like the training, by itself or with those before it."""
        return self.found.alarm or (self.together is not None and self.together.alarm)

    @property
    def telling(self) -> Comparison:
        """What is said of it: the window itself, unless those before it are needed to see it."""
        if self.together is None or self.found.alarm or not self.together.alarm:
            return self.found
        return self.together

    def as_json(self) -> dict[str, Any]:
        """The window as a point of the chart."""
        return {
            "since": self.since,
            "until": self.until,
            "distance": self.found.distance,
            "together": self.together and self.together.distance,
            "alarm": self.alarm,
            "unknown": self.found.unknown,
        }


@dataclass(frozen=True)
class DriftReport:
    """What is known of the clouds that a version has classified.

    Attributes
    ----------
    version : str
    windows : tuple of Judged
        The oldest first.
    waiting : int
        Clouds that came after the last window; they are judged once there are `WINDOW`.
    """

    version: str
    windows: tuple[Judged, ...]
    waiting: int

    @property
    def newest(self) -> Judged | None:
        """The newest window, once there is one."""
        return self.windows[-1] if self.windows else None

    @property
    def alarm(self) -> bool:
        """Whether the newest window is not like the training."""
        return self.newest is not None and self.newest.alarm

    @property
    def said(self) -> str:
        """The newest window in a sentence or two."""
        if self.newest is None and not self.waiting:
            return (
                "No cloud of this version is in the log yet: servers write it where serve.yaml "
                "sets drift.enabled."
            )
        if self.newest is None:
            plural = "" if self.waiting == 1 else "s"
            return (
                f"{self.waiting} different cloud{plural} so far: nothing is said of fewer than "
                f"{WINDOW}."
            )
        found = self.newest.telling
        who = f"The last {found.clouds:,} clouds{'' if found.clouds == WINDOW else ' together'}"
        measure = f"{found.distance:.1f} times the alarm threshold"
        if not found.alarm:
            return f"{who} look like those of the training ({measure})."
        off = [shift.block for shift in found.shifts if shift.distance >= 1][:_NAMED]
        parts = [f"{who} are not like those of the training ({measure})."]
        if off:
            parts.append(f"Farthest off in the descriptor: {', '.join(off)}.")
        if found.mix >= 1:
            name = max(found.shares, key=lambda one: abs(found.shares[one] - found.expected[one]))
            here, there = found.shares[name], found.expected[name]
            parts.append(f"{here:.0%} are taken for {name}, in the training {there:.0%}.")
        if (found.unknown_distance or 0) >= 1:
            parts.append(f"{found.unknown:.0%} are like none of the classes.")
        return " ".join(parts)

    def as_json(self) -> dict[str, Any]:
        """The report for `GET /drift` and the command."""
        return {
            "version": self.version,
            "alarm": self.alarm,
            "said": self.said,
            "window": WINDOW,
            "waiting": self.waiting,
            "latest": self.newest and _details(self.newest.found),
            "together": self.newest and self.newest.together and _details(self.newest.together),
            "series": [one.as_json() for one in self.windows],
        }


def _details(found: Comparison) -> dict[str, Any]:
    return {
        "clouds": found.clouds,
        "distance": found.distance,
        "blocks": [asdict(shift) for shift in found.shifts],
        "classes": {
            "distance": found.mix,
            "variation": found.variation,
            "shares": found.shares,
            "expected": found.expected,
        },
        "unknown": found.unknown,
        "unknown_distance": found.unknown_distance,
    }
