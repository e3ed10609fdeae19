"""Split-conformal prediction (Vovk et al. 2005; Sadinle et al. 2019), a few lines of it."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.75
"""That the coverage asked for holds for the calibration clouds that happened to be drawn."""


_SURE = 1e-6
"""Probabilities closer to 0 or 1 than this are not told apart."""


def nonconformity(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """How little a class conforms that has these probabilities: the log odds against it (m,)."""
    against = np.clip(1 - probability, _SURE, 1 - _SURE)
    return np.asarray(np.log(against / (1 - against)))


def least_probability(most: float) -> float:
    """The probability whose `nonconformity` is `most`; 0 where every class conforms."""
    odds = math.exp(-min(max(most, -50.0), 50.0))
    least = odds / (1 + odds)
    return least if least > _SURE else 0.0


def limit(scores: NDArray[np.float64], level: float) -> float:
    """The largest nonconformity that still belongs to a set of coverage `level`.

    The rank is taken so that the coverage holds not on average over calibrations, but for three of
    four of them: given the calibration, the coverage of the k-th of n ascending scores is
    distributed as Beta(k, n + 1 - k) (Vovk 2012, proposition 2).

    Parameters
    ----------
    scores : (n,) float64, ascending
    level : float in (0, 1)

    Returns
    -------
    float
        Infinite where there are too few scores for that level: every class belongs to the set.
    """
    rank = _rank(len(scores), level)
    return math.inf if rank is None else float(scores[rank - 1])


@lru_cache(maxsize=4096)
def _rank(n: int, level: float) -> int | None:
    """The least k with P(Beta(k, n + 1 - k) >= level) >= `CONFIDENCE`; None if there is none."""
    from scipy.special import betaincc

    k = np.arange(1, n + 1)
    enough = np.flatnonzero(betaincc(k, n + 1 - k, level) >= CONFIDENCE)
    return int(k[enough[0]]) if len(enough) else None
