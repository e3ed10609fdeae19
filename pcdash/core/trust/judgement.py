"""What is known about one answer beyond its probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
"""Coverage of a label set where nobody asks for another."""

LEVELS = (0.5, 0.999)
"""Least and most that may be asked for."""

UNKNOWN_ABOVE = 0.5
"""Scores are scaled bin by bin so that the threshold is the same everywhere."""


@dataclass(frozen=True)
class Cell:
    """The calibration clouds that a scan is held against: those of its quality bin.

    Attributes
    ----------
    title : str
        Which scans belong here, for people.
    scores : (n,) float64
        Nonconformity of the true class of each calibration cloud, from what is expected of a scan
        of its quality, in spreads about that; ascending.
    pooled : bool
        Whether the scan's own bin held too few, so that this one covers others as well.
    """

    title: str
    scores: NDArray[np.float64]
    pooled: bool

    def sentence(self) -> str:
        """What label sets rest on, for people."""
        rest = f"Label sets rest on {len(self.scores):,} calibration scans: {self.title}"
        return f"{rest}, since too few were closer to this one." if self.pooled else f"{rest}."


@dataclass(frozen=True)
class Judgement:
    """What a version's calibration says of one answer.

    Attributes
    ----------
    cell : Cell
    unknown_score : float
        In [0, 1]; above `UNKNOWN_ABOVE` the cloud is like none of the classes.
    centre, spread : float
        What nonconformity is expected of a scan of this quality, see `Cell`.
    """

    cell: Cell
    unknown_score: float
    centre: float = 0.0
    spread: float = 1.0

    @property
    def unknown(self) -> bool:
        """Whether the cloud is none of the classes."""
        return self.unknown_score > UNKNOWN_ABOVE

    def least_probability(self, level: float) -> float:
        """The probability from which a class belongs to the label set of coverage `level`."""
        from pcdash.core.trust.conformal import least_probability, limit

        return least_probability(self.centre + self.spread * limit(self.cell.scores, level))


def label_set(
    probabilities: Mapping[str, float], judgement: Judgement | None, level: float = LEVEL
) -> tuple[str, ...]:
    """The classes that hold the true one with probability `level`, the likeliest first.

    Parameters
    ----------
    probabilities : mapping of str to float
    judgement : Judgement or None
        None where the version was never calibrated: nothing can be ruled out then.
    level : float in `LEVELS`

    Returns
    -------
    tuple of str
        Never empty: the predicted class is always in it.
    """
    ranked = sorted(probabilities, key=lambda name: -probabilities[name])
    if judgement is None:
        return tuple(ranked)
    least = judgement.least_probability(level)
    return (ranked[0], *(name for name in ranked[1:] if probabilities[name] >= least))
