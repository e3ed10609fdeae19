"""What counts as a cloud: nothing coerced, nothing degenerate, nothing lost to an offset."""

from __future__ import annotations

import numpy as np
import pytest

from pcdash.core.cloud import check_cloud, count_different
from pcdash.errors import InvalidCloud


def _ball(n: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 3))


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8", "i2", "u4"])
def test_real_number_types_become_float64(dtype: str) -> None:
    points = (_ball() * 100).astype("i4") % 500 if dtype == "u4" else _ball() * 100
    checked = check_cloud(points.astype(dtype))
    assert checked.dtype == np.float64
    assert np.array_equal(checked, points.astype(dtype).astype(np.float64))


@pytest.mark.parametrize(
    "points",
    [
        _ball() > 0,
        _ball().astype(str),
        _ball().astype(object),
        _ball() * 1j,
        _ball()[:, :2],
        np.hstack([_ball(), _ball()[:, :1]]),
        _ball().ravel(),
        _ball(15),
    ],
    ids=["bool", "text", "object", "complex", "2 columns", "4 columns", "1-D", "15 points"],
)
def test_other_arrays_are_refused(points: np.ndarray) -> None:
    with pytest.raises(InvalidCloud) as caught:
        check_cloud(points)
    assert caught.value.field == "points"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_named(value: float) -> None:
    points = _ball()
    points[7, 1] = value
    with pytest.raises(InvalidCloud, match="row 7, column y") as caught:
        check_cloud(points)
    assert caught.value.field == "points.7.1"


def test_huge_coordinates_are_refused_before_they_overflow() -> None:
    with pytest.raises(InvalidCloud, match="beyond"):
        check_cloud(_ball() * 1e300)


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_points_in_one_place_or_on_one_line_hold_no_shape(offset: float, scale: float) -> None:
    with pytest.raises(InvalidCloud, match="coincide"):
        check_cloud(np.full((20, 3), offset + 0.1))
    t = np.linspace(0, scale, 50)[:, None]
    with pytest.raises(InvalidCloud, match="one line"):
        check_cloud(offset + t * [[0.6, 0.5, -0.3]])


def test_a_plane_and_a_small_cloud_far_out_are_fine() -> None:
    flat = _ball() * [1, 1, 0]
    assert len(check_cloud(flat)) == 40
    assert len(check_cloud(_ball() * 0.01 + [5e6, 4e6, 100])) == 40


def test_more_points_than_allowed_are_refused() -> None:
    with pytest.raises(InvalidCloud, match="at most 30"):
        check_cloud(_ball(), max_points=30)


@pytest.mark.parametrize("digits", [0, 1, 3, None])
@pytest.mark.parametrize("offset", [0.0, 5_411_000.0])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_different_points_are_counted(digits: int | None, offset: float, kind: type) -> None:
    points = np.random.default_rng(0).normal(size=(20_000, 3))
    points = points if digits is None else points.round(digits)
    points = points.astype(kind).astype(float) + offset
    assert count_different(points) == len(np.unique(points, axis=0))
    assert count_different(np.repeat(points[:50], 3, axis=0)[::-1]) == count_different(points[:50])
    assert count_different(np.array([[0.0, 1, 2], [-0.0, 1, 2]])) == 1
