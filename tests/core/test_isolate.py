"""Isolating the object: what does not belong goes, and a lone object stays whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scenes import SHAPES, Scene, scene
from scipy.spatial.transform import Rotation

from pcdash.core.benchmark.clouds import default, gradient, half, view
from pcdash.core.cloud import Points
from pcdash.core.isolate import CropBox, Isolation, Step, isolate
from pcdash.errors import InvalidCloud

Rng = np.random.Generator


def shares(made: Scene, found: Isolation) -> tuple[float, float]:
    """Share of the object that is kept, and of everything else that is removed."""
    mask, wanted = found.mask, made.wanted
    return (
        float(np.count_nonzero(mask & wanted) / np.count_nonzero(wanted)),
        float(np.count_nonzero(~mask & ~wanted) / np.count_nonzero(~wanted)),
    )


def step(found: Isolation, name: str) -> Step:
    return next(one for one in found.steps if one.name == name)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seen_from", ["all sides", "one side"])
def test_an_object_is_taken_from_a_table_with_neighbours(shape: str, seen_from: str) -> None:
    one_side = seen_from == "one side"
    made = scene(shape, np.random.default_rng(3), n=1000, neighbours=2, view=one_side)
    assert made.wanted.mean() < 0.65
    kept, removed = shares(made, isolate(made.points))
    assert kept > 0.85
    assert removed > 0.95


LONE: dict[str, Callable[[str, Rng], Points]] = {
    "clean": lambda shape, rng: default(shape, rng, noise=0.0, free=True),
    "noise 0.05, many points": lambda shape, rng: default(
        shape, rng, n=1500, noise=0.05, free=True
    ),
    "noise 0.2": lambda shape, rng: default(shape, rng, noise=0.2),
    "32 points": lambda shape, rng: default(shape, rng, n=32),
    "half": lambda shape, rng: default(shape, rng, keep=half, free=True),
    "density gradient": lambda shape, rng: default(shape, rng, keep=gradient),
    "one side": lambda shape, rng: view(shape, rng, noise=0.0),
    "one side, noise 0.02": lambda shape, rng: view(shape, rng, noise=0.02),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("condition", LONE)
def test_a_lone_object_stays_whole(shape: str, condition: str) -> None:
    for seed in range(2):
        points = LONE[condition](shape, np.random.default_rng([seed, 77]))
        found = isolate(points)
        assert step(found, "plane").removed == 0
        assert found.mask.mean() > 0.9


def test_it_depends_on_neither_pose_nor_unit_nor_place() -> None:
    made = scene("cone", np.random.default_rng(1), n=800, neighbours=1)
    found = isolate(made.points)
    turn = Rotation.random(rng=np.random.default_rng(2)).as_matrix()
    moved = 1000 * (made.points @ turn.T) + [4.5e5, 5.4e6, 200.0]
    again = isolate(moved)
    assert np.array_equal(found.mask, again.mask)
    for name in ("plane", "cluster"):
        one, other = step(found, name), step(again, name)
        assert other.threshold == pytest.approx(1000 * one.threshold, rel=1e-6)
    assert np.array_equal(isolate(made.points).mask, found.mask), "the same again"


def test_the_record_says_where_the_plane_is_and_how_large() -> None:
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.uniform(-3, 3, 1500), rng.uniform(-2, 2, 1500), np.zeros(1500)])
    ball = rng.normal(size=(500, 3))
    ball = 0.5 * ball / np.linalg.norm(ball, axis=1, keepdims=True) + np.array([0, 0, 0.6])
    found = isolate(np.concatenate([table, ball]) + np.array([10.0, 0, 5]))
    about = found.as_json()
    assert (about["kept"], about["removed"]) == (500, 1500)
    plane, cluster = about["steps"]
    assert plane["name"] == "plane"
    assert_allclose(plane["plane"], [0, 0, 1, 5], atol=0.02)  # points up, to the ball
    assert_allclose(plane["extent"], [6, 4], rtol=0.05)
    assert 0 < plane["threshold"] < 0.1
    assert plane["said"].startswith("The plane below was removed: 1,500 points within 0.0")
    assert (cluster["removed"], cluster["said"]) == (0, "All points hang together.")


def test_what_is_beneath_the_plane_goes_with_it_and_each_step_can_be_left_out() -> None:
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.uniform(-3, 3, (1500, 2)), np.zeros(1500)])
    block = rng.uniform(-0.5, 0.5, (500, 3)) + np.array([0, 0, 0.7])
    far = rng.uniform(-0.2, 0.2, (60, 3)) + np.array([2, 2, 0.8])
    beneath = rng.uniform(-0.1, 0.1, (20, 3)) - np.array([0, 0, 1])
    points = np.concatenate([table, block, far, beneath])
    parts = np.repeat(["table", "block", "far", "beneath"], [1500, 500, 60, 20])

    def left(found: Isolation) -> set[str]:
        return set(parts[found.mask].tolist())

    assert left(isolate(points)) == {"block"}
    assert left(isolate(points, cluster=False)) == {"block", "far"}
    assert "and 20 points beneath it" in isolate(points).steps[0].said
    assert "table" in left(isolate(points, plane=False)), "the largest group"
    box = CropBox(x=(1.0, None), z=(0.5, 2.0))
    assert left(isolate(points, box)) == {"far"}
    assert isolate(points, box).steps[0].said == "The crop box leaves 2,020 points out."
    assert isolate(points, plane=False, cluster=False).mask.all()


def test_points_that_are_there_several_times_are_no_group_of_their_own() -> None:
    made = scene("cube", np.random.default_rng(5), n=600)
    twice = np.repeat(made.points, 20, axis=0)
    assert np.array_equal(isolate(twice).mask, np.repeat(isolate(made.points).mask, 20))


def test_too_few_points_left_are_refused_with_what_was_done() -> None:
    points = np.random.default_rng(0).normal(size=(64, 3))
    with pytest.raises(InvalidCloud) as caught:
        isolate(points, CropBox(x=(100.0, None)))
    assert caught.value.field == "isolate"
    assert caught.value.message == (
        "isolating the object leaves 0 of 64 points, and at least 16 are needed. "
        "The crop box leaves 64 points out."
    )


@pytest.mark.parametrize(("strays", "said"), [(1, "1 point that hangs"), (2, "2 points that hang")])
def test_one_stray_point_is_spoken_of_as_one(strays: int, said: str) -> None:
    rng = np.random.default_rng(0)
    far = np.array([[9.0, 0, 0], [0, 9.0, 0]])[:strays]
    found = isolate(np.concatenate([rng.uniform(-1, 1, (300, 3)), far]), plane=False)
    assert found.steps[0].said == f"Removed: {said} together with no others."


@pytest.mark.parametrize(("along", "why"), [(0.0, "coincide"), (1.0, "lie on one line")])
def test_what_is_left_has_to_be_a_shape(along: float, why: str) -> None:
    wire = np.zeros((40, 3))
    wire[:, 2] = along * np.linspace(0, 1, 40)
    points = np.concatenate([wire, np.random.default_rng(0).normal(size=(40, 3)) + 9])
    with pytest.raises(InvalidCloud, match=f"leaves no object: all points {why}") as caught:
        isolate(points, CropBox(x=(-1.0, 1.0)))
    assert caught.value.field == "isolate"
    assert "The crop box leaves 40 points out" in caught.value.message


def test_a_box_that_is_inside_out_is_refused() -> None:
    with pytest.raises(ValueError, match="first limit must not exceed the second"):
        CropBox(x=(1.0, 0.0))


@pytest.mark.parametrize("size", [1e-90, 1e90])
def test_extreme_units_do_no_harm(size: float) -> None:
    made = scene("sphere", np.random.default_rng(4), n=400)
    assert np.array_equal(isolate(size * made.points).mask, isolate(made.points).mask)
