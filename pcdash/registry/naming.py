"""How versions are named: by the UTC second of their publication."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

VERSION_FORMAT = "%Y%m%d-%H%M%S"
"""YYYYMMDD-HHMMSS; in the order of these names is the order of publication."""

_VERSION = re.compile(r"[0-9]{8}-[0-9]{6}")


def is_version(name: object) -> bool:
    """Whether `name` has the form YYYYMMDD-HHMMSS; only such names ever become part of a path."""
    return isinstance(name, str) and _VERSION.fullmatch(name) is not None


def next_version(taken: Iterable[str], now: float) -> str:
    """A name for the unix second `now`, or a second past the newest name in `taken`.

    Two publications in one second, or after the clock went back, thus get two names in their order.
    """
    moments = [moment for moment in map(_moment, taken) if moment is not None]
    moments.append(datetime.fromtimestamp(int(now), UTC) - timedelta(seconds=1))
    return (max(moments) + timedelta(seconds=1)).strftime(VERSION_FORMAT)


def iso_time(seconds: float) -> str:
    """Unix seconds as ISO 8601, such as 2026-11-22T10:15:00Z."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(name: str) -> datetime | None:
    """The second that `name` stands for; None if it is no version or no date (month 13)."""
    if not is_version(name):
        return None
    try:
        return datetime.strptime(name, VERSION_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
