"""What a model says along a morph, and where it changes its mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pcdash.core.cloud import Points
from pcdash.core.morph import MORPHS, MorphName, morph
from pcdash.core.params import Params, Seed

Array = NDArray[np.float64]

FLIP_WIDTH = 1e-4
"""Flips are known to this width."""

MOST_LOOKS = 400
"""Clouds that are classified to find the flips; a model that flickers all the way gets no more."""


class MorphParams(Params):
    """A morph to follow."""

    morph: MorphName = Field(description="From which shape to which.")
    steps: int = Field(21, ge=2, le=101, description="Places along the way that are asked about.")
    n_points: int = Field(512, ge=16, le=4096, description="Points of every cloud.")
    noise_sigma: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="Standard deviation of the Gaussian noise; the half extent is 1.",
    )
    seed: Seed | None = Field(
        None, description="Same seed, same points all the way; null: one is drawn and returned."
    )


class Model(Protocol):
    """What is asked; see `pcdash.core.inference.ActiveModel`."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def version(self) -> str: ...

    def probabilities(self, clouds: Sequence[Points]) -> Array: ...


@dataclass(frozen=True)
class Flip:
    """A change of the most probable class.

    Attributes
    ----------
    t, width : float
        It lies within `width` about t.
    before, after : str
    value : float
        Of the morph's quantity there.
    """

    t: float
    width: float
    before: str
    after: str
    value: float


@dataclass(frozen=True)
class Curve:
    """What was found along a morph.

    Attributes
    ----------
    params : MorphParams
        With its seed.
    classes : tuple of str
    t : (steps,) float64
        Evenly spaced from 0 to 1.
    probabilities : (steps, classes) float64
    flips : tuple of Flip
        In their order.  Two flips between neighbouring places that undo one another are not found.
    model_version : str
    """

    params: MorphParams
    classes: tuple[str, ...]
    t: Array
    probabilities: Array
    flips: tuple[Flip, ...]
    model_version: str

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values and arrays."""
        return {
            **self.params.model_dump(include={"morph", "n_points", "noise_sigma", "seed"}),
            "quantity": MORPHS[self.params.morph].quantity,
            "classes": list(self.classes),
            "t": self.t,
            "probabilities": self.probabilities,
            "flips": [
                {
                    "t": flip.t,
                    "width": flip.width,
                    "from": flip.before,
                    "to": flip.after,
                    "value": flip.value,
                }
                for flip in self.flips
            ],
            "model_version": self.model_version,
        }


def cloud_at(params: MorphParams, t: float) -> Array:
    """The cloud of a curve at t, (n_points, 3).

    Raises
    ------
    ValueError
        If ``params.seed`` is None: a seed is drawn once, at the door.
    """
    if params.seed is None:
        raise ValueError("draw a seed before morphing")
    return morph(params.morph, t, params.n_points, params.seed, params.noise_sigma)


def curve(model: Model, params: MorphParams) -> Curve:
    """Classify clouds along a morph and bisect every change of the most probable class.

    Parameters
    ----------
    model : Model
    params : MorphParams
        Its seed must be drawn.
    """
    places = np.linspace(0.0, 1.0, params.steps)
    said = model.probabilities([cloud_at(params, t) for t in places.tolist()])
    flips = _flips(model, params, places, said.argmax(axis=1))
    return Curve(params, model.classes, places, said, flips, model.version)


def _flips(
    model: Model, params: MorphParams, places: Array, best: NDArray[np.intp]
) -> tuple[Flip, ...]:
    """Halve all intervals whose ends disagree, all together, until they are narrow.

    Halves that agree are given up, so that a third class in between is found where it is met.
    """
    ends = list(zip(places.tolist(), best.tolist(), strict=True))
    looks = 0
    while True:
        wide = [
            k
            for k, ((a, before), (b, after)) in enumerate(pairwise(ends))
            if before != after and b - a > FLIP_WIDTH
        ]
        if not wide or looks + len(wide) > MOST_LOOKS:
            break
        looks += len(wide)
        middles = [0.5 * (ends[k][0] + ends[k + 1][0]) for k in wide]
        said = model.probabilities([cloud_at(params, t) for t in middles]).argmax(axis=1)
        ends = sorted([*ends, *zip(middles, said.tolist(), strict=True)])
    value = MORPHS[params.morph].value
    return tuple(
        Flip(
            t=(a + b) / 2,
            width=b - a,
            before=model.classes[before],
            after=model.classes[after],
            value=value((a + b) / 2),
        )
        for (a, before), (b, after) in pairwise(ends)
        if before != after
    )
