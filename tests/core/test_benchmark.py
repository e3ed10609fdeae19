"""The benchmark's clouds are what their condition says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pcdash.core.benchmark import CONDITIONS, default
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
            assert len(check_cloud(points)) in range(32, 513)
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


def test_faces_of_a_free_box_are_evenly_dense() -> None:
    points = default("cube", _rng(), n=20_000, noise=0.0, free=True)
    centred = points - (points.min(axis=0) + points.max(axis=0)) / 2
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    local = centred @ axes.T
    half = np.abs(local).max(axis=0)
    area = half.prod() / half
    face = (np.abs(local) / half).argmax(axis=1)
    assert_allclose(np.bincount(face, minlength=3) / len(face), area / area.sum(), atol=0.02)


def test_outliers_are_counted() -> None:
    clean = default("sphere", _rng(), noise=0.0)
    dirty = default("sphere", _rng(), noise=0.0, outliers=0.25)
    assert np.count_nonzero((clean != dirty).any(axis=1)) == 128
