"""First guesses of poses and sizes, and how guesses move."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives.fields import Counts

Array = NDArray[np.float64]

FRAMES, AXES = 24, 12
"""Orientations of boxes, and directions of axes, that are tried where nothing is known."""

_ENDS = 0.1
"""Share of the points beyond either end of the first guess' extents."""

_ROUND = 0.8
"""Share of the points within the first guess' radius."""

_SMALLEST, _LARGEST = 0.135, 2.7
"""Of the first guess' sizes; the rms radius is 1."""

_FLIP = np.array([1.0, -1.0, -1.0])


@dataclass
class Guesses:
    """Poses and sizes on trial, ordered by kind.

    Attributes
    ----------
    frame : (B, K, 3, 3)
        Axes as columns.
    centre, log_size : (B, K, 3)
    counts : tuple of int
        Guesses of each kind, in the order of `fields.Counts`.
    """

    frame: Array
    centre: Array
    log_size: Array
    counts: Counts

    def take(self, chosen: NDArray[np.intp], counts: Counts) -> Guesses:
        """The guesses numbered `chosen` (B, k), ordered by kind."""
        rows = np.arange(len(chosen))[:, None]
        return Guesses(
            self.frame[rows, chosen], self.centre[rows, chosen], self.log_size[rows, chosen], counts
        )

    def moved(self, step: Array, bounds: tuple[float, float]) -> Guesses:
        """Guesses after a step (B, K, 9): turn and shift in the own frame, and log sizes."""
        size = self.log_size + step[..., 6:]
        np.minimum(np.maximum(size, bounds[0], out=size), bounds[1], out=size)
        return Guesses(
            self.frame @ rotation(step[..., :3]),
            self.centre + (self.frame @ step[..., 3:6, None])[..., 0],
            size,
            self.counts,
        )

    def restore(self, other: Guesses, where: NDArray[np.bool_]) -> None:
        """Take back the guesses of `other` that are marked (B, K)."""
        self.frame[where] = other.frame[where]
        self.centre[where] = other.centre[where]
        self.log_size[where] = other.log_size[where]


def start(points: NDArray[np.float32], boxes: Array, axes: Array) -> Guesses:
    """Boxes in the given frames; cylinders, cones both ways and tori about the axes; a sphere.

    Centre and sizes are robust extents along the axes of each frame.

    Parameters
    ----------
    points : (B, 3, n)
    boxes : (B, f, 3, 3)
    axes : (B, a, 3)
    """
    about = _frames(axes)
    frame = np.concatenate([boxes, about], axis=1)
    number, turned = boxes.shape[1], about.shape[1]
    local = np.swapaxes(frame, 2, 3) @ points[:, None]
    n = points.shape[2]
    end = int(_ENDS * n)
    ordered = np.sort(local, axis=3)  # cheaper than partitions of so few points
    low, high = ordered[..., end], ordered[..., n - 1 - end]
    half = 0.55 * (high - low)
    centre = (frame @ (0.5 * (low + high))[..., None])[..., 0]

    x, y = local[:, number:, 0], local[:, number:, 1]
    rho2 = x * x + y * y
    rho2.sort(axis=2)
    radius = np.sqrt(rho2[:, :, int(_ROUND * n)])
    turning = half[:, number:].copy()
    turning[:, :, 0] = radius
    # The axis goes through the origin: an extent across it says little where a side is unseen.
    along = about[..., 2] * (about[..., 2] * centre[:, number:]).sum(axis=2, keepdims=True)
    torus = turning * np.array([0.75, 1.0, 1.0])
    pointed = turning * 1.1
    ball = np.sqrt(np.einsum("bkn,bkn->b", points, points) / n)[:, None, None]
    ball = np.broadcast_to(ball, (len(points), 1, 3))
    size = np.concatenate([half[:, :number], turning, pointed, pointed, torus, ball], axis=1)
    log_size = np.log(np.minimum(np.maximum(size, _SMALLEST), _LARGEST))
    middle = np.zeros((len(points), turned + 1, 3))
    return Guesses(
        np.concatenate([boxes, about, about, about * _FLIP, about, frame[:, :1]], axis=1),
        np.concatenate([centre[:, :number], along, along, along, middle], axis=1),
        log_size,
        (number, turned, 2 * turned, turned, 1),
    )


def _frames(axes: Array) -> Array:
    """Right-handed frames (..., 3, 3) whose third column is the axis (Duff et al. 2017)."""
    x, y, z = axes[..., 0], axes[..., 1], axes[..., 2]
    sign = np.where(z < 0, -1.0, 1.0)
    a = -1 / (sign + z)
    b = x * y * a
    result = np.empty((*axes.shape, 3))
    result[..., 0, 0] = 1 + sign * x * x * a
    result[..., 1, 0] = sign * b
    result[..., 2, 0] = -sign * x
    result[..., 0, 1] = b
    result[..., 1, 1] = sign + y * y * a
    result[..., 2, 1] = -y
    result[..., 2] = axes
    return result


@lru_cache(maxsize=1)
def even_axes() -> Array:
    """Directions (AXES, 3) spread evenly over the half sphere (Fibonacci lattice)."""
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(AXES)
    height = (np.arange(AXES) + 0.5) / AXES
    ring = np.sqrt(1 - height * height)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1)


@lru_cache(maxsize=1)
def even_frames() -> Array:
    """Frames (FRAMES, 3, 3) spread over the orientations that differ for a box, identity first.

    Of many random rotations the one farthest from those chosen so far is taken, again and again.
    Two frames are as close as their axes match: the sum of the fourth powers of all cosines.
    """
    rng = np.random.default_rng(0)
    quaternion = rng.standard_normal((600, 4))
    quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
    candidates = _rotations(quaternion[:, 0], quaternion[:, 1:].T)
    chosen = [np.eye(3)]
    closest = np.full(len(candidates), -np.inf)
    while len(chosen) < FRAMES:
        cosine = candidates.transpose(0, 2, 1) @ chosen[-1]
        closest = np.maximum(closest, (cosine**4).sum(axis=(1, 2)))
        chosen.append(candidates[closest.argmin()])
    return np.stack(chosen)


def _rotations(w: Array, xyz: Array) -> Array:
    """Rotation matrices (k, 3, 3) of unit quaternions."""
    x, y, z = xyz
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows).transpose(2, 0, 1)


def rotation(turn: Array) -> Array:
    """Rotations (..., 3, 3) by the vectors `turn`, to second order exact and always orthogonal."""
    x, y, z = turn[..., 0], turn[..., 1], turn[..., 2]
    x2, y2, z2 = x * x, y * y, z * z
    double = 1 / (2 + 0.5 * (x2 + y2 + z2))
    xy, xz, yz = x * y * double, x * z * double, y * z * double
    xs, ys, zs = 2 * double * x, 2 * double * y, 2 * double * z
    result = np.empty((*turn.shape, 3))
    result[..., 0, 0] = 1 - (y2 + z2) * double
    result[..., 0, 1] = xy - zs
    result[..., 0, 2] = xz + ys
    result[..., 1, 0] = xy + zs
    result[..., 1, 1] = 1 - (x2 + z2) * double
    result[..., 1, 2] = yz - xs
    result[..., 2, 0] = xz - ys
    result[..., 2, 1] = yz + xs
    result[..., 2, 2] = 1 - (x2 + y2) * double
    return result
