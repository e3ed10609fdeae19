"""What the turntable does to a cloud: a visible table of families."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pcdash.core.cloud import MIN_POINTS, Points
from pcdash.core.corruption import direction, rotation

ROTATIONS = 64
SCALES = (1e-3, 1e-2, 1e-1, 1e1, 1e2, 1e3)
OFFSETS = (1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6)
RESAMPLINGS = 16
KEPT_SHARE = 0.8
DROPPED_SHARE = 0.25


@dataclass(frozen=True)
class Perturbed:
    """A cloud to which something was done.

    Attributes
    ----------
    name : str
        What, for people.
    points : (m, 3) float64
    """

    name: str
    points: Points


Make = Callable[[Points, np.random.Generator], list[Perturbed]]


@dataclass(frozen=True)
class Family:
    """Perturbations of one kind.

    Attributes
    ----------
    title : str
        Completes "the answer, with the cloud ...".
    same_object : bool
        Whether nothing about the object or its scan has changed, so that no answer may either.
    make : callable
        ``make(points, rng)`` gives the perturbed clouds; none where too few points would be left.
    """

    title: str
    same_object: bool
    make: Make


def rotations(points: Points, rng: np.random.Generator) -> list[Perturbed]:
    """`ROTATIONS` about the centre, uniform on SO(3); the first leaves the cloud as it is."""
    centre = points.mean(axis=0)
    apart = points - centre
    turned = [Perturbed("as it is", points)]
    for _ in range(ROTATIONS - 1):
        turn = rotation(rng)
        angle, axis = _angle_and_axis(turn)
        name = f"turned by {angle:.0f} degrees about {_named(axis)}"
        turned.append(Perturbed(name, apart @ turn.T + centre))
    return turned


def scales(points: Points, _rng: np.random.Generator) -> list[Perturbed]:
    """The same object in other units, coordinates and all."""
    return [Perturbed(f"all coordinates times {factor:g}", points * factor) for factor in SCALES]


def offsets(points: Points, rng: np.random.Generator) -> list[Perturbed]:
    """Moved by 1 to a million of its own sizes (rms radii), each time in another direction."""
    size = float(np.sqrt(points.var(axis=0).sum()))
    return [
        Perturbed(f"moved by {step:,.0f} of its sizes", points + step * size * direction(rng))
        for step in OFFSETS
    ]


def resamplings(points: Points, rng: np.random.Generator) -> list[Perturbed]:
    """Random subsets of 80 % of the points, at least 16.

    Without replacement: a bootstrap would put points on top of one another, which no scan does and
    every measure of density sees.
    """
    keep = max(MIN_POINTS, round(KEPT_SHARE * len(points)))
    if keep >= len(points):
        return []
    return [
        Perturbed(
            f"random {keep:,} of its points, draw {draw}",
            points[np.sort(rng.choice(len(points), keep, replace=False))],
        )
        for draw in range(1, RESAMPLINGS + 1)
    ]


def quarters(points: Points, _rng: np.random.Generator) -> list[Perturbed]:
    """Without the quarter of the points that is farthest along each of 14 directions.

    Both ways along the three principal axes and the four diagonals between them.
    """
    keep = max(MIN_POINTS, len(points) - round(DROPPED_SHARE * len(points)))
    if keep >= len(points):
        return []
    apart = points - points.mean(axis=0)
    axes = np.linalg.svd(apart, full_matrices=False)[2]
    corners = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]]) / np.sqrt(3)
    ways = np.concatenate([axes, corners @ axes])
    return [
        Perturbed(
            f"without the quarter towards {_named(way)}",
            points[np.sort(np.argsort(apart @ way, kind="stable")[:keep])],
        )
        for way in np.concatenate([ways, -ways])
    ]


FAMILIES: dict[str, Family] = {
    "rotations": Family("turned about its centre", True, rotations),
    "scales": Family("in another unit", True, scales),
    "offsets": Family("in another place", True, offsets),
    "resamplings": Family("sampled anew", False, resamplings),
    "quarters": Family("without a quarter", False, quarters),
}
"""Name -> what is done; a new family is a line here."""


def _angle_and_axis(turn: Points) -> tuple[float, Points]:
    """Degrees in [0, 180] and unit axis of a rotation matrix."""
    angle = np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return float(np.degrees(angle)), axis / max(float(np.linalg.norm(axis)), 1e-12)


def _named(way: Points) -> str:
    return "({:.1f}, {:.1f}, {:.1f})".format(*(way + 0.0))
