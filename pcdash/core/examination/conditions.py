"""What is done to a cloud in an examination; any cloud of any data, without knowing its surface.

Lengths are in rms radii of the cloud about its mean, so that they mean the same in every unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pcdash.core.cloud import MIN_POINTS, Points, check_cloud
from pcdash.core.corruption import clutter, direction, rotation
from pcdash.core.corruption.scanning import in_front
from pcdash.errors import InvalidCloud

Spoil = Callable[[Points, float, np.random.Generator], Points]


def noise(points: Points, level: float, rng: np.random.Generator) -> Points:
    """Add Gaussian noise of standard deviation `level` along each axis."""
    return points + level * _size(points) * rng.standard_normal(points.shape)


def fewer(points: Points, level: float, rng: np.random.Generator) -> Points:
    """Keep `level` points; a cloud that has no more stays as it is."""
    number = int(level)
    if len(points) <= number:
        return points
    return points[rng.choice(len(points), number, replace=False)]


def outliers(points: Points, level: float, rng: np.random.Generator) -> Points:
    """Replace a share `level` of the points by uniform ones about the cloud."""
    return clutter(points, level, rng)


def crop(points: Points, level: float, rng: np.random.Generator) -> Points:
    """Cut off a share `level` of the points by a plane of random direction."""
    side = points @ direction(rng)
    order = side.argsort(kind="stable")
    return points[order[: max(MIN_POINTS, len(points) - round(level * len(points)))]]


def one_side(points: Points, _level: float, rng: np.random.Generator) -> Points:
    """Keep what is seen from one random side, from far away.

    A z-buffer whose cells hold about four points: a point is seen if it is not far behind the
    nearest one of its cell and the eight around it.
    """
    turned = points @ rotation(rng).T
    seen = in_front(turned / _size(points))
    return points[seen] if np.count_nonzero(seen) >= MIN_POINTS else points


def _size(points: Points) -> float:
    """Rms radius about the mean."""
    apart = points - points.mean(axis=0)
    return float(np.sqrt(np.einsum("nk,nk->", apart, apart) / len(points)))


FAMILIES: dict[str, Spoil | None] = {
    "clean": None,
    "noise": noise,
    "points": fewer,
    "outliers": outliers,
    "crop": crop,
    "view": one_side,
}
"""Family -> what it does to a cloud; a new family is a line here and in `GRIDS`."""


@dataclass(frozen=True)
class Condition:
    """One cell of the grid.

    Attributes
    ----------
    family : str
        A key of `FAMILIES`.
    level : float
        Noise: standard deviation in rms radii.  Points: their number.  Outliers, crop: a share.
    title : str
        For people.
    """

    family: str
    level: float
    title: str

    @property
    def name(self) -> str:
        """``noise 0.05``: unique in a grid."""
        return self.family if self.family in ("clean", "view") else f"{self.family} {self.level:g}"

    def apply(self, points: Points, rng: np.random.Generator) -> Points:
        """Spoil one accepted cloud; where nothing would be left to classify, it stays as it is."""
        spoil = FAMILIES[self.family]
        if spoil is None:
            return points
        try:
            return check_cloud(spoil(points, self.level, rng))
        except InvalidCloud:
            return points


def _noise(*levels: float) -> list[Condition]:
    return [Condition("noise", x, f"noise of {100 * x:g} % of the size") for x in levels]


def _points(*numbers: int) -> list[Condition]:
    return [Condition("points", n, f"{n} points") for n in numbers]


def _outliers(*shares: float) -> list[Condition]:
    return [Condition("outliers", x, f"{100 * x:g} % outliers") for x in shares]


def _crop(*shares: float) -> list[Condition]:
    return [Condition("crop", x, f"{100 * x:g} % cut off") for x in shares]


CLEAN = Condition("clean", 0.0, "as they are")
VIEW = Condition("view", 1.0, "seen from one side")

GRIDS: dict[str, tuple[Condition, ...]] = {
    "full": (
        CLEAN,
        *_noise(0.02, 0.05, 0.1, 0.2),
        *_points(256, 128, 64, 32),
        *_outliers(0.05, 0.1, 0.3),
        *_crop(0.25, 0.5),
        VIEW,
    ),
    "small": (CLEAN, *_noise(0.1), *_points(64), *_outliers(0.1), *_crop(0.5), VIEW),
}
"""Name -> the conditions of an examination, the clean one first."""
