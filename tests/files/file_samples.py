"""Small sound files of every format, made by hand: by the formats' definitions, not our writers."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS: NDArray[np.float64] = np.round(
    np.random.default_rng(7).normal(size=(40, 3)) * (3.0, 2.0, 1.0) + (10.0, -20.0, 5.0), 4
)
"""A cloud whose coordinates have four decimals, so that text holds them exactly."""

SINGLE: NDArray[np.float64] = POINTS.astype("<f4").astype(np.float64)
"""The same, as single precision holds it."""

CUBE_VERTICES: NDArray[np.float64] = np.array(
    [[x, y, z] for x in (0.0, 2.0) for y in (0.0, 2.0) for z in (0.0, 2.0)]
)
CUBE_QUADS = [
    (0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3),
]  # fmt: skip
CUBE_TRIANGLES = [t for a, b, c, d in CUBE_QUADS for t in ((a, b, c), (a, c, d))]


_ORIGIN = (467000.0, 5427000.0, 300.0)


@dataclass(frozen=True)
class Sample:
    """One sound file.

    Attributes
    ----------
    name : str
    data : bytes
    points : (n, 3) float64, or None for a mesh (the cube above)
    """

    name: str
    data: bytes
    points: NDArray[np.float64] | None


def rows(points: NDArray[np.float64], separator: str = " ", more: str = "") -> str:
    """Text lines of the points, each followed by `more`."""
    return "".join(separator.join(f"{v:.4f}" for v in row) + more + "\n" for row in points)


def ply(body: bytes, form: str, vertex: str, *, count: int = 40, more: str = "") -> bytes:
    """A PLY file; `vertex` lists the properties of the vertices, `more` further header lines."""
    properties = "".join(f"property {p}\n" for p in vertex.split(", "))
    head = f"ply\nformat {form} 1.0\ncomment by hand\nelement vertex {count}\n{properties}{more}"
    return (head + "end_header\n").encode() + body


def pcd(body: bytes, data: str, *, size: str = "4 4 4", more: str = "", points: int = 40) -> bytes:
    """A PCD file with fields x y z of type F."""
    return (
        f"# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z\nSIZE {size}\n"
        f"TYPE F F F\nCOUNT 1 1 1\nWIDTH {points}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\n{more}"
        f"POINTS {points}\nDATA {data}\n"
    ).encode() + body


def lzf(data: bytes) -> bytes:
    """LZF without any match: literal runs of up to 32 bytes."""
    runs = [data[i : i + 32] for i in range(0, len(data), 32)]
    return b"".join(bytes([len(run) - 1]) + run for run in runs)


def pcd_compressed(points: NDArray[np.float64]) -> bytes:
    """The body of a binary_compressed PCD: sizes, then field after field."""
    plain = points.T.astype("<f4").tobytes()
    packed = lzf(plain)
    return struct.pack("<II", len(packed), len(plain)) + packed


def npy(points: NDArray[np.float64], descr: str = "<f8") -> bytes:
    """An NPY file of version 1.0."""
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {points.shape}, }}"
    head = head.ljust(117) + "\n"
    return (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", 118)
        + head.encode()
        + points.astype(descr).tobytes()
    )


def npz(**arrays: NDArray[np.float64]) -> bytes:
    """An NPZ archive, compressed."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def off(head: str = "OFF\n8 6 0\n") -> bytes:
    """The cube as OFF with four-cornered faces."""
    faces = "".join(f"4 {a} {b} {c} {d}\n" for a, b, c, d in CUBE_QUADS)
    return (head + rows(CUBE_VERTICES) + faces).encode()


def obj() -> bytes:
    """The cube as OBJ, with texture and normal indices and one face counted backwards."""
    vertices = "".join(f"v {x} {y} {z}\n" for x, y, z in CUBE_VERTICES)
    faces = "".join(f"f {a + 1}/1/1 {b + 1}//2 {c + 1}\n" for a, b, c in CUBE_TRIANGLES[:-1])
    back = "f " + " ".join(str(i - 8) for i in CUBE_TRIANGLES[-1]) + "\n"
    return (
        "# by hand\nmtllib other.mtl\no cube\n" + vertices + "vn 0 0 1\n" + faces + back
    ).encode()


def stl(header: bytes = b"solid by hand") -> bytes:
    """The cube as binary STL."""
    body = b"".join(
        struct.pack("<12fH", 0, 0, 0, *CUBE_VERTICES[list(t)].ravel(), 0) for t in CUBE_TRIANGLES
    )
    return header.ljust(80, b"\0") + struct.pack("<I", 12) + body


def stl_ascii() -> bytes:
    """The cube as ascii STL."""
    facets = "".join(
        " facet normal 0 0 0\n  outer loop\n"
        + "".join(f"   vertex {x:e} {y:e} {z:e}\n" for x, y, z in CUBE_VERTICES[list(t)])
        + "  endloop\n endfacet\n"
        for t in CUBE_TRIANGLES
    )
    return f"solid cube\n{facets}endsolid cube\n".encode()


def las(points: NDArray[np.float64], *, announced: int | None = None) -> bytes:
    """LAS 1.2, point format 0, with a scale of 0.0001 and an offset."""
    count = len(points) if announced is None else announced
    head = bytearray(227)
    head[:4], head[24:26] = b"LASF", b"\x01\x02"
    struct.pack_into("<HIIBHI", head, 94, 227, 227, 0, 0, 20, count)
    struct.pack_into("<6d", head, 131, *(1e-4, 1e-4, 1e-4), *_ORIGIN)
    whole = np.rint((points - _ORIGIN) / 1e-4).astype("<i4")
    return bytes(head) + b"".join(row.tobytes() + bytes(8) for row in whole)


def laz(points: NDArray[np.float64], *, form: int = 0) -> bytes:
    """LAZ as laspy writes it: of the compressed format there is no shorter definition."""
    import laspy

    header = laspy.LasHeader(point_format=form, version="1.4" if form > 5 else "1.2")
    header.scales, header.offsets = np.full(3, 1e-4), np.array(_ORIGIN)
    data = laspy.LasData(header)
    data.x, data.y, data.z = points.T
    stream = io.BytesIO()
    data.write(stream, do_compress=True, laz_backend=laspy.LazBackend.Lazrs)
    return stream.getvalue()


SURVEY: NDArray[np.float64] = POINTS + _ORIGIN
"""The cloud on a survey grid: its shape needs more digits than single precision has."""

_F3 = "float x, float y, float z"
_QUADS = "".join(f"4 {a} {b} {c} {d}\n" for a, b, c, d in CUBE_QUADS).encode()
_MIXED = [*CUBE_QUADS[:5], *CUBE_TRIANGLES[-2:]]
_FACES = "element face {}\nproperty list uchar int vertex_indices\n"

SAMPLES: tuple[Sample, ...] = (
    Sample("ascii.ply", ply(rows(POINTS).encode(), "ascii", _F3), POINTS),
    Sample("little.ply", ply(SINGLE.astype("<f4").tobytes(), "binary_little_endian", _F3), SINGLE),
    Sample("big.ply", ply(SINGLE.astype(">f4").tobytes(), "binary_big_endian", _F3), SINGLE),
    Sample(
        "quads.ply",
        ply(rows(CUBE_VERTICES).encode() + _QUADS, "ascii", _F3, count=8, more=_FACES.format(6)),
        None,
    ),
    Sample(
        "mixed.ply",
        ply(
            CUBE_VERTICES.astype("<f4").tobytes()
            + b"".join(struct.pack(f"<B{len(f)}i", len(f), *f) for f in _MIXED),
            "binary_little_endian",
            _F3,
            count=8,
            more=_FACES.format(7),
        ),
        None,
    ),
    Sample("ascii.pcd", pcd(rows(POINTS).encode(), "ascii"), POINTS),
    Sample("binary.pcd", pcd(SINGLE.astype("<f4").tobytes(), "binary"), SINGLE),
    Sample("packed.pcd", pcd(pcd_compressed(POINTS), "binary_compressed"), SINGLE),
    Sample("plain.xyz", rows(POINTS).encode(), POINTS),
    Sample("table.csv", ("x,y,z\n" + rows(POINTS, ",")).encode(), POINTS),
    Sample("table.txt", ("//X\tY\tZ\tR\n" + rows(POINTS, "\t", "\t255")).encode(), POINTS),
    Sample("scan.pts", ("40\n" + rows(POINTS, " ", " -1203 9 8 7")).encode(), POINTS),
    Sample("array.npy", npy(POINTS), POINTS),
    Sample("arrays.npz", npz(points=POINTS, labels=np.zeros(40)), POINTS),
    Sample("cube.off", off(), None),
    Sample("cube.obj", obj(), None),
    Sample("binary.stl", stl(), None),
    Sample("ascii.stl", stl_ascii(), None),
    Sample("survey.las", las(SURVEY), SURVEY),
    Sample("survey.laz", laz(SURVEY), SURVEY),
    Sample("layered.laz", laz(SURVEY, form=6), SURVEY),
)
