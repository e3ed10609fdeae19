"""PCD: the three encodings, missing returns, headers that lie."""

from __future__ import annotations

import io
import struct

import numpy as np
import pypcd4
import pytest
from file_samples import POINTS, SINGLE, pcd, pcd_compressed, rows

from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files import ReadLimits, decode_cloud

BINARY = SINGLE.astype("<f4").tobytes()
PACKED = pcd_compressed(SINGLE)
MISSING = SINGLE.copy()
MISSING[::4, 1] = np.nan
MISSING[4] = np.nan


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("ascii", rows(MISSING).encode()),
        ("binary", MISSING.astype("<f4").tobytes()),
        ("binary_compressed", pcd_compressed(MISSING)),
    ],
)
def test_missing_returns_are_dropped_and_counted(encoding: str, body: bytes) -> None:
    cloud = decode_cloud(pcd(body, encoding), "a.pcd")
    kept = ~np.isnan(MISSING).any(axis=1)
    np.testing.assert_allclose(cloud.points, SINGLE[kept], atol=1e-4)
    assert cloud.source["dropped_rows"] == "10"


def test_an_infinity_is_no_missing_return() -> None:
    points = SINGLE.copy()
    points[3, 2] = np.inf
    with pytest.raises(UnreadableFile, match="not a finite number"):
        decode_cloud(pcd(points.astype("<f4").tobytes(), "binary"), "a.pcd")


def test_nothing_but_missing_returns() -> None:
    with pytest.raises(UnreadableFile, match="every one of its 40 points has a NaN coordinate"):
        decode_cloud(pcd(rows(POINTS * np.nan).encode(), "ascii"), "a.pcd")


@pytest.mark.parametrize("encoding", list(pypcd4.Encoding)[:3], ids=lambda e: e.value)
def test_what_pypcd4_writes_is_read_alike(encoding: pypcd4.Encoding) -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 9, 3000).astype("u1"), *rng.normal(size=(3, 3000))]
    columns.append(np.repeat(rng.integers(0, 99, 30), 100).astype("i4"))  # compresses well
    fields, types = ("ring", "z", "x", "y", "label"), ("u1", "f8", "f8", "f8", "i4")
    stream = io.BytesIO()
    pypcd4.PointCloud.from_points(columns, fields, [np.dtype(t) for t in types]).save(
        stream, encoding=encoding
    )
    cloud = decode_cloud(stream.getvalue(), "a.pcd")
    expected = np.column_stack((columns[2], columns[3], columns[1]))
    np.testing.assert_allclose(cloud.points, expected, rtol=0, atol=1e-10)


def test_fields_of_several_values_and_padding() -> None:
    table = np.zeros(
        40, [("n", "<f4", 33), ("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("_", "u1", 4)]
    )
    for axis, column in zip("xyz", SINGLE.T, strict=True):
        table[axis] = column
    head = (
        "VERSION .7\nFIELDS vfh x y z _\nSIZE 4 4 4 4 1\nTYPE F F F F U\nCOUNT 33 1 1 1 4\n"
        "WIDTH 8\nHEIGHT 5\nDATA binary\n"
    )
    cloud = decode_cloud(head.encode() + table.tobytes(), "a.pcd")
    np.testing.assert_array_equal(cloud.points, SINGLE)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (pcd(BINARY, "binary", points=41), "announces 41 points, holds at most 40"),
        (pcd(BINARY, "binary", points=10**12), "announces 1,000,000,000,000 points, holds at most"),
        (pcd(rows(POINTS).encode(), "ascii", points=41), "announces 41 rows, holds 40"),
        (pcd(b"1 2 3\n1 2\n" * 20, "ascii"), "line 13: expected 3 columns, found 2"),
        (pcd(b"1 2 3\n1 b 3\n" * 20, "ascii"), "line 13: expected a number in column 2"),
        (pcd(BINARY, "zipped"), "line 11: expected DATA to be one of ascii, binary"),
        (pcd(BINARY, "binary", size="4 4 2"), "line 5: there is no PCD type 'F' of 2 bytes"),
        (pcd(BINARY, "binary", size="4 4"), "line 4: expected 3 values after SIZE, found 2"),
        (pcd(BINARY, "binary", more="WIDTH x\nPOINTS -4\n").replace(b"POINTS 40\n", b""), "POINTS"),
        (pcd(BINARY, "binary").replace(b"FIELDS x y z", b"FIELDS x y w"), "one field 'z'"),
        (pcd(BINARY, "binary").replace(b"COUNT 1 1 1", b"COUNT 1 1 0"), "line 6: expected 1 to"),
        (
            pcd(BINARY, "binary").replace(b"COUNT 1 1 1", b"COUNT 1 1 999999"),
            "line 6: expected 1 to",
        ),
        (
            pcd(BINARY, "binary").replace(b"HEIGHT 1", b"hello"),
            "line 8: not a line of a PCD header",
        ),
        (b"# .PCD" + b"x " * 70_000, "line 2: not a line of a PCD header"),
        (pcd(BINARY, "binary").partition(b"DATA")[0], "no DATA line"),
        (pcd(b"\1\0", "binary_compressed"), "holds 0"),
        (pcd(struct.pack("<II", 2**32 - 1, 480), "binary_compressed"), "announces 4,294,967,295 "),
        (pcd(struct.pack("<II", 0, 480), "binary_compressed"), "0 packed bytes announce 480"),
        (
            pcd(PACKED[:4] + b"\0\0\0\x80" + PACKED[8:], "binary_compressed"),
            "expected 480 unpacked",
        ),
        (pcd(PACKED[:8] + b"\xff" * 999, "binary_compressed"), "its compressed body is damaged"),
    ],
)
def test_faults_are_named(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(data, "a.pcd")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("ascii", rows(POINTS).encode()), ("binary", BINARY), ("binary_compressed", PACKED)],
)
def test_more_points_than_allowed(encoding: str, body: bytes) -> None:
    with pytest.raises(TooLarge, match="40 points; at most 39"):
        decode_cloud(pcd(body, encoding), "a.pcd", limits=ReadLimits(max_points=39))
    if encoding == "binary_compressed":
        with pytest.raises(TooLarge, match="unpacks to 480 bytes; at most 479"):
            decode_cloud(pcd(body, encoding), "a.pcd", limits=ReadLimits(max_unpacked=479))
