"""Which sizes and motions of each kind are free, with open or closed ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives import surfaces
from pcdash.core.primitives.refine import Model

Array = NDArray[np.float64]

LARGEST = 50.0
"""Sizes beyond this many times the cloud's are no finding."""

BLUNT = 0.75
"""Largest radius of a cone's tip over the bottom's: beyond it is nearly a cylinder."""


def sphere() -> Model:
    """Sizes: (radius,)."""
    return Model(surfaces.sphere, _free(7, [3], [4], [5], [6]), _positive)


def torus() -> Model:
    """Sizes: (ring radius, tube radius)."""
    return Model(surfaces.torus, _free(8, [0], [1], [3], [4], [5], [6], [7]), _positive)


def box(closed: Sequence[bool]) -> Model:
    """Sizes: where the six faces are; those that are open must be infinite."""
    faces = [[6 + face] for face in range(6) if closed[face]]
    return Model(surfaces.box, _free(12, [0], [1], [2], *faces), _deep)


def cylinder(bottom: bool, top: bool) -> Model:
    """Sizes: (radius, radius, bottom height, top height)."""
    ends = [[6 + end] for end, closed in ((2, bottom), (3, top)) if closed]
    return Model(
        surfaces.revolved(bottom=bottom, top=top),
        _free(10, [0], [1], [3], [4], [6, 7], *ends),
        _upright,
    )


def cone(bottom: bool) -> Model:
    """With its tip.  Sizes: (bottom radius, 0, bottom height, top height)."""
    return Model(
        surfaces.revolved(bottom=bottom, top=False, tip=True),
        _free(10, [0], [1], [3], [4], [6], *[[8]][:bottom], [9]),
        _upright,
    )


def frustum(bottom: bool, top: bool) -> Model:
    """Sizes: (bottom radius, top radius, bottom height, top height)."""
    ends = [[6 + end] for end, closed in ((2, bottom), (3, top)) if closed]
    return Model(
        surfaces.revolved(bottom=bottom, top=top),
        _free(10, [0], [1], [3], [4], [6], [7], *ends),
        lambda sizes: _upright(sizes) and bool(sizes[1] <= BLUNT * sizes[0]),
    )


def _positive(sizes: Array) -> bool:
    return bool((sizes > 0).all() and sizes.max() < LARGEST)


def _deep(sizes: Array) -> bool:
    return bool((sizes[:3] < sizes[3:]).all())


def _upright(sizes: Array) -> bool:
    low, high, floor, roof = sizes
    return bool(low > 0 and high >= 0 and roof > floor and np.abs(sizes).max() < LARGEST)


def _free(rows: int, *columns: list[int]) -> Array:
    """A column for each free parameter, with what it moves: turn 0-2, shift 3-5, sizes from 6."""
    result = np.zeros((rows, len(columns)))
    for column, moved in enumerate(columns):
        result[moved, column] = 1.0
    return result
