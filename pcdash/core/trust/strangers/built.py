"""Bodies with edges, and such as are put together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption import SOLIDS, Randomisation, rotation
from pcdash.core.corruption.solids import draw_solid, surface_points
from pcdash.core.primitives.distance import distance
from pcdash.core.trust.meshes import extruded, hull, loft, on_mesh, polygon
from pcdash.core.trust.strangers.sampling import area_of, on_boxes, on_sphere

Array = NDArray[np.float64]
Generator = np.random.Generator

_RECIPE = Randomisation()


def pyramid(n: int, rng: Generator) -> Array:
    """On a base of three to six corners, with its tip or without."""
    corners = int(rng.integers(3, 7))
    tip = 0.02 if rng.random() < 0.6 else rng.uniform(0.2, 0.7)
    base = polygon(corners, rng.uniform(0.7, 1, 2))
    height = rng.uniform(0.5, 2.5)
    return on_mesh(loft([(base, 0.0), (base * tip, height)]), n, rng)


def prism(n: int, rng: Generator) -> Array:
    """Of three, five, six or more corners; never a box."""
    corners = int(rng.choice([3, 3, 5, 6, 7]))
    base = polygon(corners, np.array([1.0, rng.uniform(0.6, 1)]))
    return on_mesh(extruded(base, rng.uniform(0.3, 3)), n, rng)


def profile(n: int, rng: Generator) -> Array:
    """A bar of L, T, U, Z or cross profile: boxes side by side."""
    thick, length = rng.uniform(0.2, 0.45), rng.uniform(0.3, 2.0)
    wide, high = rng.uniform(0.7, 1.3, 2)
    along = ((0, wide), (0, thick))
    parts = {
        "L": (along, ((0, thick), (thick, high))),
        "T": (along, ((wide / 2 - thick / 2, wide / 2 + thick / 2), (thick, high))),
        "U": (along, ((0, thick), (thick, high)), ((wide - thick, wide), (thick, high))),
        "Z": (((0, wide / 2), (0, thick)), ((wide / 2, wide), (thick * 0.9, thick * 1.9))),
        "X": (((0, wide), (high / 2, high / 2 + thick)), ((wide / 2, wide / 2 + thick), (0, high))),
    }
    chosen = parts[str(rng.choice(list(parts)))]
    boxes = [np.array([*part, (0, length)]) for part in chosen]
    return on_boxes(boxes, n, rng)


def furniture(n: int, rng: Generator) -> Array:
    """Some boxes at random that touch: tables, stairs, chairs, what may be."""
    first = np.stack([np.zeros(3), rng.uniform(0.2, 1.2, 3)], axis=1)
    boxes = [first]
    for _ in range(rng.integers(1, 6)):
        edges = rng.uniform(0.1, 1.0, 3)
        beside = boxes[rng.integers(len(boxes))]
        low = rng.uniform(beside[:, 0] - edges * 0.6, beside[:, 1] - edges * 0.4)
        axis = rng.integers(3)
        low[axis] = beside[axis, 1] if rng.random() < 0.5 else beside[axis, 0] - edges[axis]
        boxes.append(np.stack([low, low + edges], axis=1))
    return on_boxes(boxes, n, rng)


def table(n: int, rng: Generator) -> Array:
    """A top on one to four legs."""
    wide, deep, high = rng.uniform(0.7, 1.3, 3)
    leg = rng.uniform(0.05, 0.15)
    spots = [(0, 0), (wide - leg, 0), (0, deep - leg), (wide - leg, deep - leg)]
    middle = [(wide / 2, deep / 2)]
    boxes = [np.array([(0, wide), (0, deep), (high, high + rng.uniform(0.04, 0.2))])]
    for x, y in spots if rng.random() < 0.7 else middle:
        boxes.append(np.array([(x, x + leg), (y, y + leg), (0, high)]))
    return on_boxes(boxes, n, rng)


def polytope(n: int, rng: Generator) -> Array:
    """The convex hull of some points."""
    corners = on_sphere(int(rng.integers(5, 16)), rng) * rng.uniform(0.5, 1, 3)
    return on_mesh(hull(corners), n, rng)


def star(n: int, rng: Generator) -> Array:
    """A prism over rays or teeth, regular or not."""
    rays = int(rng.integers(4, 14))
    outline = polygon(2 * rays, np.ones(2))
    outline[1::2] *= rng.uniform(0.35, 0.8)
    if rng.random() < 0.4:
        outline *= rng.uniform(0.5, 1.2, (2 * rays, 1))
    return on_mesh(extruded(outline, rng.uniform(0.15, 2.0)), n, rng)


def cut(n: int, rng: Generator) -> Array:
    """Part of a primitive, closed where it was cut: domes, halves, wedges, slices."""
    solid = draw_solid(str(rng.choice(list(SOLIDS))), _RECIPE, rng)
    turn = rotation(rng)
    points = surface_points(solid, 3 * n, rng) @ turn.T
    level = float(np.quantile(points[:, 2], rng.uniform(0.35, 0.75)))
    below = points[points[:, 2] < level]
    reach = np.abs(points[:, :2]).max()
    lid = np.append(rng.uniform(-reach, reach, (3 * n, 2)), np.full((3 * n, 1), level), axis=1)
    inside = lid[distance(solid, *(lid @ turn).T) < 0]
    # As dense as the rest of the surface, whose area a layer of space around it tells.
    share = 4 * reach**2 / area_of(solid, rng)
    joined = np.concatenate([below, inside[: round(share * len(inside))]])
    return joined[rng.permutation(len(joined))[:n]]


def pair(n: int, rng: Generator) -> Array:
    """Two primitives grown together, or side by side: hammers, mugs, snowmen."""
    names = list(SOLIDS)
    solids = [draw_solid(str(rng.choice(names)), _RECIPE, rng) for _ in range(2)]
    turns = [rotation(rng) for _ in range(2)]
    size = rng.uniform(0.35, 1.2)
    shift = rng.standard_normal(3)
    shift *= rng.uniform(0.7, 1.8) / np.linalg.norm(shift)
    first = surface_points(solids[0], 2 * n, rng) @ turns[0].T
    second = surface_points(solids[1], 2 * n, rng) * size @ turns[1].T + shift
    outside = [
        distance(solids[1], *((first - shift) @ turns[1] / size).T) > 0,
        distance(solids[0], *(second @ turns[0]).T) > 0,
    ]
    area = (solids[0].reach / (size * solids[1].reach)) ** 2
    both = [first[outside[0]], second[outside[1]][: max(8, int(2 * n / area))]]
    joined = np.concatenate(both)
    return joined[rng.permutation(len(joined))[:n]]


def barbell(n: int, rng: Generator) -> Array:
    """Two or three bodies on a rod."""
    rod = draw_solid("cylinder", Randomisation(open_share=0.0), rng)
    parts = [surface_points(rod, n // 3, rng) * [0.12, 0.12, 1 / rod.sizes[2]]]
    for place in (-1.0, 1.0, rng.uniform(-0.4, 0.4))[: int(rng.integers(2, 4))]:
        body = draw_solid(str(rng.choice(["sphere", "cube", "cylinder"])), _RECIPE, rng)
        size = rng.uniform(0.25, 0.6) / body.reach
        parts.append(surface_points(body, n // 3, rng) * size + [0, 0, place])
    joined = np.concatenate(parts)
    return joined[rng.permutation(len(joined))[:n]]
