"""STL: loose triangles, binary or ascii. The size tells which; many binary headers say 'solid'."""

from __future__ import annotations

import re
from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.files.raw import RawFile, Reading
from pcdash.files.rows import check_lines
from pcdash.files.surface import sample_triangles

_HEADER = 84
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_KEYWORDS = frozenset((b"solid", b"facet", b"outer", b"endloop", b"endfacet", b"endsolid"))


def read_stl(raw: RawFile) -> Reading:
    """Points on the surface of an STL mesh, all its solids together: see `sample_triangles`.

    Raises
    ------
    UnreadableFile
        If the size does not fit the announced triangles, or naming the first bad line.
    """
    announced = int.from_bytes(raw.data[80:_HEADER], "little")
    body = len(raw.data) - _HEADER
    vertices: NDArray[Any]
    if body >= 0 and body == announced * _TRIANGLE.itemsize:
        vertices = np.frombuffer(raw.data, _TRIANGLE, announced, _HEADER)["corners"].reshape(-1, 3)
    elif re.match(rb"\s*solid\b", raw.data, re.IGNORECASE) and b"\0" not in raw.data[:1024]:
        vertices = _read_ascii(raw)
    elif body >= 0:
        held = body / _TRIANGLE.itemsize
        raise raw.refusal(f"announces {announced:,} triangles, holds {held:,.3g}")
    else:
        raise raw.refusal("neither a binary STL (84 bytes and more) nor a text that begins 'solid'")
    if not len(vertices):
        raise raw.refusal("holds no triangles")
    triangles = np.arange(len(vertices)).reshape(-1, 3)
    return sample_triangles(raw, vertices, triangles, faces=len(triangles))


def _read_ascii(raw: RawFile) -> NDArray[np.float64]:
    """(3 t, 3) corners of the triangles of an ascii STL."""
    check_lines(raw, raw.data)
    coordinates = array("d")
    keyword, number = b"", 0
    for number, line in enumerate(raw.stream(), 1):
        words = line.split()
        if not words:
            continue
        keyword = words[0].lower()
        if keyword == b"vertex":
            try:
                x, y, z = map(float, words[1:])
            except ValueError:
                raise raw.refusal("expected vertex and 3 numbers", line=number) from None
            coordinates.extend((x, y, z))
        elif keyword == b"endloop" and len(coordinates) % 9:
            raise raw.refusal("expected 3 vertices in each loop", line=number)
        elif keyword not in _KEYWORDS:
            raise raw.refusal("not a line of an ascii STL", line=number)
    if keyword != b"endsolid" or len(coordinates) % 9:
        raise raw.refusal("expected endsolid at the end", line=number)
    return np.array(coordinates, dtype=np.float64).reshape(-1, 3)
