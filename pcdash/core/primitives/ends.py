"""How far a surface reaches where nothing closes it: the end of an even density of points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

LEAST = 1e-6
"""Extents are no less, where the cloud's size is about 1."""

_CANDIDATES = 33
_ZOOMS = 4
_TURNS = 3


def span(
    places: Array,
    sigma: tuple[float, float],
    low: float | None = None,
    high: float | None = None,
) -> tuple[float, float]:
    """Where an even density of points begins and ends, by maximum likelihood.

    The density is constant between the two, blurred at either end by the noise; one point in all
    may be a stray one, so that a single far point does not move the end.

    Parameters
    ----------
    places : (n,), n >= 2
        Along a coordinate in which the points are spread evenly: a height on a cylinder, the square
        of the distance from a cone's apex.
    sigma : (float, float)
        Standard deviation of the noise at the beginning and at the end, in that coordinate.
    low, high : float, optional
        The end that is known.
    """
    a = float(places.min()) if low is None else low
    b = float(places.max()) if high is None else high
    for _ in range(_TURNS if low is None and high is None else 1):
        if high is None:
            b = _end(places, sigma[1], a)
        if low is None:
            a = -_end(-places, sigma[0], -b)
    return (a, max(b, a + LEAST)) if high is None else (min(a, b - LEAST), b)


def _end(places: Array, sigma: float, start: float) -> float:
    """The end of a density that begins at `start`."""
    places = places[places >= start]
    farthest = float(places.max(initial=start))
    reach = farthest - start
    if reach < LEAST:
        return farthest
    sigma = max(sigma, 0.3 * reach / len(places), 1e-300)
    stray = 1 / (len(places) * (reach + sigma))
    low, high = start + 0.05 * reach, farthest + 3 * sigma
    best = farthest
    for _ in range(_ZOOMS):
        ends = np.linspace(low, high, _CANDIDATES)
        density = ndtr((ends[:, None] - places) / sigma) / (ends - start)[:, None]
        best = float(ends[np.log(density + stray).sum(axis=1).argmax()])
        step = (high - low) / (_CANDIDATES - 1)
        low, high = max(best - step, start + 1e-3 * reach), best + step
    return best
