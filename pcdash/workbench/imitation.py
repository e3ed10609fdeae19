"""From a few unlabelled scans to a training that looks like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pcdash.core.cloud import Points
from pcdash.core.corruption import SOLIDS, Randomisation
from pcdash.core.inference import ActiveModel
from pcdash.core.trust.likeness import Likeness, likeness, recipe_like
from pcdash.core.trust.quality import Quality
from pcdash.errors import InvalidInput

_CLOUDS = 1500


@dataclass(frozen=True)
class Imitation:
    """A training recipe that looks like some scans.

    Attributes
    ----------
    scans : tuple of Quality
        What each of them is like.
    config : dict
        A training's file, its seed and classifier left at their defaults.
    before, after : Likeness
        Of the default recipe and of this one.
    """

    scans: tuple[Quality, ...]
    config: dict[str, Any]
    before: Likeness
    after: Likeness


def imitate(model: ActiveModel, clouds: Sequence[Points], seed: int = 0) -> Imitation:
    """Write the recipe whose synthetic clouds look like `clouds`.

    Parameters
    ----------
    model : ActiveModel
        Estimates what the scans are like; its classes are trained again.
    clouds : sequence of (n, 3) float64
        Accepted ones, 3 to 20.
    seed : int

    Raises
    ------
    InvalidInput
        If the version was never calibrated, does not know synthetic shapes, or there are too few or
        too many scans.
    """
    if model.trust is None:
        raise InvalidInput(
            "the version in service was never calibrated: train one first", field="model"
        )
    classes = tuple(name for name in model.classes if name in SOLIDS)
    if len(classes) < 2:
        raise InvalidInput("the version in service knows no synthetic shapes", field="model")
    features = model.features(clouds)
    scans = tuple(
        model.trust.quality(row, len(points)) for row, points in zip(features, clouds, strict=True)
    )
    recipe = recipe_like(scans)
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
    return Imitation(
        scans,
        config,
        likeness(features, Randomisation(), classes, seed),
        likeness(features, recipe, classes, seed),
    )
