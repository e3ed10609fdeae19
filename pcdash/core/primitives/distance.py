"""Unsigned distances to the surfaces of the primitives, in their own frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Solid:
    """A primitive with its proportions, centred on the origin, its axis along z.

    Attributes
    ----------
    kind : {"sphere", "box", "revolved", "torus"}
    sizes : tuple of float
        sphere: (radius,). box: three half edges. torus: (ring radius, tube radius).
        revolved: (bottom radius, top radius, half height): cylinders, cones and frusta.
    bottom, top : bool
        revolved: whether the ends are closed.
    """

    kind: str
    sizes: tuple[float, ...]
    bottom: bool = True
    top: bool = True

    @property
    def reach(self) -> float:
        """Radius of the bounding sphere about the origin."""
        if self.kind == "torus":
            return self.sizes[0] + self.sizes[1]
        if self.kind == "revolved":
            low, high, half = self.sizes
            return float(np.hypot(max(low, high), half))
        return float(np.linalg.norm(self.sizes))


def distance(solid: Solid, x: Array, y: Array, z: Array) -> Array:
    """Distance of the points (x, y, z), arrays of one shape, to the surface of `solid`."""
    if solid.kind == "sphere":
        return np.abs(np.sqrt(x * x + y * y + z * z) - solid.sizes[0])
    if solid.kind == "box":
        return box(x, y, z, *solid.sizes)
    rho = np.sqrt(x * x + y * y)
    if solid.kind == "torus":
        ring, tube = solid.sizes
        return np.abs(np.hypot(rho - ring, z) - tube)
    low, high, half = solid.sizes
    result = segment(rho, z, low, -half, high, half)
    if solid.bottom:
        result = np.minimum(result, segment(rho, z, 0.0, -half, low, -half))
    if solid.top and high > 0:
        result = np.minimum(result, segment(rho, z, 0.0, half, high, half))
    return result


def box(x: Array, y: Array, z: Array, a: float, b: float, c: float) -> Array:
    """Distance to the surface of the box with half edges a, b, c."""
    dx, dy, dz = np.abs(x) - a, np.abs(y) - b, np.abs(z) - c
    inside = np.maximum(np.maximum(dx, dy), dz)
    px, py, pz = np.maximum(dx, 0), np.maximum(dy, 0), np.maximum(dz, 0)
    return np.where(inside > 0, np.sqrt(px * px + py * py + pz * pz), -inside)


def segment(rho: Array, z: Array, rho0: float, z0: float, rho1: float, z1: float) -> Array:
    """Distance in the half plane to the segment from (rho0, z0) to (rho1, z1)."""
    along_rho, along_z = rho1 - rho0, z1 - z0
    length2 = max(along_rho * along_rho + along_z * along_z, 1e-12)
    dr, dz = rho - rho0, z - z0
    place = np.clip((dr * along_rho + dz * along_z) / length2, 0.0, 1.0)
    dr, dz = dr - place * along_rho, dz - place * along_z
    return np.sqrt(dr * dr + dz * dz)
