"""Groups of points that hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from pcdash.core.cloud import Points

Labels = NDArray[np.int64]

NEIGHBOURS = 12
"""Nearest points that a point may be linked to.  Random points on a surface hang together from some
ln(n) / 2 on (Balister et al. 2005), which is 5 for the largest sample that is looked at here."""

_REACH = 3.0
"""How many radii may lie between two points where both are sparse: a face seen at a grazing angle
has few points, and belongs to its neighbours all the same."""


def linking_radius(points: Points) -> float:
    """Median distance to the twelfth neighbour: (n, 3), n >= 2, all different."""
    distance, _ = _neighbours(points)
    return float(np.median(distance[:, -1]))


def grouped(points: Points, radius: float) -> Labels:
    """Number of the group of each point, 0, 1, ...

    Two points are linked if one is among the twelve nearest of the other and they are not farther
    apart than `radius`, or than the distance of the twelfth where that is more for both of them, up
    to three radii.  So a stray point between two dense groups does not join them.

    Parameters
    ----------
    points : (n, 3) float64, n >= 2
        All different.
    radius : float
    """
    n = len(points)
    distance, neighbour = _neighbours(points)
    reach = np.clip(distance[:, -1], radius, _REACH * radius)
    one, other = np.repeat(np.arange(n), neighbour.shape[1]), neighbour.ravel()
    linked = distance.ravel() <= np.minimum(reach[one], reach[other])
    graph = coo_array((np.ones(int(linked.sum()), np.bool_), (one[linked], other[linked])), (n, n))
    labels: Labels = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _neighbours(points: Points) -> tuple[Points, NDArray[np.intp]]:
    """Distances and numbers of the nearest others, (n, k) each."""
    k = min(NEIGHBOURS, len(points) - 1)
    distance, neighbour = cKDTree(points).query(points, k=np.arange(2, k + 2))
    return distance, neighbour
