"""The benchmark's clouds are what their condition says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pcdash.core.benchmark import CONDITIONS, clouds, default
from pcdash.core.cloud import check_cloud
from pcdash.core.shapes import SHAPES


def _rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_makes_clouds_of_every_shape_it_covers(name: str) -> None:
    condition = CONDITIONS[name]
    for shape in SHAPES:
        if shape not in condition.without:
            points = condition.make(shape, _rng())
            assert len(check_cloud(points)) in range(20, 513 if "single" not in name else 1601)
            assert np.array_equal(points, condition.make(shape, _rng()))


def test_unit_and_offset_change_nothing_else() -> None:
    plain = default("cone", _rng())
    assert_allclose(default("cone", _rng(), unit=1e3), 1e3 * plain, rtol=1e-12)
    far = default("cone", _rng(), offset=1e6)
    assert_allclose(far - far.mean(axis=0), plain - plain.mean(axis=0), atol=1e-9)


def test_half_a_sphere_is_half_a_sphere() -> None:
    points = CONDITIONS["half cropped"].make("sphere", _rng())
    # The centroid of a hemisphere's surface lies half a radius off its centre.
    radius = np.linalg.norm(points, axis=1).mean()
    assert np.linalg.norm(points.mean(axis=0)) == pytest.approx(radius / 2, rel=0.1)


@pytest.mark.parametrize(
    ("shape", "lengths", "share"),
    [
        ("cube", (1.0, 0.3, 2.0), 0.6 / (0.6 + 2.0 + 0.3)),
        ("cylinder", (1.0, 1.0, 3.0), 2 / (2 + 12)),
        ("cone", (1.0, 1.0, 3.0), 1 / (1 + np.hypot(1, 6))),
    ],
)
def test_stretched_faces_are_evenly_dense(
    shape: str, lengths: tuple[float, float, float], share: float
) -> None:
    points = clouds._even(
        SHAPES[shape](1, 100_000, _rng())[0] * lengths, shape, np.random.default_rng(4)
    )
    axis = 0 if shape == "cube" else 2
    flat = np.abs(points[:, axis]) if shape != "cone" else -points[:, axis]
    assert np.isclose(flat, lengths[axis]).mean() == pytest.approx(share, abs=0.01)


def test_outliers_are_counted() -> None:
    clean = default("sphere", _rng(), noise=0.0)
    dirty = default("sphere", _rng(), noise=0.0, outliers=0.25)
    assert np.count_nonzero((clean != dirty).any(axis=1)) == 128
