"""OBJ: the vertices and faces of a Wavefront file. Materials and other files are never opened."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from pcdash.files.polygons import Polygons
from pcdash.files.raw import RawFile, Reading
from pcdash.files.rows import check_lines
from pcdash.files.surface import sample_mesh

_FARTHEST = 2**62


def read_obj(raw: RawFile) -> Reading:
    """Points on the surface of an OBJ mesh, all its objects and groups together.

    Returns
    -------
    Reading
        ``points`` is (8192, 3) float64.

    Raises
    ------
    UnreadableFile
        Naming the first bad line, or saying that there are no vertices or no faces.
    TooLarge
        If there are more vertices than points are allowed.
    """
    check_lines(raw, raw.data)
    coordinates, counts, indices = array("d"), array("q"), array("q")
    for number, line in _lines(raw):
        words = (line.partition(b"#")[0] if b"#" in line else line).split()
        keyword = words[0] if words else b""
        if keyword == b"v":
            try:
                x, y, z = map(float, words[1:4])
            except ValueError:
                raise raw.refusal("expected v and 3 numbers", line=number) from None
            coordinates.extend((x, y, z))
        elif keyword == b"f":
            corners = _corners(words[1:], len(coordinates) // 3)
            if corners is None:
                problem = "expected f and 3 or more vertices, counted from 1 or back from -1"
                raise raw.refusal(problem, line=number)
            counts.append(len(corners))
            indices.extend(corners)
    vertices = np.array(coordinates, dtype=np.float64).reshape(-1, 3)
    if not len(vertices):
        raise raw.refusal("holds no vertices (lines that begin with v)")
    raw.check_points(len(vertices), what="vertices")
    faces = Polygons(np.array(counts, dtype=np.int64), np.array(indices, dtype=np.int64))
    return sample_mesh(raw, vertices, faces)


def _lines(raw: RawFile) -> Iterator[tuple[int, bytes]]:
    """Number and text of each line; a backslash at its end joins it with the next."""
    if b"\\" not in raw.data:
        yield from enumerate(raw.stream(), 1)
        return
    parts: list[bytes] = []
    first = 1
    for number, line in enumerate(raw.stream(), 1):
        first = first if parts else number
        parts.append(line.rstrip())
        if parts[-1].endswith(b"\\"):
            parts[-1] = parts[-1][:-1]
        else:
            yield first, b" ".join(parts)
            parts = []
    yield first, b" ".join(parts)


def _corners(words: list[bytes], vertices: int) -> list[int] | None:
    """0-based vertices of a face, or None if there are too few or one is no number or zero."""
    try:
        corners = [int(word.partition(b"/")[0]) for word in words]
    except ValueError:
        return None
    if len(corners) < 3 or 0 in corners or max(map(abs, corners)) > _FARTHEST:
        return None
    return [corner - 1 if corner > 0 else vertices + corner for corner in corners]
