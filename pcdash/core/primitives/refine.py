"""Fit one primitive to the last digit that the points give, from a pose that is about right.

Levenberg-Marquardt in double precision with Geman-McClure weights whose tolerance shrinks with the
residual, then least squares over the points that are left; and what the fit does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives.starts import rotation
from pcdash.core.primitives.surfaces import Distances, Surface

Array = NDArray[np.float64]

SIGMAS = 3.5
"""Points farther from the surface than this many standard deviations do not count as its own."""

_EDGE = 2.0
"""Standard deviations from an edge within which noise may put a point on the wrong face."""

_INNER = 0.6
"""Share of the points that must be left for those near edges to be left out."""

FINEST = 1e-9
"""Tolerances go no further down; the cloud's size is about 1."""

_WIDEST = 0.15
_SHRINK = 3.0
_STAGES = 12
_STEPS = 12
_SMALL_STEP = 1e-11
_GAIN, _LAST_GAIN = 1e-2, 1e-6
"""Shares of the cost that a step must gain for another one to be worth it."""

_FARTHEST = 50.0
"""A centre farther away than this, in sizes of the cloud, is no finding."""

_MAD = 1.4826
"""Standard deviation of normal errors over their median absolute value."""


@dataclass(frozen=True)
class Pose:
    """A primitive in its place.

    Attributes
    ----------
    frame : (3, 3)
        Its axes as columns.
    centre : (3,)
    sizes : (k,)
        As its surface takes them.
    """

    frame: Array
    centre: Array
    sizes: Array

    def local(self, points: Array) -> Array:
        """Points (3, n) in the primitive's frame."""
        result: Array = self.frame.T @ (points - self.centre[:, None])
        return result

    def moved(self, step: Array) -> Pose:
        """After a turn and a shift in its own frame, and a growth: (6 + k,)."""
        return Pose(
            self.frame @ rotation(step[:3]),
            self.centre + self.frame @ step[3:6],
            self.sizes + step[6:],
        )


@dataclass(frozen=True)
class Model:
    """What may move.

    Attributes
    ----------
    surface : Surface
    free : (6 + k, m)
        From the m free parameters to turn, shift and sizes: sizes that are equal share one, what
        changes nothing has none.
    possible : callable
        Whether sizes (k,) are those of such a surface.
    """

    surface: Surface
    free: Array
    possible: Callable[[Array], bool]

    def look(self, points: Array, pose: Pose) -> tuple[Distances, Array]:
        """Distances, and their derivatives by the free parameters (m, n)."""
        local = pose.local(points)
        found = self.surface(local, pose.sizes)
        gx, gy, gz = found.gradient
        x, y, z = local
        # Turning the frame by a small w moves a point's local coordinates by -w x p.
        turn = [gy * z - gz * y, gz * x - gx * z, gx * y - gy * x]
        return found, self.free.T @ np.concatenate([turn, -found.gradient, found.growth])


@dataclass(frozen=True)
class Refined:
    """A fit.

    Attributes
    ----------
    pose : Pose
    found : Distances
        Of all points.
    own : (n,) bool
        Points that lie on the surface.
    sigma : float
        Standard deviation of their distances.
    covariance : (6 + k, 6 + k)
        Of turn, shift and sizes, if errors are independent and of one size; 0 for what is fixed.
    """

    pose: Pose
    found: Distances
    own: NDArray[np.bool_]
    sigma: float
    covariance: Array


def refine(points: Array, pose: Pose, model: Model, widest: float = _WIDEST) -> Refined:
    """Fit `model` to points (3, n) of size about 1.

    A surface that bends moves the mean of noisy points outwards, by half the noise's variance
    times the sum of the principal curvatures (for circles: Al-Sharadqah & Chernov 2009); that is
    taken off, the noise being supposed to be the same in all directions.
    """
    tolerance = widest
    for _ in range(_STAGES):
        pose = _descend(points, pose, model, tolerance, 0.0)
        distance = model.surface(pose.local(points), pose.sizes).distance
        scale = SIGMAS * _MAD * float(np.median(np.abs(distance)))
        settled = tolerance <= max(scale, FINEST)
        tolerance = max(scale, tolerance / _SHRINK, FINEST)
        if settled:
            break
    offset: Array = np.zeros(points.shape[1])
    for _ in range(3):
        found, _ = model.look(points, pose)
        own, sigma = _own(found.distance - offset, tolerance)
        offset = np.minimum(0.5 * sigma**2 * found.bend, 0.5 * sigma)
        inner = own & (found.border > _EDGE * sigma)
        if inner.sum() >= _INNER * own.sum():
            own = inner
        if own.sum() <= model.free.shape[1]:
            break
        pose = _descend(points[:, own], pose, model, None, offset[own])
    found, slopes = model.look(points, pose)
    found = replace(found, distance=found.distance - offset)
    own, sigma = _own(found.distance, tolerance)
    return Refined(pose, found, own, sigma, _covariance(slopes[:, own], sigma, model.free))


def costs(fits: Sequence[Refined], finest: float = 1e-3) -> list[float]:
    """Logarithms of the robust costs of fits to the same points, times their number.

    The scale is that of the best fit, so that the others pay for every point they miss (Geman &
    McClure 1985). Differences count like those of log-likelihoods.

    Parameters
    ----------
    fits : sequence of Refined
    finest : float
        Scale below which nothing is told apart; the cloud's size is about 1.
    """
    sizes = np.abs([fit.found.distance for fit in fits])
    tolerance = max(SIGMAS * _MAD * float(np.median(sizes, axis=1).min()), finest)
    share = sizes**2 / (sizes**2 + tolerance**2)
    logs: Array = sizes.shape[1] * np.log(np.maximum(share.mean(axis=1), 1e-6))
    return [float(value) for value in logs]


def _own(distance: Array, tolerance: float) -> tuple[NDArray[np.bool_], float]:
    """Points that lie on the surface, and the standard deviation of their distances."""
    size = np.abs(distance)
    limit = tolerance
    for _ in range(5):
        own = size <= max(limit, FINEST)
        sigma = float(np.sqrt(np.mean(size[own] ** 2))) if own.any() else FINEST
        limit = SIGMAS * sigma
    return own, sigma


def _descend(
    points: Array, pose: Pose, model: Model, tolerance: float | None, offset: Array | float
) -> Pose:
    """Damped Gauss-Newton steps; without a tolerance all points weigh the same."""
    found, slopes = model.look(points, pose)
    residual = found.distance - offset
    cost = _cost(residual, tolerance)
    damping = 1e-3
    enough = _LAST_GAIN if tolerance is None else _GAIN
    for _ in range(_STEPS):
        weighted = slopes if tolerance is None else slopes * _gain(residual, tolerance) ** 2
        normal = weighted @ slopes.T
        diagonal = np.diag(normal) + 1e-12
        move = -np.linalg.solve(normal + np.diag(damping * diagonal + 1e-12), weighted @ residual)
        trial = pose.moved(model.free @ move)
        now = np.inf
        if model.possible(trial.sizes) and np.abs(trial.centre).max() < _FARTHEST:
            found, trial_slopes = model.look(points, trial)
            trial_residual = found.distance - offset
            now = _cost(trial_residual, tolerance)
        gained = cost - now
        if gained > 0:
            pose, cost, residual, slopes = trial, now, trial_residual, trial_slopes
            damping *= 0.1
        else:
            damping *= 10
        if np.abs(move).max() < _SMALL_STEP or damping > 1e6 or 0 < gained < enough * cost:
            break
    return pose


def _gain(residual: Array, tolerance: float) -> Array:
    """Roots of the Geman-McClure weights."""
    square = tolerance * tolerance
    return square / (square + residual * residual)


def _cost(residual: Array, tolerance: float | None) -> float:
    if tolerance is None:
        return float(np.mean(residual * residual))
    return float(np.mean(1 - _gain(residual, tolerance)))


def _covariance(slopes: Array, sigma: float, free: Array) -> Array:
    normal = slopes @ slopes.T
    inverse = np.linalg.pinv(normal, rcond=1e-12, hermitian=True)
    result: Array = sigma**2 * (free @ inverse @ free.T)
    return result
