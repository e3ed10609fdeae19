"""Damaged files of every format end in an error of ours or in a sound cloud; nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from case_counts import cases
from file_cost import bounded
from file_samples import SAMPLES, Sample
from hypothesis import given, settings
from hypothesis import strategies as st

from pcdash.core.cloud import MIN_POINTS
from pcdash.errors import PcdashError
from pcdash.files import READERS, decode_cloud

EXAMPLES = cases(60)

STEADY = settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None)
_TOKENS = (
    b"-1", b"0", b"nan", b"1e999", b"99999999999999999999", b"\n", b"\0", b"\xff\xff\xff\xff",
    b"list", b"element vertex 9\n", b"property list uint float w\n", b" ", b"#", b"//", b",", b'"',
)  # fmt: skip
_EDITS = st.lists(
    st.tuples(
        st.sampled_from(("overwrite", "insert", "delete", "cut", "repeat")),
        st.floats(0, 1, exclude_max=True),
        st.one_of(st.sampled_from(_TOKENS), st.binary(min_size=1, max_size=8)),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data: bytes, edits: list[tuple[str, float, bytes]]) -> bytes:
    """`data` after edits; half of them hit its first tenth, where the headers are."""
    for kind, where, token in edits:
        at = int(len(data) * (where / 5 if where < 0.5 else 2 * where - 1))
        if kind == "overwrite":
            data = data[:at] + token + data[at + len(token) :]
        elif kind == "insert":
            data = data[:at] + token + data[at:]
        elif kind == "delete":
            data = data[:at] + data[at + len(token) :]
        elif kind == "cut":
            data = data[:at]
        else:
            data = data[:at] + data[at : at + 64] + data[at:]
    return data


def read_or_refuse(data: bytes, name: str) -> None:
    try:
        with bounded():
            points = decode_cloud(data, name).points
    except PcdashError as error:
        message = error.message
    else:
        assert len(points) >= MIN_POINTS
        assert np.isfinite(points).all()
        return
    assert message.startswith(name)
    assert len(message) < 400
    assert message.isprintable()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@STEADY
@given(edits=_EDITS)
def test_damaged_files(sample: Sample, edits: list[tuple[str, float, bytes]]) -> None:
    read_or_refuse(damaged(sample.data, edits), sample.name)


@pytest.mark.parametrize("ending", READERS)
@STEADY
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes(ending: str, data: bytes) -> None:
    starts = (b"", b"ply\n", b"\x93NUMPY\1\0", b"PK\3\4", b"OFF ", b"LASF", b"# .PCD\n", b"solid ")
    for start in starts:
        read_or_refuse(start + data, "a" + ending)


@pytest.mark.parametrize("ending", [".xyz", ".csv", ".pts", ".obj", ".off", ".stl"])
@STEADY
@given(text=st.text(max_size=200))
def test_arbitrary_text(ending: str, text: str) -> None:
    head = "OFF\n" if ending == ".off" else "solid\n" if ending == ".stl" else ""
    read_or_refuse((head + text).encode(errors="ignore"), "a" + ending)


def test_every_format_is_damaged() -> None:
    assert {sample.name[-4:] for sample in SAMPLES} == set(READERS)


def test_the_bounds_are_noticed() -> None:
    with pytest.raises(AssertionError, match="MiB"), bounded():
        np.ones(80 * 2**20, dtype=np.uint8)
