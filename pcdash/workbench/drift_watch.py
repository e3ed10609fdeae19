"""What was classified lately against what the version in service was trained on."""

from __future__ import annotations

import threading
import zipfile
from functools import lru_cache, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.cloud import Prediction
from pcdash.core.drift import TOGETHER, WINDOW, Reference, Tally, compare
from pcdash.errors import CorruptArtifact, NotFound, Refused
from pcdash.registry import Registry
from pcdash.settings import Drift
from pcdash.workbench.drift_log import DriftLog, Seen
from pcdash.workbench.drift_report import DriftReport, Judged

ATTACHMENT = "drift.npz"

_AT_ONCE = 20 * WINDOW
"""Clouds that are read at a time: 4 MB, however many there are."""


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
                    self._judged[one] = _judge(reference, seen, rows, self._before(one))
            if len(seen) < _AT_ONCE:
                break
            last = int(number[-1])  # which the end of the reading may have cut off
            start = last + (last in self._judged)
        kept = sorted(self._judged)[-self._most :]
        self._judged = {one: self._judged[one] for one in kept}
        return int(np.count_nonzero(number > max(kept, default=-1)))

    def _before(self, number: int) -> list[Tally]:
        """Tallies of the windows right before this one."""
        found = []
        for earlier in range(number - 1, number - TOGETHER, -1):
            one = self._judged.get(earlier)
            if one is None or one.tally is None:
                break
            found.append(one.tally)
        return found

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


def _judge(
    reference: Reference, seen: Seen, rows: np.ndarray[Any, Any], before: list[Tally]
) -> Judged:
    asked = seen.unknown[rows]
    tally = Tally.of(
        reference,
        seen.features[rows].astype(np.float32),
        seen.said[rows].tolist(),
        (asked[~np.isnan(asked)] > 0).tolist(),
    )
    at = seen.at[rows]
    return Judged(
        since=float(at.min()),
        until=float(at.max()),
        found=compare(reference, tally),
        together=compare(reference, reduce(add, before, tally)) if before else None,
        tally=tally,
    )
