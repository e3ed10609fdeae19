"""The gate that every promotion goes through, whoever asks for it."""

from __future__ import annotations

import json
from typing import Any

from pcdash.core.examination.gate import Verdict, compare
from pcdash.errors import CorruptArtifact, GateRefused, InvalidInput, NotFound
from pcdash.registry import Registry

PASSPORT = "passport.json"
MOST_REASON = 500


def passport_of(registry: Registry, version: str) -> dict[str, Any]:
    """The passport of `version`; NotFound where it has none, CorruptArtifact where it is damaged.

    A damaged one must not open the gate.
    """
    found = read_passport(registry.attached(version, PASSPORT))
    if found is None:
        raise CorruptArtifact(f"the passport of version {version} is damaged")
    return found


def read_passport(raw: bytes) -> dict[str, Any] | None:
    """The passport that `raw` holds; None if it is none."""
    try:
        found = json.loads(raw)
        known = found["passport_format"] == 1 and found["conditions"][0]["name"] == "clean"
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return dict(found) if known else None


def judge(registry: Registry, version: str) -> Verdict:
    """Hold `version` against the one that is in service now.

    Raises
    ------
    NotFound, CorruptArtifact
    """
    return _judged(registry, version, registry.current())


def _judged(registry: Registry, version: str, served: str | None) -> Verdict:
    metadata = registry.metadata(version)
    if served is None or served == version:
        return Verdict(True, "nothing else is in service")
    try:
        before = registry.metadata(served)
    except (NotFound, CorruptArtifact):
        return Verdict(False, f"not compared: version {served} cannot be read")
    if before.get("bootstrap"):
        return Verdict(True, f"version {served} is a first model, which any other may replace")
    if metadata.get("classes") != before.get("classes"):
        return Verdict(False, f"not compared: version {served} knows other classes")
    return compare(_optional(registry, version), _optional(registry, served), (version, served))


def promote(
    registry: Registry, version: str, *, reason: str, override: str | None = None
) -> Verdict:
    """Put `version` in service if it is nowhere significantly worse than what serves now.

    Parameters
    ----------
    registry : Registry
    version : str
    reason : str
        What led to it, for the log.
    override : str, optional
        Why it shall serve even if it is worse, for the log.

    Returns
    -------
    Verdict
        What came of the comparison.

    Raises
    ------
    GateRefused
        If it is worse somewhere and no reason is given.
    NotFound, CorruptArtifact, Refused
    """
    override = _stated(override)
    served = registry.current()
    verdict = _judged(registry, version, served)
    if verdict.worse and override is None:
        raise GateRefused(version, served or "", [str(one) for one in verdict.worse])
    used = override if verdict.worse else None
    worse = "; ".join(str(one) for one in verdict.worse)
    note = f"{verdict.note}; worse at {worse}" if worse else verdict.note
    registry.promote(
        version,
        reason=reason,
        override=used,
        note=note,
        still=lambda current: current in (served, version),
    )
    return verdict


def _stated(override: str | None) -> str | None:
    if override is None:
        return None
    text = " ".join(override.split())
    # It is printed on terminals: nothing in it may act there (`isprintable` knows bidi marks too).
    if not text.isprintable():
        raise InvalidInput("the reason holds characters that cannot be printed", field="override")
    if not 3 <= len(text) <= MOST_REASON:
        raise InvalidInput(f"the reason must have 3 to {MOST_REASON} characters", field="override")
    return text


def _optional(registry: Registry, version: str) -> dict[str, Any] | None:
    try:
        return passport_of(registry, version)
    except NotFound:
        return None
