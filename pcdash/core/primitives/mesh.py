"""Fitted surfaces as triangles, to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_AROUND = 48
_ALONG = 20
_TUBE = 24


@dataclass(frozen=True)
class Mesh:
    """A surface.

    Attributes
    ----------
    vertices : (v, 3) float64, v < 1,500
        In the scan's unit and frame.
    faces : (f, 3) int
        Rows of `vertices`.
    """

    vertices: Array
    faces: NDArray[np.intp]


def box(low: Array, high: Array) -> Mesh:
    """Corners (3,) of the two ends of its diagonal."""
    corner = np.array([[k >> axis & 1 for axis in range(3)] for k in range(8)], bool)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))]
    return Mesh(np.where(corner, high, low), np.array(faces, np.intp))


def turned(profile: Array) -> Mesh:
    """What a line (m, 2) of radii and heights leaves when it turns about the z axis."""
    angle = 2 * np.pi * np.arange(_AROUND) / _AROUND
    radius, height = profile.T[..., None]
    flat = np.broadcast_to(height, (len(profile), _AROUND))
    rings = np.stack([radius * np.cos(angle), radius * np.sin(angle), flat], axis=2)
    here = np.arange(_AROUND)
    there = (here + 1) % _AROUND
    faces = []
    for ring in range(len(profile) - 1):
        a, b = ring * _AROUND, (ring + 1) * _AROUND
        faces += [np.stack([a + here, a + there, b + there], axis=1),
                  np.stack([a + here, b + there, b + here], axis=1)]  # fmt: skip
    return Mesh(rings.reshape(-1, 3), np.concatenate(faces))


def sphere(radius: float) -> Mesh:
    """About the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, _ALONG)
    return turned(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def torus(ring: float, tube: float) -> Mesh:
    """About the z axis."""
    angle = np.linspace(0, 2 * np.pi, _TUBE + 1)
    return turned(np.stack([ring + tube * np.cos(angle), tube * np.sin(angle)], axis=1))


def revolved(sizes: Array, *, bottom: bool, top: bool) -> Mesh:
    """Sizes: (bottom radius, top radius, bottom height, top height); discs where they are."""
    low, high, floor, roof = sizes
    profile = [(0.0, floor)] * bottom + [(low, floor), (high, roof)] + [(0.0, roof)] * top
    return turned(np.array(profile))
