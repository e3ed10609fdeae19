"""Points on surfaces that have no mesh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pcdash.core.primitives.distance import Solid, distance

Array = NDArray[np.float64]
Generator = np.random.Generator


def on_sphere(n: int, rng: Generator) -> Array:
    points = rng.standard_normal((n, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points


def stretched(points: Array, factors: Array, rng: Generator) -> Array:
    """Stretch, and thin out where that made points dense: roughly uniform by area again."""
    normal = points / factors
    weight = np.linalg.norm(normal, axis=1)
    keep = rng.random(len(points)) < weight / weight.max()
    return np.asarray(points[keep] * factors)


def on_boxes(boxes: Sequence[Array], n: int, rng: Generator) -> Array:
    """On the surface of a union of boxes, each given by its bounds (3, 2)."""
    parts = []
    areas = [float(np.prod(e) * (2 / e).sum()) for e in (b[:, 1] - b[:, 0] for b in boxes)]
    for at, (box, area) in enumerate(zip(boxes, areas, strict=True)):
        edges = box[:, 1] - box[:, 0]
        number = max(4, round(1.6 * n * area / sum(areas)))
        face = edges.prod() / edges
        axis = rng.choice(3, number, p=face / face.sum())
        points = rng.random((number, 3))
        points[np.arange(number), axis] = rng.random(number) < 0.5
        points = box[:, 0] + points * edges
        for other in (*boxes[:at], *boxes[at + 1 :]):
            inside = ((points > other[:, 0] - 1e-9) & (points < other[:, 1] + 1e-9)).all(axis=1)
            points = points[~inside]
        parts.append(points)
    joined = np.concatenate(parts)
    return joined[rng.permutation(len(joined))[:n]]


def along(curve: Array, radius: float, n: int, rng: Generator) -> Array:
    """On a tube about a polygonal curve (m, 3), uniform by its length."""
    step = np.diff(curve, axis=0)
    length = np.linalg.norm(step, axis=1)
    at = rng.choice(len(step), n, p=length / length.sum())
    axis = step[at] / np.maximum(length[at], 1e-12)[:, None]
    side = rng.standard_normal((n, 3))
    side -= (side * axis).sum(axis=1, keepdims=True) * axis
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    return np.asarray(curve[at] + rng.random(n)[:, None] * step[at] + radius * side)


def area_of(solid: Solid, rng: Generator, thin: float = 0.02) -> float:
    """About the area of a solid's surface: from the volume of a thin layer."""
    places = rng.uniform(-solid.reach, solid.reach, (4000, 3)) * 1.05
    near = np.abs(distance(solid, *places.T)) < thin
    return float((2.1 * solid.reach) ** 3 * max(near.mean(), 1e-3) / (2 * thin))
