"""Scans that hold more than the object: a table, neighbours, stray points; and what is the object.

Made from the benchmark's clouds and its depth camera, which share no code with `core.isolate`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pcdash.core.benchmark.camera import lay_out, nearest
from pcdash.core.cloud import Points

SHAPES = ("sphere", "cube", "cylinder", "cone", "torus")
DISTANCE = 3.5
"""From the camera to the middle of the table, in radii of the scene."""


@dataclass(frozen=True)
class Scene:
    """A scan of a table.

    Attributes
    ----------
    points : (n, 3) float64
        The object's largest half extent is about 1.
    wanted : (n,) bool
        Points of the object.
    """

    points: Points
    wanted: NDArray[np.bool_]


def scene(
    shape: str,
    rng: np.random.Generator,
    *,
    n: int = 4000,
    noise: float = 0.01,
    neighbours: int = 0,
    stray: float = 0.01,
    view: bool = False,
) -> Scene:
    """An object on a table, turned as a whole.

    Parameters
    ----------
    shape : str
    rng : numpy.random.Generator
    n : int
        Points of the whole scene, at most.
    noise : float
        Standard deviation, in half extents of the object: isotropic, or along the ray in a view.
    neighbours : int
        Smaller objects around it, a quarter of the object away or more.
    stray : float
        Share of points that are anywhere.
    view : bool
        Whether a depth camera sees it from one side, 25 to 60 degrees above the table.
    """
    dense = 100 * n if view else 12 * n
    half = rng.uniform(2.2, 3.5)
    pixels = round(np.sqrt(dense / 32)) + 1
    body = _standing(shape, rng, pixels)
    bodies = [body, *_around(body, neighbours, half, rng, pixels)]
    flat = np.column_stack([rng.uniform(-half, half, (dense, 2)), np.zeros(dense)])
    area = np.array([4 * half**2 * rng.uniform(0.5, 1.5), *(_area(body) for body in bodies)])
    counts = rng.multinomial(dense, area / area.sum())
    parts = [flat[: counts[0]]]
    parts += [
        body[rng.choice(len(body), k, replace=len(body) < k)]
        for body, k in zip(bodies, counts[1:], strict=True)
    ]
    points = np.concatenate(parts)
    wanted = np.repeat([False, True] + [False] * (len(bodies) - 1), [len(p) for p in parts])
    if view:
        points, wanted = _seen(points, wanted, rng, n=n, noise=noise)
    chosen = rng.choice(len(points), min(n, len(points)), replace=False)
    points, wanted = points[chosen], wanted[chosen]
    if not view:
        points = points + noise * rng.standard_normal(points.shape)
    lost = rng.random(len(points)) < stray
    low, high = points.min(axis=0), points.max(axis=0)
    points[lost] = rng.uniform(low, high, (int(lost.sum()), 3))
    return Scene(points @ Rotation.random(rng=rng).as_matrix().T, wanted & ~lost)


def _standing(shape: str, rng: np.random.Generator, pixels: int) -> Points:
    """A body of free proportions on the plane z = 0: on its base, or as it happens to lie."""
    low, high = (1 / 4, 2 / 3) if shape == "torus" else (1 / 2, 2.0)
    body = lay_out(shape, np.exp(rng.uniform(np.log(low), np.log(high), 3)), pixels)
    if rng.random() < 0.5:
        body = body @ Rotation.random(rng=rng).as_matrix().T
    else:
        body = body @ Rotation.from_euler("z", rng.uniform(0, 2 * np.pi)).as_matrix().T
    body = body - [0, 0, body[:, 2].min()]
    return np.asarray(body[body[:, 2] > 1e-6])  # what it stands on, nobody sees


def _around(
    body: Points, number: int, half: float, rng: np.random.Generator, pixels: int
) -> list[Points]:
    """Bodies half as large, on the table, apart from the first one and from one another."""
    taken = [(np.zeros(2), float(np.linalg.norm(body[:, :2], axis=1).max()))]
    found: list[Points] = []
    for _ in range(200):
        if len(found) == number:
            break
        other = rng.uniform(0.3, 0.45) * _standing(str(rng.choice(SHAPES)), rng, pixels)
        radius = float(np.linalg.norm(other[:, :2], axis=1).max())
        place = rng.uniform(-half + radius, half - radius, 2)
        if all(np.linalg.norm(place - at) > radius + r + 0.25 for at, r in taken):
            taken.append((place, radius))
            found.append(np.asarray(other + np.array([*place, 0])))
    return found


def _area(body: Points) -> float:
    """Of the surface, roughly: that of the box around it."""
    x, y, z = np.ptp(body, axis=0)
    return 2 * float(x * y + y * z + z * x) * 0.8


def _seen(
    points: Points, wanted: NDArray[np.bool_], rng: np.random.Generator, *, n: int, noise: float
) -> tuple[Points, NDArray[np.bool_]]:
    """What the camera sees, in its frame."""
    radius = float(np.linalg.norm(points, axis=1).max())
    up = Rotation.from_euler("x", 90 + rng.uniform(25, 60), degrees=True)
    turned = up.apply(Rotation.from_euler("z", rng.uniform(0, 360), degrees=True).apply(points))
    turned[:, 2] += DISTANCE * radius
    pixels = int(1.6 * np.sqrt(n))
    seen = nearest(turned, pixels, DISTANCE)
    # `nearest` keeps points as they are, in their order: they are found again by their bytes.
    flags = wanted[np.isin(_bytes(turned), _bytes(seen))]
    reach = np.linalg.norm(seen, axis=1, keepdims=True)
    return seen * (1 + noise * rng.standard_normal(reach.shape) / reach), flags


def _bytes(points: Points) -> NDArray[np.void]:
    return np.ascontiguousarray(points).view("V24")[:, 0]
