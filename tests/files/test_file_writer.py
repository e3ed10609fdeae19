"""What is written is read back exactly, by us and by the formats' usual libraries."""

from __future__ import annotations

import io

import numpy as np
import plyfile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcdash.core.cloud import check_cloud
from pcdash.errors import InvalidCloud, InvalidInput
from pcdash.files import ENCODERS, READERS, decode_cloud, encode_cloud

POINTS = np.random.default_rng(3).normal(size=(50, 3)) * 1e-3 + (467000.0, 5427000.0, 300.0)


def test_everything_written_can_be_read() -> None:
    assert set(ENCODERS) <= set(READERS)


@pytest.mark.parametrize("ending", ENCODERS)
@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(
    seed=st.integers(0, 2**32),
    size=st.floats(1e-90, 1e90),
    extremes=st.lists(st.floats(-1e100, 1e100), min_size=6, max_size=6),
)
def test_round_trip_is_exact(ending: str, seed: int, size: float, extremes: list[float]) -> None:
    points = np.random.default_rng(seed).normal(size=(20, 3)) * size
    points[:2] = np.reshape(extremes, (2, 3))
    try:
        check_cloud(points)
    except InvalidCloud:  # two points far away from all others: a line
        points[:2] = 0
    again = decode_cloud(encode_cloud(points, ending), "a" + ending).points
    np.testing.assert_array_equal(again, points)


@pytest.mark.parametrize("ending", ENCODERS)
def test_round_trip_of_a_survey(ending: str) -> None:
    data = encode_cloud(POINTS, ending)
    np.testing.assert_array_equal(decode_cloud(data, "a" + ending).points, POINTS)
    assert encode_cloud(np.asfortranarray(POINTS), ending) == data


def test_what_other_libraries_read() -> None:
    table = plyfile.PlyData.read(io.BytesIO(encode_cloud(POINTS, ".ply")))["vertex"]
    np.testing.assert_array_equal(np.column_stack([table[a] for a in "xyz"]), POINTS)
    array = np.load(io.BytesIO(encode_cloud(POINTS, "npy")), allow_pickle=False)
    np.testing.assert_array_equal(array, POINTS)
    text = encode_cloud(np.array([[0.1, -2.0, 1e-7]]), ".CSV").decode()
    assert text == "x,y,z\n0.1,-2.0,1e-7\n"
    assert encode_cloud(np.array([[0.1, -2.0, 3.0]]), "xyz") == b"0.1 -2.0 3.0\n"


def test_other_endings_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"cannot write '.obj'; endings: .ply .csv .xyz .npy"):
        encode_cloud(POINTS, ".obj")
