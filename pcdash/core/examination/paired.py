"""Right or wrong, counted: intervals, and the difference of two versions on the same clouds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


def wilson(right: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Interval of a share (Wilson 1927), 95 % by default; (0, 1) where nothing was counted.

    Parameters
    ----------
    right, n : int
        Hits among `n` trials, 0 <= right <= n.
    z : float
        Quantile of the normal distribution.
    """
    if n == 0:
        return 0.0, 1.0
    share, z2 = right / n, z * z
    centre = share + z2 / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low, high = (centre - spread) / (1 + z2 / n), (centre + spread) / (1 + z2 / n)
    return max(0.0, float(low)), min(1.0, float(high))


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value that two classifiers are equally good (McNemar 1947).

    Clouds that both get right, or both wrong, say nothing; of the others each is as likely to be
    the one's as the other's (binomial test with 1/2).

    Parameters
    ----------
    only_first, only_second : int
        Clouds that only the first, and only the second, classifies right.
    """
    return min(1.0, 2 * worse(min(only_first, only_second), max(only_first, only_second)))


def worse(only_first: int, only_second: int) -> float:
    """Exact one-sided p-value that the first is not worse than the second; see `mcnemar`."""
    from scipy.special import bdtr  # scipy.stats would take seconds to import

    n = only_first + only_second
    return float(bdtr(only_first, n, 0.5)) if n else 1.0


def holm(p: Sequence[float], level: float = 0.05) -> NDArray[np.bool_]:
    """Which of several hypotheses to reject so that any false one comes with `level` (Holm 1979).

    Parameters
    ----------
    p : (k,) sequence of float
        p-values.
    level : float
        Chance that at least one true hypothesis is rejected.

    Returns
    -------
    (k,) bool
    """
    values = np.asarray(p, dtype=np.float64)
    order = values.argsort(kind="stable")
    bounds = level / (len(values) - np.arange(len(values)))
    passed = np.logical_and.accumulate(values[order] <= bounds)
    rejected = np.zeros(len(values), dtype=bool)
    rejected[order[passed]] = True
    return rejected
