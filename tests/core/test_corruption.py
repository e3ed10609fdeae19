"""Randomised training clouds, and the camera that sees some of them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError
from scipy.spatial.transform import Rotation

from pcdash.core.corruption import CORRUPTIONS, Randomisation, Sensor, clutter, draw, rotation
from pcdash.core.corruption.camera import render, spoil
from pcdash.core.corruption.solids import SOLIDS, draw_solid, surface_points
from pcdash.core.primitives.distance import Solid, distance
from pcdash.core.shapes import SHAPES

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import camera

PLAIN = Randomisation(
    plain_share=1.0,
    single_share=0.0,
    few_share=0.0,
    proportions_share=0.0,
    noise_free_share=1.0,
    n_points=(400, 400),
)


def _only(corruption: str, **changes: object) -> Randomisation:
    shares = {f"{name}_share": float(name == corruption) for name in CORRUPTIONS}
    return PLAIN.model_copy(update={"plain_share": 0.0, **shares, **changes})


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_every_shape_has_a_solid_and_every_corruption_a_share() -> None:
    assert SOLIDS.keys() == SHAPES.keys()
    assert all(f"{name}_share" in Randomisation.model_fields for name in CORRUPTIONS)


def test_every_key_of_the_recipe_is_explained() -> None:
    for model in (Randomisation, Sensor):
        assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"noise": [0.2, 0.1]}, "noise"),
        ({"noise": [0.0, 0.1]}, "noise.0"),
        ({"outliers": [0.0, 0.95]}, "outliers.1"),
        ({"n_points": [8, 100]}, "n_points.0"),
        ({"n_points": [16.5, 100]}, "n_points.0"),
        ({"camera_share": 1.1}, "camera_share"),
        ({"sensor": {"distance": [0.5, 2.0]}}, "sensor.distance.0"),
        ({"wobble": 1}, "wobble"),
    ],
)
def test_bad_recipes_are_refused_by_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Randomisation.model_validate(change)
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [key]


def test_lists_of_yaml_become_ranges() -> None:
    assert Randomisation.model_validate({"noise": [0.01, 0.02]}).noise == (0.01, 0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_plain_clouds_lie_on_the_default_shape(shape: str) -> None:
    points = draw(shape, PLAIN, _rng())
    assert points.shape == (400, 3)
    default = SHAPES[shape](1, 20_000, _rng(1))[0]
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) / np.sqrt(400)
    expected = np.linalg.svd(default - default.mean(axis=0), compute_uv=False) / np.sqrt(20_000)
    assert_allclose(spread / spread[0], expected / expected[0], atol=0.12)


def test_points_are_uniform_by_area() -> None:
    solid = Solid("revolved", (1.0, 0.4, 0.7))
    points = surface_points(solid, 60_000, _rng())
    slant = np.hypot(0.6, 1.4)
    area = np.array([1.0, 0.16, slant * 1.4])
    low, high = points[:, 2] < -0.7 + 1e-9, points[:, 2] > 0.7 - 1e-9
    shares = [low.mean(), high.mean(), 1 - low.mean() - high.mean()]
    assert_allclose(shares, area / area.sum(), atol=0.01)
    # Half of the mantle's area lies below the height where the radius squared is half way.
    mantle = points[~(low | high)]
    middle = np.sqrt((1 + 0.16) / 2)
    assert (np.hypot(mantle[:, 0], mantle[:, 1]) > middle).mean() == pytest.approx(0.5, abs=0.01)


def test_proportions_stay_in_their_ranges() -> None:
    recipe = Randomisation(proportions_share=1.0)
    rng = _rng()
    for _ in range(200):
        box = draw_solid("cube", recipe, rng).sizes
        assert box[0] == 1.0
        assert all(0.2 <= edge <= 1.0 for edge in box)
        low, high, half = draw_solid("cylinder", recipe, rng).sizes
        assert low == high == 1.0
        assert 0.15 <= half <= 5
        low, high, half = draw_solid("cone", recipe, rng).sizes
        assert high <= 0.4 < low
        assert 0.3 <= half <= 4
        ring, tube = draw_solid("torus", recipe, rng).sizes
        assert 0.1 <= tube / ring <= 0.7


def test_a_crop_takes_a_part_away() -> None:
    recipe = _only("crop", crop=(0.5, 0.5))
    points = draw("sphere", recipe, _rng())
    centre = points.mean(axis=0)
    # The centroid of half a sphere lies half a radius off the centre.
    assert np.linalg.norm(centre) == pytest.approx(0.5, abs=0.06)


def test_a_gradient_moves_the_centroid() -> None:
    points = draw("sphere", _only("gradient", gradient=(2.0, 2.0)), _rng())
    assert np.linalg.norm(points.mean(axis=0)) > 0.3
    assert_allclose(np.linalg.norm(points, axis=1), 1.0, atol=1e-9)


def test_stretched_boxes_have_stretched_edges_and_spheres_never() -> None:
    recipe = _only("stretch", stretch=(0.6, 1.6))
    edges = []
    for seed in range(20):
        points = draw("cube", recipe, _rng(seed))
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        edges.append(spread[0] / spread[2])
    assert max(edges) > 1.6
    sphere = draw("sphere", recipe, _rng())
    assert_allclose(np.linalg.norm(sphere, axis=1), 1.0, atol=1e-9)


def test_clutter_replaces_the_asked_share() -> None:
    points = draw("sphere", PLAIN, _rng())
    spoiled = clutter(points, 0.25, _rng(1))
    moved = (spoiled != points).any(axis=1)
    assert moved.sum() == 100
    assert 1.1 <= np.abs(spoiled).max() <= 2.05


def test_rotations_are_proper_and_cover_the_sphere() -> None:
    rng = _rng()
    turns = np.stack([rotation(rng) for _ in range(3000)])
    assert_allclose(
        turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12
    )
    assert_allclose(np.linalg.det(turns), 1.0)
    assert np.abs(turns.mean(axis=0)).max() < 0.04


def test_the_heights_of_corruption_are_drawn_as_often_as_asked() -> None:
    recipe = PLAIN.model_copy(
        update={
            "plain_share": 0.5,
            "single_share": 0.0,
            "camera_share": 0.0,
            "stretch_share": 0.0,
            "crop_share": 0.0,
            "gradient_share": 0.0,
            "outlier_share": 1.0,
            "outliers": (0.5, 0.5),
        }
    )
    rng = _rng()
    clean = [
        np.isclose(np.linalg.norm(draw("sphere", recipe, rng), axis=1), 1).all() for _ in range(200)
    ]
    assert np.mean(clean) == pytest.approx(0.5, abs=0.12)


def test_as_many_are_scans_as_asked_and_these_have_their_own_defects() -> None:
    recipe = PLAIN.model_copy(update={"scan_share": 0.3})
    rng = _rng()
    clouds = [draw("sphere", recipe, rng) for _ in range(200)]
    # A plain cloud has 400 points on the sphere.
    scans = [c for c in clouds if not np.allclose(np.linalg.norm(c, axis=1), 1)]
    assert len(scans) / 200 == pytest.approx(0.3, abs=0.1)
    few = np.mean([len(scan) < 110 for scan in scans])
    assert 0.3 < few < 0.75
    radii = np.concatenate([np.linalg.norm(scan, axis=1) for scan in scans])
    assert 0.8 < np.median(radii) < 1.2


SAME = {
    "sphere": (Solid("sphere", (1.0,)), np.array([1.0])),
    "cube": (Solid("box", (1.0, 0.6, 0.4)), np.array([1.0, 0.6, 0.4])),
    "cylinder": (Solid("revolved", (1.0, 1.0, 0.7)), np.array([1.0, 0.7])),
    "cone": (Solid("revolved", (1.0, 0.0, 0.9)), np.array([1.0, 0.9])),
    "torus": (Solid("torus", (1.0, 0.35)), np.array([1.0, 0.35])),
}


@pytest.mark.parametrize("shape", SAME)
def test_both_cameras_see_the_same(shape: str) -> None:
    """Sphere tracing and the equations of the shapes agree, ray by ray."""
    solid, sizes = SAME[shape]
    turn = Rotation.random(rng=_rng(4))
    points, rays, reach = render(solid, turn.as_matrix(), 48, 2.5)
    assert reach == pytest.approx(solid.reach)
    eye = turn.inv().apply([0.0, 0.0, -2.5 * reach])
    travel = camera.HITS[shape](eye, turn.inv().apply(rays), sizes)
    seen = np.isfinite(travel)
    assert seen.mean() > 0.98  # the others graze the silhouette
    close = np.abs(travel - np.linalg.norm(points, axis=1))[seen] < 0.03 * reach
    assert close.mean() > 0.98
    assert np.median(np.abs(travel[seen] - np.linalg.norm(points, axis=1)[seen])) < 3e-3


def test_a_stretched_solid_is_seen_stretched() -> None:
    stretch = np.array([0.6, 1.0, 1.5])
    points, _, reach = render(Solid("sphere", (1.0,)), np.diag(stretch), 40, 3.0)
    assert reach == pytest.approx(1.5)
    centred = (points - [0, 0, 3.0 * reach]) / stretch
    assert_allclose(np.linalg.norm(centred, axis=1), 1.0, atol=5e-3)
    assert (centred[:, 2] < 0.2).all()


def test_a_quiet_sensor_changes_nothing_and_a_loud_one_loses_points() -> None:
    points, rays, reach = render(Solid("sphere", (1.0,)), np.eye(3), 32, 3.0)
    quiet = {name: 0.0 for name in Sensor.model_fields if name.endswith("_share")}
    assert np.array_equal(spoil(points, rays, reach, Sensor(**quiet), _rng()), points)
    loud = Sensor(occluder_share=1.0, occluded=(0.4, 0.4), lost_share=1.0)
    left = spoil(points, rays, reach, loud, _rng())
    assert len(left) <= 0.6 * len(points) + 1
    assert len(points) == len(rays)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_second_camera_sees_surfaces(shape: str) -> None:
    points = camera.look(shape, _rng(), pixels=16, noise=0.0)
    assert len(points) >= 20
    assert points[:, 2].min() > 0
    assert distance(Solid("sphere", (1.0,)), *points.T).min() > 0  # nothing at the camera
