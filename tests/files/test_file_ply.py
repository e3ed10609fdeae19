"""PLY: headers of all kinds, counts that lie, lists, faces."""

from __future__ import annotations

import io
import struct

import numpy as np
import plyfile
import pytest
from file_samples import CUBE_QUADS, CUBE_VERTICES, POINTS, SINGLE, ply, rows

from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files import ReadLimits, decode_cloud

XYZ = "float x, float y, float z"
BINARY = SINGLE.astype("<f4").tobytes()
FACES = "element face {}\nproperty list uchar int vertex_indices\n"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "u1"])
def test_properties_around_the_coordinates(order: str, kind: str) -> None:
    names = {"f4": "float32", "f8": "double", "i2": "short", "u1": "uint8"}
    dtype = [("a", "u1"), ("z", order + kind), ("b", order + "f8"), ("x", order + kind)]
    table = np.zeros(40, [*dtype, ("y", order + kind), ("c", order + "i4")])
    for axis, column in zip("xyz", np.abs(POINTS).T, strict=True):
        table[axis] = column.astype(kind)
    vertex = f"uchar a, {names[kind]} z, double b, {names[kind]} x, {names[kind]} y, int c"
    form = "binary_little_endian" if order == "<" else "binary_big_endian"
    cloud = decode_cloud(ply(table.tobytes(), form, vertex), "a.ply")
    np.testing.assert_array_equal(cloud.points, np.abs(POINTS).astype(kind).astype("f8"))


def test_text_in_double_precision_though_declared_single() -> None:
    far = POINTS + np.array([467000.0, 5427000.0, 0.0])
    cloud = decode_cloud(ply(rows(far).encode(), "ascii", XYZ), "a.ply")
    np.testing.assert_array_equal(cloud.points, np.round(far, 4))


def test_crlf_header_before_binary_rows() -> None:
    head, _, body = ply(BINARY, "binary_little_endian", XYZ).partition(b"end_header\n")
    data = (head + b"end_header\n").replace(b"\n", b"\r\n") + body
    np.testing.assert_array_equal(decode_cloud(data, "a.ply").points, SINGLE)


def test_other_elements_are_passed_over() -> None:
    before = "ply\nformat ascii 1.0\nelement camera 2\nproperty float f\n"
    text = ply(("1\n2\n" + rows(POINTS)).encode(), "ascii", XYZ)
    text = text.replace(b"ply\nformat ascii 1.0\n", before.encode())
    np.testing.assert_array_equal(decode_cloud(text, "a.ply").points, POINTS)
    lists = struct.pack("<B2fB1f", 2, 1, 2, 1, 3)
    binary = ply(lists + BINARY, "binary_little_endian", XYZ).replace(
        b"element vertex", b"element path 2\nproperty list uchar float t\nelement vertex"
    )
    np.testing.assert_array_equal(decode_cloud(binary, "a.ply").points, SINGLE)


def test_a_face_element_without_rows_is_a_cloud() -> None:
    cloud = decode_cloud(ply(BINARY, "binary_little_endian", XYZ, more=FACES.format(0)), "a.ply")
    np.testing.assert_array_equal(cloud.points, SINGLE)
    assert "sampled_from" not in cloud.source


def test_text_faces_of_mixed_sizes_and_with_colours() -> None:
    faces = "".join(f"7 4 {a} {b} {c} {d} 0.5\n" for a, b, c, d in CUBE_QUADS[:5])
    faces += "7 3 1 5 7 0.5\n7 3 1 7 3 0.5\n"
    more = "element face 7\nproperty uchar id\nproperty list uchar int vertex_index\n"
    body = (rows(CUBE_VERTICES) + faces).encode()
    data = ply(body, "ascii", XYZ, count=8, more=more + "property float gray\n")
    cloud = decode_cloud(data, "a.ply")
    assert cloud.source["sampled_from"] == "mesh surface (7 faces)"
    np.testing.assert_allclose(np.ptp(cloud.points, axis=0), 2.0, atol=0.01)


def test_what_plyfile_writes_is_read_alike() -> None:
    table = np.array([tuple(row) for row in SINGLE], [("x", "f4"), ("y", "f4"), ("z", "f4")])
    faces = np.array([([0, 1, 2], 9), ([1, 2, 3, 4], 9)], [("vertex_indices", "O"), ("g", "u1")])
    for text, order in ((True, "="), (False, "<"), (False, ">")):
        stream = io.BytesIO()
        elements = [
            plyfile.PlyElement.describe(table, "vertex"),
            plyfile.PlyElement.describe(faces, "face"),
        ]
        plyfile.PlyData(elements, text=text, byte_order=order).write(stream)
        cloud = decode_cloud(stream.getvalue(), "a.ply")
        assert cloud.source["sampled_from"] == "mesh surface (2 faces)"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            ply(BINARY, "binary_little_endian", XYZ, count=41),
            "announces 41 rows of 'vertex', holds",
        ),
        (ply(BINARY, "binary_little_endian", XYZ, count=10**17), "holds at most 40"),
        (ply(BINARY, "binary_little_endian", XYZ, count=-1), "line 4: expected the number of elem"),
        (ply(rows(POINTS).encode(), "ascii", XYZ, count=41), "announces 41 rows, holds 40"),
        (ply(b"1 2 3\n1 2\n" * 20, "ascii", XYZ), "line 10: expected 3 columns, found 2"),
        (ply(b"1 2 3\n1 a 3\n" * 20, "ascii", XYZ), "line 10: expected a number in column 2"),
        (ply(BINARY, "binary_middle_endian", XYZ), "line 2: not a line of a PLY header"),
        (ply(BINARY, "binary_little_endian", "float x, float y"), "no property 'z'"),
        (ply(BINARY, "binary_little_endian", "float x, float x"), "line 6: property 'x' is there"),
        (
            ply(BINARY, "binary_little_endian", "real x"),
            "line 5: expected a property with a PLY ty",
        ),
        (
            ply(BINARY, "binary_little_endian", "list uchar float x, float y, float z"),
            "'x' that is",
        ),
        (
            b"ply\nformat ascii 1.0\nelement face 1\nproperty list uchar int i\nend_header\n",
            "vertex",
        ),
        (
            b"ply\nelement vertex 3\nproperty float x\nend_header\n",
            "line 4: expected a format line",
        ),
        (b"ply\nformat ascii 1.0\n", "no end_header"),
        (
            ply(BINARY, "binary_little_endian", XYZ + ", list uint float junk"),
            "property 'junk' of 'vertex' announces a list of",
        ),
        (
            ply(BINARY + b"\x03" + bytes(11), "binary_little_endian", XYZ, more=FACES.format(1)),
            "bytes are left",
        ),
        (
            ply(
                BINARY + struct.pack("<B3i", 3, 0, 1, 40),
                "binary_little_endian",
                XYZ,
                more=FACES.format(1),
            ),
            "face 1 of 1 points at vertex 40 (from 0); there are 40",
        ),
        (
            ply(rows(POINTS).encode() + b"3 0 1\n", "ascii", XYZ, more=FACES.format(1)),
            "line 51: expected a number of corners",
        ),
        (
            ply(rows(POINTS).encode(), "ascii", XYZ, more="element tristrips 1\nproperty int n\n"),
            "triangle strips",
        ),
        (
            ply(
                BINARY + struct.pack("<B3i", 3, 0, 0, 0),
                "binary_little_endian",
                XYZ,
                more=FACES.format(1),
            ),
            "its faces have no area",
        ),
    ],
)
def test_faults_are_named(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(data, "a.ply")
    assert problem in str(caught.value)


def test_more_vertices_than_allowed() -> None:
    for data in (
        ply(BINARY, "binary_little_endian", XYZ),
        ply(rows(POINTS).encode(), "ascii", XYZ),
    ):
        with pytest.raises(TooLarge, match="40 vertices; at most 39"):
            decode_cloud(data, "a.ply", limits=ReadLimits(max_points=39))
