"""What was classified lately against what the version in service was trained on."""

from __future__ import annotations

import threading
import zipfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.cloud import Prediction
from pcdash.core.drift import WINDOW, Comparison, Reference, compare
from pcdash.errors import CorruptArtifact, NotFound, Refused
from pcdash.registry import Registry
from pcdash.settings import Drift
from pcdash.workbench.drift_log import DriftLog, Seen

ATTACHMENT = "drift.npz"

_NAMED = 3
"""Blocks that a sentence names."""

_AT_ONCE = 20 * WINDOW
"""Clouds that are read at a time: 4 MB, however many there are."""


@dataclass(frozen=True)
class Judged:
    """A window of `WINDOW` clouds, the times of its first and last one, and what was found."""

    since: float
    until: float
    found: Comparison

    def as_json(self) -> dict[str, Any]:
        """The window as a point of the chart."""
        return {
            "since": self.since,
            "until": self.until,
            "distance": self.found.distance,
            "alarm": self.found.alarm,
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
    def alarm(self) -> bool:
        """Whether the newest window is not like the training."""
        return bool(self.windows) and self.windows[-1].found.alarm

    @property
    def said(self) -> str:
        """The newest window in a sentence or two."""
        if not self.windows and not self.waiting:
            return (
                "No cloud of this version is in the log yet: servers write it where serve.yaml "
                "sets drift.enabled."
            )
        if not self.windows:
            plural = "" if self.waiting == 1 else "s"
            return (
                f"{self.waiting} different cloud{plural} so far: nothing is said of fewer than "
                f"{WINDOW}."
            )
        found = self.windows[-1].found
        measure = f"{found.distance:.1f} times the alarm threshold"
        if not found.alarm:
            return f"The last {WINDOW} clouds look like those of the training ({measure})."
        off = [shift.block for shift in found.shifts if shift.distance >= 1][:_NAMED]
        parts = [f"The last {WINDOW} clouds are not like those of the training ({measure})."]
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
        latest = self.windows[-1].found if self.windows else None
        return {
            "version": self.version,
            "alarm": self.alarm,
            "said": self.said,
            "window": WINDOW,
            "waiting": self.waiting,
            "latest": latest
            and {
                "distance": latest.distance,
                "blocks": [asdict(shift) for shift in latest.shifts],
                "classes": {
                    "distance": latest.mix,
                    "variation": latest.variation,
                    "shares": latest.shares,
                    "expected": latest.expected,
                },
                "unknown": latest.unknown,
                "unknown_distance": latest.unknown_distance,
            },
            "series": [one.as_json() for one in self.windows],
        }


class DriftWatch:
    """Logs predictions if that is switched on, and compares them with the training.

    Windows are fixed by the numbers of their clouds: however often somebody asks, each is judged
    once, and the chance of a false alarm stays what it is.

    Parameters
    ----------
    registry : Registry
    artifacts : Path
    settings : Drift
    """

    def __init__(self, registry: Registry, artifacts: Path, settings: Drift) -> None:
        self.enabled = settings.enabled
        self._registry = registry
        self._log = DriftLog(artifacts, rows=settings.rows)
        self._most = settings.rows // WINDOW
        self._lock = threading.Lock()
        self._known: tuple[str, str] | None = None
        self._judged: dict[int, Judged] = {}

    def start(self) -> None:
        """Write what is noted, in the background."""
        if self.enabled:
            self._log.start()

    def close(self) -> None:
        """Write the rest."""
        if self.enabled:
            self._log.close()

    def note(self, prediction: Prediction) -> None:
        """Remember a prediction, if that is switched on."""
        if self.enabled:
            self._log.note(prediction)

    def report(self, version: str) -> DriftReport:
        """Hold the clouds that `version` has classified against its training.

        Raises
        ------
        Refused
            If the watch is off.
        NotFound, CorruptArtifact
            If the version has nothing to compare with, or the log cannot be read.
        """
        if not self.enabled:
            raise Refused("the drift watch is off: set drift.enabled to true in serve.yaml")
        reference = self._reference(version)
        self._log.flush()
        with self._lock:
            waiting = self._judge_new(version, reference)
            return DriftReport(version, tuple(self._judged.values()), waiting)

    def _judge_new(self, version: str, reference: Reference) -> int:
        """Judge every window that has become full; how many clouds wait for theirs."""
        start = max(self._judged, default=-1) + 1
        while True:
            seen = self._log.read(version, after=WINDOW * start, most=_AT_ONCE)
            if self._known != (version, seen.log):  # another version, or the file was removed
                self._known, self._judged, start = (version, seen.log), {}, 0
                continue
            number = (seen.place - 1) // WINDOW
            for one in np.unique(number).tolist():
                rows = number == one
                if np.count_nonzero(rows) == WINDOW:
                    self._judged[one] = _judge(reference, seen, rows)
            if len(seen) < _AT_ONCE:
                break
            last = int(number[-1])  # which the end of the reading may have cut off
            start = last + (last in self._judged)
        kept = sorted(self._judged)[-self._most :]
        self._judged = {one: self._judged[one] for one in kept}
        return int(np.count_nonzero(number > max(kept, default=-1)))

    def _reference(self, version: str) -> Reference:
        try:
            raw = self._registry.attached(version, ATTACHMENT)
        except NotFound:
            raise NotFound(
                f"version {version} has nothing to compare with: it was trained on too few clouds, "
                "elsewhere, or by an earlier pcdash"
            ) from None
        try:
            return _unpacked(raw)
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile):
            message = f"what version {version} compares with is damaged"
            raise CorruptArtifact(message) from None


@lru_cache(maxsize=2)
def _unpacked(raw: bytes) -> Reference:
    return Reference.from_bytes(raw)


def _judge(reference: Reference, seen: Seen, rows: np.ndarray[Any, Any]) -> Judged:
    asked = seen.unknown[rows]
    asked = asked[~np.isnan(asked)]
    found = compare(
        reference,
        seen.features[rows].astype(np.float32),
        seen.said[rows].tolist(),
        (asked > 0).tolist() if len(asked) else None,
    )
    at = seen.at[rows]
    return Judged(float(at.min()), float(at.max()), found)
