"""A window of classified clouds against the training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pcdash.core.descriptor import SLICES
from pcdash.core.drift.reference import Reference, scores_of

WINDOW = 100
"""Clouds that are judged together; nothing is said of fewer."""

FALSE_ALARMS = 1e-4
"""Chance that a window of clouds like the training's raises an alarm, by any of the tests: 1 % for
the 100 windows of 10,000 clouds."""

_LEAST_EXPECTED = 5.0
"""Expected number of clouds below which classes are counted together (Cochran 1954)."""


@dataclass(frozen=True)
class Shift:
    """How far a block of the descriptor is off.

    Attributes
    ----------
    block : str
    distance : float
        T squared in units of its alarm threshold: from 1 on it is an alarm.
    separation : float
        Share of the training's clouds that the window's are beyond, on average, along the
        component that tells most: 0.5 is no shift, 1 the end of what the training has seen.
    """

    block: str
    distance: float
    separation: float


@dataclass(frozen=True)
class Comparison:
    """A window held against the training.

    Attributes
    ----------
    clouds : int
    shifts : tuple of Shift
        The farthest first.
    mix : float
        Distance of the predicted classes, in units of the alarm threshold.
    variation : float
        Total variation between the shares of the classes and the training's, in [0, 1].
    shares, expected : dict of str to float
        Of each predicted class, here and for the training's clouds.
    unknown, unknown_distance : float or None
        Share of clouds that were called unknown, and that in units of the alarm threshold.
    """

    clouds: int
    shifts: tuple[Shift, ...]
    mix: float
    variation: float
    shares: dict[str, float]
    expected: dict[str, float]
    unknown: float | None
    unknown_distance: float | None

    @property
    def distance(self) -> float:
        """The largest of all distances."""
        return max(self.shifts[0].distance, self.mix, self.unknown_distance or 0.0)

    @property
    def alarm(self) -> bool:
        """Whether this would be chance once in ten thousand windows."""
        return self.distance >= 1


def compare(
    reference: Reference,
    features: NDArray[np.floating[Any]],
    said: Sequence[str],
    unknown: Sequence[bool] | None = None,
) -> Comparison:
    """Hold a window of classified clouds against the training.

    Parameters
    ----------
    reference : Reference
    features : (n, DIM) float
        Their descriptors, as `halved` has rounded them.
    said : sequence of str
        The predicted classes.
    unknown : sequence of bool, optional
        Which of them were called unknown.
    """
    n = len(features)
    chance = FALSE_ALARMS / (len(SLICES) + 2)
    shares = _shares(said, reference)
    expected = dict(
        zip(reference.classes.tolist(), reference.said / reference.said.sum(), strict=True)
    )
    share = float(np.mean(unknown)) if unknown is not None and len(unknown) else None
    return Comparison(
        clouds=n,
        shifts=_shifts(reference, features, chance),
        mix=_mix_distance(reference, said, chance),
        variation=sum(abs(shares[name] - expected[name]) for name in expected) / 2,
        shares=shares,
        expected={name: float(value) for name, value in expected.items()},
        unknown=share,
        unknown_distance=_unknown_distance(reference, unknown, chance),
    )


def _shifts(
    reference: Reference, features: NDArray[np.floating[Any]], chance: float
) -> tuple[Shift, ...]:
    n, m, k = len(features), reference.clouds, len(reference.block)
    mean = scores_of(reference, features).mean(axis=0)
    away = mean - reference.mean
    found = []
    for number, name in enumerate(SLICES):
        mine = np.flatnonzero(reference.block == number)
        if not len(mine):  # the same numbers for every cloud of the training
            found.append(Shift(name, 0.0, 0.5))
            continue
        columns = np.concatenate([mine, mine + k])
        spread = reference.covariance[np.ix_(columns, columns)].astype(np.float64)
        part = away[columns]
        squared = n * m / (n + m) * float(part @ np.linalg.pinv(spread, hermitian=True) @ part)
        p = len(columns)
        separation = 0.5 + float(np.abs(mean[mine]).max())
        found.append(Shift(name, squared / _limit(p, m, chance), min(separation, 1.0)))
    return tuple(sorted(found, key=lambda shift: -shift.distance))


@lru_cache(maxsize=64)
def _limit(p: int, m: int, chance: float) -> float:
    """What T squared of p scores exceeds by `chance` (Hotelling 1931)."""
    return float(p * (m - 1) / (m - p) * stats.f.isf(chance, p, m - p))


def _shares(said: Sequence[str], reference: Reference) -> dict[str, float]:
    names = np.asarray(said, dtype=np.str_)
    return {name: float(np.mean(names == name)) for name in reference.classes.tolist()}


def _mix_distance(reference: Reference, said: Sequence[str], chance: float) -> float:
    """Chi squared of the predicted classes here and there, against its limit (Pearson 1900)."""
    names = np.asarray(said, dtype=np.str_)
    here = np.array([np.count_nonzero(names == name) for name in reference.classes.tolist()])
    table = np.stack([here, reference.said])
    rare = table.sum(axis=0) * len(names) / table.sum() < _LEAST_EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    squared = ((table - expected) ** 2 / expected).sum()
    return float(squared / stats.chi2.isf(chance, table.shape[1] - 1))


def _unknown_distance(
    reference: Reference, unknown: Sequence[bool] | None, chance: float
) -> float | None:
    """Logarithm of the chance of so many unknown ones, against that of the limit.

    Fisher's exact test (1935): the training's share is that of a sample as well, and of a small one
    it may be 0 by chance.
    """
    if unknown is None or not len(unknown) or np.isnan(reference.unknown):
        return None
    n, m = len(unknown), int(reference.said.sum())
    here, there = int(np.sum(unknown)), round(reference.unknown * m)
    tail = stats.hypergeom.logsf(here - 1, n + m, here + there, n)
    return float(tail / np.log(chance))
