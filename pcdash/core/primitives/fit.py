"""Robust fits of the five primitives to some points of a cloud.

All guesses of all kinds and of all clouds of a batch take their Levenberg-Marquardt steps together:
the arrays are small, so that fewer and larger ones make the speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives.fields import Counts, Field, evaluate
from pcdash.core.primitives.starts import Guesses, start

Array = NDArray[np.float64]
Single = NDArray[np.float32]

KINDS = ("cube", "cylinder", "cone", "torus", "sphere")

TOLERANCE = 0.15
"""Residual at which a point loses most of its weight (Geman & McClure 1985); rms radius is 1."""

_SCREENING = 64
_LOG_SIZES = (-3.0, 1.2)
_LONGEST_STEP = 0.4


@dataclass(frozen=True)
class Effort:
    """How hard to search.

    Attributes
    ----------
    screened : tuple of int
        Guesses of each kind that are worth improving.
    stages : tuple of (tuple of float, tuple of int)
        Tolerance of each Levenberg-Marquardt step, and how many of each kind remain after them.
        Wide tolerances at first: from a poor start the right points are far off as well.
    """

    screened: Counts
    stages: tuple[tuple[tuple[float, ...], Counts], ...]


_FOUND = (1, 1, 1, 1, 1)

THOROUGH = Effort(
    (8, 12, 8, 2, 1),
    (((0.5, 0.3), (3, 4, 3, 1, 1)), ((0.2, TOLERANCE, TOLERANCE, TOLERANCE, TOLERANCE), _FOUND)),
)
"""For few points, where nothing but the search knows the pose."""

QUICK = Effort((2, 2, 2, 1, 1), (((0.5, 0.2), _FOUND),))
"""For many points, whose normals know it already."""


@dataclass(frozen=True)
class Fit:
    """Best fit of every kind to every cloud of a batch, in the order of `KINDS`.

    Attributes
    ----------
    cost : (B, 5)
        Mean robust cost in [0, 1).
    residual : (B, 5, n) float32
        Absolute distances.
    sizes : (B, 5, 3)
        cube: half edges, descending. cylinder, cone: (radius, 0, half height). torus: (ring radius,
        0, tube radius). sphere: (0, 0, radius).
    """

    cost: Array
    residual: Single
    sizes: Array


def fit(points: Single, boxes: Array, axes: Array, effort: Effort) -> Fit:
    """Fit all five primitives.

    Parameters
    ----------
    points : (B, 3, n) float32
        Centred, rms radius about 1, in a frame that turns with the cloud.
    boxes : (B, f, 3, 3)
        Frames to try for boxes, axes as columns.
    axes : (B, a, 3)
        Unit directions to try as axes of cylinders, cones and tori.
    effort : Effort
    """
    guesses, cost, residual = search(points, boxes, axes, effort)
    sizes = np.exp(guesses.log_size)
    sizes[:, 0] = -np.sort(-sizes[:, 0], axis=1)
    sizes[:, 1:, 1] = 0
    sizes[:, 4, 0] = 0
    return Fit(cost, np.abs(residual), sizes)


def search(
    points: Single, boxes: Array, axes: Array, effort: Effort
) -> tuple[Guesses, Array, Single]:
    """Start from every pose and improve what is promising; the parameters are those of `fit`.

    Returns
    -------
    guesses : Guesses
        As many of each kind as the last stage keeps, the cheapest first.
    cost : (B, k)
        Mean robust costs in [0, 1).
    distance : (B, k, n) float32
        Signed, negative inside; unsigned for cones.
    """
    guesses = start(points, boxes, axes)
    field = _field(guesses, points[:, :, :_SCREENING], slopes=False)[1]
    guesses, _ = _best(guesses, _cost(field.distance), effort.screened)
    for tolerances, keep in effort.stages:
        guesses, cost, residual = _improve(guesses, points, tolerances, keep)
    return guesses, cost, residual


def _field(guesses: Guesses, points: Single, *, slopes: bool) -> tuple[Single, Field]:
    """Points in the guesses' frames (B, K, 3, n), and the distances, in single precision."""
    batch, number = guesses.log_size.shape[:2]
    into = np.swapaxes(guesses.frame, 2, 3)
    centre = into @ guesses.centre[..., None]
    turned = into.reshape(batch, 3 * number, 3).astype(np.float32) @ points
    local = turned.reshape(batch, number, 3, -1)
    local -= centre.astype(np.float32)
    sizes = np.exp(guesses.log_size).astype(np.float32)
    return local, evaluate(local, sizes, guesses.counts, slopes=slopes)


def _system(local: Single, field: Field) -> Single:
    """Derivatives of the distances by rotation, translation and log sizes, and they: (B, K, 10, n).

    Turning the frame by a small w moves a point's local coordinates by -w x p.
    """
    if field.slopes is None:
        raise ValueError("the field was evaluated without its derivatives")
    batch, number, _, n = local.shape
    gradient = field.slopes.gradient
    result = np.empty((batch, number, 10, n), np.float32)
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        np.multiply(gradient[:, :, i], local[:, :, j], out=result[:, :, k])
        result[:, :, k] -= gradient[:, :, j] * local[:, :, i]
    np.negative(gradient, out=result[:, :, 3:6])
    result[:, :, 6:9] = field.slopes.growth
    result[:, :, 9] = field.distance
    return result


def _gain(distance: Single, tolerance: float) -> Single:
    """Geman-McClure gains in (0, 1], (B, K, n): the roots of the points' weights."""
    square = np.float32(tolerance * tolerance)
    gain = distance * distance
    gain += square
    np.divide(square, gain, out=gain)
    return gain


def _cost(distance: Single) -> Array:
    """Mean robust costs (B, K)."""
    gain = _gain(distance, TOLERANCE)
    return np.asarray(1 - gain.sum(axis=2, dtype=np.float64) / gain.shape[2])


def _improve(
    guesses: Guesses, points: Single, tolerances: Sequence[float], keep: Counts
) -> tuple[Guesses, Array, Single]:
    """Take damped Gauss-Newton steps on the robust cost; keep the best guesses of each kind.

    Returns
    -------
    guesses, cost (B, k), distance (B, k, n)
    """
    local, field = _field(guesses, points, slopes=True)
    distance, cost = field.distance, _cost(field.distance)
    system = _system(local, field)
    damping = np.full(cost.shape, 1e-2)
    for step, tolerance in enumerate(tolerances, 1):
        gain = _gain(distance, tolerance)
        gain *= gain
        normal = ((system * gain[:, :, None]) @ np.swapaxes(system, 2, 3)).astype(np.float64)
        diagonal = np.einsum("bkii->bki", normal[:, :, :9, :9])
        diagonal += (damping * diagonal.mean(axis=2) + 1e-9)[..., None]
        solved = np.linalg.solve(normal[:, :, :9, :9], normal[:, :, :9, 9:])[..., 0]
        move: Array = np.minimum(np.maximum(-solved, -_LONGEST_STEP), _LONGEST_STEP)
        trial = guesses.moved(move, _LOG_SIZES)
        last = step == len(tolerances)
        local, field = _field(trial, points, slopes=not last)
        now_cost = _cost(field.distance)
        now = system if last else _system(local, field)
        worse = now_cost >= cost
        # The new state is kept but where it is worse, which is seldom: little is copied.
        if worse.any():
            trial.restore(guesses, worse)
            for new, old in ((now_cost, cost), (field.distance, distance), (now, system)):
                new[worse] = old[worse]
        guesses, cost, distance, system = trial, now_cost, field.distance, now
        damping *= np.where(worse, 6.0, 0.3)
    guesses, order = _best(guesses, cost, keep)
    rows = np.arange(len(order))[:, None]
    return guesses, cost[rows, order], distance[rows, order]


def _best(guesses: Guesses, cost: Array, keep: Counts) -> tuple[Guesses, NDArray[np.intp]]:
    """The `keep` cheapest guesses of each kind, and their numbers (B, k)."""
    chosen, counts, end = [], [], 0
    for number, most in zip(guesses.counts, keep, strict=True):
        order = cost[:, end : end + number].argsort(axis=1, kind="stable")[:, :most]
        chosen.append(order + end)
        counts.append(order.shape[1])
        end += number
    index = np.concatenate(chosen, axis=1)
    return guesses.take(index, (counts[0], counts[1], counts[2], counts[3], counts[4])), index
