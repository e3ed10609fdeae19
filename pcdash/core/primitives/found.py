"""A primitive with its ends: what the fits of all kinds have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives.refine import Model, Refined

Array = NDArray[np.float64]

MANTLE, BOTTOM, TOP = range(3)
"""Parts of what revolves, as `pcdash.core.primitives.surfaces` numbers them."""

FACES = ("x low", "y low", "z low", "x high", "y high", "z high")
"""Parts of a box, in its own frame."""

CENTRAL = 0.7
"""Of a face: what lies farther out may belong to its neighbour."""

_PRESENT = 0.25
"""Share of the points that a face should have from which on it is there."""


@dataclass(frozen=True)
class Found:
    """A primitive with its ends.

    Attributes
    ----------
    kind : str
    fit : Refined
    seen : tuple of bool
        Which faces have points: of a box x low, y low, z low, x high, y high, z high; of what
        revolves bottom, top (of a cone the bottom alone, unless its tip is cut off); else ().
    slack : (k,)
        Standard deviations of sizes that are known by the points' extent alone; 0 for the others.
    """

    kind: str
    fit: Refined
    seen: tuple[bool, ...]
    slack: Array

    @property
    def parameters(self) -> int:
        """How many numbers say what it is and where."""
        return int(np.count_nonzero(self.fit.covariance.diagonal()))

    @property
    def unseen(self) -> tuple[str, ...]:
        """Names of the faces without points."""
        names = FACES if self.kind == "cube" else ("bottom", "top")
        return tuple(name for name, seen in zip(names, self.seen, strict=False) if not seen)

    @property
    def directions(self) -> Array:
        """Unit vectors (3, 3) as rows: a box's longest edge first, the axis of what revolves last.

        Axes that have no sign of their own point towards positive coordinates.
        """
        rows = self.fit.pose.frame.T
        if self.kind == "cube":
            edges = self.fit.pose.sizes[3:] - self.fit.pose.sizes[:3]
            rows = rows[np.argsort(-edges, kind="stable")]
        if self.kind == "cone":
            return rows
        largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
        return np.asarray(rows * np.where(largest < 0, -1.0, 1.0))


def present(count: int, due: float) -> bool:
    """Whether a face that should have `due` points, by its area, is there."""
    return bool(count >= max(1.0, _PRESENT * due))


def discs(fit: Refined, points: Array) -> tuple[bool, bool]:
    """Whether the bottom and the top have points in their middle."""
    low, high, floor, roof = fit.pose.sizes
    local = fit.pose.local(points)
    rho = np.hypot(local[0], local[1])
    mantle = (low + high) * np.hypot(low - high, roof - floor)
    on_mantle = int((fit.own & (fit.found.part == MANTLE)).sum())
    seen = []
    for part, radius in ((BOTTOM, low), (TOP, high)):
        count = int((fit.own & (fit.found.part == part) & (rho < CENTRAL * radius)).sum())
        due = on_mantle * (CENTRAL * radius) ** 2 / max(mantle, 1e-12)
        seen.append(present(count, due))
    return seen[0], seen[1]


def ended(fit: Refined, sizes: Array, points: Array, model: Model) -> Refined:
    """The fit with its ends set."""
    pose = replace(fit.pose, sizes=sizes)
    found = model.surface(pose.local(points), sizes)
    return replace(fit, pose=pose, found=found)
