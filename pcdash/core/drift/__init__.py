"""Whether the clouds that are classified still look like those of the training.

Every block of the descriptor is reduced to a few principal components of the training's clouds, and
each component to two bounded scores: the rank among the training's values, for a shift (Wilcoxon
1945), and its squared distance from the middle rank, for a change of spread (Mood 1954).  A window
of clouds is held against the training by Hotelling's T squared of the mean scores of each block
(Hotelling 1931; on ranks: Puri & Sen 1971).  Since the scores are bounded, that needs no assumption
about the features, and no resampling: means of a hundred are normal far into the tails.  Each
window is judged by itself and together with those before it.
"""

from __future__ import annotations

from pcdash.core.drift.comparison import (
    FALSE_ALARMS,
    TOGETHER,
    WINDOW,
    Comparison,
    Shift,
    Tally,
    compare,
)
from pcdash.core.drift.reference import LEAST_REFERENCE, Reference, halved, reference_of

__all__ = [
    "FALSE_ALARMS",
    "LEAST_REFERENCE",
    "TOGETHER",
    "WINDOW",
    "Comparison",
    "Reference",
    "Shift",
    "Tally",
    "compare",
    "halved",
    "reference_of",
]
