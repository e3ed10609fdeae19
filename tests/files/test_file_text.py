"""Text tables: separators, headers, comments, and the line of the first fault."""

from __future__ import annotations

import numpy as np
import pytest
from file_samples import POINTS, rows

from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files import ReadLimits, decode_cloud

LINES = rows(POINTS, ",").splitlines()


@pytest.mark.parametrize(
    "text",
    [
        rows(POINTS, ", "),
        rows(POINTS, " ; "),
        rows(POINTS, "\t\t"),
        rows(POINTS, "   "),
        rows(POINTS, ";").replace(".", ","),
        rows(POINTS).replace("\n", "\r\n"),
        rows(POINTS).replace("\n", "\r"),
        rows(POINTS).replace("\n", "\n\n"),
        rows(POINTS).rstrip("\n"),
        "# made by hand\n// for a test\n\n" + rows(POINTS),
        rows(POINTS, more=" # good"),
        rows(POINTS, more=" // good"),
        rows(POINTS, more=" 1 2 3"),
        "\ufeffX;Y;Z\n" + rows(POINTS, ";"),
        '"x","y","z"\n' + rows(POINTS, ",").replace("5", "5"),
        "Easting Northing Height\n" + rows(POINTS),
        "x [m],y [m],z [m]\n" + rows(POINTS, ","),
        "# x y z label\n" + rows(POINTS, more=" chair"),
        "x,y,z,größe\n" + rows(POINTS, ",", ",groß"),
        "pos_x,pos_y,pos_z,note\n" + rows(POINTS, ",", ","),
        "40\n" + rows(POINTS),
    ],
)
def test_ways_to_write_a_table(text: str) -> None:
    for encoding in ("utf-8", "latin-1"):
        if encoding == "utf-8" or "\ufeff" not in text:
            cloud = decode_cloud(text.encode(encoding), "table.txt")
            np.testing.assert_array_equal(cloud.points, POINTS)


def test_columns_are_found_by_name_in_any_order() -> None:
    text = "label,z,y,x\n" + "".join(f"ball,{z},{y},{x}\n" for x, y, z in POINTS)
    np.testing.assert_array_equal(decode_cloud(text.encode(), "a.csv").points, POINTS)


def test_quoted_numbers() -> None:
    text = "x,y,z\n" + "".join(f'"{x}","{y}","{z}"\n' for x, y, z in POINTS)
    np.testing.assert_array_equal(decode_cloud(text.encode(), "a.csv").points, POINTS)


def with_line(number: int, line: str, head: str = "") -> bytes:
    """The table with its line `number` (from 1, the head included) replaced."""
    lines = (head + rows(POINTS, ",")).splitlines()
    lines[number - 1] = line
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (with_line(14, "1,2"), "line 14: expected 3 numbers, found 2"),
        (with_line(14, "1,2,3,4"), "line 14: expected 3 numbers, found 4"),
        (with_line(40, "1,2,"), "line 40: expected a number in column 3, found ''"),
        (with_line(9, "1,zwei,3"), "line 9: expected a number in column 2, found 'zwei'"),
        (with_line(9, "1,2_0,3"), "line 9: expected a number in column 2, found '2_0'"),
        (with_line(9, "1,nan,3"), "line 9: expected a finite number in column 2, found 'nan'"),
        (with_line(9, "1,2,-inf"), "line 9: expected a finite number in column 3, found '-inf'"),
        (with_line(9, "1,2,1e999"), "line 9: expected a finite number in column 3, found '1e999'"),
        (with_line(9, "1,2,3 4"), "line 9: expected a number in column 3, found '3 4'"),
        (with_line(9, "1,2,\x1b[2J"), r"line 9: expected a number in column 3, found '\x1b[2J'"),
        (
            with_line(9, "1," * 500 + "1"),
            "line 9: expected one point, found more than 100 values in one line",
        ),
        (with_line(7, "1,2", "x,y,z\n"), "line 7: expected 3 columns, found 2"),
        (with_line(7, "1,a,3", "x,y,z\n"), "line 7: expected a number in column 2, found 'a'"),
        (with_line(7, "x,y,z", "x,y,z\n"), "line 7: expected a number in column 1, found 'x'"),
        (with_line(30, "1,2,\0003"), "line 30: expected text, found a NUL byte"),
        (with_line(1, "a,b,c"), "line 1: expected 3 numbers or a header that names x, y and z"),
        (with_line(1, "x,y,w"), "line 1: expected a header with x, y and z once each; no column"),
        (with_line(1, "x,x,y,z"), "once each; 2 columns are named x"),
        (b"41\n" + rows(POINTS).encode(), "announces 41 points, holds 40"),
        (b"1 " * 40_000, "line 1: the line is longer than 65,536 characters"),
        (b"1 2 3\n" * 20 + b"[" * 70_000, "line 21: the line is longer than 65,536 characters"),
        (b"[(" * 30_000, "line 1: expected 3 numbers or a header that names x, y and z"),
        (b"# nothing\n" * 1001, "expected the first point within 1,000 lines"),
        (b"40\n", "holds no points"),
        (b"# nothing\n\n", "holds no points"),
        (b"x,y,z\n", "holds no points"),
        (b"1 2\n" * 40, "line 1: expected 3 numbers, found 2"),
        (b"1 2 3\n" * 15, "need at least 16 points, got 15"),
    ],
)
def test_the_first_fault_is_named(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(data, "scan.xyz")
    assert problem in str(caught.value)
    assert str(caught.value).startswith("scan.xyz")
    assert str(caught.value).isascii()
    assert caught.value.field == "file"


def test_comments_and_blank_lines_count_as_lines() -> None:
    text = "# one\n\n" + rows(POINTS[:20]) + "# twenty-three\n1 2\n"
    with pytest.raises(UnreadableFile, match="line 24: expected 3 numbers, found 2"):
        decode_cloud(text.encode(), "a.xyz")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_refused(encoding: str) -> None:
    with pytest.raises(UnreadableFile, match=r"UTF-16|NUL byte"):
        decode_cloud(rows(POINTS).encode(encoding), "a.xyz")


def test_more_rows_than_allowed_are_not_read() -> None:
    with pytest.raises(TooLarge, match="at most 39 are read"):
        decode_cloud(rows(POINTS).encode(), "a.xyz", limits=ReadLimits(max_points=39))
    assert len(decode_cloud(rows(POINTS).encode(), "a.xyz", limits=ReadLimits(max_points=40))) == 40
