"""From a few unlabelled scans to a training that looks like them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pcdash.core.cloud import Points
from pcdash.core.corruption import SOLIDS, Randomisation
from pcdash.core.inference import ActiveModel
from pcdash.core.progress import Progress, Silent
from pcdash.core.trust.likeness import FEWEST_SCANS, MOST_SCANS, Likeness, likeness, recipe_like
from pcdash.core.trust.quality import Quality
from pcdash.errors import InvalidInput, Refused

_CLOUDS = 1500


@dataclass(frozen=True)
class Imitation:
    """A training recipe that looks like some scans.

    Attributes
    ----------
    scans : tuple of Quality
        What each of them is like.
    config : dict
        A training's file, its classifier left at its default.
    before, after : Likeness
        Of the default recipe and of this one.
    model_version : str
        Who has estimated what the scans are like.
    """

    scans: tuple[Quality, ...]
    config: dict[str, Any]
    before: Likeness
    after: Likeness
    model_version: str

    def to_json(self) -> dict[str, Any]:
        """As routes, commands and jobs give it away."""
        return {
            "config": self.config,
            "scans": [asdict(scan) | {"summary": scan.summary()} for scan in self.scans],
            **{
                name: asdict(found) | {"sentence": found.sentence()}
                for name, found in (("before", self.before), ("after", self.after))
            },
            "model_version": self.model_version,
        }


def imitate(
    model: ActiveModel, clouds: Iterable[Points], seed: int = 0, progress: Progress | None = None
) -> Imitation:
    """Write the recipe whose synthetic clouds look like `clouds`.

    Parameters
    ----------
    model : ActiveModel
        Estimates what the scans are like; its classes are trained again.
    clouds : iterable of (n, 3) float64
        Accepted ones, `FEWEST_SCANS` to `MOST_SCANS`; of each no more than its descriptor is kept.
    seed : int
    progress : Progress, optional

    Raises
    ------
    InvalidInput
        If there are too few or too many scans.
    Refused
        If the version was never calibrated, or does not know two synthetic shapes.
    """
    progress = progress or Silent()
    trust, classes = model.trust, tuple(name for name in model.classes if name in SOLIDS)
    if trust is None:
        raise Refused("the version in service was never calibrated: train one first")
    if len(classes) < 2:
        raise Refused("the version in service knows no synthetic shapes: train one that does")
    rows, scans = [], []
    for number, points in enumerate(clouds):
        if number == MOST_SCANS:
            raise InvalidInput(f"name {FEWEST_SCANS} to {MOST_SCANS} scans", field="scans")
        progress.report("read", 0.3 * number / MOST_SCANS, f"scan {number + 1}")
        rows.append(model.features([points])[0])
        scans.append(trust.quality(rows[-1], len(points)))
    recipe = recipe_like(scans)
    features = np.stack(rows)
    progress.report("compare", 0.3, "with the default recipe")
    before = likeness(features, Randomisation(), classes, seed)
    progress.report("compare", 0.65, "with the recipe for these scans")
    after = likeness(features, recipe, classes, seed)
    config = {
        "seed": seed,
        "dataset": {
            "kind": "synthetic",
            "classes": list(classes),
            "n_samples_per_class": _CLOUDS,
            "randomise": recipe.model_dump(mode="json"),
        },
        "split": {"train": 0.85, "val": 0.0, "test": 0.15},
    }
    return Imitation(tuple(scans), config, before, after, model.version)
