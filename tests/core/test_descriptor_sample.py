"""Which points are looked at depends on the shape alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

from pcdash.core.descriptor.sample import KEPT, normalise, shuffle
from pcdash.core.shapes import SHAPES
from pcdash.errors import InvalidCloud

Points = NDArray[np.float64]


def _cloud(shape: str, n: int, noise: float = 0.02) -> Points:
    rng = np.random.default_rng(n)
    return SHAPES[shape](1, n, rng)[0] + noise * rng.standard_normal((n, 3))


@pytest.mark.parametrize("n", [16, 500, 5000])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_order_of_the_points_is_forgotten(shape: str, n: int) -> None:
    points = _cloud(shape, n)
    other = points[np.random.default_rng(1).permutation(n)]
    assert_allclose(shuffle(other), shuffle(points), atol=1e-12)


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize("n", [16, 500, 5000])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_moved_cloud_is_looked_at_in_the_same_places(shape: str, n: int, noise: float) -> None:
    points = _cloud(shape, n, noise)
    turn = Rotation.random(rng=np.random.default_rng(2)).as_matrix()
    moved = 1e3 * points @ turn.T + [5e3, -2e4, 1e4]
    assert_allclose(pdist(shuffle(moved).T[:100]), pdist(shuffle(points).T[:100]), atol=1e-9)


def test_a_million_sizes_away_hardly_any_place_changes() -> None:
    points = _cloud("cube", 5000)
    near, far = shuffle(points), shuffle(points + 1e6)
    same = np.isclose(near, far, atol=1e-6).all(axis=0)
    assert same.mean() > 0.97


def _centre_of_sphere(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of (3, n) points that lie on a sphere exactly."""
    columns = np.concatenate([2 * points, np.ones_like(points[:1])])
    return np.linalg.lstsq(columns.T, (points * points).sum(axis=0))[0][:3]


@pytest.mark.parametrize("n", [20, 193, 700, 769, 3000])
@pytest.mark.parametrize("kind", ["circle", "helix", "grid"])
def test_not_even_exchangeable_points_depend_on_the_order(kind: str, n: int) -> None:
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    points = {
        "circle": np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1),
        "helix": np.stack([np.cos(3 * turn), np.sin(3 * turn), turn], axis=1),
        "grid": np.stack(np.unravel_index(np.arange(n), (15, 15, 15)), axis=1).astype(float),
    }[kind]
    moved = points[np.random.default_rng(1).permutation(n)]
    assert np.array_equal(shuffle(moved), shuffle(points))


def test_the_kept_points_are_points_of_the_cloud_spread_over_it() -> None:
    points = _cloud("sphere", 20_000, 0.0)
    kept = shuffle(points)
    assert kept.shape == (3, KEPT)
    assert_allclose(kept.mean(axis=1), 0, atol=1e-12)
    assert (kept * kept).sum(axis=0).mean() == pytest.approx(1)
    radius = np.linalg.norm(kept - _centre_of_sphere(kept)[:, None], axis=0)
    assert np.ptp(radius) < 1e-9
    # Uniform on the sphere: each octant holds an eighth, within four standard errors.
    octant = (kept > 0).T @ [1, 2, 4]
    assert np.abs(np.bincount(octant, minlength=8) / KEPT - 1 / 8).max() < 4 * 0.33 / np.sqrt(KEPT)


@pytest.mark.parametrize("unit", [1e-60, 1e90])
def test_extreme_units_are_fine(unit: float) -> None:
    points = _cloud("torus", 300)
    assert_allclose(shuffle(unit * points), shuffle(points), atol=1e-9)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((15, 3)), "at least 16 points, got 15"),
        (np.full((20, 3), np.nan), "finite"),
        (np.full((20, 3), 1e300), "coincide"),
        (np.full((20, 3), 7.1), "coincide"),
        (np.linspace(0, 1, 50)[:, None] * [1.0, 2.0, 3.0], "one line"),
    ],
    ids=["few", "nan", "huge", "coincident", "collinear"],
)
def test_points_without_a_shape_are_refused(points: Points, message: str) -> None:
    with pytest.raises(InvalidCloud, match=message):
        shuffle(points)


def test_far_outliers_are_set_aside() -> None:
    points = _cloud("cube", 300)
    points[:7] += 50.0
    sample = normalise(shuffle(points)[None])
    assert sample.mask.sum() == 293
    assert np.abs(sample.points).max() < 3


def test_the_unit_is_the_median_distance_from_the_centre() -> None:
    sample = normalise(shuffle(7 * _cloud("sphere", 801, 0.05) + 3)[None])
    assert_allclose(np.median(np.linalg.norm(sample.points[0], axis=0)), 1.0, rtol=1e-3)
