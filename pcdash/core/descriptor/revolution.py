"""Slippage analysis: along which motions does the surface slide in itself, and about which axis?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.normals import trust
from pcdash.core.descriptor.pooling import Histograms, concatenate, median, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_STEPS = 3
_TRANSLATION_DAMPING = 2e-3


@dataclass(frozen=True)
class Axis:
    """The best axis of revolution of every cloud, with the spectra met on the way.

    Attributes
    ----------
    direction, foot : (B, 3)
        Unit direction and the point of the axis nearest to the centre.
    pitch : (B,)
        Translation per turn of the slippable motion (0 for a revolution).
    residual : (B, q)
        |velocity of the motion along the normal|: 0 where the surface slides in itself.
    spectra : (B, 17)
        Eigenvalues of the slippage matrix (6) and of its rotational part, before and after
        reweighting (3 + 3), with ratios of neighbours (2 + 2), and |pitch|.
    """

    direction: Float
    foot: Float
    pitch: Float
    residual: Float
    spectra: Float


def find_axis(surface: Surface) -> Axis:
    """Axis of revolution by iteratively reweighted slippage analysis (Gelfand & Guibas 2004).

    A motion (a, v) moves point x by a x x + v; its slip is that velocity along the normal n.  The
    translation is eliminated (with a little damping, so that a plane or cylinder chooses the smallest
    one), the least eigenvector of what remains is the axis; points that do not slide lose weight.
    """
    query, normal = surface.query, surface.normal
    screw = np.concatenate([np.cross(query, normal, axis=1), normal], axis=1)
    trusted = surface.once(trust)
    weight = trusted
    for step in range(_STEPS):
        matrix = (screw * weight[:, None]) @ screw.transpose(0, 2, 1)
        matrix /= weight.sum(axis=1)[:, None, None]
        cross = matrix[:, :3, 3:]
        damped = matrix[:, 3:, 3:] + _TRANSLATION_DAMPING * np.eye(3)
        solved = np.linalg.solve(damped, cross.transpose(0, 2, 1))
        values, vectors = np.linalg.eigh(matrix[:, :3, :3] - cross @ solved)
        direction = vectors[:, :, 0]
        velocity = -(solved @ direction[:, :, None])[:, :, 0]
        pitch = np.einsum("bk,bk->b", direction, velocity)
        motion = np.concatenate([direction, velocity - pitch[:, None] * direction], axis=1)
        residual = np.abs(motion[:, None] @ screw)[:, 0]
        if step == 0:
            first = values
            spectrum = np.linalg.eigvalsh(matrix)
        middle = median(residual, surface.query_mask)[:, None]
        weight = trusted / (1 + (residual / (middle + 0.03)) ** 2) ** 2
    ratios = [v[:, :2] / (v[:, 1:] + 1e-3) for v in (first, values)]
    spectra = concatenate([spectrum, first, ratios[0], values, ratios[1], np.abs(pitch)])
    return Axis(direction, np.cross(direction, velocity), pitch, residual, spectra)


def revolution(surface: Surface) -> Float:
    """Symmetry of revolution: spectra, profile and its line and circle (17+2+7+8+6+10+25+8)."""
    axis = surface.once(find_axis)
    rho, height = _profile(surface, axis)
    q = surface.inside.shape[1]
    slip = quantiles(axis.residual[:, None], surface.query_mask)
    sliding = ((axis.residual < 0.1) * surface.weight).sum(axis=1)
    centre = median(height, surface.point_mask)[:, None]
    size = np.stack([rho, np.abs(height - centre)], axis=1)
    reach = quantiles(size, surface.point_mask, np.array([0.97]))[:, :, 0] + 1e-9
    turn = np.abs(axis.direction[:, None] @ surface.normal)[:, 0]
    relative = (rho / reach[:, :1]).astype(np.float32)
    histogram = Histograms(surface.point_mask)
    histogram.add((relative, 0, 1, 8))
    histogram.add((relative, 0, 1, 5), ((height - centre) / reach[:, 1:], -1, 1, 5))
    steep = Histograms(surface.query_mask)
    steep.add((turn, 0, 1, 10))
    return concatenate(
        [
            axis.spectra,
            sliding,
            np.sqrt(np.einsum("bk,bk->b", axis.foot, axis.foot)),
            slip,
            reach,
            reach[:, 0] / reach[:, 1],
            _mantle(surface, turn, rho[:, :q], height[:, :q]),
            _circle(surface, rho, height),
            steep.counts(),
            histogram.counts(),
        ]
    )


def _profile(surface: Surface, axis: Axis) -> tuple[Float, Float]:
    """Distance from the axis and position along it, (B, n), skewed towards positive positions."""
    offset = surface.points - axis.foot[:, :, None]
    height = (axis.direction[:, None] @ offset)[:, 0]
    rho = np.sqrt(np.maximum(np.einsum("bkn,bkn->bn", offset, offset) - height * height, 0))
    number = surface.mask.sum(axis=1)
    mean = (height * surface.mask).sum(axis=1) / number
    centred = (height - mean[:, None]) * surface.mask
    skewed = (centred**3).sum(axis=1) < 0
    return rho, np.where(skewed[:, None], -height, height)


def _mantle(surface: Surface, turn: Float, rho: Float, height: Float) -> Float:
    """Straight line through the profile of everything but caps: slope, misfit, share, tilt (7)."""
    side = turn < 0.93
    weight = surface.once(trust) * side + 1e-9 * surface.inside
    weight /= weight.sum(axis=1, keepdims=True)
    mean_height, mean_rho = (weight * height).sum(axis=1), (weight * rho).sum(axis=1)
    dh, dr = height - mean_height[:, None], rho - mean_rho[:, None]
    slope = (weight * dh * dr).sum(axis=1) / ((weight * dh * dh).sum(axis=1) + 1e-6)
    misfit = np.abs(dr - slope[:, None] * dh)
    tilt = (weight * turn).sum(axis=1)
    share = (side * surface.weight).sum(axis=1)
    return concatenate(
        [
            np.minimum(np.abs(slope), 20),
            np.sqrt((weight * misfit * misfit).sum(axis=1)),
            (weight * misfit).sum(axis=1),
            share,
            np.sqrt((weight * (turn - tilt[:, None]) ** 2).sum(axis=1)),
            tilt,
            np.sqrt((weight * dr * dr).sum(axis=1)) / (mean_rho + 1e-9),
        ]
    )


def _circle(surface: Surface, rho: Float, height: Float) -> Float:
    """Robust circle through the (rho, height) profile: a torus' tube, or a sphere (6)."""
    columns = np.stack([2 * rho, 2 * height, np.ones_like(rho)], axis=1)
    target = rho * rho + height * height
    weight = surface.mask.astype(np.float64)
    for _ in range(_STEPS):
        weighted = columns * weight[:, None]
        normal_matrix = weighted @ columns.transpose(0, 2, 1) + 1e-6 * np.eye(3)
        solution = np.linalg.solve(normal_matrix, weighted @ target[:, :, None])[:, :, 0]
        x, z = solution[:, 0], solution[:, 1]
        circle = np.sqrt(np.maximum(solution[:, 2] + x * x + z * z, 1e-9))
        distance = np.hypot(rho - x[:, None], height - z[:, None])
        error = np.abs(distance - circle[:, None])
        middle = median(error, surface.point_mask)
        weight = surface.mask / (1 + (error / (middle[:, None] + 0.02)) ** 2) ** 2
    number = surface.mask.sum(axis=1)
    tail = quantiles(error[:, None], surface.point_mask, np.array([0.9]))[:, 0, 0]
    return concatenate(
        [
            np.clip(x, -10, 10),
            np.minimum(circle, 10),
            np.clip(x / circle, -10, 10),
            np.minimum(middle, 10),
            np.minimum((error * surface.mask).sum(axis=1) / number, 10),
            np.minimum(tail, 10),
        ]
    )
