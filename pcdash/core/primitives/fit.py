"""Robust fits of the five primitives to clouds of few points, where normals cannot be trusted.

All guesses of all kinds and of all clouds of a batch take their Levenberg-Marquardt steps together:
the arrays are small, so that fewer and larger ones make the speed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives import fields

Array = NDArray[np.float64]

KINDS = ("sphere", "cube", "cylinder", "cone", "torus")

TOLERANCE = 0.15
"""Residual at which a point loses most of its weight (Geman & McClure 1985); rms radius is 1."""

_LOG_SIZES = (-3.0, 1.2)
_LONGEST_STEP = 0.4


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
        parts = (a[rows, chosen] for a in (self.frame, self.centre, self.log_size))
        return _Guesses(*parts, counts)


def fit(points: Array, weight: Array, axes: Array, steps: tuple[int, int] = (4, 7)) -> Fit:
    """Fit all five primitives.

    Parameters
    ----------
    points : (B, 3, n) float64
        Centred, rms radius 1.
    weight : (B, n)
        1 for points that count, 0 for padding.
    axes : (B, a, 3)
        Unit directions to try as axes.
    steps : (int, int)
        Steps with all guesses, and with the best two of each kind.
    """
    guesses = _start(points, axes)
    guesses, _, _ = _improve(guesses, points, weight, steps[0], keep=2)
    guesses, cost, residual = _improve(guesses, points, weight, steps[1], keep=1)
    sphere_cost, sphere_residual, radius = _sphere(points, weight)
    sizes = np.exp(guesses.log_size)
    sizes[:, 0] = -np.sort(-sizes[:, 0], axis=1)
    sizes[:, 1:, 2] = 0
    return Fit(
        np.concatenate([sphere_cost[:, None], cost], axis=1),
        np.concatenate([sphere_residual[:, None], np.abs(residual)], axis=1),
        np.concatenate([np.repeat(radius[:, None, None], 3, axis=2), sizes], axis=1),
    )


def _start(points: Array, axes: Array) -> _Guesses:
    """Boxes in frames about the axes; the others along the axes, cones both ways."""
    frame = _frames(axes)
    flipped = frame * np.array([1.0, -1.0, -1.0])
    number = axes.shape[1]
    cones = np.concatenate([frame, flipped], axis=1)
    poses = np.concatenate([frame, frame, cones, frame], axis=1)
    # Extents along the guessed frames make the first sizes.
    local = np.swapaxes(poses, 2, 3) @ points[:, None]
    spread = np.sqrt((local * local).mean(axis=3))
    across = np.sqrt(0.5 * (spread[..., 0] ** 2 + spread[..., 1] ** 2))
    along = spread[..., 2]
    size = np.ones_like(spread)
    box, cylinder, cone, torus = (
        slice(i * number, j * number) for i, j in ((0, 1), (1, 2), (2, 4), (4, 5))
    )
    size[:, box] = 1.35 * spread[:, box]
    for kind, wide, high in ((cylinder, 1.25, 1.5), (cone, 1.9, 1.8), (torus, 1.3, 1.4)):
        size[:, kind, 0], size[:, kind, 1] = wide * across[:, kind], high * along[:, kind]
    centre = np.zeros_like(spread)
    centre[:, cone] = 0.5 * along[:, cone, None] * poses[:, cone, :, 2]
    log_size = np.clip(np.log(np.maximum(size, 1e-3)), -2.0, 1.0)
    return _Guesses(poses, centre, log_size, (number, number, 2 * number, number))


def _frames(axes: Array) -> Array:
    """Right-handed frames (..., 3, 3) whose third column is the axis."""
    helper = np.where(np.abs(axes[..., :1]) < 0.6, np.eye(3)[0], np.eye(3)[1])
    first = np.cross(helper, axes)
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    return np.stack([first, np.cross(axes, first), axes], axis=-1)


def _evaluate(guesses: _Guesses, points: Array) -> tuple[Array, Array]:
    """Residuals (B, K, n) and derivatives (B, K, 9, n) by rotation, translation and log sizes."""
    local = np.swapaxes(guesses.frame, 2, 3) @ (points[:, None] - guesses.centre[..., None])
    size = np.exp(guesses.log_size)
    residual = np.empty((*local.shape[:2], local.shape[3]))
    gradient = np.empty_like(local)
    jacobian = np.empty((*local.shape[:2], 9, local.shape[3]))
    growth = jacobian[:, :, 6:]
    boxes, cylinders, cones, _ = guesses.counts
    a, b = boxes, boxes + cylinders + cones
    taper = np.repeat([1.0, 0.0], [cylinders, cones])[:, None]
    parts = [slice(0, a), slice(a, b), slice(b, None)]
    outs = [(residual[:, p], gradient[:, p], growth[:, p]) for p in parts]
    fields.box(local[:, parts[0]], size[:, parts[0]], *outs[0])
    fields.frustum(local[:, parts[1]], size[:, parts[1]], taper, *outs[1])
    fields.torus(local[:, parts[2]], size[:, parts[2]], *outs[2])
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        np.multiply(gradient[:, :, i], local[:, :, j], out=jacobian[:, :, k])
        jacobian[:, :, k] -= gradient[:, :, j] * local[:, :, i]
    np.negative(gradient, out=jacobian[:, :, 3:6])
    return residual, jacobian


def _improve(
    guesses: _Guesses, points: Array, weight: Array, steps: int, keep: int
) -> tuple[_Guesses, Array, Array]:
    """Take damped Gauss-Newton steps on the robust cost; keep the best guesses of each kind."""
    tolerance2 = TOLERANCE**2
    share = weight / weight.sum(axis=1, keepdims=True)
    diagonal = np.arange(9)

    def cost_of(residual: Array) -> tuple[Array, Array]:
        square = residual * residual
        gain = tolerance2 / (square + tolerance2)
        return gain, ((1 - gain) * share[:, None]).sum(axis=2)

    residual, jacobian = _evaluate(guesses, points)
    gain, cost = cost_of(residual)
    damping = np.full(cost.shape, 1e-2)
    for _ in range(steps):
        weighted = jacobian * (gain * gain * share[:, None])[:, :, None]
        hessian = weighted @ np.swapaxes(jacobian, 2, 3)
        slope = weighted @ residual[..., None]
        trace = hessian[..., diagonal, diagonal].mean(axis=2)
        hessian[..., diagonal, diagonal] += (damping * trace + 1e-9)[..., None]
        step = np.clip(-np.linalg.solve(hessian, slope)[..., 0], -_LONGEST_STEP, _LONGEST_STEP)
        trial = _Guesses(
            guesses.frame @ _cayley(step[..., :3]),
            guesses.centre + (guesses.frame @ step[..., 3:6, None])[..., 0],
            np.clip(guesses.log_size + step[..., 6:], *_LOG_SIZES),
            guesses.counts,
        )
        new_residual, new_jacobian = _evaluate(trial, points)
        new_gain, new_cost = cost_of(new_residual)
        better = new_cost < cost
        worse = ~better
        for now, old in (
            (trial.frame, guesses.frame),
            (trial.centre, guesses.centre),
            (trial.log_size, guesses.log_size),
            (new_residual, residual),
            (new_jacobian, jacobian),
            (new_gain, gain),
            (new_cost, cost),
        ):
            now[worse] = old[worse]
        guesses, residual, jacobian, gain, cost = (
            trial,
            new_residual,
            new_jacobian,
            new_gain,
            new_cost,
        )
        damping = np.where(better, 0.3 * damping, 6 * damping)
    return _best(guesses, cost, residual, keep)


def _best(
    guesses: _Guesses, cost: Array, residual: Array, keep: int
) -> tuple[_Guesses, Array, Array]:
    ends = np.cumsum(guesses.counts)
    chosen, counts = [], []
    for end, number in zip(ends, guesses.counts, strict=True):
        order = np.argsort(cost[:, end - number : end], axis=1, kind="stable")[:, :keep]
        chosen.append(order + end - number)
        counts.append(order.shape[1])
    index = np.concatenate(chosen, axis=1)
    rows = np.arange(len(index))[:, None]
    kept = (counts[0], counts[1], counts[2], counts[3])
    return guesses.take(index, kept), cost[rows, index], residual[rows, index]


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
