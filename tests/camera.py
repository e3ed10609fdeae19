"""A second depth camera, for tests and measurements alone.

The camera of the training data (`pcdash.core.corruption.camera`) marches along its rays by distance
fields.  This one shares no code with it: it intersects the rays with the equations of the shapes,
which are written down here once more, with their own proportions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]

MISS = np.inf
_FEWEST = 20


def look(
    shape: str,
    rng: np.random.Generator,
    *,
    pixels: int = 40,
    noise: float = 0.005,
    distance: float = 3.5,
) -> Array:
    """Points that one look at a freely proportioned shape sees.

    Parameters
    ----------
    shape : str
        One of `SHAPES`.
    rng : numpy.random.Generator
    pixels : int
        Along a side of the square image, which just holds the bounding sphere.
    noise : float
        Standard deviation along the ray, in radii of the bounding sphere.
    distance : float
        From the centre, in radii of the bounding sphere.

    Returns
    -------
    (k, 3) float64, k >= 20
        In the camera's frame.
    """
    for _ in range(100):
        points = _image(shape, rng, pixels, noise, distance)
        if len(points) >= _FEWEST:
            return points
    raise RuntimeError(f"{pixels} pixels see too little of a {shape}")


def _image(
    shape: str, rng: np.random.Generator, pixels: int, noise: float, distance: float
) -> Array:
    sizes, reach = SHAPES[shape](rng)
    turn = Rotation.random(rng=rng)
    tangent = 1 / np.sqrt(distance**2 - 1)
    grid = tangent * (2 * (np.arange(pixels) + 0.5) / pixels - 1)
    u, v = (a.ravel() for a in np.meshgrid(grid, grid))
    rays = np.stack([u, v, np.ones_like(u)], axis=1)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    # In the shape's frame the camera stands on the turned z axis and looks at the origin.
    eye = turn.inv().apply([0.0, 0.0, -distance * reach])
    travel = HITS[shape](eye, turn.inv().apply(rays), sizes)
    seen = np.isfinite(travel)
    depth = travel[seen] + rng.normal(0, noise * reach, int(seen.sum()))
    return rays[seen] * depth[:, None]


def _uniform_log(low: float, high: float, rng: np.random.Generator) -> float:
    return float(low * (high / low) ** rng.random())


def _make_sphere(rng: np.random.Generator) -> tuple[Array, float]:
    return np.array([1.0]), 1.0


def _make_box(rng: np.random.Generator) -> tuple[Array, float]:
    half = np.array([1.0, _uniform_log(1 / 3, 1, rng), _uniform_log(1 / 3, 1, rng)])
    return half, float(np.linalg.norm(half))


def _make_cylinder(rng: np.random.Generator) -> tuple[Array, float]:
    half = _uniform_log(0.4, 5, rng)
    return np.array([1.0, half]), float(np.hypot(1, half))


def _make_cone(rng: np.random.Generator) -> tuple[Array, float]:
    half = _uniform_log(0.35, 2.5, rng)
    return np.array([1.0, half]), float(np.hypot(1, half))


def _make_torus(rng: np.random.Generator) -> tuple[Array, float]:
    tube = _uniform_log(0.12, 0.6, rng)
    return np.array([1.0, tube]), 1 + tube


SHAPES = {
    "sphere": _make_sphere,
    "cube": _make_box,
    "cylinder": _make_cylinder,
    "cone": _make_cone,
    "torus": _make_torus,
}
"""Proportions and radius of the bounding sphere of each shape, centred on the origin."""


def hit_sphere(eye: Array, rays: Array, sizes: Array) -> Array:
    """|eye + t ray|^2 = r^2: travel to the first solution, per ray; `MISS` without one."""
    b = rays @ eye
    root = b * b - eye @ eye + sizes[0] ** 2
    return np.where(root > 0, -b - np.sqrt(np.maximum(root, 0)), MISS)


def hit_box(eye: Array, rays: Array, sizes: Array) -> Array:
    """Slabs: the ray is inside between its last entry and its first exit (Kay & Kajiya 1986)."""
    with np.errstate(divide="ignore"):
        inverse = 1 / rays
    near, far = (-sizes - eye) * inverse, (sizes - eye) * inverse
    entry = np.minimum(near, far).max(axis=1)
    leave = np.maximum(near, far).min(axis=1)
    return np.where(entry < leave, entry, MISS)


def hit_cylinder(eye: Array, rays: Array, sizes: Array) -> Array:
    """x^2 + y^2 = r^2 for |z| <= h, and both discs."""
    radius, half = sizes
    a = (rays[:, :2] ** 2).sum(axis=1)
    b = rays[:, :2] @ eye[:2]
    c = eye[:2] @ eye[:2] - radius**2
    side = _first_root(a, b, np.full_like(b, c))
    side = np.where(np.abs(eye[2] + side * rays[:, 2]) <= half, side, MISS)
    discs = [_hit_disc(eye, rays, z, radius) for z in (-half, half)]
    return np.minimum(side, np.minimum(*discs))


def hit_cone(eye: Array, rays: Array, sizes: Array) -> Array:
    """x^2 + y^2 = (r (h - z) / 2h)^2 for |z| <= h, apex at z = h, and the base."""
    radius, half = sizes
    slope2 = (radius / (2 * half)) ** 2
    up = half - eye[2]
    a = (rays[:, :2] ** 2).sum(axis=1) - slope2 * rays[:, 2] ** 2
    b = rays[:, :2] @ eye[:2] + slope2 * up * rays[:, 2]
    c = eye[:2] @ eye[:2] - slope2 * up**2
    sides = []
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    for sign in (-1, 1):
        travel = (-b + sign * root) / a
        height = eye[2] + travel * rays[:, 2]
        good = (b * b - a * c > 0) & (np.abs(height) <= half) & (travel > 0)
        sides.append(np.where(good, travel, MISS))
    return np.minimum(np.minimum(*sides), _hit_disc(eye, rays, -half, radius))


def hit_torus(eye: Array, rays: Array, sizes: Array) -> Array:
    """(|x|^2 + R^2 - r^2)^2 = 4 R^2 (x^2 + y^2): the first real root of a quartic."""
    ring, tube = sizes
    result = np.full(len(rays), MISS)
    near = np.isfinite(hit_sphere(eye, rays, np.array([ring + tube])))
    b = rays[near] @ eye
    k = eye @ eye + ring**2 - tube**2
    flat = rays[near][:, :2]
    p = (flat**2).sum(axis=1)
    q = flat @ eye[:2]
    s = eye[:2] @ eye[:2]
    companion = np.zeros((len(b), 4, 4))
    companion[:, [1, 2, 3], [0, 1, 2]] = 1
    companion[:, 3, 3] = -4 * b
    companion[:, 2, 3] = -(4 * b * b + 2 * k - 4 * ring**2 * p)
    companion[:, 1, 3] = -(4 * b * k - 8 * ring**2 * q)
    companion[:, 0, 3] = -(k * k - 4 * ring**2 * s)
    roots = np.linalg.eigvals(companion)
    real = np.where((np.abs(roots.imag) < 1e-6) & (roots.real > 0), roots.real, MISS)
    result[near] = real.min(axis=1)
    return result


def _first_root(a: Array, b: Array, c: Array) -> Array:
    """Smaller root of a t^2 + 2 b t + c with a > 0."""
    root = b * b - a * c
    return np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / np.maximum(a, 1e-15), MISS)


def _hit_disc(eye: Array, rays: Array, z: float, radius: float) -> Array:
    with np.errstate(divide="ignore"):
        travel = (z - eye[2]) / rays[:, 2]
    place = eye[:2] + travel[:, None] * rays[:, :2]
    inside = ((place**2).sum(axis=1) <= radius**2) & (travel > 0)
    return np.where(inside, travel, MISS)


HITS = {
    "sphere": hit_sphere,
    "cube": hit_box,
    "cylinder": hit_cylinder,
    "cone": hit_cone,
    "torus": hit_torus,
}
"""Travel of each ray from the eye to the surface of each shape."""
