"""A training recipe whose clouds look like some given scans.

No labels are needed: what the scans are like (points, noise, outliers, how much is seen) decides
the ranges that training clouds are drawn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption import Randomisation, draw
from pcdash.core.corruption.recipe import Sensor
from pcdash.core.descriptor import describe_batch
from pcdash.core.descriptor.sample import KEPT
from pcdash.core.trust.quality import Quality
from pcdash.errors import InvalidInput

Float32 = NDArray[np.float32]

FEWEST_SCANS, MOST_SCANS = 3, 20

_WIDER = 1.3
"""Ranges go beyond what the few scans happened to show, by this factor."""

_HALF_EXTENTS = 0.8
"""About how many half extents an rms radius has: the recipe counts noise in those."""

_MOST_POINTS = 4 * KEPT
"""Of a training cloud: of more, whatever is cut off, no more than `KEPT` would be looked at."""

_PART = 0.75
_UNEVEN = 0.85
_CLUTTERED = 0.03
_FEW_POINTS = 160
COMPARED = 200
_COMPONENTS = 8
_FOLDS = 5

_HOW_OFTEN = ((0.9, "almost always"), (0.75, "mostly"), (0.6, "often"))
"""Least AUC -> how often a scan and a synthetic cloud, side by side, are told apart."""


@dataclass(frozen=True)
class Likeness:
    """How well a recipe's clouds can be told from real scans.

    Attributes
    ----------
    auc : float
        Area under the curve of a discriminator that has not seen the clouds it judges: 0.5 where
        they cannot be told apart, 1 where they always can (Lopez-Paz & Oquab 2017).
    deviation : float
        Standard deviation of that over the repetitions.
    """

    auc: float
    deviation: float

    def sentence(self) -> str:
        """As people say it."""
        often = next((words for least, words in _HOW_OFTEN if self.auc >= least), None)
        told = f"can {often} be told from" if often else "can hardly be told from"
        return f"Its clouds {told} the scans (AUC {self.auc:.2f}; 0.50 is tossing a coin)."


def recipe_like(scans: Sequence[Quality]) -> Randomisation:
    """The ranges that training clouds should be drawn from.

    Parameters
    ----------
    scans : sequence of Quality
        Estimates of `FEWEST_SCANS` to `MOST_SCANS` scans.

    Raises
    ------
    InvalidInput
        If there are too few, or too many.
    """
    if not FEWEST_SCANS <= len(scans) <= MOST_SCANS:
        raise InvalidInput(
            f"name {FEWEST_SCANS} to {MOST_SCANS} scans, not {len(scans)}", field="scans"
        )
    points = np.array([one.points for one in scans], dtype=np.float64)
    noise = np.clip([one.noise / _HALF_EXTENTS for one in scans], 0.002, 0.4)
    outliers = np.array([one.outliers for one in scans])
    seen_in_part = float(np.mean([one.coverage < _PART for one in scans]))
    uneven = float(np.mean([one.evenness < _UNEVEN for one in scans]))
    low, high = _around(points, 16, _MOST_POINTS)
    quiet, loud = _around(noise, 2e-3, 0.4)
    return Randomisation(
        plain_share=round(max(0.0, 1 - seen_in_part - uneven) * 0.5, 2),
        single_share=0.0,
        n_points=(round(low), round(high)),
        few_share=0.0,
        few_points=(max(16, round(min(low, _FEW_POINTS))), round(max(low, _FEW_POINTS))),
        noise=(quiet, loud),
        noise_free_share=round(float(np.mean(noise < 0.004)), 2),
        stretch_share=0.1,
        crop_share=0.15,
        gradient_share=round(uneven, 2),
        outlier_share=round(float(np.mean(outliers > _CLUTTERED)), 2),
        outliers=(0.0, round(min(0.5, _WIDER * float(outliers.max()) + 0.01), 3)),
        camera_share=round(seen_in_part, 2),
        sensor=Sensor(noise=(quiet, loud)),
    )


def likeness(real: Float32, recipe: Randomisation, classes: Sequence[str], seed: int) -> Likeness:
    """How well clouds of `recipe` can be told from real scans by their descriptors.

    Parameters
    ----------
    real : (r, DIM) float32
        Of at least `FEWEST_SCANS` scans.
    recipe : Randomisation
    classes : sequence of str
        Synthetic shapes.
    seed : int
    """
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline

    from pcdash.core.classifiers.scaling import Rooted

    made = _described(recipe, tuple(classes), seed)
    rows = np.concatenate([real, made])
    is_real = np.arange(len(rows)) < len(real)
    folds = min(_FOLDS, len(real))
    areas = []
    for repetition in range(3):
        split = StratifiedKFold(folds, shuffle=True, random_state=repetition)
        said = np.empty(len(rows))
        for seen, held in split.split(rows, is_real):
            discriminator = make_pipeline(
                Rooted(),
                PCA(_COMPONENTS, random_state=0),
                LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
            ).fit(rows[seen], is_real[seen])
            said[held] = discriminator.decision_function(rows[held])
        areas.append(float(roc_auc_score(is_real, said)))
    return Likeness(float(np.mean(areas)), float(np.std(areas)))


@lru_cache(maxsize=4)
def _described(recipe: Randomisation, classes: tuple[str, ...], seed: int) -> Float32:
    """Clouds of a recipe, the classes in turn: (`COMPARED`, DIM); nobody changes what is returned.

    Everybody who asks is held against the default recipe, which is described once then.
    """
    rng = np.random.default_rng(seed)
    return describe_batch([draw(classes[i % len(classes)], recipe, rng) for i in range(COMPARED)])


def _around(values: NDArray[np.float64], least: float, most: float) -> tuple[float, float]:
    """Range of some values, widened, to three digits, within bounds."""
    wide = [float(f"{end:.3g}") for end in (values.min() / _WIDER, values.max() * _WIDER)]
    low, high = np.clip(wide, least, most).tolist()
    return low, high
