"""Placeholder until the randomisation lands (owned by the descriptor work)."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from pcdash.core.cloud import Points


class Randomisation(BaseModel):
    """What real scans do to a shape."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def draw(shape: str, recipe: Randomisation, rng: np.random.Generator) -> Points:
    """One training cloud."""
    from pcdash.core.shapes import SHAPES

    return SHAPES[shape](1, 512, rng)[0]
