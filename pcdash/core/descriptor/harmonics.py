"""Rotation-invariant power spectrum of the point density on soft shells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import sph_harm_y

from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]

DEGREE = 6
SHELLS = np.linspace(0.25, 1.75, 5)
_WIDTH = 0.27
_UPPER = np.triu_indices(len(SHELLS))

# On the sphere the harmonics up to degree 6 span the homogeneous monomials of degree 5 and 6.
_EXPONENTS = np.array(
    [
        (a, b, d - a - b)
        for d in (DEGREE - 1, DEGREE)
        for a in range(d + 1)
        for b in range(d + 1 - a)
    ]
).T


def _change_of_basis() -> NDArray[np.float32]:
    """(49, 49) matrix from pooled monomials to real spherical harmonics, ordered by degree."""
    rng = np.random.default_rng(1)
    unit = rng.standard_normal((400, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    theta, phi = np.arccos(unit[:, 2]), np.arctan2(unit[:, 1], unit[:, 0])
    rows = []
    for degree in range(DEGREE + 1):
        for order in range(-degree, degree + 1):
            value = sph_harm_y(degree, abs(order), theta, phi)
            part = value.real if order >= 0 else value.imag
            rows.append(part * (np.sqrt(2) if order else 1))
    monomials = np.prod(unit.T[:, None] ** _EXPONENTS[:, :, None], axis=0)
    solution = np.linalg.lstsq(monomials.T, np.array(rows).T, rcond=None)[0]
    return np.asarray(solution.T, np.float32)


_BASIS = _change_of_basis()


def harmonics(surface: Surface) -> Float:
    """Power spectrum with radial cross terms (SOAP, Bartok et al. 2013): 7 degrees x 15 (105).

    The density on five soft shells is expanded in spherical harmonics of degree up to 6; sums over
    the orders of products of coefficients of two shells do not change under rotation.
    """
    radius = surface.radius
    batch, n = radius.shape
    direction = surface.points / (radius[:, None] + np.float32(1e-9))
    powers = np.empty((DEGREE + 1, batch, 3, n), np.float32)
    powers[0] = 1
    powers[1] = direction
    for k in range(2, DEGREE + 1):
        np.multiply(powers[k - 1], direction, out=powers[k])
    monomials = powers[_EXPONENTS[0], :, 0]
    monomials *= powers[_EXPONENTS[1], :, 1]
    monomials *= powers[_EXPONENTS[2], :, 2]
    shell = radius[:, None] - SHELLS.astype(np.float32)[:, None]
    shell *= shell
    shell *= np.float32(-0.5 / _WIDTH**2)
    np.exp(shell, out=shell)
    shell /= shell.sum(axis=1, keepdims=True) + np.float32(1e-9)
    shell *= (surface.mask / surface.mask.sum(axis=1, keepdims=True))[:, None].astype(np.float32)
    pooled = np.matmul(monomials.transpose(1, 0, 2), shell.transpose(0, 2, 1))
    coefficients = (_BASIS @ pooled).astype(np.float64)
    spectrum = []
    for degree in range(DEGREE + 1):
        part = coefficients[:, degree**2 : (degree + 1) ** 2]
        power = part.transpose(0, 2, 1) @ part * (4 * np.pi / (2 * degree + 1))
        spectrum.append(power[:, _UPPER[0], _UPPER[1]])
    power = np.concatenate(spectrum, axis=1)
    return np.asarray(np.sign(power) * np.sqrt(np.abs(power)))
