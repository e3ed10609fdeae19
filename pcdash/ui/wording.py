"""Times as people read them, and the numbers of `pcdash.figures.words`."""

from __future__ import annotations

from datetime import datetime

from pcdash.figures.words import UNKNOWN, counted, duration, measured, number, percent
from pcdash.jobs import Job

__all__ = [
    "UNKNOWN",
    "counted",
    "duration",
    "measured",
    "moment",
    "number",
    "percent",
    "remaining",
    "size",
]


_AT_ONE_GO = frozenset({"fit"})
"""Stages that say nothing between their beginning and their end."""


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
