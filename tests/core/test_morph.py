"""From one shape to another, and where a model changes its mind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from pydantic import ValidationError

from pcdash.core.morph import MORPHS, morph
from pcdash.core.morph.curve import FLIP_WIDTH, MOST_LOOKS, MorphParams, cloud_at, curve
from pcdash.core.primitives.distance import Solid, distance
from pcdash.errors import InvalidInput

Array = NDArray[np.float64]

CYLINDER, CUBE = Solid("revolved", (1.0, 1.0, 1.0)), Solid("box", (1.0, 1.0, 1.0))
ENDS = {
    "cylinder-cone": (CYLINDER, Solid("revolved", (1.0, 0.0, 1.0))),
    "sphere-cube": (Solid("sphere", (1.0,)), CUBE),
    "cube-cylinder": (CUBE, CYLINDER),
    "thick-thin-torus": (
        Solid("torus", (1 / 1.9, 0.9 / 1.9)),
        Solid("torus", (1 / 1.05, 0.05 / 1.05)),
    ),
}


PARAMS = MorphParams.model_validate(
    {"morph": "cylinder-cone", "seed": 3, "noise_sigma": 0, "n_points": 64}
)


class Heights:
    """Takes the next class at each of its flips: a tapering cylinder's points sink all the way."""

    classes = ("left", "middle", "right")
    version = "20261122-101500"

    def __init__(self, *flips: float) -> None:
        self.heights = np.array([cloud_at(PARAMS, flip)[:, 2].mean() for flip in flips])
        self.seen = 0

    def probabilities(self, clouds: Sequence[Array]) -> Array:
        self.seen += len(clouds)
        passed = [int((cloud[:, 2].mean() < self.heights).sum()) for cloud in clouds]
        return np.eye(3)[np.array(passed) % 3]


@pytest.mark.parametrize("name", MORPHS)
def test_the_ends_are_the_shapes_they_are_said_to_be(name: str) -> None:
    for t, solid in zip((0.0, 1.0), ENDS[name], strict=True):
        points = morph(name, t, 2000, seed=1)
        # A prism's circle is a polygon of 720 corners.
        assert distance(solid, *points.T).max() < 1e-5
        assert_allclose(np.abs(points).max(), 1.0, atol=2e-3)


@pytest.mark.parametrize("name", MORPHS)
def test_points_are_spread_by_area_at_both_ends(name: str) -> None:
    for t, solid in zip((0.0, 1.0), ENDS[name], strict=True):
        points = morph(name, t, 40_000, seed=2)
        expected = _moments(solid)
        assert_allclose((points**2).mean(axis=0), expected, atol=0.012)


def _moments(solid: Solid) -> Array:
    """Mean squares of the coordinates over the area."""
    if solid.kind == "sphere":
        return np.full(3, 1 / 3)
    if solid.kind == "box":
        return np.full(3, (2 + 4 / 3) / 6)
    if solid.kind == "torus":
        ring, tube = solid.sizes
        return np.array([*[(ring**2 + 1.5 * tube**2) / 2] * 2, tube**2 / 2])
    if solid.sizes[1]:  # mantle 4 pi, two discs of pi
        return np.array([*[(4 / 2 + 2 / 4) / 6] * 2, (4 / 3 + 2) / 6])
    mantle = 5**0.5  # over the disc's area; both have mean radius squared 1/2
    return np.array([0.25, 0.25, (mantle / 3 + 1) / (mantle + 1)])


@pytest.mark.parametrize("name", MORPHS)
def test_every_point_moves_continuously(name: str) -> None:
    steps = np.linspace(0, 1, 101)
    way = np.stack([morph(name, t, 300, seed=3) for t in steps])
    assert np.linalg.norm(np.diff(way, axis=0), axis=2).max() < 0.12
    t, near = 0.37, 0.37 + 1e-6
    moved = morph(name, near, 300, seed=3) - morph(name, t, 300, seed=3)
    assert np.abs(moved).max() < 1e-4


def test_noise_is_the_same_all_the_way() -> None:
    clean, noisy = (morph("sphere-cube", 0.5, 100, 4, noise) for noise in (0.0, 0.1))
    other = morph("sphere-cube", 0.9, 100, 4, 0.1) - morph("sphere-cube", 0.9, 100, 4)
    assert_allclose(noisy - clean, other, atol=1e-12)
    assert_allclose((noisy - clean).std(), 0.1, rtol=0.15)


def test_a_flip_is_found_to_its_width_whatever_the_steps() -> None:
    found = [curve(Heights(0.4321), PARAMS.model_copy(update={"steps": n})) for n in (2, 21, 101)]
    for one in found:
        (flip,) = one.flips
        assert abs(flip.t - 0.4321) <= FLIP_WIDTH
        assert flip.width <= FLIP_WIDTH
        assert (flip.before, flip.after) == ("left", "middle")
        assert_allclose(flip.value, 1 - flip.t)


def test_two_flips_within_one_step_are_told_apart() -> None:
    found = curve(Heights(0.31, 0.33), PARAMS.model_copy(update={"steps": 5}))
    assert [(flip.before, flip.after) for flip in found.flips] == [
        ("left", "middle"),
        ("middle", "right"),
    ]
    assert_allclose([flip.t for flip in found.flips], [0.31, 0.33], atol=FLIP_WIDTH)


def test_nothing_flips_where_one_class_is_seen_all_the_way() -> None:
    found = curve(Heights(), PARAMS)
    assert found.flips == ()
    assert_array_equal(found.probabilities.argmax(axis=1), 0)
    assert_allclose(found.t, np.linspace(0, 1, 21))


def test_a_model_that_flickers_gets_no_more_looks_than_others() -> None:
    model = Heights(*np.linspace(0.001, 0.999, 997))
    found = curve(model, PARAMS.model_copy(update={"steps": 101}))
    assert model.seen <= 101 + MOST_LOOKS
    assert len(found.flips) > 50
    assert max(flip.width for flip in found.flips) > FLIP_WIDTH


def test_the_json_is_that_of_the_route() -> None:
    said = curve(Heights(0.5), PARAMS).to_json()
    assert list(said) == [
        "morph",
        "n_points",
        "noise_sigma",
        "seed",
        "quantity",
        "classes",
        "t",
        "probabilities",
        "flips",
        "model_version",
    ]
    assert list(said["flips"][0]) == ["t", "width", "from", "to", "value"]


def test_what_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cylinder-cone, sphere-cube"):
        morph("cube-teapot", 0.5, 32, seed=0)
    with pytest.raises(ValueError, match="draw a seed"):
        cloud_at(PARAMS.model_copy(update={"seed": None}), 0.5)
    for wrong in ({"morph": "cube-teapot"}, {"steps": 1}, {"steps": 102}, {"n_points": 4097}):
        with pytest.raises(ValidationError):
            MorphParams.model_validate({"morph": "sphere-cube", **wrong})
