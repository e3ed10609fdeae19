"""How each of the five kinds is fitted, ends and all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives import models
from pcdash.core.primitives.cones import pointed
from pcdash.core.primitives.ends import span
from pcdash.core.primitives.found import CENTRAL, MANTLE, Found, discs, ended, present
from pcdash.core.primitives.refine import Pose, Refined, refine

Array = NDArray[np.float64]

Fitter = Callable[[Array, Pose], Found]
"""``fitter(points, pose)``: (3, n) of size about 1; sizes as in `pcdash.core.primitives.fit`."""


def ball(points: Array, pose: Pose) -> Found:
    """Sizes: (radius,)."""
    return _whole("sphere", refine(points, replace(pose, sizes=pose.sizes[2:]), models.sphere()))


def ring(points: Array, pose: Pose) -> Found:
    """Sizes: (ring radius, tube radius)."""
    return _whole("torus", refine(points, replace(pose, sizes=pose.sizes[::2]), models.torus()))


def block(points: Array, pose: Pose) -> Found:
    """Sizes: where the six faces are."""
    sizes = np.concatenate([-pose.sizes, pose.sizes])
    fit = refine(points, replace(pose, sizes=sizes), models.box([True] * 6))
    local = fit.pose.local(points)
    low, high = fit.pose.sizes[:3, None], fit.pose.sizes[3:, None]
    edge = (high - low)[:, 0]
    central = np.abs(local - (low + high) / 2) < CENTRAL / 2 * (high - low)
    area = np.tile(edge.prod() / edge, 2)
    seen = []
    for part in range(6):
        middle = np.delete(central, part % 3, axis=0).all(axis=0)
        count = int((fit.own & (fit.found.part == part) & middle).sum())
        due = CENTRAL**2 * area[part] / area.sum() * fit.own.sum()
        seen.append(present(count, due))
    if all(seen) or not any(seen):
        return Found("cube", fit, tuple(seen), np.zeros(6))
    sizes = np.where(seen, fit.pose.sizes, [-np.inf] * 3 + [np.inf] * 3)
    fit = refine(points, replace(fit.pose, sizes=sizes), models.box(seen))
    local, sizes, slack = fit.pose.local(points), fit.pose.sizes.copy(), np.zeros(6)
    for axis in range(3):
        if seen[axis] and seen[axis + 3]:
            continue
        side = fit.own & (fit.found.part % 3 != axis)
        known = [float(sizes[end]) if seen[end] else None for end in (axis, axis + 3)]
        reached, doubt = _reach(local[axis][side], fit.sigma, *known)
        for end, value in zip((axis, axis + 3), reached, strict=True):
            if not seen[end]:
                sizes[end], slack[end] = value, doubt
    return Found("cube", ended(fit, sizes, points, models.box([True] * 6)), tuple(seen), slack)


def tube(points: Array, pose: Pose) -> Found:
    """Sizes: (radius, radius, bottom height, top height)."""
    radius, _, half = pose.sizes
    sizes = np.array([radius, radius, -half, half])
    fit = refine(points, replace(pose, sizes=sizes), models.cylinder(True, True))
    seen = discs(fit, points)
    if all(seen):
        return Found("cylinder", fit, seen, np.zeros(4))
    fit = refine(points, fit.pose, models.cylinder(*seen))
    side = fit.own & (fit.found.part == MANTLE)
    floor, roof = fit.pose.sizes[2:]
    known = [value if there else None for value, there in zip((floor, roof), seen, strict=True)]
    reached, doubt = _reach(fit.pose.local(points)[2][side], fit.sigma, *known)
    sizes = np.array([*fit.pose.sizes[:2], *reached])
    slack = np.array([0.0, 0.0, *(0.0 if there else doubt for there in seen)])
    return Found("cylinder", ended(fit, sizes, points, models.cylinder(True, True)), seen, slack)


FITTERS: dict[str, Fitter] = {
    "cube": block,
    "cylinder": tube,
    "cone": pointed,
    "torus": ring,
    "sphere": ball,
}
"""Kind -> its fit, in the order of `pcdash.core.primitives.fit.KINDS`."""


def _reach(
    places: Array, sigma: float, low: float | None, high: float | None
) -> tuple[tuple[float, float], float]:
    """Where points of an even density begin and end, and how sure that is."""
    if len(places) < 2:
        return (-1.0 if low is None else low, 1.0 if high is None else high), 1.0
    reached = span(places, (sigma, sigma), low, high)
    each = (reached[1] - reached[0]) / len(places)
    return reached, float(np.sqrt(each**2 + sigma * each))


def _whole(kind: str, fit: Refined) -> Found:
    return Found(kind, fit, (), np.zeros(len(fit.pose.sizes)))
