"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime

from pcdash.jobs import Job

UNKNOWN = "–"

_AT_ONE_GO = frozenset({"fit"})
"""Stages that say nothing between their beginning and their end."""


def percent(share: float | None) -> str:
    """Return a share in [0, 1] as ``97.4 %``; a dash for None.

    What is rounded to nothing or to everything says that it is neither.
    """
    if share is None:
        return UNKNOWN
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %"


def number(value: float) -> str:
    """Return a bound as people write it: ``100,000``, ``0.5``."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


def duration(seconds: float) -> str:
    """Return seconds as ``8 s``, ``2 min 05 s`` or ``1 h 12 min``."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def moment(seconds: float) -> str:
    """Return Unix seconds as ``22 Nov 2026, 10:15`` in the server's time zone."""
    when = datetime.fromtimestamp(seconds).astimezone()
    return f"{when.day} {when:%b %Y, %H:%M}"


def remaining(job: Job) -> str:
    """Return ``about 8 s left`` for a running job; empty where there is nothing to go by."""
    if not job.active or job.fraction < 0.05 or job.seconds < 1 or job.stage in _AT_ONE_GO:
        return ""
    return f"about {duration(job.seconds * (1 - job.fraction) / job.fraction)} left"


def size(n: int) -> str:
    """Return bytes as ``512 B``, ``4.2 MB``."""
    value, unit = float(n), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def counted(n: int, noun: str) -> str:
    """Return ``1 point``, ``512 points``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
