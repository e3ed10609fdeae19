"""How a cloud is brought into view: which of its points, around which centre, in which unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.figures.look import Coordinates

_FLOAT32_SAFE = (1e-6, 1e6)
"""Extents that plotly.js, which works in float32 and drops spans below 1e-8, draws faithfully."""


def view_frame(
    points: NDArray[np.floating[Any]],
    removed: NDArray[np.floating[Any]] | None = None,
    *,
    max_points: int = 20_000,
) -> tuple[Coordinates, float]:
    """Return the centre (3,) and the unit that `cloud_figure` takes out of the coordinates."""
    drawn = points if removed is None else drawn_points(points, removed, max_points)
    low, high, centre = bounds(drawn)
    return centre, unit_of(low, high)


def drawn_points(
    points: NDArray[np.floating[Any]], removed: NDArray[np.floating[Any]] | None, max_points: int
) -> Coordinates:
    """Return what is drawn: points of the cloud first, then points that were removed."""
    drawn = thinned(points, max_points)
    if removed is None or not len(removed):
        return drawn
    return np.concatenate([drawn, thinned(removed, max_points // 4)])


def bounds(points: NDArray[np.floating[Any]]) -> tuple[Coordinates, Coordinates, Coordinates]:
    """Return the least and the largest coordinates, and the middle between them; (3,) each."""
    # Along contiguous rows, thirty times as fast as across the columns.
    rows = np.ascontiguousarray(points.T)
    low = rows.min(axis=1).astype(np.float64)
    high = rows.max(axis=1).astype(np.float64)
    return low, high, low / 2 + high / 2


def unit_of(low: Coordinates, high: Coordinates) -> float:
    """Return the power of ten to divide by: 1 unless float32 would lose or overflow the extent."""
    size = float((high - low).max())
    if size == 0 or _FLOAT32_SAFE[0] <= size <= _FLOAT32_SAFE[1]:
        return 1.0
    return float(10.0 ** np.floor(np.log10(size)))


def reach_of(shown: Coordinates) -> float:
    """Return the radius of the scene, the same along every axis.

    A sphere around the cloud: however it is turned or proportioned it fits the view, the camera
    keeps its meaning from one cloud to the next, and a flat sheet does not vanish.
    """
    square: Coordinates = np.einsum("nk,nk->n", shown, shown)
    return 1.02 * float(np.sqrt(square.max())) or 1.0


def thinned(points: NDArray[np.floating[Any]], max_points: int) -> Coordinates:
    """Return at most `max_points` rows; at random: a stride makes stripes of raster scans."""
    if len(points) > max_points:
        chosen = np.random.default_rng(0).choice(len(points), max_points, replace=False)
        points = points[np.sort(chosen)]
    return np.asarray(points, dtype=np.float64)
