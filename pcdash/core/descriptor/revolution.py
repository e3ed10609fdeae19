"""Slippage analysis: along which motions does the surface slide in itself, and about which axis?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.algebra import cross
from pcdash.core.descriptor.normals import trust
from pcdash.core.descriptor.pooling import LEVELS, Histograms, concatenate, median, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_STEPS = 2
_DAMPING = 2e-3 * np.eye(3)
_FARTHEST = 10.0


@dataclass(frozen=True)
class Axis:
    """The best axis of revolution of every cloud, with the spectra met on the way.

    Attributes
    ----------
    direction, foot : (B, 3)
        Unit direction, and the point of the axis nearest to the centre.
    residual : (B, q)
        |velocity of the motion along the normal|: 0 where the surface slides in itself.
    spectra : (B, 17)
        Eigenvalues of the slippage matrix (6) and of its rotational part, before and after
        reweighting (3 + 3), with ratios of neighbours (2 + 2), and |pitch|.
    """

    direction: Float
    foot: Float
    residual: Float
    spectra: Float


def find_axis(surface: Surface) -> Axis:
    """Axis of revolution by iteratively reweighted slippage analysis (Gelfand & Guibas 2004).

    A motion (a, v) moves point x by a x x + v; its slip is that velocity along the normal n.  The
    translation is eliminated (with a little damping, so that a plane or cylinder chooses the
    smallest one), the least eigenvector of what remains is the axis; points that do not slide lose
    weight.
    """
    normal = surface.normal
    screw = np.concatenate([cross(surface.query, normal), normal], axis=1)
    trusted = surface.once(trust)
    weight = trusted
    for step in range(_STEPS):
        matrix = (screw * weight[:, None]) @ screw.transpose(0, 2, 1)
        matrix /= weight.sum(axis=1)[:, None, None]
        mixed = matrix[:, :3, 3:]
        solved = np.linalg.solve(matrix[:, 3:, 3:] + _DAMPING, mixed.transpose(0, 2, 1))
        values, vectors = np.linalg.eigh(matrix[:, :3, :3] - mixed @ solved)
        direction = vectors[:, :, 0]
        velocity = -(solved @ direction[:, :, None])[:, :, 0]
        pitch = (direction * velocity).sum(axis=1)
        motion = np.concatenate([direction, velocity - pitch[:, None] * direction], axis=1)
        residual = np.abs(motion[:, None] @ screw)[:, 0]
        if step == 0:
            first, spectrum = values, np.linalg.eigvalsh(matrix)
        if step < _STEPS - 1:
            middle = median(residual, surface.query_mask)[:, None]
            loose = 1 + (residual / (middle + 0.03)) ** 2
            weight = trusted / (loose * loose)
    ratios = [v[:, :2] / (v[:, 1:] + 1e-3) for v in (first, values)]
    spectra = concatenate([spectrum, first, ratios[0], values, ratios[1], np.abs(pitch)])
    return Axis(direction, cross(direction, velocity), residual, spectra)


def revolution(surface: Surface) -> Float:
    """Spectra, profile about the axis, its line, histograms (17+1+3+7+7+43)."""
    axis = surface.once(find_axis)
    rho, height = _profile(surface, axis)
    size = np.stack([rho, np.abs(height), axis.residual], axis=1)
    levels = quantiles(size, surface.query_mask, _LEVELS)
    reach = levels[:, :2, -1] + 1e-9
    turn = np.abs(axis.direction[:, None] @ surface.normal)[:, 0]
    relative = rho / reach[:, :1]
    histogram = Histograms(surface.query_mask)
    histogram.line(turn, 0, 1, 10)
    histogram.line(relative, 0, 1, 8)
    histogram.add(
        histogram.axis(relative, 0, 1, 5), histogram.axis(height / reach[:, 1:], -1, 1, 5)
    )
    return concatenate(
        [
            axis.spectra,
            np.sqrt((axis.foot * axis.foot).sum(axis=1)),
            reach,
            reach[:, 0] / reach[:, 1],
            levels[:, 2, :-1],
            _mantle(surface, turn, rho, height),
            histogram.counts(),
        ]
    )


_LEVELS = np.append(LEVELS, 0.97)


def _profile(surface: Surface, axis: Axis) -> tuple[Float, Float]:
    """Distances of the queries from the axis, and places along it, skewed upwards: (B, q) each."""
    offset = surface.query - axis.foot[:, :, None]
    height = (axis.direction[:, None] @ offset)[:, 0]
    rho = np.sqrt(np.maximum(np.einsum("bkq,bkq->bq", offset, offset) - height * height, 0))
    centred = height - (height * surface.weight).sum(axis=1, keepdims=True)
    skewness = (surface.weight * centred * centred * centred).sum(axis=1)
    height = np.where(skewness[:, None] < 0, -height, height)
    return rho, height - median(height, surface.query_mask)[:, None]


def _mantle(surface: Surface, turn: Float, rho: Float, height: Float) -> Float:
    """Straight line through the profile of everything but caps: slope, misfit, share, tilt (7)."""
    side = turn < 0.93
    weight = surface.once(trust) * side + 1e-9 * surface.inside
    weight /= weight.sum(axis=1, keepdims=True)
    tilt = (weight * turn).sum(axis=1)
    dh = height - (weight * height).sum(axis=1, keepdims=True)
    mean = (weight * rho).sum(axis=1, keepdims=True)
    dr = rho - mean
    slope = (weight * dh * dr).sum(axis=1) / ((weight * dh * dh).sum(axis=1) + 1e-6)
    misfit = np.abs(dr - slope[:, None] * dh)
    return concatenate(
        [
            np.minimum(np.abs(slope), _FARTHEST),
            np.sqrt((weight * misfit * misfit).sum(axis=1)),
            (weight * misfit).sum(axis=1),
            (side * surface.weight).sum(axis=1),
            np.sqrt((weight * (turn - tilt[:, None]) ** 2).sum(axis=1)),
            tilt,
            np.sqrt((weight * dr * dr).sum(axis=1)) / (mean[:, 0] + 1e-9),
        ]
    )
