"""What is done to any cloud: turned, cluttered, looked at from a direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rotation(rng: np.random.Generator) -> Array:
    """A rotation matrix, uniform on SO(3): a normalised Gaussian quaternion (Shoemake 1992)."""
    quaternion = rng.standard_normal(4)
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def direction(rng: np.random.Generator) -> Array:
    """A unit vector, uniform on the sphere."""
    vector = rng.standard_normal(3)
    result: Array = vector / np.linalg.norm(vector)
    return result


def clutter(points: Array, share: float, rng: np.random.Generator) -> Array:
    """Replace a share of the points by uniform ones in a cube about the cloud.

    The cube's edge is 1.1 to 2 times the cloud's longest extent along a coordinate axis.
    """
    number = round(share * len(points))
    low, high = points.min(axis=0), points.max(axis=0)
    half = rng.uniform(0.55, 1.0) * float((high - low).max())
    points = points.copy()
    where = rng.choice(len(points), number, replace=False)
    points[where] = (low + high) / 2 + rng.uniform(-half, half, (number, 3))
    return points
