"""Conditions that a classifier of the five shapes has to hold up under.

The clouds are made here from `pcdash.core.shapes` and by hand, single views by a `camera` of their
own, not by the sampler of the training data (`pcdash.core.corruption`): a test set drawn by the
training's own sampler proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pcdash.core.benchmark.clouds import default, gradient, half, scan, view
from pcdash.core.cloud import Points

__all__ = ["CONDITIONS", "Condition", "default"]

Maker = Callable[[str, np.random.Generator], Points]


@dataclass(frozen=True)
class Condition:
    """One row of the benchmark.

    Attributes
    ----------
    make : callable
        ``make(shape, rng)`` gives one cloud, (n, 3) float64.
    without : tuple of str
        Shapes that the condition turns into something else.
    """

    make: Maker
    without: tuple[str, ...] = ()


def heavy(shape: str, rng: np.random.Generator) -> Points:
    """All at once: 64..512 points, noise 0.02..0.1, up to 20 % outliers, half cropped, free."""
    return default(
        shape,
        rng,
        n=int(rng.integers(64, 513)),
        noise=rng.uniform(0.02, 0.1),
        outliers=rng.uniform(0, 0.2),
        keep=half,
        free=True,
    )


def heavy_view(shape: str, rng: np.random.Generator) -> Points:
    """All at once, the crop being what a camera sees: 64..512 points of a view of 40x40 pixels.

    A view of fewer points than drawn is taken whole.
    """
    return scan(
        view(shape, rng, fewest=64),
        rng,
        n=int(rng.integers(64, 513)),
        noise=rng.uniform(0.02, 0.1),
        outliers=rng.uniform(0, 0.2),
    )


def _with(**options: Any) -> Condition:
    return Condition(lambda shape, rng: default(shape, rng, **options))


def _seen(*, pixels: int, noise: float) -> Condition:
    return Condition(lambda shape, rng: view(shape, rng, pixels=pixels, noise=noise))


CONDITIONS: dict[str, Condition] = {
    "default clouds": _with(),
    "in a unit 1000 times larger": _with(unit=1e-3),
    "in a unit 1000 times smaller": _with(unit=1e3),
    "a million sizes away": _with(offset=1e6),
    "noise 0.10": _with(noise=0.10),
    "noise 0.20": _with(noise=0.20),
    "128 points": _with(n=128),
    "64 points": _with(n=64),
    "32 points": _with(n=32),
    "10 % outliers": _with(outliers=0.1),
    "30 % outliers": _with(outliers=0.3),
    "half cropped": _with(keep=half),
    "density gradient": _with(keep=gradient),
    "free proportions": _with(free=True),
    "stretched 0.6 to 1.6": Condition(
        lambda shape, rng: default(shape, rng, lengths=(0.6, 1.6)), without=("sphere",)
    ),
    "all at once": Condition(heavy),
    "single view, 40x40 pixels, noise 0.005": _seen(pixels=40, noise=0.005),
    "single view, 40x40 pixels, noise 0.02": _seen(pixels=40, noise=0.02),
    "single view, 16x16 pixels, noise 0.01": _seen(pixels=16, noise=0.01),
    "all at once, seen from one side": Condition(heavy_view),
}
"""What is measured; a new row is a line here."""
