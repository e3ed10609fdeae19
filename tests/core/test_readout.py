"""What is read from a cloud: sizes, axis and doubts."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from pcdash.core.corruption import clutter, rotation
from pcdash.core.corruption.solids import surface_points
from pcdash.core.primitives.distance import Solid, distance
from pcdash.core.primitives.fit import KINDS
from pcdash.core.primitives.readout import MOST_POINTS, Readout, read_out
from pcdash.errors import InvalidCloud, InvalidInput

Array = NDArray[np.float64]

SOLIDS = {
    "cube": (Solid("box", (1.0, 0.7, 0.4)), {"length": 2.0, "width": 1.4, "height": 0.8}),
    "cylinder": (Solid("revolved", (0.6, 0.6, 0.9)), {"radius": 0.6, "height": 1.8}),
    "cone": (
        Solid("revolved", (0.8, 0.0, 0.7)),
        {"radius": 0.8, "height": 1.4, "top_radius": 0.0},
    ),
    "torus": (Solid("torus", (0.8, 0.25)), {"ring_radius": 0.8, "tube_radius": 0.25}),
    "sphere": (Solid("sphere", (0.9,)), {"radius": 0.9}),
}
UNITS = {"plain": (1.0, 0.0), "millimetres, far away": (1e3, 1e9), "small": (1e-3, 5.0)}
"""Length of 1, and offset."""


def scan(solid: Solid, n: int, sigma: float, seed: int) -> tuple[Array, Array, Array]:
    """Points in a random pose, its rotation, and where the solid's middle is."""
    rng = np.random.default_rng(seed)
    turn, place = rotation(rng), rng.standard_normal(3)
    points = surface_points(solid, n, rng) + sigma * rng.standard_normal((n, 3))
    return points @ turn.T + place, turn, place


def axis_error(said: Readout, turn: Array) -> float:
    """Degrees; of a box the largest of its edges' three."""
    if said.kind == "cube":
        cosine = np.abs(said.directions @ turn).max(axis=1).min()
    else:
        assert said.axis is not None
        cosine = said.axis @ turn[:, 2]
        cosine = cosine if said.kind == "cone" else abs(cosine)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", KINDS)
def test_clean_clouds_are_read_exactly_in_their_own_unit(kind: str, unit: str) -> None:
    solid, sizes = SOLIDS[kind]
    points, turn, place = scan(solid, 512, 0.0, 1)
    length, offset = UNITS[unit]
    said = read_out(length * points + offset, kind)
    # What the offset leaves of the coordinates' own digits.
    digits = max(1e-6, 1e-14 * abs(offset) / length)
    for name, value in sizes.items():
        assert_allclose(said.sizes[name], length * value, rtol=digits, atol=digits * length)
    assert_allclose(said.centre, length * place + offset, atol=digits * length + 1e-15 * offset)
    assert said.kind == "sphere" or axis_error(said, turn) < 1e-3
    assert said.rms < digits * length
    assert (said.inliers, said.caveats, said.unseen) == (1.0, (), ())
    assert said.coverage > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_noise_costs_less_than_the_bar(kind: str) -> None:
    solid, sizes = SOLIDS[kind]
    for seed in range(3):
        points, turn, _ = scan(solid, 512, 0.02, seed)
        said = read_out(points, kind)
        assert said.kind == kind
        for name, value in sizes.items():
            assert abs(said.sizes[name] - value) < 0.02 * max(value, 0.1), name
            assert abs(said.sizes[name] - value) < 5 * said.errors[name] + 1e-9, name
        assert kind == "sphere" or axis_error(said, turn) < 2
        assert_allclose(said.rms, 0.02, rtol=0.15)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_that_fits_best_is_found_without_being_told(kind: str) -> None:
    points, _, _ = scan(SOLIDS[kind][0], 300, 0.01, 7)
    said = read_out(points)
    assert said.kind == kind
    assert min(said.rivals, key=lambda name: said.rivals[name]) == kind


@pytest.mark.parametrize("kind", KINDS)
def test_the_drawn_surface_lies_where_the_solid_does(kind: str) -> None:
    solid = SOLIDS[kind][0]
    points, turn, place = scan(solid, 400, 0.0, 3)
    vertices, faces = read_out(50 * points, kind).surface()
    assert len(vertices) < 1500
    assert faces.max() < len(vertices)
    local = (vertices / 50 - place) @ turn
    assert distance(solid, *local.T).max() < 1e-5


def test_the_tip_of_a_cone_and_where_it_would_be() -> None:
    sharp, turn, place = scan(SOLIDS["cone"][0], 512, 0.01, 4)
    said = read_out(sharp, "cone")
    assert said.sizes["top_radius"] == 0
    assert_allclose(said.apex, place + 0.7 * turn[:, 2], atol=0.02)
    blunt, turn, place = scan(Solid("revolved", (0.8, 0.3, 0.5)), 512, 0.01, 4)
    said = read_out(blunt, "cone")
    assert_allclose(said.sizes["top_radius"], 0.3, atol=0.02)
    assert_allclose(said.sizes["height"], 1.0, atol=0.02)
    assert_allclose(said.sizes["half_angle_deg"], np.degrees(np.arctan(0.5)), atol=1)
    assert_allclose(said.apex, place + 1.1 * turn[:, 2], atol=0.05)


@pytest.mark.parametrize(
    ("kind", "solid", "unseen"),
    [
        ("cylinder", Solid("revolved", (0.6, 0.6, 0.9), False, False), {"bottom", "top"}),
        ("cone", Solid("revolved", (0.8, 0.0, 0.7), False, False), {"bottom"}),
    ],
)
def test_open_ends_are_read_from_where_the_points_end(
    kind: str, solid: Solid, unseen: set[str]
) -> None:
    points, _, _ = scan(solid, 512, 0.01, 5)
    said = read_out(points, kind)
    assert set(said.unseen) == unseen
    assert_allclose(said.sizes["height"], 2 * solid.sizes[2], rtol=0.02)
    assert_allclose(said.sizes["radius"], solid.sizes[0], rtol=0.02)
    assert any("open there, or not seen" in text for text in said.caveats)


def test_half_a_shape_is_said_to_be_half_a_shape() -> None:
    points, _, place = scan(SOLIDS["sphere"][0], 600, 0.01, 6)
    said = read_out(points[points[:, 0] > place[0]], "sphere")
    assert_allclose(said.sizes["radius"], 0.9, rtol=0.02)
    assert 0.45 < said.coverage < 0.7
    assert "cover" in said.caveats[0]


def test_a_plane_is_no_solid() -> None:
    rng = np.random.default_rng(3)
    flat, edge = rng.uniform(-1, 1, (300, 3)) * [1, 1, 0], scan(SOLIDS["cube"][0], 300, 0.0, 3)[0]
    words = "The points lie on a plane"
    assert read_out(flat).caveats[0].startswith(words)
    assert not any(said.startswith(words) for said in read_out(edge).caveats)


def test_clutter_is_left_out_and_mentioned() -> None:
    points, turn, _ = scan(SOLIDS["cylinder"][0], 512, 0.01, 8)
    said = read_out(clutter(points, 0.2, np.random.default_rng(8)), "cylinder")
    assert_allclose(said.sizes["radius"], 0.6, rtol=0.02)
    assert_allclose(said.sizes["height"], 1.8, rtol=0.02)
    assert axis_error(said, turn) < 1
    assert 0.78 < said.inliers < 0.86
    assert any("do not lie on this surface" in text for text in said.caveats)


def test_the_wrong_kind_is_doubted() -> None:
    points, _, _ = scan(SOLIDS["torus"][0], 400, 0.01, 9)
    said = read_out(points, "cube")
    assert any("a torus" in text.lower() for text in said.caveats)


def test_errors_are_as_large_as_they_are_said_to_be() -> None:
    within = []
    for seed in range(30):
        points, _, _ = scan(SOLIDS["torus"][0], 150, 0.02, 100 + seed)
        said = read_out(points, "torus")
        for name, value in SOLIDS["torus"][1].items():
            within.append(abs(said.sizes[name] - value) < 2 * said.errors[name])
    assert 0.85 <= np.mean(within) <= 1.0
    assert np.mean(within) < 1.0, "so wide that they say nothing"


def test_of_very_many_points_some_are_fitted() -> None:
    points, _, _ = scan(SOLIDS["sphere"][0], 20_000, 0.01, 10)
    said = read_out(points, "sphere")
    assert said.n_points == MOST_POINTS
    assert_allclose(said.sizes["radius"], 0.9, rtol=1e-3)


def test_the_same_points_give_the_same_answer() -> None:
    points, _, _ = scan(SOLIDS["cone"][0], 200, 0.02, 11)
    first, second = (json.dumps(read_out(points).to_json()) for _ in range(2))
    assert first == second


def test_what_cannot_be_read() -> None:
    points, _, _ = scan(SOLIDS["sphere"][0], 64, 0.0, 12)
    with pytest.raises(InvalidInput, match="cube, cylinder, cone, torus, sphere"):
        read_out(points, "helix")
    with pytest.raises(InvalidCloud, match="one line"):
        read_out(np.linspace(0, 1, 40)[:, None] * np.ones(3))


STRANGE = {
    "a plane": lambda rng: rng.standard_normal((60, 3)) * [1, 1, 0],
    "a ring": lambda rng: np.stack(
        [np.cos(a := rng.uniform(0, 2 * np.pi, 50)), np.sin(a), 0 * a], axis=1
    ),
    "few places": lambda rng: np.repeat(rng.standard_normal((5, 3)), 12, axis=0),
    "a grid": lambda rng: np.round(rng.uniform(-2, 2, (60, 3))),
    "one far away": lambda rng: np.vstack([rng.standard_normal((50, 3)), [[1e4, 0, 0]]]),
    "most in one place": lambda rng: np.vstack([np.zeros((40, 3)), rng.standard_normal((20, 3))]),
    "huge": lambda rng: 1e90 * rng.standard_normal((40, 3)),
}


@pytest.mark.parametrize("name", STRANGE)
def test_whatever_it_is_the_answer_is_finite(name: str) -> None:
    said = read_out(STRANGE[name](np.random.default_rng(0)))
    values = [*said.sizes.values(), *said.errors.values(), *said.centre, said.rms, said.coverage]
    assert np.isfinite(values).all()
    assert np.isfinite(said.surface()[0]).all()
    assert json.loads(json.dumps(said.to_json()))["kind"] == said.kind


@settings(max_examples=6, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(KINDS))
def test_noise_alone_is_no_shape_but_no_crash_either(seed: int, kind: str) -> None:
    said = read_out(np.random.default_rng(seed).standard_normal((40, 3)), kind)
    assert np.isfinite(list(said.sizes.values())).all()
