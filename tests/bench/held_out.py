"""Shapes that no calibration has ever seen: what "none of these" is measured on.

None of them is among `pcdash.core.trust.strangers.FAMILIES`, and nothing was chosen by them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.solids import surface_points
from pcdash.core.primitives.distance import Solid
from pcdash.core.trust.meshes import extruded, loft, on_mesh, polygon, turned
from pcdash.core.trust.strangers.sampling import along, on_boxes

Array = NDArray[np.float64]
Generator = np.random.Generator


def hourglass(n: int, rng: Generator) -> Array:
    """Narrow in the middle."""
    height = np.linspace(-1, 1, 48)
    radius = rng.uniform(0.1, 0.4) + rng.uniform(0.4, 0.8) * height**2
    return on_mesh(turned(radius, rng.uniform(0.8, 1.5) * height, caps=True), n, rng)


def hexnut(n: int, rng: Generator) -> Array:
    """Six flat sides, and a round hole."""
    high, hole = rng.uniform(0.3, 0.8), rng.uniform(0.4, 0.6)
    outline = polygon(6, np.ones(2))
    sides = on_mesh(loft([(outline, 0), (outline, high)], caps=False), n, rng)
    bore = surface_points(Solid("revolved", (hole, hole, high / 2), False, False), n // 2, rng)
    flat = rng.uniform(-1, 1, (2 * n, 2))
    wide = np.linalg.norm(flat, axis=1)
    angle = np.mod(np.arctan2(flat[:, 1], flat[:, 0]), np.pi / 3) - np.pi / 6
    flat = flat[(wide > hole) & (wide * np.cos(angle) < np.cos(np.pi / 6))][: n // 2]
    top = np.column_stack([flat, np.where(rng.random(len(flat)) < 0.5, 0, high)])
    return np.concatenate([sides, np.add(bore, [0, 0, high / 2]), top])


def tee(n: int, rng: Generator) -> Array:
    """A pipe that ends on another one."""
    radius = rng.uniform(0.2, 0.35)
    run = surface_points(Solid("revolved", (radius, radius, 1.0)), n, rng)
    arm = surface_points(Solid("revolved", (radius, radius, 0.5)), n // 2, rng)[:, [2, 1, 0]]
    arm = np.add(arm, [0.5, 0, 0])
    arm = arm[np.hypot(arm[:, 0], arm[:, 1]) > radius]
    run = run[~((run[:, 0] > 0) & (np.hypot(run[:, 1], run[:, 2]) < radius))]
    return np.concatenate([run, arm])


def trefoil(n: int, rng: Generator) -> Array:
    """A knot."""
    t = np.linspace(0, 2 * np.pi, 240)
    curve = [np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -np.sin(3 * t)]
    return along(np.stack(curve, axis=1), rng.uniform(0.2, 0.45), n, rng)


def mug(n: int, rng: Generator) -> Array:
    """An open cylinder with a handle."""
    half = rng.uniform(0.8, 1.4)
    body = surface_points(Solid("revolved", (1.0, 1.0, half), True, False), n, rng)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 60)
    size = rng.uniform(0.5, 0.7)
    handle = [1 + size * np.cos(angle), np.zeros(60), size * np.sin(angle)]
    return np.concatenate([body, along(np.stack(handle, axis=1), 0.12, n // 5, rng)])


def heart(n: int, rng: Generator) -> Array:
    """A prism over a heart."""
    t = 2 * np.pi * np.arange(60) / 60
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    outline = np.stack([x, y], axis=1) / 17
    return on_mesh(extruded(outline, rng.uniform(0.3, 1.0)), n, rng)


def corrugated(n: int, rng: Generator) -> Array:
    """A sheet in waves."""
    x, y = rng.uniform(-1, 1, (2, n))
    wave = np.sin(x * rng.uniform(6, 12))
    return np.stack([x, y * rng.uniform(0.5, 1), rng.uniform(0.1, 0.25) * wave], axis=1)


def snail(n: int, rng: Generator) -> Array:
    """A tube that winds up and grows."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(2, 3), 300)
    grow = np.exp(0.12 * t)
    curve = np.stack([grow * np.cos(t), grow * np.sin(t), 0.3 * grow], axis=1)
    at = rng.choice(300, n, p=grow**2 / (grow**2).sum())
    side = rng.standard_normal((n, 3))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    return np.asarray(curve[at] + 0.3 * grow[at, None] * side)


def stairs(n: int, rng: Generator) -> Array:
    """Three to six steps."""
    steps = int(rng.integers(3, 7))
    wide = rng.uniform(0.6, 1.5)
    boxes = [
        np.array([(k / steps, (k + 1) / steps), (0, wide), (0, (k + 1) / steps)])
        for k in range(steps)
    ]
    return on_boxes(boxes, n, rng)


def airplane(n: int, rng: Generator) -> Array:
    """A hull with wings and a tail."""
    hull = surface_points(Solid("sphere", (1.0,)), n // 2, rng) * [1.0, 0.15, 0.15]
    span, chord = rng.uniform(0.7, 1.1), rng.uniform(0.15, 0.3)
    wing = np.column_stack([rng.uniform(-chord, chord, n // 3), rng.uniform(-span, span, n // 3)])
    tail = np.column_stack([rng.uniform(-1, -0.8, n // 8), rng.uniform(0, 0.4, n // 8)])
    flat = np.column_stack([wing, np.zeros(len(wing))])
    up = np.column_stack([tail[:, 0], np.zeros(len(tail)), tail[:, 1]])
    return np.concatenate([hull, flat, up])


def teardrop(n: int, rng: Generator) -> Array:
    """Round below, pointed above."""
    angle = np.linspace(0, np.pi, 64)
    radius = np.sin(angle) * np.sin(angle / 2) ** rng.uniform(1.5, 3)
    return on_mesh(turned(radius + 1e-6, 1.2 * np.cos(angle), caps=False), n, rng)


def lens(n: int, rng: Generator) -> Array:
    """Two shallow caps, rim to rim."""
    across = np.linspace(-1, 1, 49)
    radius = 1 - np.abs(across) ** 2
    return on_mesh(turned(radius + 1e-3, rng.uniform(0.25, 0.5) * across, caps=False), n, rng)


HELD_OUT: dict[str, Callable[[int, Generator], Array]] = {
    one.__name__: one
    for one in (
        hourglass,
        hexnut,
        tee,
        trefoil,
        mug,
        heart,
        corrugated,
        snail,
        stairs,
        airplane,
        teardrop,
        lens,
    )
}
"""Name -> ``family(n, rng)``."""
