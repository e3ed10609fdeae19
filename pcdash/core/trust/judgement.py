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
        ``1 - p(true class)`` of each calibration cloud, ascending.
    pooled : bool
        Whether the scan's own bin held too few, so that this one covers others as well.
    """

    title: str
    scores: NDArray[np.float64]
    pooled: bool


@dataclass(frozen=True)
class Judgement:
    """What a version's calibration says of one answer.

    Attributes
    ----------
    cell : Cell
    unknown_score : float
        In [0, 1]; above `UNKNOWN_ABOVE` the cloud is like none of the classes.
    """

    cell: Cell
    unknown_score: float

    @property
    def unknown(self) -> bool:
        """Whether the cloud is none of the classes."""
        return self.unknown_score > UNKNOWN_ABOVE


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
    from pcdash.core.trust.conformal import limit

    ranked = sorted(probabilities, key=lambda name: -probabilities[name])
    if judgement is None:
        return tuple(ranked)
    most = limit(judgement.cell.scores, level)
    return (ranked[0], *(name for name in ranked[1:] if 1 - probabilities[name] <= most))
