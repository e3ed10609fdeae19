"""Cones with and without their tips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives import models
from pcdash.core.primitives.ends import span
from pcdash.core.primitives.found import MANTLE, Found, discs, ended
from pcdash.core.primitives.refine import Pose, Refined, costs, refine

Array = NDArray[np.float64]

_TIP = 0.15
"""Radius of the tip over the bottom's from which on the search for a cut begins."""

_CUT = 8.0
"""Points that must be missing from a cone's tip before it counts as cut off; by chance so many are
missing from 3 cones in 10,000."""

_ROUNDED = 5.0
"""Radius of a tip, in standard deviations of the noise, that noise may feign."""

_WITHIN = 3.0
"""What a single point within the missing tip counts against that."""


def pointed(points: Array, pose: Pose) -> Found:
    """Sizes: (bottom radius, top radius, bottom height, top height); cut off, if points say so."""
    radius, _, half = pose.sizes
    sizes = np.array([radius, 0.0, -half, half])
    fit = refine(points, replace(pose, sizes=sizes), models.cone(True))
    closed = discs(fit, points)[0]
    if not closed:
        fit = refine(points, fit.pose, models.cone(False))
    sizes, slack, missing = _slant(fit, points, closed)
    blunt = _blunt(points, fit, sizes, closed)
    if blunt is not None and (missing > _CUT or _better(blunt.fit, fit)):
        return blunt
    if closed:
        return Found("cone", fit, (True,), np.zeros(4))
    low, high, floor, roof = sizes
    sizes = np.array([low, 0.0, floor, floor + low * (roof - floor) / (low - high)])
    slack[[1, 3]] = 0.0
    return Found("cone", ended(fit, sizes, points, models.cone(True)), (False,), slack)


def _blunt(points: Array, fit: Refined, sizes: Array, closed: bool) -> Found | None:
    """A cone without its tip, from one with it; None if no fit is found."""
    low, high, floor, roof = sizes
    high = max(high, _TIP * low)
    sizes = np.array([low, high, floor, roof])
    widest = max(0.03, 4 * fit.sigma)
    blunt = refine(points, replace(fit.pose, sizes=sizes), models.frustum(closed, True), widest)
    top = discs(blunt, points)[1]
    if closed and top:
        return Found("cone", blunt, (True, True), np.zeros(4))
    if not top:
        blunt = refine(
            points, replace(fit.pose, sizes=sizes), models.frustum(closed, False), widest
        )
    sizes, slack, missing = _slant(blunt, points, closed, top)
    if not top and missing < _CUT:
        return None
    return Found(
        "cone", ended(blunt, sizes, points, models.frustum(True, True)), (closed, top), slack
    )


def _better(one: Refined, other: Refined) -> bool:
    """Whether `one` is worth twice the price of its further parameter (Schwarz 1978).

    Noise alone rounds a tip: a cut must be larger than that.
    """
    if one.pose.sizes[1] < _ROUNDED * one.sigma:
        return False
    cost, cheaper = costs([one, other])
    return bool(cost + 2 * np.log(len(one.own)) < cheaper)


def _slant(
    fit: Refined, points: Array, closed: bool, top: bool = False
) -> tuple[Array, Array, float]:
    """Where a cone's mantle begins and ends; slack of the sizes; points missing from its tip.

    Points of even density have an even density in the square of their distance from the apex.
    """
    low, high, floor, roof = fit.pose.sizes
    apex = floor + low * (roof - floor) / max(low - high, 1e-9)
    slope = low / max(apex - floor, 1e-9)
    length = np.sqrt(1 + slope * slope)
    local = fit.pose.local(points)
    side = fit.own & (fit.found.part == MANTLE)
    if side.sum() < 2:
        return fit.pose.sizes, np.ones(4), 0.0
    # Along the mantle: the foot of the point, not the point.
    rho = np.hypot(local[0], local[1])[side]
    along = ((apex - local[2][side]) + slope * rho) / length
    along = np.maximum(along, 0.0)
    full = (apex - floor) * length
    start = float(np.quantile(along, 0.02))
    blur = (2 * fit.sigma * max(start, fit.sigma), 2 * fit.sigma * full)
    known_low = ((apex - roof) * length) ** 2 if top else None
    a, b = span(along**2, blur, known_low, full**2 if closed else None)
    a, b = max(a, 0.0), max(b, 1e-12)
    begin, end = np.sqrt(a) / length, np.sqrt(b) / length
    sizes = np.array([slope * end, slope * begin, apex - end, apex - begin])
    each = (b - a) / len(along)
    missing = a / max(each, 1e-300) - _WITHIN * int((along**2 < a - blur[0]).sum())
    doubt_low = np.sqrt(each**2 + each * blur[0]) / (2 * max(np.sqrt(a), np.sqrt(each))) / length
    doubt_high = np.sqrt(each**2 + each * blur[1]) / (2 * np.sqrt(b)) / length
    bottom, tip = (0.0 if closed else doubt_high), (0.0 if top else doubt_low)
    return sizes, np.array([slope * bottom, slope * tip, bottom, tip]), float(missing)
