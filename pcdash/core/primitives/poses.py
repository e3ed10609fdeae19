"""Where a primitive may lie in a cloud: poses worth refining."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.normals import best_frame
from pcdash.core.descriptor.sample import normalise, shuffle
from pcdash.core.descriptor.slippage import find_axis
from pcdash.core.descriptor.surface import measure
from pcdash.core.primitives.fit import KINDS, TOLERANCE, Effort, search
from pcdash.core.primitives.refine import Pose
from pcdash.core.primitives.starts import Guesses, even_axes, even_frames

Array = NDArray[np.float64]

_SEARCHED = 192
"""Points that are looked at."""

_EFFORT = Effort(
    (12, 16, 16, 12, 1),
    (((0.5, 0.3), (5, 5, 6, 6, 1)), ((0.2, *[TOLERANCE] * 5), (2, 2, 3, 4, 1))),
)

_PROMISING = 3.0
"""A pose that costs up to this many times as much as the cheapest may still be the right one."""

_ALIKE = 0.02
"""Root mean square difference of the distances up to which two poses are one."""

_CLUTTER = 0.3
"""Distance from the best of all fits beyond which points spoil the first guesses of sizes."""

_CLEAN = 0.97
"""Share of the points nearer than that from which on nothing is spoilt."""

_FEWEST = 16


@dataclass(frozen=True)
class Guess:
    """Where one kind may lie.

    Attributes
    ----------
    poses : tuple of Pose
        That differ, the cheapest first.  Sizes as in `pcdash.core.primitives.fit.Fit`.
    cost : float
        Mean robust cost of the cheapest, in [0, 1).
    median : float
        Median distance of the points from it.
    """

    poses: tuple[Pose, ...]
    cost: float
    median: float


def find_poses(points: Array) -> dict[str, Guess]:
    """Search all poses for all kinds.

    Clutter spoils the first guesses of sizes, but seldom the best of the fits that come of them: a
    second search leaves out what is far from that one.

    Parameters
    ----------
    points : (3, n)
        About the origin, of median radius 1.

    Raises
    ------
    InvalidCloud
        If all points coincide or lie on one line.
    """
    surface = measure(normalise(shuffle(points.T)[None]))
    boxes = np.concatenate([surface.axes, best_frame(surface), even_frames()])[None]
    axes = np.concatenate([surface.axes[0].T, find_axis(surface).direction, even_axes()])[None]
    chosen = np.random.default_rng(0).permutation(points.shape[1])[:_SEARCHED]
    some = points[:, chosen].astype(np.float32)[None]
    found, cost, distance = search(some, boxes, axes, _EFFORT)
    guesses = _by_kind(found, cost[0], distance[0])
    near = np.abs(distance[0, cost[0].argmin()]) < _CLUTTER
    if not _FEWEST <= near.sum() < _CLEAN * near.size:
        return guesses
    found, cost, distance = search(some[:, :, near], boxes, axes, _EFFORT)
    again = _by_kind(found, cost[0], distance[0])
    return {kind: _both(guess, again[kind]) for kind, guess in guesses.items()}


def _by_kind(found: Guesses, cost: Array, distance: NDArray[np.float32]) -> dict[str, Guess]:
    """Guesses (k,) by kind, without those that are dear or the same as another."""
    guesses, first = {}, 0
    for kind, number in zip(KINDS, found.counts, strict=True):
        kept: list[int] = []
        for k in range(first, first + number):
            apart = [float(np.mean((distance[k] - distance[other]) ** 2)) for other in kept]
            dear = cost[k] > _PROMISING * cost[first] + 1e-3
            if not dear and min(apart, default=np.inf) > _ALIKE**2:
                kept.append(k)
        poses = tuple(
            Pose(found.frame[0, k], found.centre[0, k], np.exp(found.log_size[0, k])) for k in kept
        )
        guesses[kind] = Guess(poses, float(cost[first]), float(np.median(np.abs(distance[first]))))
        first += number
    return guesses


def _both(one: Guess, other: Guess) -> Guess:
    return Guess(
        (*one.poses, *other.poses), min(one.cost, other.cost), min(one.median, other.median)
    )
