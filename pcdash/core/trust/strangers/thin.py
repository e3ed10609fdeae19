"""Sheets, pipes, rods, and what has no surface at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.trust.meshes import hull
from pcdash.core.trust.strangers.sampling import along, on_sphere

Array = NDArray[np.float64]
Generator = np.random.Generator


def sheet(n: int, rng: Generator) -> Array:
    """A plane, or a bent or twisted one, with a straight or a round rim."""
    flat = rng.uniform(-1, 1, (4 * n, 2))
    if rng.random() < 0.4:
        flat = flat[(flat**2).sum(axis=1) <= 1]
    flat = flat[:n] * [1, rng.uniform(0.3, 1)]
    bend = np.zeros(3) if rng.random() < 0.4 else rng.normal(0, 0.35, 3)
    x, y = flat.T
    return np.stack([x, y, bend[0] * x * x + bend[1] * y * y + bend[2] * x * y], axis=1)


def band(n: int, rng: Generator) -> Array:
    """A ribbon, closed or open, with a twist or without."""
    angle = rng.uniform(0, 2 * np.pi * rng.uniform(0.4, 1.0), n)
    across = rng.uniform(-1, 1, n) * rng.uniform(0.15, 0.6)
    twist = angle * rng.choice([0.0, 0.5, 1.0]) + rng.uniform(0, np.pi)
    radius = 1 + across * np.cos(twist)
    shape = [radius * np.cos(angle), radius * np.sin(angle), across * np.sin(twist)]
    return np.asarray(np.stack(shape, axis=1) * rng.uniform(0.7, 1, 3))


def tube(n: int, rng: Generator) -> Array:
    """Along a winding curve, open or closed: pipes, knots, hooks."""
    t = np.linspace(0, 1, 160)
    ends = rng.normal(0, 1, (3, 4, 3)) / np.array([1, 2, 3])[:, None, None]
    waves = [2 * np.pi * k * t[:, None] for k in (1, 2, 3)]
    curve = sum(np.sin(w) * e[0] + np.cos(w) * e[1] for w, e in zip(waves, ends, strict=True))
    if rng.random() < 0.6:
        curve = curve[: int(rng.uniform(0.3, 0.8) * len(curve))]
    return along(np.asarray(curve), rng.uniform(0.08, 0.3), n, rng)


def helix(n: int, rng: Generator) -> Array:
    """A coil spring."""
    turns = rng.uniform(1.5, 6)
    angle = np.linspace(0, 2 * np.pi * turns, int(40 * turns))
    rise = rng.uniform(0.15, 0.6) * angle / (2 * np.pi)
    curve = np.stack([np.cos(angle), np.sin(angle), rise], axis=1)
    return along(curve, rng.uniform(0.02, 0.12), n, rng)


def elbow(n: int, rng: Generator) -> Array:
    """A bent pipe with straight ends."""
    angle = np.linspace(0, rng.uniform(0.3, 1.3) * np.pi, 60)
    curve = np.stack([np.cos(angle), np.sin(angle), np.zeros(60)], axis=1)
    before = curve[0] - [0, rng.uniform(0.4, 1.5), 0]
    beyond = curve[-1] + rng.uniform(0.4, 1.5) * np.array([-curve[-1, 1], curve[-1, 0], 0])
    parts = [np.linspace(before, curve[0], 20), curve, np.linspace(curve[-1], beyond, 20)]
    return along(np.concatenate(parts), rng.uniform(0.1, 0.4), n, rng)


def lattice(n: int, rng: Generator) -> Array:
    """The edges of a polytope, a box or a cross, as thin rods."""
    corners = on_sphere(int(rng.integers(4, 9)), rng) * rng.uniform(0.6, 1, 3)
    if rng.random() < 0.4:
        box = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
        corners = box * rng.uniform(0.5, 1, 3)
    vertices, faces = hull(corners)
    edges = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    if rng.random() < 0.3:
        vertices = np.append(vertices, vertices.mean(axis=0)[None], axis=0)
        edges = np.stack([np.arange(len(vertices) - 1), np.full(len(vertices) - 1, -1)], axis=1)
    ends = vertices[edges]
    length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    at = rng.choice(len(ends), n, p=length / length.sum())
    t = rng.random((n, 1))
    rods = ends[at, 0] * t + ends[at, 1] * (1 - t)
    return np.asarray(rods + rng.uniform(0.01, 0.06) * rng.standard_normal((n, 3)))


def limbs(n: int, rng: Generator) -> Array:
    """A body with arms: plants, animals, tripods."""
    number = int(rng.integers(3, 9))
    ends = on_sphere(number, rng) * rng.uniform(0.7, 1.6, (number, 1))
    parts = []
    for end in ends:
        curve = np.linspace(0, 1, 20)[:, None] * end
        curve = curve + np.sin(np.linspace(0, np.pi, 20))[:, None] * rng.normal(0, 0.2, 3)
        parts.append(along(curve, rng.uniform(0.06, 0.2), n, rng))
    if rng.random() < 0.6:
        parts.append(on_sphere(n, rng) * rng.uniform(0.3, 0.7, 3))
    joined = np.concatenate(parts)
    return joined[rng.permutation(len(joined))[:n]]


def cloudlet(n: int, rng: Generator) -> Array:
    """No surface at all: a ball, a box or a heap of points."""
    kind = rng.integers(3)
    if kind == 0:
        points = rng.standard_normal((n, 3))
    elif kind == 1:
        points = rng.uniform(-1, 1, (n, 3))
    else:
        heaps = rng.normal(0, 1, (rng.integers(2, 6), 3))
        points = heaps[rng.integers(len(heaps), size=n)] + rng.normal(0, 0.3, (n, 3))
    return np.asarray(points * rng.uniform(0.4, 1, 3))
