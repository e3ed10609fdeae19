"""Every sampled point lies on its surface, and every face gets its share of the area."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pcdash.core.shapes import CONE_HEIGHT, SHAPES, TORUS_TUBE, cone, cube, cylinder, sphere, torus

N = 40_000


def _rng() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_batch_has_the_asked_for_size_and_half_extent_one(shape: str) -> None:
    points = SHAPES[shape](3, 20_000, _rng())
    assert points.shape == (3, 20_000, 3)
    assert points.dtype == np.float64
    assert_allclose(np.abs(points).max(), 1.0, atol=1e-3)
    assert np.abs(points).max() <= 1 + 1e-12


def test_sphere_points_lie_on_the_unit_sphere_evenly() -> None:
    points = sphere(1, N, _rng())[0]
    assert_allclose(np.linalg.norm(points, axis=1), 1.0, atol=1e-12)
    # Archimedes: each coordinate of a uniform point on the sphere is uniform in [-1, 1].
    for column in points.T:
        assert stats.kstest(column, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_cube_faces_share_the_points_evenly() -> None:
    points = cube(1, N, _rng())[0]
    assert_allclose(np.abs(points).max(axis=1), 1.0, atol=0)
    axis = np.abs(points).argmax(axis=1)
    side = points[np.arange(N), axis] > 0
    assert stats.chisquare(np.bincount(2 * axis + side, minlength=6)).pvalue > 1e-3


def test_cylinder_mantle_and_caps_get_their_area() -> None:
    points = cylinder(1, N, _rng())[0]
    radius = np.hypot(points[:, 0], points[:, 1])
    cap = np.abs(points[:, 2]) == 1
    assert_allclose(radius[~cap], 1.0, atol=1e-12)
    counts = [np.sum(~cap), np.sum(cap & (points[:, 2] > 0)), np.sum(cap & (points[:, 2] < 0))]
    assert stats.chisquare(counts, np.array([4, 1, 1]) / 6 * N).pvalue > 1e-3
    assert stats.kstest(radius[cap] ** 2, "uniform").pvalue > 1e-3
    assert stats.kstest(points[~cap, 2], stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_cone_mantle_and_base_get_their_area() -> None:
    points = cone(1, N, _rng())[0]
    radius = np.hypot(points[:, 0], points[:, 1])
    base = points[:, 2] == -CONE_HEIGHT / 2
    assert_allclose(radius[~base], (CONE_HEIGHT / 2 - points[~base, 2]) / CONE_HEIGHT, atol=1e-12)
    slant = np.sqrt(5)
    expected = np.array([slant, 1]) / (slant + 1) * N
    assert stats.chisquare([np.sum(~base), np.sum(base)], expected).pvalue > 1e-3
    for part in (base, ~base):
        assert stats.kstest(radius[part] ** 2, "uniform").pvalue > 1e-3


def test_torus_tube_angle_follows_the_area() -> None:
    points = torus(1, N, _rng())[0]
    ring, tube = 1 / (1 + TORUS_TUBE), TORUS_TUBE / (1 + TORUS_TUBE)
    out = np.hypot(points[:, 0], points[:, 1]) - ring
    assert_allclose(np.hypot(out, points[:, 2]), tube, atol=1e-12)
    angle = np.mod(np.arctan2(points[:, 2], out), 2 * np.pi)

    def cdf(v: np.ndarray) -> np.ndarray:
        return (v + TORUS_TUBE * np.sin(v)) / (2 * np.pi)

    assert stats.kstest(angle, cdf).pvalue > 1e-3
