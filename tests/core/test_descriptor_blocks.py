"""What the blocks say about shapes whose geometry is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pcdash.core.descriptor import BLOCKS, SLICES, describe, describe_batch
from pcdash.core.descriptor.normals import best_frame
from pcdash.core.descriptor.sample import normalise, shuffle
from pcdash.core.descriptor.slippage import find_axis
from pcdash.core.descriptor.surface import Surface, measure
from pcdash.core.primitives.fit import KINDS
from pcdash.core.shapes import SHAPES
from pcdash.errors import InvalidCloud


def _cloud(shape: str, n: int = 700, noise: float = 0.0) -> NDArray[np.float64]:
    rng = np.random.default_rng(5)
    return SHAPES[shape](1, n, rng)[0] + noise * rng.standard_normal((n, 3))


def _surface(points: NDArray[np.float64]) -> Surface:
    return measure(normalise(shuffle(points)[None]))


def _block(name: str, points: NDArray[np.float64]) -> NDArray[np.float32]:
    return describe(points)[SLICES[name]]


def test_normals_of_a_sphere_point_to_its_centre() -> None:
    surface = _surface(_cloud("sphere"))
    cosine = surface.support / np.maximum(surface.query_radius, 1e-9)
    assert np.quantile(cosine[surface.inside], 0.05) > 0.99


def test_normals_of_a_cube_point_along_its_axes() -> None:
    points = _cloud("cube")
    surface = _surface(points)
    largest = np.sort(np.abs(surface.normal[0]), axis=0)[-1]
    # Shuffling keeps the frame of the input; near an edge the normal is between its faces'.
    assert (largest > 0.95).mean() > 0.4


@pytest.mark.parametrize("shape", ["cylinder", "cone", "torus"])
def test_the_axis_of_revolution_is_found(shape: str) -> None:
    turn = Rotation.random(rng=np.random.default_rng(6)).as_matrix()
    axis = find_axis(_surface(_cloud(shape, 700, 0.01) @ turn.T))
    assert abs(axis.direction[0] @ turn[:, 2]) > 0.99
    assert axis.spectra[0, 11] < 0.01  # it slides in itself about this axis
    assert axis.spectra[0, 16] < 0.05  # without a pitch


def test_a_sphere_turns_about_any_axis_and_a_cube_about_none() -> None:
    spectra = {s: find_axis(_surface(_cloud(s))).spectra[0, 6:9] for s in ("sphere", "cube")}
    assert spectra["sphere"].max() < 0.002
    assert spectra["cube"].min() > 0.02


def test_mean_distance_of_two_points_of_a_sphere_is_four_thirds() -> None:
    mean = _block("pairs", _cloud("sphere"))[-1]
    assert mean == pytest.approx(4 / 3, rel=0.02)


def test_the_density_of_a_sphere_has_no_harmonics() -> None:
    power = _block("harmonics", _cloud("sphere", 100_000))
    assert power[:15].max() > 0.5
    assert np.abs(power[15:]).max() < 0.15


def test_fits_are_cheapest_for_the_true_primitive() -> None:
    for number, shape in enumerate(KINDS):
        cost = _block("fits", _cloud(shape, 96, 0.01))[31:36]
        assert cost[number] <= 1.1 * cost.min() + 1e-3, shape


@pytest.mark.parametrize("shape", KINDS)
def test_fits_bear_with_clutter_among_many_points(shape: str) -> None:
    rng = np.random.default_rng(3)
    points = _cloud(shape, 700, 0.02)
    points[:140] = rng.uniform(-1.3, 1.3, (140, 3))
    features = _block("fits", points)
    assert features[0] == pytest.approx(np.log2(700))
    assert features[31:36].argmin() == KINDS.index(shape)


def test_a_few_far_points_change_little() -> None:
    points = _cloud("torus", 600, 0.02)
    spoiled = points.copy()
    spoiled[:6] = 40.0 * np.random.default_rng(7).standard_normal((6, 3))
    difference = np.abs(describe(spoiled) - describe(points))
    for name in ("levels", "harmonics", "pairs"):
        assert np.median(difference[SLICES[name]]) < 0.03, name


def test_reflection_changes_nothing_but_the_choice_of_fits() -> None:
    points = _cloud("cone", 400, 0.02) * [1.0, 0.7, 1.3]
    change = np.abs(describe(points * [1, 1, -1]) - describe(points))
    end = SLICES["fits"].start
    assert change[:end].max() < 1e-2


def test_batches_of_mixed_sizes_keep_their_order() -> None:
    clouds = [_cloud(shape, n, 0.02) for n in (900, 60, 300) for shape in ("cube", "torus")] * 9
    batch = describe_batch(iter(clouds))
    for row, points in zip(batch[:6], clouds[:6], strict=True):
        assert_allclose(row, describe(points), rtol=1e-3, atol=1e-3)
    assert np.array_equal(batch[:6], batch[-6:]) or np.allclose(batch[:6], batch[-6:], atol=1e-4)
    assert describe_batch([]).shape == (0, sum(block.count for block in BLOCKS.values()))


def test_columns_are_counted() -> None:
    with pytest.raises(InvalidCloud, match="3 columns"):
        describe(np.zeros((20, 2)))


def test_batches_refuse_a_cloud_without_shape() -> None:
    with pytest.raises(InvalidCloud, match="coincide"):
        describe_batch([_cloud("cube"), np.ones((30, 3))])


@pytest.mark.parametrize("seed", range(12))
def test_the_frame_of_a_textbook_cube_is_found_from_any_start(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = SHAPES["cube"](1, 512, rng)[0] + 0.02 * rng.standard_normal((512, 3))
    turn = Rotation.random(rng=rng).as_matrix()
    match = np.abs(turn.T @ best_frame(_surface(points @ turn.T))[0])
    assert match.max(axis=0).min() > np.cos(np.radians(10))


@pytest.mark.parametrize("n", [20, 300, 2000])
@pytest.mark.parametrize("kind", ["half on a spot", "nine in ten on a spot", "corners", "plane"])
def test_odd_clouds_are_described_without_a_warning(kind: str, n: int) -> None:
    rng = np.random.default_rng(n)
    points = rng.standard_normal((n, 3))
    if kind == "half on a spot":
        points[: n // 2] = 0
    elif kind == "nine in ten on a spot":
        points[: int(0.9 * n)] = points[0]
    elif kind == "corners":
        points = rng.integers(0, 2, (n, 3)).astype(float)
    else:
        points[:, 2] = 0
    assert np.isfinite(describe(points)).all()
