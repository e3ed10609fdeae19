"""LAS and LAZ: headers that lie are found before anything is allocated for them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from file_samples import SURVEY, las, laz

from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files import ReadLimits, decode_cloud

LAS, LAZ, LAYERED = las(SURVEY), laz(SURVEY), laz(SURVEY, form=6)
START = struct.unpack_from("<I", LAZ, 96)[0]
LAYERED_START = struct.unpack_from("<I", LAYERED, 96)[0]
LASZIP = LAZ.index(b"laszip encoded") + 52
TABLE = struct.unpack_from("<q", LAZ, START)[0]


def patched(data: bytes, offset: int, form: str, *values: float) -> bytes:
    """`data` with other bytes at `offset`."""
    new = struct.pack(form, *values)
    return data[:offset] + new + data[offset + len(new) :]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (LAS[:200], "expected a header of 227 bytes or more, found 200"),
        (las(SURVEY, announced=41), "announces 41 points, holds 40"),
        (las(SURVEY, announced=4_000_000_000), "announces 4,000,000,000 points, holds 40"),
        (patched(LAS, 96, "<I", 2**32 - 1), "points from byte 4,294,967,295; holds 1,027 bytes"),
        (patched(LAS, 94, "<H", 300), "announces a header of 300 bytes"),
        (patched(LAS, 100, "<I", 2**31), "2,147,483,648 records behind it"),
        (patched(LAS, 105, "<H", 65535), "announces 65,535 bytes a point; expected 20 to 2,048"),
        (patched(LAS, 105, "<H", 0), "announces 0 bytes a point"),
        (patched(LAS, 104, "<B", 60), "its header or its point records are damaged"),
        (patched(LAS, 131, "<d", float("nan")), "not a finite number"),
        (patched(LAS, 131, "<d", 1e308), "not a finite number"),
        (patched(LAZ, START, "<q", -1), "has no table of chunks; was it cut off?"),
        (patched(LAZ, START, "<q", 2**40), "has no table of chunks; was it cut off?"),
        (patched(LAZ, TABLE + 4, "<I", 2**32 - 1), "announces 4,294,967,295 chunks in"),
        (patched(LAZ, LASZIP, "<H", 9), "its LASzip record is damaged, or older than LASzip 2.0"),
        (patched(LAZ, LASZIP + 12, "<I", 0), "its LASzip record is damaged"),
        (patched(LAZ, LASZIP + 32, "<H", 2**16 - 1), "its LASzip record is damaged"),
        (
            patched(LAZ, LASZIP + 36, "<H", 2**16 - 1),
            "announces points of 20 bytes, packed as 65535",
        ),
        (LAZ.replace(b"laszip encoded", b"laszip decoded"), "has no LASzip record"),
        (LAZ[: START + 60] + b"\xff" * 200 + LAZ[START + 260 :], ""),
        (
            patched(LAYERED, LAYERED_START + 8 + 30 + 4, "<I", 0xF0000000),
            "announces layers of a chunk that are larger than the file",
        ),
    ],
)
def test_faults_are_named(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(data, "a.laz")
    assert problem in str(caught.value)


def test_a_table_of_chunks_that_only_the_end_of_the_file_tells() -> None:
    data = patched(LAZ, START, "<q", -1) + struct.pack("<q", TABLE)
    np.testing.assert_allclose(decode_cloud(data, "a.laz").points, SURVEY, rtol=0, atol=2e-9)


@pytest.mark.parametrize("data", [LAS, LAZ, LAYERED], ids=["las", "laz", "layered"])
def test_more_points_than_allowed(data: bytes) -> None:
    with pytest.raises(TooLarge, match="40 points; at most 39 are read"):
        decode_cloud(data, "a.laz", limits=ReadLimits(max_points=39))
    with pytest.raises(TooLarge, match="unpacks to"):
        decode_cloud(data, "a.laz", limits=ReadLimits(max_unpacked=40 * 20 - 1))
