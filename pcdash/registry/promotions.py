"""The log of what was live when, and the way back through it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pcdash.registry import durable
from pcdash.registry.naming import is_version

LOG_FILE = "promotions.jsonl"
PROMOTE = "promote"
ROLLBACK = "rollback"

MAX_BYTES = 2**20
"""Size at which the older half of the log, some thousands of promotions, is dropped."""


def read_log(path: Path) -> list[dict[str, Any]]:
    """Entries ``{at, version, previous, action, reason}``, oldest first, without damaged lines."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    entries = (_parse(line) for line in lines)
    return [entry for entry in entries if entry is not None]


def append(path: Path, entry: Mapping[str, Any]) -> None:
    """Add `entry` to the log at `path`, on disk when this returns."""
    durable.append_line(path, durable.to_json(entry, field="promotion", indent=None))
    if path.stat().st_size > MAX_BYTES:
        half = path.read_bytes()[-MAX_BYTES // 2 :]
        durable.replace_file(path, half.partition(b"\n")[2])


def way_back(entries: Iterable[Mapping[str, Any]], present: str | None) -> list[str]:
    """Versions that were live before `present`, the most recent first.

    A promotion goes one step forward, a rollback returns to where it was before: after promoting
    A, B, C and rolling back once, the way back from B leads to A, not to C.

    Parameters
    ----------
    entries : iterable of mapping
        The log, oldest first.
    present : str or None
        What is live now.  It may be missing in the log, when a crash or a hand moved the link.
    """
    history: list[str] = []
    for entry in entries:
        version = entry["version"]
        if entry["action"] == ROLLBACK and version in history:
            while history[-1] != version:
                history.pop()
        elif not history or history[-1] != version:
            history.append(version)
    return [version for version in reversed(history) if version != present]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.get("action") not in (PROMOTE, ROLLBACK):
        return None
    return entry if is_version(entry.get("version")) else None
