"""What is said of a fitted primitive: named sizes with errors, how much of it has points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pcdash.core.corruption.solids import surface_points
from pcdash.core.primitives import mesh
from pcdash.core.primitives.distance import Solid
from pcdash.core.primitives.found import Found

Array = NDArray[np.float64]

_STEP = 1e-6
_PROBES = 600
_NEAR = 1.5
"""Mean spacings within which a place of the surface has a point: 99.9 % have, by chance."""


@dataclass(frozen=True)
class Dimensions:
    """Sizes of one kind.

    Attributes
    ----------
    names : tuple of str
        Lengths, but for those that end in ``_deg``.
    values : callable
        From the sizes of the surface (k,) to the named ones (m,).
    ratio : callable
        From the named sizes to the proportion that tells such shapes apart; None: they are alike.
    """

    names: tuple[str, ...]
    values: Callable[[Array], Array]
    ratio: Callable[[Array], float] | None = None


def _edges(sizes: Array) -> Array:
    return np.asarray(-np.sort(-(sizes[3:] - sizes[:3])))


def _cylinder(sizes: Array) -> Array:
    return np.array([sizes[0], sizes[3] - sizes[2]])


def _cone(sizes: Array) -> Array:
    low, high, floor, roof = sizes
    return np.array([low, roof - floor, high, np.degrees(np.arctan2(low - high, roof - floor))])


DIMENSIONS: dict[str, Dimensions] = {
    "cube": Dimensions(("length", "width", "height"), _edges, lambda v: float(v[2] / v[0])),
    "cylinder": Dimensions(("radius", "height"), _cylinder, lambda v: float(v[1] / (2 * v[0]))),
    "cone": Dimensions(
        ("radius", "height", "top_radius", "half_angle_deg"),
        _cone,
        lambda v: float(v[1] / (2 * v[0])),
    ),
    "torus": Dimensions(
        ("ring_radius", "tube_radius"), lambda sizes: sizes, lambda v: float(v[1] / v[0])
    ),
    "sphere": Dimensions(("radius",), lambda sizes: sizes),
}
"""Kind -> its sizes and proportion.

The proportions are those of the training recipe: shortest over longest edge, height over diameter,
tube over ring radius.
"""


def sizes_of(found: Found, unit: float) -> tuple[dict[str, float], dict[str, float], float | None]:
    """Named sizes, their standard errors, and the proportion.

    Parameters
    ----------
    found : Found
    unit : float
        Length of 1 in the scan's unit.
    """
    named = DIMENSIONS[found.kind]
    at = found.fit.pose.sizes
    values = named.values(at)
    steps = _STEP * np.eye(len(at))
    slope = np.stack([(named.values(at + s) - named.values(at - s)) / (2 * _STEP) for s in steps])
    spread = found.fit.covariance[6:, 6:] + np.diag(found.slack**2)
    errors = np.sqrt(np.maximum(np.einsum("km,kj,jm->m", slope, spread, slope), 0))
    factor = np.array([1.0 if name.endswith("_deg") else unit for name in named.names])
    sizes = dict(zip(named.names, (values * factor).tolist(), strict=True))
    doubts = dict(zip(named.names, (errors * factor).tolist(), strict=True))
    return sizes, doubts, named.ratio(values) if named.ratio else None


def solid_of(found: Found) -> tuple[Solid, Array]:
    """The closed solid, about its middle, and where that is in the primitive's frame."""
    sizes = found.fit.pose.sizes
    if found.kind == "cube":
        return Solid("box", tuple((sizes[3:] - sizes[:3]) / 2)), (sizes[3:] + sizes[:3]) / 2
    if found.kind in ("cylinder", "cone"):
        low, high, floor, roof = sizes.tolist()
        middle = np.array([0.0, 0.0, (floor + roof) / 2])
        return Solid("revolved", (low, high, (roof - floor) / 2)), middle
    return Solid(found.kind, tuple(sizes.tolist())), np.zeros(3)


def covered(found: Found, points: Array) -> float:
    """Share of the surface, ends included, that has points nearby: in [0, 1].

    Parameters
    ----------
    found : Found
    points : (3, n)
        As they were fitted.
    """
    own = found.fit.pose.local(points[:, found.fit.own])
    if not own.shape[1]:
        return 0.0
    solid, middle = solid_of(found)
    probes = surface_points(solid, _PROBES, np.random.default_rng(0)) + middle
    reach = _NEAR * np.sqrt(area(solid) / own.shape[1])
    nearest, _ = cKDTree(own.T).query(probes, distance_upper_bound=reach)
    return float(np.isfinite(nearest).mean())


def area(solid: Solid) -> float:
    """Area of a closed solid."""
    if solid.kind == "sphere":
        return float(4 * np.pi * solid.sizes[0] ** 2)
    if solid.kind == "torus":
        return float(4 * np.pi**2 * solid.sizes[0] * solid.sizes[1])
    if solid.kind == "box":
        a, b, c = solid.sizes
        return 8 * (a * b + b * c + c * a)
    low, high, half = solid.sizes
    slant = np.hypot(low - high, 2 * half)
    return float(np.pi * (slant * (low + high) + low**2 + high**2))


def mesh_of(found: Found) -> mesh.Mesh:
    """The surface in the primitive's own frame, discs only where there are points."""
    sizes = found.fit.pose.sizes
    if found.kind == "cube":
        return mesh.box(sizes[:3], sizes[3:])
    if found.kind == "sphere":
        return mesh.sphere(float(sizes[0]))
    if found.kind == "torus":
        return mesh.torus(float(sizes[0]), float(sizes[1]))
    bottom, *rest = found.seen
    return mesh.revolved(sizes, bottom=bottom, top=any(rest))
