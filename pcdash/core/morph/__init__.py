"""From one shape to another: which class a model sees on the way, and where it changes its mind.

cloud = morph("cylinder-cone", 0.4, n_points=512, seed=1, noise=0.02)
found = curve(model, MorphParams(morph="cylinder-cone", seed=1))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, WithJsonSchema

from pcdash.core.morph import surfaces
from pcdash.errors import InvalidInput

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Morph:
    """A way from one shape to another.

    Attributes
    ----------
    begin, end : str
        What it is at t = 0 and at t = 1.
    quantity : str
        What changes on the way.
    value : callable
        Its value at t.
    sample : callable
        ``sample(t, draws)``: from uniform numbers (n, 3) to points (n, 3) of half extent 1, evenly
        by area and continuously in t.
    """

    begin: str
    end: str
    quantity: str
    value: Callable[[float], float]
    sample: Callable[[float, Array], Array]


MORPHS: dict[str, Morph] = {
    "cylinder-cone": Morph(
        "cylinder", "cone", "top radius over bottom radius", lambda t: 1 - t, surfaces.tapered
    ),
    "sphere-cube": Morph(
        "sphere", "cube", "roundness, 2 over the exponent", lambda t: 1 - t, surfaces.squared
    ),
    "cube-cylinder": Morph(
        "cube", "cylinder", "roundness of the cross-section", lambda t: t, surfaces.rounded
    ),
    "thick-thin-torus": Morph(
        "thick torus",
        "thin torus",
        "tube radius over ring radius",
        surfaces.tube_over_ring,
        surfaces.thinning,
    ),
}
"""The morphs that are offered; a new one is a sampler and a line here."""


def _known_morph(name: str) -> str:
    if name not in MORPHS:
        raise ValueError(f"must be one of {', '.join(MORPHS)}")
    return name


MorphName = Annotated[
    str,
    AfterValidator(_known_morph),
    WithJsonSchema({"type": "string", "enum": list(MORPHS)}),
]


def morph(name: str, t: float, n_points: int, seed: int, noise: float = 0.0) -> Array:
    """A cloud on the way from one shape to another.

    Parameters
    ----------
    name : str
        A key of `MORPHS`.
    t : float
        How far along, in [0, 1].
    n_points : int
        At least 16.
    seed : int
        Of the points and the noise, which are the same at every t: each point moves continuously.
    noise : float
        Standard deviation; the half extent is 1.

    Returns
    -------
    (n_points, 3) float64

    Raises
    ------
    InvalidInput
        If there is no such morph.
    """
    if name not in MORPHS:
        raise InvalidInput(f"morph must be one of {', '.join(MORPHS)}", field="morph")
    rng = np.random.default_rng(seed)
    draws, errors = rng.random((n_points, 3)), rng.standard_normal((n_points, 3))
    return MORPHS[name].sample(t, draws) + noise * errors
