"""Slippage analysis: along which motions does the surface slide in itself, and about which axis?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.algebra import cross
from pcdash.core.descriptor.normals import trust
from pcdash.core.descriptor.pooling import concatenate, median
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

_STEPS = 2
_DAMPING = 2e-3 * np.eye(3)


@dataclass(frozen=True)
class Axis:
    """The best axis of revolution of every cloud, with the spectra met on the way.

    Attributes
    ----------
    direction : (B, 3)
        Unit direction.
    spectra : (B, 17)
        Eigenvalues of the slippage matrix (6) and of its rotational part, before and after
        reweighting (3 + 3), with ratios of neighbours (2 + 2), and |pitch|.
    """

    direction: Float
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
    trusted = weight = surface.once(trust)
    for step in range(_STEPS):
        matrix = (screw * weight[:, None]) @ screw.transpose(0, 2, 1)
        if step:  # the trust adds up to 1 by itself
            matrix /= weight.sum(axis=1)[:, None, None]
        mixed = matrix[:, :3, 3:]
        solved = np.linalg.solve(matrix[:, 3:, 3:] + _DAMPING, mixed.transpose(0, 2, 1))
        values, vectors = np.linalg.eigh(matrix[:, :3, :3] - mixed @ solved)
        direction = vectors[:, :, 0]
        velocity = -(solved @ direction[:, :, None])[:, :, 0]
        pitch = (direction * velocity).sum(axis=1)
        if step < _STEPS - 1:
            first, spectrum = values, np.linalg.eigvalsh(matrix)
            motion = np.concatenate([direction, velocity - pitch[:, None] * direction], axis=1)
            # Speed along the normal: 0 where the surface slides in itself.
            slip = np.abs(motion[:, None] @ screw)[:, 0]
            slip /= median(slip, surface.query_mask)[:, None] + 0.03
            loose = 1 + slip * slip
            weight = trusted / (loose * loose)
    ratios = [v[:, :2] / (v[:, 1:] + 1e-3) for v in (first, values)]
    spectra = concatenate([spectrum, first, ratios[0], values, ratios[1], np.abs(pitch)])
    return Axis(direction, spectra)


def slippage(surface: Surface) -> Float:
    """Spectra of the slippage analysis and the pitch of the best motion (17)."""
    return surface.once(find_axis).spectra
