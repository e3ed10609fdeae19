"""From a few unlabelled scans to a training that looks like them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points
from pcdash.core.corruption import SOLIDS, Randomisation
from pcdash.core.inference import ActiveModel
from pcdash.core.progress import Progress, Silent
from pcdash.core.trust.likeness import (
    COMPARED,
    FEWEST_SCANS,
    MOST_SCANS,
    Likeness,
    likeness,
    recipe_like,
)
from pcdash.core.trust.quality import Quality
from pcdash.errors import InvalidInput, Refused

_CLOUDS = 1500

_IN_19_OF_20 = 1.96
"""Standard deviations within which chance stays so often."""


@dataclass(frozen=True)
class Imitation:
    """A training recipe that looks like some scans.

    Attributes
    ----------
    scans : tuple of Quality
        What each of them is like, copies included.
    config : dict
        A training's file, its classifier left at its default.
    before, after : Likeness
        Of the default recipe and of this one.
    model_version : str
        Who has estimated what the scans are like.
    copies : tuple of (str, str)
        Scans that are the points of an earlier one, and that one; they count once.
    """

    scans: tuple[Quality, ...]
    config: dict[str, Any]
    before: Likeness
    after: Likeness
    model_version: str
    copies: tuple[tuple[str, str], ...] = ()

    @property
    def different(self) -> int:
        """Number of scans that are none of the copies."""
        return len(self.scans) - len(self.copies)

    @property
    def chance(self) -> float:
        """Standard deviation of an AUC of so few scans by chance, see `chance_of`."""
        return chance_of(self.different)

    def sentence(self, found: Likeness) -> str:
        """What `before` or `after` says, and what chance would."""
        bound = _IN_19_OF_20 * self.chance
        may_be = ": this may be chance" if abs(found.auc - 0.5) <= bound else ""
        return (
            f"{found.sentence()} With {self.different} scans, chance alone gives "
            f"0.50 ± {bound:.2f} in 19 of 20 cases{may_be}."
        )

    def to_json(self) -> dict[str, Any]:
        """As routes, commands and jobs give it away."""
        return {
            "config": self.config,
            "scans": [asdict(scan) | {"summary": scan.summary()} for scan in self.scans],
            **{
                name: asdict(found) | {"chance": self.chance, "sentence": self.sentence(found)}
                for name, found in (("before", self.before), ("after", self.after))
            },
            "copies": [{"scan": copy, "of": first} for copy, first in self.copies],
            "model_version": self.model_version,
        }


def chance_of(scans: int) -> float:
    """Standard deviation of an AUC around 0.5 where nothing tells the two kinds apart.

    That of the repetitions leaves out by what chance just these scans were drawn (Mann & Whitney
    1947).

    Parameters
    ----------
    scans : int
        Different ones, which `COMPARED` clouds are held against.
    """
    return sqrt((scans + COMPARED + 1) / (12 * scans * COMPARED))


def imitate(
    model: ActiveModel,
    clouds: Iterable[Points],
    seed: int = 0,
    progress: Progress | None = None,
    names: Sequence[str] = (),
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
    names : sequence of str
        Of the scans, to say which are copies; without them they are numbered from 1.

    Raises
    ------
    InvalidInput
        If there are too few or too many scans, or too few different ones.
    Refused
        If the version was never calibrated, or does not know two synthetic shapes.
    """
    progress = progress or Silent()
    trust, classes = model.trust, tuple(name for name in model.classes if name in SOLIDS)
    if trust is None:
        raise Refused("the version in service was never calibrated: train one first")
    if len(classes) < 2:
        raise Refused("the version in service knows no synthetic shapes: train one that does")
    rows: list[NDArray[np.float32]] = []
    scans: list[Quality] = []
    seen: dict[str, int] = {}
    copies: list[tuple[str, str]] = []
    for number, points in enumerate(clouds):
        if number == MOST_SCANS:
            raise InvalidInput(f"name {FEWEST_SCANS} to {MOST_SCANS} scans", field="scans")
        progress.report("read", 0.3 * number / MOST_SCANS, f"scan {number + 1}")
        first = seen.setdefault(_content(points), number)
        if first < number:
            copies.append((_name(names, number), _name(names, first)))
        rows.append(rows[first] if first < number else model.features([points])[0])
        scans.append(trust.quality(rows[-1], len(points)))
    places = list(seen.values())
    if copies and len(places) < FEWEST_SCANS:
        raise InvalidInput(
            f"{said_of(copies)}: {len(places)} different scans are left, {FEWEST_SCANS} needed",
            field="scans",
        )
    recipe = recipe_like([scans[place] for place in places])
    features = np.stack([rows[place] for place in places])
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
    return Imitation(tuple(scans), config, before, after, model.version, tuple(copies))


def said_of(copies: Sequence[tuple[str, str]]) -> str:
    """Name copies, as people say it."""
    return ", ".join(f"{copy} is a copy of {first}" for copy, first in copies)


def _name(names: Sequence[str], place: int) -> str:
    return names[place] if place < len(names) else f"scan {place + 1}"


def _content(points: Points) -> str:
    """The same for the same points in whatever order: each axis is sorted by itself."""
    ordered = np.sort(points, axis=0) + 0.0  # or -0 would differ from 0
    return sha256(ordered.tobytes()).hexdigest()
