"""What a request costs, in one table: so that a few slow ones leave turns to predictions."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

SLOW_FROM: dict[str, float] = {
    "quality": inf,
    "expected_accuracy": inf,
    "neighbours": inf,
    "turntable": 0,
    "blame": 0,
    "primitive": 0,
    "isolate": 200_000,
    "morph": 0,
    "imitate": 0,
}
"""What is asked beside a prediction -> number of points from which it is slow.

Slow is what takes several times as long as to classify the same cloud.  A table without defaults:
who adds an explanation says here what it costs.
"""


def slow(what: Iterable[str], points: int = 0) -> bool:
    """Whether any of it is slow for a cloud of so many points.

    Parameters
    ----------
    what : iterable of str
        Keys of `SLOW_FROM`.
    points : int
    """
    return any(points >= SLOW_FROM[one] for one in what)
