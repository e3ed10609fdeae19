"""Smooth bodies and such as come from a lathe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.trust.meshes import on_mesh, polygon, turned
from pcdash.core.trust.strangers.sampling import on_sphere, stretched

Array = NDArray[np.float64]
Generator = np.random.Generator


def ellipsoid(n: int, rng: Generator) -> Array:
    """No sphere: its longest axis is at least 1.35 times its shortest."""
    axes = np.exp(rng.uniform(np.log(0.25), 0, 3))
    axes[rng.permutation(3)[:2]] = 1.0, rng.uniform(0.25, 0.74)
    return stretched(on_sphere(n, rng), axes, rng)


def superquadric(n: int, rng: Generator) -> Array:
    """Between box, cylinder, sphere and octahedron, and beyond (Barr 1981)."""
    while True:
        power = rng.uniform(0.6, 4.5, 2)
        if min(abs(power - 2)) > 0.7:
            break
    base = on_sphere(2 * n, rng)
    flat = (np.abs(base[:, 0]) ** power[0] + np.abs(base[:, 1]) ** power[0]) ** (1 / power[0])
    size = (flat ** power[1] + np.abs(base[:, 2]) ** power[1]) ** (1 / power[1])
    return stretched(base / size[:, None], rng.uniform(0.5, 1, 3), rng)[:n]


def blob(n: int, rng: Generator) -> Array:
    """A sphere with bumps and dents."""
    base = on_sphere(n, rng)
    waves = rng.normal(0, rng.uniform(1, 3), (6, 3))
    height = np.sin(base @ waves.T + rng.uniform(0, 2 * np.pi, 6)).mean(axis=1)
    return np.asarray(base * (1 + rng.uniform(0.4, 1.2) * height)[:, None] * rng.uniform(0.6, 1, 3))


def vase(n: int, rng: Generator) -> Array:
    """Turned on a lathe: a smooth profile that no cylinder, cone or torus has."""
    height = np.linspace(0, rng.uniform(1, 3), 40)
    t = np.linspace(0, 1, 40)
    wave = sum(
        rng.normal(0, 0.6 / k) * np.cos(k * np.pi * t + rng.uniform(0, np.pi)) for k in (1, 2, 3)
    )
    radius = 0.7 + rng.uniform(0.3, 0.6) * wave / max(1.0, float(np.abs(wave).max()))
    return on_mesh(turned(np.maximum(radius, 0.08), height, caps=rng.random() < 0.5), n, rng)


def bottle(n: int, rng: Generator) -> Array:
    """Cylinders and cones in a row: bottles, bolts, spindles."""
    number = int(rng.integers(3, 6))
    radius = np.repeat(rng.uniform(0.2, 1, number), 2)
    steps = np.cumsum(rng.uniform(0.3, 1.2, number))
    height = np.stack([np.append(0, steps[:-1]), steps], axis=1).ravel()
    if rng.random() < 0.5:
        height[1:-1] += np.tile([-0.1, 0.1], number - 1)
    return on_mesh(turned(radius, height, caps=True), n, rng)


def capsule(n: int, rng: Generator) -> Array:
    """A cylinder with round ends, one of them cut off at times."""
    half, flat = rng.uniform(0.4, 2.5), rng.uniform(0.3, 1.0)
    angle = np.linspace(-np.pi / 2 if rng.random() < 0.7 else 0, np.pi / 2, 32)
    height = flat * np.sin(angle) + np.where(angle > 0, half, -half)
    return on_mesh(turned(np.cos(angle) + 1e-6, height, caps=True), n, rng)


def ring(n: int, rng: Generator) -> Array:
    """Turned about an axis that it does not touch: washers, tyres, angular rings."""
    corners = int(rng.integers(3, 6))
    section = polygon(corners, rng.uniform(0.1, 0.5, 2)) @ _flat_turn(rng).T
    section[:, 0] += 0.08 - section[:, 0].min() + rng.uniform(0.1, 1)
    outline = np.concatenate([section, section[:1]])
    return on_mesh(turned(outline[:, 0], outline[:, 1], caps=False), n, rng)


def shell(n: int, rng: Generator) -> Array:
    """An open bowl, funnel or half pipe of any profile."""
    t = np.linspace(0.02, 1, 32)
    height = rng.uniform(0.4, 1.8) * t ** rng.uniform(0.7, 3)
    points = on_mesh(turned(t, height, caps=False), n, rng)
    if rng.random() < 0.4:
        keep = np.arctan2(points[:, 1], points[:, 0]) < rng.uniform(0, 2.5)
        points = points[keep]
    return np.asarray(points * rng.uniform(0.6, 1, 3))


def _flat_turn(rng: Generator) -> Array:
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
