"""Robust fits of the five primitives to clouds of few points, where normals cannot be trusted.

All guesses of all kinds and of all clouds of a batch take their Levenberg-Marquardt steps together:
the arrays are small, so that fewer and larger ones make the speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives import fields

Array = NDArray[np.float64]
Keep = tuple[int, int, int, int]

KINDS = ("sphere", "cube", "cylinder", "cone", "torus")

TOLERANCE = 0.15
"""Residual at which a point loses most of its weight (Geman & McClure 1985); rms radius is 1."""

FRAMES, AXES = 24, 12
"""Orientations of boxes, and directions of axes, whose distances are looked at."""

SCREENED = (8, 12, 8, 2)
"""Guesses of each kind that are worth improving."""

STAGES = ((2, (3, 4, 3, 1)), (5, (1, 1, 1, 1)))
"""Levenberg-Marquardt steps, and how many of each kind remain after them."""

_SCREENING = 40
"""Points that the first look uses."""

_LOG_SIZES = (-3.0, 1.2)
_LONGEST_STEP = 0.4


_PROFILES = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
"""Taper, and whether it is a torus: cylinder, cone, torus."""


@dataclass(frozen=True)
class Fit:
    """Best fit of every kind to every cloud of a batch.

    Attributes
    ----------
    cost : (B, 5)
        Mean robust cost in [0, 1), in the order of `KINDS`.
    residual : (B, 5, n)
        Absolute distances.
    sizes : (B, 5, 3)
        sphere: radius thrice. cube: half edges, descending. cylinder, cone: (radius, half height,
        0). torus: (ring radius, tube radius, 0).
    """

    cost: Array
    residual: Array
    sizes: Array


@dataclass
class _Guesses:
    """Poses and sizes on trial: (B, K, ...), kinds in the order cube, cylinder, cone, torus."""

    frame: Array
    centre: Array
    log_size: Array
    counts: tuple[int, int, int, int]

    def take(self, chosen: NDArray[np.intp], counts: tuple[int, int, int, int]) -> _Guesses:
        rows = np.arange(len(chosen))[:, None]
        return _Guesses(
            self.frame[rows, chosen], self.centre[rows, chosen], self.log_size[rows, chosen], counts
        )


def fit(points: Array, weight: Array, axes: Array) -> Fit:
    """Fit all five primitives.

    Parameters
    ----------
    points : (B, 3, n) float64
        Centred, rms radius 1, in a frame that turns with the cloud.
    weight : (B, n)
        1 for points that count, 0 for padding.
    axes : (B, a, 3)
        Unit directions to try as axes besides the fixed ones.
    """
    points = _without_gaps(points, weight)
    guesses = _start(points, axes)
    some = slice(0, _SCREENING)
    residual = _evaluate(guesses, points[:, :, some]).residual
    guesses = _best(guesses, _cost(residual, weight[:, some])[1], SCREENED)[0]
    for steps, keep in STAGES:
        guesses, cost, residual = _improve(guesses, points, weight, steps, keep)
    sphere_cost, sphere_residual, radius = _sphere(points, weight)
    sizes = np.exp(guesses.log_size)
    sizes[:, 0] = -np.sort(-sizes[:, 0], axis=1)
    sizes[:, 1:, 2] = 0
    return Fit(
        np.concatenate([sphere_cost[:, None], cost], axis=1),
        np.concatenate([sphere_residual[:, None], np.abs(residual)], axis=1),
        np.concatenate([np.repeat(radius[:, None, None], 3, axis=2), sizes], axis=1),
    )


def _without_gaps(points: Array, weight: Array) -> Array:
    """Put copies of points that count where points do not: starting sizes heed no weights."""
    if (weight > 0).all():
        return points
    points = points.copy()
    for cloud, counts in zip(points, weight > 0, strict=True):
        cloud[:, ~counts] = np.resize(cloud[:, counts].T, ((~counts).sum(), 3)).T
    return points


def _start(points: Array, axes: Array) -> _Guesses:
    """Boxes in many frames, the others along many axes, cones both ways."""
    batch = len(points)
    fixed = _box_frames()
    about = np.broadcast_to(_axis_frames(), (batch, AXES, 3, 3))
    frame = np.concatenate([_frames(axes), about], axis=1)
    flipped = frame * np.array([1.0, -1.0, -1.0])
    boxes, number = len(fixed), frame.shape[1]
    every = np.broadcast_to(fixed, (batch, *fixed.shape))
    poses = np.concatenate([every, frame, frame, flipped, frame], axis=1)
    size = np.ones((*poses.shape[:2], 3))
    centre = np.zeros_like(size)
    second = points @ points.transpose(0, 2, 1) / points.shape[2]
    size[:, :boxes] = 1.35 * np.sqrt(np.einsum("fki,bkl,fli->bfi", fixed, second, fixed))
    radius, low, high = _extents(frame, points)
    half = 0.5 * (high - low)
    ends = boxes + number * np.arange(5)
    cylinder, cone, flipped_cone, torus = (slice(i, j) for i, j in pairwise(ends))
    for kind, wide, tall in ((cylinder, 1, 1), (cone, 1.1, 1.1), (flipped_cone, 1.1, 1.1)):
        size[:, kind, 0], size[:, kind, 1] = wide * radius, tall * half
        centre[:, kind] = (0.5 * (low + high))[..., None] * frame[..., 2]
    size[:, torus, 0], size[:, torus, 1] = 0.75 * radius, half
    log_size = np.clip(np.log(np.maximum(size, 1e-3)), -2.0, 1.0)
    return _Guesses(poses, centre, log_size, (boxes, number, 2 * number, number))


def _extents(frame: Array, points: Array) -> tuple[Array, Array, Array]:
    """Robust radius about, and lowest and highest place along, the third axis: (B, K) each."""
    local = np.swapaxes(frame, 2, 3) @ points[:, None]
    rho2 = local[:, :, 0] ** 2 + local[:, :, 1] ** 2
    n = points.shape[2]
    radius = np.sqrt(np.partition(rho2, int(0.8 * n), axis=2)[..., int(0.8 * n)])
    along = np.sort(local[:, :, 2], axis=2)
    end = int(0.05 * n)  # the same from both ends: an axis may point either way
    return radius, along[..., end], along[..., n - 1 - end]


def _frames(axes: Array) -> Array:
    """Right-handed frames (..., 3, 3) whose third column is the axis."""
    helper = np.where(np.abs(axes[..., :1]) < 0.6, np.eye(3)[0], np.eye(3)[1])
    first = np.cross(helper, axes)
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    return np.stack([first, np.cross(axes, first), axes], axis=-1)


@lru_cache(maxsize=1)
def _axis_frames() -> Array:
    """Frames about directions spread evenly over the half sphere (Fibonacci lattice)."""
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(AXES)
    height = (np.arange(AXES) + 0.5) / AXES
    ring = np.sqrt(1 - height * height)
    return _frames(np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1))


@lru_cache(maxsize=1)
def _box_frames() -> Array:
    """Frames spread over the orientations that differ for a box, the identity first.

    Of many random rotations the one farthest from those chosen so far is taken, again and again.
    Two frames are as close as their axes match: the sum of the fourth powers of all cosines.
    """
    rng = np.random.default_rng(0)
    quaternion = rng.standard_normal((600, 4))
    quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
    w, xyz = quaternion[:, 0], quaternion[:, 1:].T
    candidates = _rotations(w, xyz)
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


@dataclass(frozen=True)
class _Fields:
    """Distances at the points and how they change: (B, K, n) and (B, K, 3, n)."""

    local: Array
    residual: Array
    gradient: Array
    growth: Array


def _evaluate(guesses: _Guesses, points: Array) -> _Fields:
    local = np.swapaxes(guesses.frame, 2, 3) @ (points[:, None] - guesses.centre[..., None])
    size = np.exp(guesses.log_size)
    boxes, *others = guesses.counts
    profile = np.repeat(_PROFILES, others, axis=0)
    parts = (
        fields.box(local[:, :boxes], size[:, :boxes]),
        fields.revolved(local[:, boxes:], size[:, boxes:], profile),
    )
    residual, gradient, growth = (np.concatenate(pair, axis=1) for pair in zip(*parts, strict=True))
    return _Fields(local, residual, gradient, growth)


def _jacobian(at: _Fields) -> Array:
    """Derivatives (B, K, 9, n) of the residuals by rotation, translation and log sizes."""
    batch, number, _, n = at.local.shape
    result = np.empty((batch, number, 9, n))
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        np.multiply(at.gradient[:, :, i], at.local[:, :, j], out=result[:, :, k])
        result[:, :, k] -= at.gradient[:, :, j] * at.local[:, :, i]
    np.negative(at.gradient, out=result[:, :, 3:6])
    result[:, :, 6:] = at.growth
    return result


def _cost(residual: Array, weight: Array) -> tuple[Array, Array]:
    """Geman-McClure gains (B, K, n) and mean costs (B, K)."""
    tolerance2 = TOLERANCE**2
    gain = tolerance2 / (residual * residual + tolerance2)
    number = weight.sum(axis=1)[:, None]
    return gain, 1 - (gain @ weight[:, :, None])[..., 0] / number


def _improve(
    guesses: _Guesses, points: Array, weight: Array, steps: int, keep: Keep
) -> tuple[_Guesses, Array, Array]:
    """Take damped Gauss-Newton steps on the robust cost; keep the best guesses of each kind."""
    share = weight / weight.sum(axis=1, keepdims=True)
    diagonal = np.arange(9)
    at = _evaluate(guesses, points)
    gain, cost = _cost(at.residual, weight)
    residual, jacobian = at.residual, _jacobian(at)
    damping = np.full(cost.shape, 1e-2)
    for _ in range(steps):
        weighted = jacobian * (gain * gain * share[:, None])[:, :, None]
        hessian = weighted @ np.swapaxes(jacobian, 2, 3)
        slope = weighted @ residual[..., None]
        trace = hessian[..., diagonal, diagonal].mean(axis=2)
        hessian[..., diagonal, diagonal] += (damping * trace + 1e-9)[..., None]
        step = -np.linalg.solve(hessian, slope)[..., 0]
        np.minimum(np.maximum(step, -_LONGEST_STEP, out=step), _LONGEST_STEP, out=step)
        trial = _Guesses(
            guesses.frame @ _cayley(step[..., :3]),
            guesses.centre + (guesses.frame @ step[..., 3:6, None])[..., 0],
            np.clip(guesses.log_size + step[..., 6:], *_LOG_SIZES),
            guesses.counts,
        )
        at = _evaluate(trial, points)
        new_gain, new_cost = _cost(at.residual, weight)
        worse = new_cost >= cost
        state = (trial.frame, trial.centre, trial.log_size, at.residual, _jacobian(at), new_gain)
        before = (guesses.frame, guesses.centre, guesses.log_size, residual, jacobian, gain)
        for now, old in zip((*state, new_cost), (*before, cost), strict=True):
            np.copyto(now, old, where=worse.reshape(*worse.shape, *[1] * (now.ndim - 2)))
        guesses, residual, jacobian, gain, cost = trial, at.residual, state[4], new_gain, new_cost
        damping = np.where(worse, 6 * damping, 0.3 * damping)
    guesses, order = _best(guesses, cost, keep)
    rows = np.arange(len(order))[:, None]
    return guesses, cost[rows, order], residual[rows, order]


def _best(guesses: _Guesses, cost: Array, keep: Keep) -> tuple[_Guesses, NDArray[np.intp]]:
    """The `keep` cheapest guesses of each kind, and their numbers."""
    chosen, counts = [], []
    for end, number, most in zip(np.cumsum(guesses.counts), guesses.counts, keep, strict=True):
        order = np.argsort(cost[:, end - number : end], axis=1, kind="stable")[:, :most]
        chosen.append(order + end - number)
        counts.append(order.shape[1])
    index = np.concatenate(chosen, axis=1)
    kept = (counts[0], counts[1], counts[2], counts[3])
    return guesses.take(index, kept), index


def _cayley(turn: Array) -> Array:
    """Rotations (..., 3, 3) by the vectors `turn`, to second order exact and always orthogonal."""
    x, y, z = turn[..., 0], turn[..., 1], turn[..., 2]
    zero = np.zeros_like(x)
    skew = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    quarter = 1 + 0.25 * (x * x + y * y + z * z)
    result: Array = np.eye(3) + (skew + 0.5 * (skew @ skew)) / quarter[..., None, None]
    return result


def _sphere(points: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Robust algebraic sphere by reweighting: cost (B,), residuals (B, n), radius (B,)."""
    columns = np.concatenate([2 * points, np.ones_like(points[:, :1])], axis=1)
    target = np.einsum("bkn,bkn->bn", points, points)
    tolerance2 = TOLERANCE**2
    current = weight
    for _ in range(6):
        weighted = columns * current[:, None]
        matrix = weighted @ columns.transpose(0, 2, 1) + 1e-9 * np.eye(4)
        solution = np.linalg.solve(matrix, weighted @ target[:, :, None])[:, :, 0]
        centre = solution[:, :3]
        radius = np.sqrt(np.maximum(solution[:, 3] + (centre * centre).sum(axis=1), 1e-9))
        offset = points - centre[:, :, None]
        residual = np.abs(np.sqrt((offset * offset).sum(axis=1)) - radius[:, None])
        gain = tolerance2 / (residual * residual + tolerance2)
        current = weight * gain * gain
    cost = ((1 - gain) * weight).sum(axis=1) / weight.sum(axis=1)
    return cost, residual, np.minimum(radius, 10)
