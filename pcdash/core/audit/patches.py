"""A cloud in patches of one size, and random deletions of them that are as coherent as a picture.

Nothing here depends on pose, unit or the order of the points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points

Orders = NDArray[np.intp]

WIDTH = 0.5
"""Over how much of the object, in rms radii, a smooth picture keeps its colour."""

_JITTER = 1e-6


def bisect(points: Points, number: int) -> list[NDArray[np.intp]]:
    """Cut a cloud into patches by halving it, and its halves, across their longest axis.

    Parameters
    ----------
    points : (n, 3) float64
    number : int
        A power of two, at most n.

    Returns
    -------
    list of (m,) intp
        Rows of each patch, n // number or one more, in an order that its shape gives.
    """
    patches = [np.arange(len(points))]
    while len(patches) < number:
        patches = [half for patch in patches for half in _halves(points, patch)]
    return patches


def _halves(points: Points, patch: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    apart = points[patch] - points[patch].mean(axis=0)
    apart /= max(float(np.abs(apart).max()), np.finfo(np.float64).tiny)
    along = apart @ np.linalg.eigh(apart.T @ apart)[1][:, 2]
    # An axis has no sign of its own: the longer tail comes last.
    along *= 1 if (along**3).sum() >= 0 else -1
    order = patch[np.argsort(along, kind="stable")]
    return order[: len(order) // 2], order[len(order) // 2 :]


def likeness(points: Points, patches: list[NDArray[np.intp]]) -> NDArray[np.float64]:
    """How alike a smooth picture colours two patches: a Gaussian of their centres' distance.

    Returns
    -------
    (p, p) float64
        1 on the diagonal, falling to 0 over some `WIDTH` rms radii of the centres.
    """
    centres = np.stack([points[patch].mean(axis=0) for patch in patches])
    centres -= centres.mean(axis=0)
    size2 = float((centres**2).sum(axis=1).mean())
    apart2 = ((centres[:, None] - centres[None]) ** 2).sum(axis=2) / size2
    kernel: NDArray[np.float64] = np.exp(-apart2 / (2 * WIDTH * WIDTH))
    return kernel


def random_orders(kernel: NDArray[np.float64], number: int, rng: np.random.Generator) -> Orders:
    """Orders of deletion by random pictures that are as smooth as `kernel` says.

    Scattered deletions would only thin the cloud, and anything coherent would do better than they.

    Returns
    -------
    (number, p) intp
        What is deleted first comes first.
    """
    root = np.linalg.cholesky(kernel + _JITTER * np.eye(len(kernel)))
    pictures = rng.standard_normal((number, len(kernel))) @ root.T
    return np.argsort(-pictures, axis=1, kind="stable")
