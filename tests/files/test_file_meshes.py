"""OFF, OBJ and STL: ways to write them, and what is wrong with others."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
import trimesh
from file_samples import CUBE_TRIANGLES, CUBE_VERTICES, obj, off, stl, stl_ascii

from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files import ReadLimits, decode_cloud
from pcdash.files.raw import RawFile
from pcdash.files.surface import triangle_areas

CUBE = decode_cloud(off(), "cube.off").points


@pytest.mark.parametrize(
    "data",
    [
        off("OFF8 6 0\n"),
        off("OFF 8 6 0\n"),
        off("OFF\n# by hand\n\n8 6\n"),
        off("# by hand\nOFF\n8 6 12 # counts\n"),
        off("COFF\n8 6 0\n").replace(b"0000\n", b"0000 255 0 0 255\n"),
        off().replace(b"\n", b"\r\n"),
        off().replace(b"\n", b"\n\n"),
        off().replace(b"4 5 7 3 1\n", b"4 5 7 3 1"),
        off().replace(b"4 0 1 3 2", b"4 0 1 3 2 0.5 0.5 0.5"),
    ],
)
def test_ways_to_write_off(data: bytes) -> None:
    np.testing.assert_array_equal(decode_cloud(data, "a.off").points, CUBE)


@pytest.mark.parametrize(
    "data",
    [
        obj().replace(b"\n", b"\r\n"),
        obj().replace(b"f ", b"  f\t"),
        obj().replace(b"\nf 1/1/1 ", b"\nf \\\n 1/1/1 \\\r\n "),
        obj().replace(b"v 0.0 0.0 0.0", b"v 0.0 0.0 0.0 1.0 0.5 0.5 0.5 # coloured"),
        obj() + b"l 1 2\np 1\ng other\nusemtl m\n",
        obj() + b"#f 1 2 9\n# \\\nf 1 2 9\nfo 1\nvt 0 0\n#",
        obj().replace(b"v 2.0", b"#" * 60_000 + b"\nv 2.0"),
        obj().replace(b"\n", b" # 1\n"),
        obj().rstrip(),
    ],
)
def test_ways_to_write_obj(data: bytes) -> None:
    expected = decode_cloud(obj(), "a.obj").points
    np.testing.assert_array_equal(decode_cloud(data, "a.obj").points, expected)


@pytest.mark.parametrize(
    "data",
    [
        stl(b"binary"),
        stl(b"solid facet vertex"),
        stl_ascii(),
        stl_ascii().replace(b"\n", b"\r\n"),
        stl_ascii().upper(),
        stl_ascii().replace(b"endfacet\n facet", b"endfacet\nendsolid\nsolid more\n facet", 1),
    ],
)
def test_ways_to_write_stl(data: bytes) -> None:
    expected = decode_cloud(stl(), "a.stl").points
    np.testing.assert_array_equal(decode_cloud(data, "a.stl").points, expected)


@pytest.mark.parametrize("kind", ["off", "obj", "stl", "stl_ascii", "ply"])
def test_what_trimesh_writes_is_the_same_surface(kind: str) -> None:
    mesh = trimesh.creation.torus(3.0, 1.0)
    written = trimesh.exchange.export.export_mesh(mesh, io.BytesIO(), file_type=kind)
    data = written.encode() if isinstance(written, str) else written
    cloud = decode_cloud(data, "a." + kind.partition("_")[0])
    assert cloud.source["sampled_from"] == f"mesh surface ({len(mesh.faces):,} faces)"
    ring = np.hypot(np.hypot(cloud.points[:, 0], cloud.points[:, 1]) - 3.0, cloud.points[:, 2])
    assert 0.97 < ring.min() <= ring.max() < 1.02  # facets cut the round surface
    # area grows with the distance from the axis: mean of cos over the tube is r / (2 R)
    cosine = (np.hypot(cloud.points[:, 0], cloud.points[:, 1]) - 3.0).mean()
    assert cosine == pytest.approx(1 / 6, abs=0.03)


def test_obj_says_the_same_as_off() -> None:
    """Faces of 3 to 5 corners between their vertices, counted both ways, in a megabyte of text."""
    rng = np.random.default_rng(3)
    vertices, polygons, lines = [], [], []
    for i, corners in enumerate(rng.integers(3, 6, size=8_000)):
        first = len(vertices)
        vertices += rng.normal(size=(corners, 3)).tolist()
        polygons.append(range(first, first + corners))
        lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in vertices[first:]]
        back = len(vertices) if i % 2 else -1
        lines.append("f " + " ".join(f"{k - back}{('', '/7', '//1')[i % 3]}" for k in polygons[-1]))
    head = f"OFF\n{len(vertices)} {len(polygons)} 0\n"
    rows = [" ".join(map(repr, v)) for v in vertices]
    rows += [" ".join(map(str, (len(p), *p))) for p in polygons]
    expected = decode_cloud((head + "\n".join(rows)).encode(), "a.off").points
    data = "\n".join(lines).encode()
    assert len(data) > 16 * 65_536
    np.testing.assert_array_equal(decode_cloud(data, "a.obj").points, expected)


def test_a_large_obj_takes_a_second_not_a_quarter_of_a_minute() -> None:
    """Bounded by the processor's time, which other work on the machine does not add to."""
    data = b"v 0 0 0\nv 1 0 0\nv 0 1 0\n" + b"f 1 2 3\n" * 1_000_000 + b"f 1 2 4\n"
    begin = time.thread_time()
    with pytest.raises(UnreadableFile, match="face 1,000,001 of 1,000,001 points at vertex 3"):
        decode_cloud(data, "a.obj")
    assert time.thread_time() - begin < 1.2  # 0.25; an object for each corner: 2.7


def test_area_not_density_decides() -> None:
    """One side of a box cut into 200 slivers gets no more points than the side across."""
    cuts = np.linspace(0, 2, 101)
    strip = "".join(f"v {c} 0 0\nv {c} 2 0\n" for c in cuts)
    faces = "".join(f"f {2 * i + 1} {2 * i + 2} {2 * i + 4} {2 * i + 3}\n" for i in range(100))
    across = "v 0 0 9\nv 2 0 9\nv 2 2 9\nv 0 2 9\nf -4 -3 -2 -1\n"
    points = decode_cloud((strip + faces + across).encode(), "a.obj").points
    assert np.mean(points[:, 2] == 9) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.off", off("OFF\n9 6 0\n"), "announces 6 faces, holds 5"),
        ("a.off", off("OFF\n8 7 0\n"), "announces 7 faces, holds 6"),
        ("a.off", off("OFF\n8 0 0\n"), "holds vertices but no faces"),
        (
            "a.off",
            off("OFF\n1000000000000 6 0\n"),
            "announces 1,000,000,000,000 vertices and 6 fac",
        ),
        ("a.off", off("OFF\neight 6 0\n"), "line 1: expected OFF and then the numbers"),
        ("a.off", off("OFF BINARY\n8 6 0\n"), "binary OFF is not read"),
        (
            "a.off",
            off().replace(b"2.0000 2.0000\n", b"2.0000 two\n"),
            "line 6: expected a number in",
        ),
        (
            "a.off",
            off().replace(b"4 0 1 3 2", b"4 0 1 3 8"),
            "face 1 of 6 points at vertex 8 (from 0)",
        ),
        ("a.off", off().replace(b"4 0 1 3 2", b"4 0 1 3 -1"), "face 1 of 6 points at vertex -1"),
        ("a.off", off().replace(b"4 0 1 3 2", b"4 0 1 3"), "line 11: expected a number of corners"),
        (
            "a.off",
            off().replace(b"4 0 1 3 2", b"4 0 1 3 9" + b"9" * 30),
            "line 11: expected a numb",
        ),
        ("a.obj", b"# nothing\no x\n", "holds no vertices"),
        ("a.obj", b"v 1 2 3\n" * 40, "holds vertices but no faces"),
        ("a.obj", obj() + b"v 1 2\n", "expected v and 3 numbers"),
        ("a.obj", b"v 1 2 3\nv 1 x 3\n", "line 2: expected v and 3 numbers"),
        ("a.obj", b"v 1 2 3\nf 1 1\n", "line 2: expected f and 3 or more vertices"),
        ("a.obj", b"v 1 2 3\n\nf 1 1 0\n", "line 3: expected f and 3 or more vertices"),
        ("a.obj", b"v 1 2 3\nf 1 1 \\\n1\nf 1 1 x\n", "line 4: expected f and 3 or more vertices"),
        ("a.obj", b"v 1 2 3\nf 1 1 1x\n", "line 2: expected f and 3 or more vertices"),
        ("a.obj", b"v 1 2 3\nf 1 1 /1\n", "line 2: expected f and 3 or more vertices"),
        ("a.obj", b"v 1 2 3\nf 1 1 -\n", "line 2: expected f and 3 or more vertices"),
        ("a.obj", b"v 1 2 3\nf 1 1 " + b"1" * 19, "line 2: expected f and 3 or more vertices"),
        ("a.obj", b"v 1 2 3\nf 1 1 #1\n", "line 2: expected f and 3 or more vertices"),
        ("a.obj", b"#\n" * 50_000 + b"v 1 2", "line 50001: expected v and 3 numbers"),
        ("a.obj", b"v 1 2 3\nf 1 1 1 -2\n", "points at vertex -1 (from 0); there are 1"),
        ("a.obj", b"v 1 2 3\nf 1 1 2\n", "face 1 of 1 points at vertex 1 (from 0); there are 1"),
        ("a.obj", b"v 1 2 nan\nf 1 1 1\n", "a corner that is not a number"),
        ("a.obj", b"v 1 2 1e300\nf 1 1 1\n", "a corner that is not a number within 1e+100"),
        ("a.obj", b"v 1 2 3\nf 1 1 1\n", "its faces have no area"),
        ("a.obj", b"v" * 70_000, "line 1: the line is longer than 65,536 characters"),
        ("a.off", off() + b" " * 70_000, "line 17: the line is longer than 65,536 characters"),
        ("a.stl", stl()[:-1], "announces 12 triangles, holds 12"),
        (
            "a.stl",
            stl()[:80] + b"\xff\xff\xff\xff" + stl()[84:],
            "announces 4,294,967,295 triangles",
        ),
        ("a.stl", bytes(84), "holds no triangles"),
        ("a.stl", b"facet", "neither a binary STL"),
        ("a.stl", b"solid\nendsolid\n", "holds no triangles"),
        ("a.stl", stl_ascii().replace(b"endsolid cube", b""), "expected endsolid at the end"),
        (
            "a.stl",
            stl_ascii().replace(b"outer", b"outer outer\nbanana", 1),
            "line 4: not a line of an",
        ),
        ("a.stl", b"solid\nvertex 1 2\nendsolid\n", "line 2: expected vertex and 3 numbers"),
        (
            "a.stl",
            b"solid\nvertex 1 2 3\nendloop\nendsolid\n",
            "line 3: expected 3 vertices in each",
        ),
    ],
)
def test_faults_are_named(name: str, data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(data, name)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.off", off(), "8 vertices; at most 7"),
        ("a.obj", obj(), "more than 7 vertices"),
        ("a.obj", obj() + b"f 1 2 4 3\n" * 2, "more than 14 triangles"),
        ("a.obj", b"f" + b" 1" * 17 + b"\n", "more than 14 triangles"),
    ],
)
def test_more_than_allowed(name: str, data: bytes, problem: str) -> None:
    with pytest.raises(TooLarge, match=problem):
        decode_cloud(data, name, limits=ReadLimits(max_points=7))


def test_a_mesh_of_many_faces_is_sampled_block_by_block() -> None:
    """More triangles than one block of the area sums: both halves get their share."""
    quads = 40_000
    grid = np.arange(quads)
    corners = np.stack([grid, grid + 1], axis=1).repeat(2, axis=0).ravel()
    vertices = "".join(
        f"v {x} {i % 2} 0\n" for i, x in enumerate(np.repeat(np.arange(quads + 1), 2))
    )
    faces = "".join(f"f {2 * i + 1} {2 * i + 3} {2 * i + 4} {2 * i + 2}\n" for i in range(quads))
    assert len(corners) == 4 * quads
    points = decode_cloud((vertices + faces + "v 0 0 1\n").encode(), "a.obj").points
    assert np.mean(points[:, 0]) == pytest.approx(quads / 2, rel=0.02)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int16])
@pytest.mark.parametrize("count", [1, 16_384, 40_000])
def test_areas_are_those_of_the_plain_formula(kind: type[np.generic], count: int) -> None:
    """In one block and in several; a vertex that no triangle uses may hold anything."""
    rng = np.random.default_rng(count)
    vertices = (100 * rng.normal(size=(5_000, 3))).astype(kind)
    vertices[-1] = np.nan if kind is not np.int16 else 32_767
    triangles = rng.integers(0, len(vertices) - 1, size=(count, 3))
    corners = vertices[triangles].astype(np.float64)
    a, b, c = np.moveaxis(corners / np.abs(corners).max(), 1, 0)
    expected = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    areas = triangle_areas(RawFile("a.obj", b""), vertices, triangles)
    np.testing.assert_allclose(areas, expected, rtol=1e-12)


def test_the_cube_of_the_samples_is_closed() -> None:
    assert trimesh.Trimesh(CUBE_VERTICES, CUBE_TRIANGLES).area == 24
