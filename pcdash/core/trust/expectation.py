"""How right the version was on scans of the same quality as this one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.scanning import Truth

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

_NEIGHBOURS = 300
_SHARE = 0.1
"""Most neighbours, and what part of the calibration they may be at most."""

_FEWEST_ALIKE = 25
_SEEN = 0.7
_WIDE = 1.96


@dataclass(frozen=True)
class Expectation:
    """Expected accuracy for one scan.

    Attributes
    ----------
    accuracy, low, high : float
        Share of the calibration scans of like quality that were classified right, and a 95 %
        interval: of chance, and of what such scans differ in beyond the estimates.
    clouds : int
        How many those were.
    """

    accuracy: float
    low: float
    high: float
    clouds: int

    def sentence(self) -> str:
        """As people say it."""
        between = f"{100 * self.low:.0f} to {100 * self.high:.0f} %"
        return f"{100 * self.accuracy:.0f} % expected right, {between}"


@dataclass(frozen=True)
class Record:
    """Quality and outcome of the calibration scans.

    Attributes
    ----------
    place : (m, 5) float32
        Quality on scales on which like steps matter alike.
    right : (m,) bool
    spread : float
        Standard deviation, beyond chance, of what is true of scans with the same defects about
        what is expected of them; of the arcsine of the square root of the accuracy.
    """

    place: Float32
    right: NDArray[np.bool_]
    spread: float = 0.0

    @classmethod
    def of(
        cls,
        points: NDArray[np.int64],
        estimates: Float32,
        right: NDArray[np.bool_],
        truths: Sequence[Truth] = (),
    ) -> Self:
        """Remember m calibration scans.

        Parameters
        ----------
        points : (m,) int
        estimates : (m, 4) float32
        right : (m,) bool
        truths : sequence of Truth
            True defects of the first of them, to see how far estimates lead.
        """
        record = cls(_place(points, estimates), right)
        return replace(record, spread=record._spread(points, estimates, truths))

    def _spread(
        self, points: NDArray[np.int64], estimates: Float32, truths: Sequence[Truth]
    ) -> float:
        """How far the truth of some conditions is from what is expected under them.

        The scans are put together by what was really done to them, as somebody who scans under one
        condition would; the method of moments (DerSimonian & Laird 1986) takes chance out.
        """
        if not truths:
            return 0.0
        real = np.array([[t.noise, t.outliers, t.coverage, t.evenness] for t in truths])
        keys = np.stack(
            [
                np.searchsorted((64, 160, 400), points[: len(real)]),
                np.searchsorted((0.03, 0.07, 0.14), real[:, 0]),
                real[:, 1] > 0,
                real[:, 2] > _SEEN,
            ]
        )
        group = np.ravel_multi_index(tuple(keys.astype(np.intp)), (4, 4, 2, 2))
        excess = []
        for one in np.unique(group):
            own = np.flatnonzero(group == one)
            if len(own) >= _FEWEST_ALIKE:
                some = own[:: max(1, len(own) // _FEWEST_ALIKE)]
                found = [self.expect(int(points[i]), estimates[i]).accuracy for i in some]
                apart = _arcsine(float(self.right[own].mean())) - _arcsine(float(np.mean(found)))
                excess.append(apart**2 - 0.25 / len(own))
        return math.sqrt(max(0.0, sum(excess) / len(excess))) if excess else 0.0

    def expect(self, points: int, estimates: NDArray[np.float32]) -> Expectation:
        """What became of the calibration scans whose quality is nearest to this one's.

        Parameters
        ----------
        points : int
        estimates : (4,) float32
            See `pcdash.core.trust.quality.Estimator`.
        """
        here = _place(np.array([points]), estimates[None])[0]
        apart = ((self.place - here) ** 2).sum(axis=1)
        number = max(1, min(_NEIGHBOURS, round(_SHARE * len(apart))))
        near = np.argpartition(apart, number - 1)[:number]
        # Half a success and half a failure more: certainty is not to be had from so many.
        share = (np.count_nonzero(self.right[near]) + 0.5) / (number + 1)
        half = _WIDE * math.sqrt(0.25 / number + self.spread**2)
        middle = _arcsine(float(share))
        low = math.sin(max(middle - half, 0.0)) ** 2
        high = math.sin(min(middle + half, math.pi / 2)) ** 2
        return Expectation(float(self.right[near].mean()), low, high, number)


def _arcsine(share: float) -> float:
    """The transform after which a share varies by chance alike everywhere: sd 1 / (2 sqrt(n))."""
    return math.asin(math.sqrt(share))


def _place(points: NDArray[np.int64], estimates: NDArray[np.float32]) -> NDArray[np.float32]:
    """(m, 5): doubling the points, or the noise, counts as much as a tenth of outliers."""
    number = np.log2(np.minimum(points, 1024))
    noise, outliers, coverage, evenness = estimates.T
    parts = [number, 2 * np.log2(noise + 0.01), 8 * outliers, 6 * coverage, 2 * evenness]
    return np.stack(parts, axis=1).astype(np.float32)
