"""Everything a version knows about how far its answers can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.scanning import Truth
from pcdash.core.trust.bins import ALL, FEWEST, KEYS, Key, assign, members, title, wider
from pcdash.core.trust.conformal import nonconformity
from pcdash.core.trust.expectation import Expectation, Record
from pcdash.core.trust.judgement import Cell, Judgement
from pcdash.core.trust.levels import LOG_POINTS, Level, basis
from pcdash.core.trust.neighbours import Neighbours
from pcdash.core.trust.novelty import Novelty
from pcdash.core.trust.quality import Estimator, Quality

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Caution:
    """When a known cloud may be called unknown.

    Attributes
    ----------
    passing : float
        Share of the known calibration clouds of every bin above whose scores a stranger begins.
        The less it is, the more clouds it takes to find the threshold: scans that are seen in part
        count with the others.
    expected : float
        How much of what the quality of a scan lets expect of the detector's score is taken off.
        With all of it more strangers pass the threshold and fewer stand out, for they look like bad
        scans of something known.
    """

    passing: float
    expected: float


SYNTHETIC = Caution(passing=0.005, expected=0.5)
"""Chosen on families that a detector had not seen, a third of them at a time."""

OWN = Caution(passing=0.05, expected=1.0)
"""Of a user's own clouds, each of which is judged by a detector that knows half of the others and
finds it stranger than the whole one will: of new ones, one or two in a hundred pass.  Chosen with
classes of ModelNet10's train split, some of which the training never saw."""


@dataclass(frozen=True)
class Calibration:
    """Clouds whose class is known and that the classifier has not seen.

    Attributes
    ----------
    features : (m, DIM) float32
    truth : (m,) int64
    probabilities : (m, c) float64
    scores : (m,) float64
        Of a detector of strangers that has not seen them either.
    estimates : (m, 4) float32
        Of their quality, by a regression that has not seen them.
    truths : sequence of Truth
        Defects of the clouds; of none, or of the first ones.
    """

    features: Float32
    truth: NDArray[np.int64]
    probabilities: Float
    scores: Float
    estimates: Float32
    truths: Sequence[Truth] = ()

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Several as one; of their defects nothing is kept."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.truth for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.estimates for part in parts]),
        )


@dataclass(frozen=True)
class Trust:
    """What goes with a model to judge its answers.

    Attributes
    ----------
    estimator : Estimator
    novelty : Novelty
    usual, level : Level
        Of the scores of known clouds, and of the nonconformity of their class.
    cells : tuple of Cell
        For each of `KEYS`.
    thresholds : (len(KEYS),) float64
        Scores of `novelty` above which a cloud of that bin is a stranger.
    record : Record
    neighbours : Neighbours
    expected : float
        See `Caution`.
    """

    estimator: Estimator
    novelty: Novelty
    usual: Level
    level: Level
    cells: tuple[Cell, ...]
    thresholds: Float
    record: Record
    neighbours: Neighbours
    expected: float = SYNTHETIC.expected

    def judge(self, features: Float32, probabilities: Float) -> list[Judgement]:
        """What the calibration says of m answers.

        Parameters
        ----------
        features : (m, DIM) float32
        probabilities : (m, c) float64
        """
        estimates = self.estimator(features)
        cells = assign(looked_at(features), estimates)
        quality = basis(features, estimates)
        scores = self.novelty.scores(features, probabilities, estimates)
        scores -= self.expected * self.usual(quality)[0]
        scores = 1 / (1 + np.exp(np.clip(self.thresholds[cells] - scores, -50, 50)))
        found = np.stack([scores, *self.level(quality)], axis=1)
        return [
            Judgement(self.cells[cell], *row)
            for cell, row in zip(cells.tolist(), found.tolist(), strict=True)
        ]

    def quality(self, features: Float32, points: int) -> Quality:
        """Estimate how good a scan of `points` points is from its features (DIM,)."""
        noise, outliers, coverage, evenness = self.estimator(features[None])[0].tolist()
        return Quality(points, noise, outliers, coverage, evenness)

    def cell(self, features: Float32) -> Cell:
        """The calibration clouds of the same quality bin; features (DIM,)."""
        return self.cells[int(assign(looked_at(features[None]), self.estimator(features[None]))[0])]

    def expect(self, features: Float32) -> Expectation:
        """How right the version was on scans of that quality; features (DIM,)."""
        points = int(looked_at(features[None])[0])
        return self.record.expect(points, self.estimator(features[None])[0])

    def unlike(self, features: Float32) -> Mapping[str, Any]:
        """Which descriptor block is farthest from any class, and how far; features (DIM,)."""
        block, sigma = self.novelty.farthest_block(features[None], self.estimator(features[None]))
        return {"block": block, "sigma": sigma}


def looked_at(features: Float32) -> NDArray[np.int64]:
    """How many points each cloud was described by: (m, DIM) -> (m,)."""
    return np.asarray(np.rint(np.exp2(features[:, LOG_POINTS].astype(np.float64))), np.int64)


def calibrated(
    estimator: Estimator,
    novelty: Novelty,
    calibration: Calibration,
    neighbours: Neighbours,
    caution: Caution = SYNTHETIC,
) -> Trust:
    """Cut the calibration into quality bins and read every bin's thresholds off it.

    A bin with fewer than `FEWEST` clouds shares those of a wider one.
    """
    estimates = calibration.estimates
    points = looked_at(calibration.features)
    fine = assign(points, estimates)
    true = calibration.probabilities[np.arange(len(calibration.truth)), calibration.truth]
    wrong = nonconformity(true)
    quality = basis(calibration.features, estimates)
    level = Level.fit(quality, wrong)
    centre, spread = level(quality)
    wrong = (wrong - centre) / spread
    usual = Level.fit(quality, calibration.scores)
    scores = calibration.scores - caution.expected * usual(quality)[0]
    cells, thresholds = [], []
    for key in KEYS:
        used = _filled(fine, key)
        cells.append(Cell(title(used), np.sort(wrong[members(fine, used)]), used != key))
        broad = members(fine, _filled(fine, wider(key)[1]))
        # The score that no more than the given share of the known clouds exceed.
        thresholds.append(np.quantile(scores[broad], 1 - caution.passing, method="higher"))
    right = calibration.probabilities.argmax(axis=1) == calibration.truth
    return Trust(
        estimator,
        novelty,
        usual,
        level,
        tuple(cells),
        np.array(thresholds),
        Record.of(points, estimates, right, calibration.truths),
        neighbours,
        caution.expected,
    )


def _filled(fine: NDArray[np.int64], key: Key) -> Key:
    """The narrowest bin around `key` that holds enough clouds."""
    for wide in wider(key):
        if np.count_nonzero(members(fine, wide)) >= FEWEST:
            return wide
    return ALL
