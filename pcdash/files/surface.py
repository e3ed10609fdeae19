"""Points on the surface of a mesh, uniform by area."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import MAX_COORDINATE
from pcdash.files.polygons import Polygons
from pcdash.files.raw import RawFile, Reading

SURFACE_POINTS = 8192
"""Points taken from a mesh; the same file always gives the same points."""

_SEED = 0
_BLOCK = 1 << 14
"""Triangles at a time: so many fit the processor's cache."""


def sample_mesh(raw: RawFile, vertices: NDArray[Any], faces: Polygons) -> Reading:
    """Points on the faces of a mesh.

    Parameters
    ----------
    raw : RawFile
        Names the file in messages.
    vertices : (v, 3) array of a real number type
    faces : Polygons
        Faces of three and more corners; smaller ones have no surface and are passed over.

    Returns
    -------
    Reading
        As `sample_triangles` gives it.

    Raises
    ------
    UnreadableFile
        If there are no faces, a face points at a vertex that is not there, a corner is not a finite
        number, or the whole surface has no area.
    """
    if not len(faces):
        raise raw.refusal(
            "holds vertices but no faces; a mesh needs faces to take points from "
            "(save a cloud without faces as PLY, XYZ or CSV)"
        )
    indices = faces.indices
    wrong = (indices < 0) | (indices >= len(vertices))
    if wrong.any():
        corner = int(np.argmax(wrong))
        face = int(np.searchsorted(np.cumsum(faces.counts), corner, side="right"))
        raise raw.refusal(
            f"face {face + 1:,} of {len(faces):,} points at vertex {indices[corner]:,} (from 0); "
            f"there are {len(vertices):,}"
        )
    return sample_triangles(raw, vertices, faces.triangles(), faces=len(faces))


def sample_triangles(
    raw: RawFile, vertices: NDArray[Any], triangles: NDArray[np.int64], *, faces: int
) -> Reading:
    """Points on triangles, each as likely as its area is large.

    Parameters
    ----------
    raw : RawFile
    vertices : (v, 3) array of a real number type
    triangles : (t, 3) int64, each in [0, v)
    faces : int
        Faces of the file, for ``source['sampled_from']``.

    Returns
    -------
    Reading
        ``points`` is (8192, 3) float64.

    Raises
    ------
    UnreadableFile
        If a corner is not a finite number, or the whole surface has no area.
    """
    areas = triangle_areas(raw, vertices, triangles)
    cumulated = np.cumsum(areas)
    if not len(areas) or not cumulated[-1] > 0:
        raise raw.refusal("its faces have no area")
    rng = np.random.default_rng(_SEED)
    drawn = np.searchsorted(cumulated, rng.random(SURFACE_POINTS) * cumulated[-1], side="right")
    drawn = np.minimum(drawn, len(areas) - 1)
    a, b, c = np.moveaxis(vertices[triangles[drawn]].astype(np.float64), 1, 0)
    u, v = rng.random((2, SURFACE_POINTS, 1))
    outside = u + v > 1
    u, v = np.where(outside, 1 - u, u), np.where(outside, 1 - v, v)
    points = a + u * (b - a) + v * (c - a)
    return Reading(points, {"sampled_from": f"mesh surface ({faces:,} faces)"})


def triangle_areas(
    raw: RawFile, vertices: NDArray[Any], triangles: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Areas, computed block by block, so that memory stays flat.

    Parameters
    ----------
    raw, vertices, triangles
        As for `sample_triangles`.

    Returns
    -------
    areas : (t,) float64
        In a unit of their own: the largest coordinate of any corner is taken as 1, so that the
        squares of areas neither overflow nor vanish.

    Raises
    ------
    UnreadableFile
        If a corner is not a finite number.
    """
    unit = _largest_coordinate(raw, vertices, triangles) or 1.0
    areas = np.empty(len(triangles))
    for start in range(0, len(triangles), _BLOCK):
        corners = vertices.take(triangles[start : start + _BLOCK], axis=0)  # faster than [...]
        # (corner, axis, triangle): numpy works through long rows fastest
        a, b, c = np.ascontiguousarray(corners.transpose(1, 2, 0), dtype=np.float64) / unit
        (ux, uy, uz), (vx, vy, vz) = b - a, c - a
        squares = areas[start : start + _BLOCK]
        squares[:] = (uy * vz - uz * vy) ** 2
        squares += (uz * vx - ux * vz) ** 2
        squares += (ux * vy - uy * vx) ** 2
    np.sqrt(areas, out=areas)
    areas /= 2
    return areas


def _largest_coordinate(
    raw: RawFile, vertices: NDArray[Any], triangles: NDArray[np.int64]
) -> float:
    """The largest absolute coordinate of the corners; other vertices may hold anything."""
    used = np.zeros(len(vertices), dtype=bool)
    used[triangles] = True
    largest = 0.0
    for start in range(0, len(vertices), _BLOCK):
        corners = vertices[start : start + _BLOCK][used[start : start + _BLOCK]]
        block = float(np.abs(corners).max(initial=0))
        if not block <= MAX_COORDINATE:  # also where it is NaN
            raise raw.refusal(f"a face has a corner that is not a number within {MAX_COORDINATE:g}")
        largest = max(largest, block)
    return largest
