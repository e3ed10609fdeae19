"""Isolating with a crop box: a table that it cuts off is still one, and lone objects stay whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from scenes import SHAPES, scene

from pcdash.core.benchmark.clouds import default
from pcdash.core.cloud import Points
from pcdash.core.isolate import CropBox, Isolation, Step, isolate
from pcdash.core.support import Plane, reaches_among

TABLE, OBJECT, NEIGHBOUR = range(3)
LEFT = "No plane was found that the object stands on"


def body(shape: str, rng: np.random.Generator, n: int) -> Points:
    """A shape of half width 1 that stands on z = 0."""
    points = default(shape, rng, n=n, noise=0.0)
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2
    points /= np.abs(points[:, :2]).max()
    return np.asarray(points - [0, 0, points[:, 2].min()])


def tabletop(shape: str, seed: int) -> tuple[Points, NDArray[np.int64]]:
    """A table of 10 x 10 with the object in its middle and a ball beside it; which is which."""
    rng = np.random.default_rng(seed)
    table = np.column_stack([rng.uniform(-5, 5, (3000, 2)), np.zeros(3000)])
    ball = 0.6 * body("sphere", rng, 150) + [3.2, 0.5, 0]
    parts = [table, body(shape, rng, 500), ball]
    points = np.concatenate(parts)
    return (
        points + 0.005 * rng.standard_normal(points.shape),
        np.repeat([TABLE, OBJECT, NEIGHBOUR], [len(part) for part in parts]),
    )


def around(half: float, low: float | None = None) -> CropBox:
    return CropBox(x=(-half, half), y=(-half, half), z=(low, None))


def plane_step(found: Isolation) -> Step:
    return next(one for one in found.steps if one.name == "plane")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("half", [1.2, 1.5, 2.0])
def test_a_tight_box_leaves_no_rest_of_the_table(shape: str, half: float) -> None:
    for seed in range(3):
        points, part = tabletop(shape, seed)
        found = isolate(points, around(half))
        assert not found.mask[part != OBJECT].any()
        assert found.mask[part == OBJECT].mean() > 0.97
        assert found.steps[1].removed >= np.count_nonzero(
            (part == TABLE) & (np.abs(points[:, :2]) <= half).all(axis=1)
        )


def test_it_is_said_that_only_the_whole_scan_shows_the_plane() -> None:
    points, _ = tabletop("sphere", 0)
    found = plane_step(isolate(1000 * points + [4e5, 5e6, 100], _moved(1.2)))
    start = "The plane below, which only the whole scan shows, was removed: "
    assert found.said.startswith(f"{start}{found.removed} points within ")
    assert found.plane is not None
    assert found.extent is not None
    *normal, offset = found.plane
    assert_allclose(normal, [0, 0, 1], atol=0.001)
    assert offset == pytest.approx(np.dot(normal, [4e5, 5e6, 100]), abs=5), "in the scan's frame"
    assert min(found.extent) > 9000, "all of it, not what is in the box"
    wide = plane_step(isolate(points, around(3.0)))
    assert wide.said.startswith("The plane below was removed: "), "the box shows it"


def _moved(half: float) -> CropBox:
    size = 1000 * half
    return CropBox(x=(4e5 - size, 4e5 + size), y=(5e6 - size, 5e6 + size))


@pytest.mark.parametrize("shape", SHAPES)
def test_an_object_that_was_cut_out_without_the_table_stays_whole(shape: str) -> None:
    for seed in range(3):
        points, part = tabletop(shape, seed)
        for half, low in ((1.5, 0.05), (1.2, 0.03)):
            found = isolate(points, around(half, low))
            inside = (part == OBJECT) & (points[:, 2] >= low)
            assert found.mask[inside].all()
            assert plane_step(found).removed == 0
            assert plane_step(found).said == f"{LEFT}, or hardly any of it is in the crop box."


def _lone() -> Iterator[tuple[str, Points]]:
    for shape in SHAPES:
        rng = np.random.default_rng(5)
        yield f"{shape}, strays", rng.uniform(-9, 9, (60, 3))
        yield f"{shape}, another beside it", 0.7 * body("cube", rng, 400) + [4, 0, 0]
        yield f"{shape}, below a table", rng.uniform(-9, 9, (2000, 3)) * [1, 1, 0] + [0, 0, 9]
        # The table's plane goes through the object, but it has no point there.
        table = rng.uniform(0, 5, (2000, 3)) * [1, 1, 0] + [3, -2, 1]
        yield (
            f"{shape}, beside a table",
            np.concatenate([table, body("cone", rng, 400) + np.array([5, 0, 1])]),
        )


@pytest.mark.parametrize(("about", "rest"), list(_lone()))
def test_nothing_is_taken_from_an_object_that_the_box_holds(about: str, rest: Points) -> None:
    own = body(about.partition(",")[0], np.random.default_rng(6), 600)
    found = isolate(
        np.concatenate([own, rest]), CropBox(x=(-1.1, 1.1), y=(-1.1, 1.1), z=(-1.0, 5.0))
    )
    assert plane_step(found).removed == 0
    assert found.mask[: len(own)].all()


def test_a_box_of_table_alone_stays_as_it_is() -> None:
    points, part = tabletop("cube", 0)
    found = isolate(points, CropBox(x=(-4.0, -2.0), y=(-4.0, -2.0)))
    assert plane_step(found).removed == 0
    assert set(part[found.mask].tolist()) == {TABLE}


def test_benchmark_scenes_are_cut_tightly_too() -> None:
    for number in range(3):
        made = scene(SHAPES[number], np.random.default_rng([number, 9]), neighbours=2)
        low, high = (make(made.points[made.wanted], axis=0) for make in (np.min, np.max))
        x, y, z = zip((low - 0.2).tolist(), (high + 0.2).tolist(), strict=True)
        found = isolate(made.points, CropBox(x=x, y=y, z=z))
        inside = ((made.points >= low - 0.2) & (made.points <= high + 0.2)).all(axis=1)
        assert found.mask[made.wanted].mean() > 0.9
        assert found.mask[inside & ~made.wanted].mean() < 0.1


def test_noise_of_a_plane_does_not_stand_on_it() -> None:
    rng = np.random.default_rng(0)
    plane = Plane(np.array([0.0, 0, 1]), 0.0, 0.02)
    flat = np.column_stack([rng.uniform(-1, 1, (1000, 2)), rng.normal(0, 0.015, 1000)])
    thing = rng.uniform(-0.2, 0.2, (200, 3)) + np.array([0, 0, 0.3])
    assert not reaches_among(plane, flat)
    assert not reaches_among(plane, thing)
    assert reaches_among(plane, np.concatenate([flat, thing]))
