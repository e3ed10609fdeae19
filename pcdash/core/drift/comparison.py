"""Classified clouds against the training, a window of them or several taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pcdash.core.descriptor import SLICES
from pcdash.core.drift.reference import Reference, scores_of

WINDOW = 100
"""Clouds that are judged together; nothing is said of fewer."""

TOGETHER = 10
"""Windows that are taken together at most: what befalls one cloud in five shows in a thousand."""

FALSE_ALARMS = 1e-4
"""Chance that a window of clouds like the training's raises an alarm, by itself or together with
those before it, by any of the tests: 1 % for the 100 windows of 10,000 clouds."""

_JUDGED = 2
"""How often each window is: by itself, and with those before it."""

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
class Tally:
    """What is left of a window once its clouds have been looked at: sums, which can be added up.

    Attributes
    ----------
    clouds : int
    scores : (2 k,) float64
        Sum of the clouds' scores; see `pcdash.core.drift.reference.scores_of`.
    said : (c,) int64
        How often each class of the reference was predicted.
    asked, unknown : int
        Of how many clouds it was told whether they are unknown, and how many are.
    """

    clouds: int
    scores: NDArray[np.float64]
    said: NDArray[np.int64]
    asked: int
    unknown: int

    @classmethod
    def of(
        cls,
        reference: Reference,
        features: NDArray[np.floating[Any]],
        said: Sequence[str],
        unknown: Sequence[bool] = (),
    ) -> Self:
        """Look at clouds.

        Parameters
        ----------
        reference : Reference
        features : (n, DIM) float
            Their descriptors, as `halved` has rounded them.
        said : (n,) sequence of str
            The predicted classes.
        unknown : sequence of bool
            Of those that it was told of, which were called unknown.
        """
        names = np.asarray(said, dtype=np.str_)
        counts = [np.count_nonzero(names == name) for name in reference.classes.tolist()]
        return cls(
            clouds=len(features),
            scores=scores_of(reference, features).sum(axis=0),
            said=np.array(counts, dtype=np.int64),
            asked=len(unknown),
            unknown=int(np.sum(unknown)),
        )

    def __add__(self, other: Self) -> Self:
        """Both taken together."""
        return type(self)(
            self.clouds + other.clouds,
            self.scores + other.scores,
            self.said + other.said,
            self.asked + other.asked,
            self.unknown + other.unknown,
        )


@dataclass(frozen=True)
class Comparison:
    """Clouds held against the training.

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


def compare(reference: Reference, seen: Tally) -> Comparison:
    """Hold classified clouds against the training."""
    chance = FALSE_ALARMS / (_JUDGED * (len(SLICES) + 2))
    names = reference.classes.tolist()
    shares = dict(zip(names, (seen.said / seen.clouds).tolist(), strict=True))
    expected = dict(zip(names, (reference.said / reference.said.sum()).tolist(), strict=True))
    return Comparison(
        clouds=seen.clouds,
        shifts=_shifts(reference, seen, chance),
        mix=_mix_distance(reference, seen, chance),
        variation=sum(abs(shares[name] - expected[name]) for name in names) / 2,
        shares=shares,
        expected=expected,
        unknown=seen.unknown / seen.asked if seen.asked else None,
        unknown_distance=_unknown_distance(reference, seen, chance),
    )


def _shifts(reference: Reference, seen: Tally, chance: float) -> tuple[Shift, ...]:
    n, m, k = seen.clouds, reference.clouds, len(reference.block)
    mean = seen.scores / n
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


def _mix_distance(reference: Reference, seen: Tally, chance: float) -> float:
    """Chi squared of the predicted classes here and there, against its limit (Pearson 1900)."""
    table = np.stack([seen.said, reference.said])
    rare = table.sum(axis=0) * seen.clouds / table.sum() < _LEAST_EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    squared = ((table - expected) ** 2 / expected).sum()
    return float(squared / stats.chi2.isf(chance, table.shape[1] - 1))


def _unknown_distance(reference: Reference, seen: Tally, chance: float) -> float | None:
    """Logarithm of the chance of so many unknown ones, against that of the limit.

    Fisher's exact test (1935): the training's share is that of a sample as well, and of a small one
    it may be 0 by chance.
    """
    if not seen.asked or np.isnan(reference.unknown):
        return None
    m = int(reference.said.sum())
    there = round(reference.unknown * m)
    tail = stats.hypergeom.logsf(seen.unknown - 1, seen.asked + m, seen.unknown + there, seen.asked)
    return float(tail / np.log(chance))
