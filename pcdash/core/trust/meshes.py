"""Small triangle meshes, and points on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mesh = tuple[Array, NDArray[np.int64]]
"""Vertices (v, 3) and triangles (f, 3)."""

_AROUND = 48


def on_mesh(mesh: Mesh, n: int, rng: np.random.Generator) -> Array:
    """`n` points, uniform by area: (n, 3).

    Barycentric coordinates by the square-root map (Osada et al. 2002, section 4.2).
    """
    vertices, faces = mesh
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    at = rng.choice(len(faces), n, p=area / area.sum())
    root, along = np.sqrt(rng.random((n, 1))), rng.random((n, 1))
    return np.asarray((1 - root) * a[at] + root * (1 - along) * b[at] + root * along * c[at])


def polygon(corners: int, radii: Array) -> Array:
    """A regular polygon, stretched: (corners, 2)."""
    angle = 2 * np.pi * np.arange(corners) / corners
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii[:2]


def loft(rings: Sequence[tuple[Array, float]], *, caps: bool = True) -> Mesh:
    """Through outlines (k, 2) of as many corners each, at their heights."""
    k = len(rings[0][0])
    vertices = [np.column_stack([ring, np.full(k, z)]) for ring, z in rings]
    faces = []
    i, j = np.arange(k), (np.arange(k) + 1) % k
    for level in range(len(rings) - 1):
        low, high = level * k, (level + 1) * k
        faces += [
            np.stack([low + i, low + j, high + i], 1),
            np.stack([low + j, high + j, high + i], 1),
        ]
    if caps:
        for ring, z, first in ((*rings[0], 0), (*rings[-1], (len(rings) - 1) * k)):
            centre = sum(map(len, vertices))
            vertices.append(np.append(ring.mean(axis=0), z)[None])
            faces.append(np.stack([first + i, first + j, np.full(k, centre)], 1))
    return np.concatenate(vertices), np.concatenate(faces)


def extruded(outline: Array, height: float) -> Mesh:
    """A closed prism over a star-shaped outline (k, 2)."""
    return loft([(outline, 0.0), (outline, height)])


def turned(radius: Array, height: Array, *, caps: bool) -> Mesh:
    """A profile (m,), (m,) turned about the z axis."""
    ring = polygon(_AROUND, np.ones(2))
    return loft([(ring * r, float(z)) for r, z in zip(radius, height, strict=True)], caps=caps)


def hull(points: Array) -> Mesh:
    """The convex hull of points (k, 3)."""
    from scipy.spatial import ConvexHull

    return points, ConvexHull(points).simplices.astype(np.int64)
