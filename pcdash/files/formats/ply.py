"""PLY: text or binary in either byte order; a cloud, or a mesh whose surface is sampled.

A file whose ``face`` element has rows is a mesh: points are then taken from its surface, never its
vertices, whose density says where the modeller was busy. Every other property, and every other
element, is passed over.

Every count is held against the bytes that are there before anything is allocated for it.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.files.formats.ply_binary import BinaryRows, check_room
from pcdash.files.formats.ply_header import Element, Header, read_header
from pcdash.files.polygons import Polygons, read_polygon_rows
from pcdash.files.raw import RawFile, Reading
from pcdash.files.rows import RowFormat, read_rows, shown
from pcdash.files.surface import sample_mesh

FACE_LISTS = ("vertex_indices", "vertex_index")


def read_ply(raw: RawFile) -> Reading:
    """Points of a PLY file: its vertices, or its surface where it has faces.

    Returns
    -------
    Reading
        ``points`` is (n, 3), of the stored type in binary files and float64 in text files.

    Raises
    ------
    UnreadableFile
        If header and body disagree, or there are no vertices with x, y and z.
    TooLarge
        If there are more vertices than points are allowed.
    """
    header = read_header(raw)
    vertex = _element(raw, header, "vertex")
    faces = next((e for e in header.elements if e.name == "face" and e.count), None)
    if faces is None and any(e.name == "tristrips" and e.count for e in header.elements):
        raise raw.refusal("its surface is made of triangle strips; expected faces (triangulate it)")
    points: NDArray[Any] = np.empty((0, 3))
    polygons: Polygons | None = None
    position = header.end
    for element in header.elements:
        if element is vertex:
            points, position = _vertices(raw, header, element, position)
        elif element is faces:
            polygons, position = _faces(raw, header, element, position)
        else:
            position = _skip(raw, header, element, position)
    if polygons is None:
        return Reading(points)
    return sample_mesh(raw, points, polygons)


def _element(raw: RawFile, header: Header, name: str) -> Element:
    element = next((e for e in header.elements if e.name == name), None)
    if element is None:
        raise raw.refusal(f"the PLY header has no element {name!r}")
    return element


def _vertices(
    raw: RawFile, header: Header, element: Element, position: int
) -> tuple[NDArray[Any], int]:
    """(n, 3) coordinates of the vertices, and where they end."""
    order = [p.name for p in element.properties]
    for axis in "xyz":
        if axis not in order or element.properties[order.index(axis)].length:
            raise raw.refusal(f"the vertices have no property '{axis}' that is a number")
    if header.order:
        table, end = BinaryRows(raw, element, header.order, position).table()
        raw.check_points(element.count, what="vertices")
        return np.column_stack([table[axis] for axis in "xyz"]), end
    columns = tuple(order.index(axis) for axis in "xyz")
    if any(p.length for p in element.properties[: max(columns)]):
        raise raw.refusal("expected x, y and z ahead of any list property of the vertices")
    check_room(raw, element, position, 2 * len(order) - 1)
    raw.check_points(element.count, what="vertices")
    return read_rows(raw, raw.data, position, RowFormat(columns=columns), count=element.count)


def _faces(raw: RawFile, header: Header, element: Element, position: int) -> tuple[Polygons, int]:
    """The faces, and where they end."""
    order = [p.name for p in element.properties]
    name = next((name for name in FACE_LISTS if name in order), None)
    place = order.index(name) if name else 0
    if name is None or not element.properties[place].length:
        raise raw.refusal("the faces have no list property 'vertex_indices'")
    if element.properties[place].kind[0] == "f":
        raise raw.refusal(f"expected whole numbers in property '{name}'")
    if header.order:
        return BinaryRows(raw, element, header.order, position).lists(name)
    if any(p.length for p in element.properties[:place]):
        raise raw.refusal(f"expected '{name}' to be the first list property of the faces")
    check_room(raw, element, position, 2)
    return read_polygon_rows(raw, raw.data, position, element.count, before=place)


def _skip(raw: RawFile, header: Header, element: Element, position: int) -> int:
    """Where the rows of an element end that holds nothing of interest."""
    if header.order:
        return BinaryRows(raw, element, header.order, position).lists(None)[1]
    stream = raw.stream(position)
    rows = islice((line for line in stream if line.strip()), element.count)
    if (found := sum(1 for _ in rows)) < element.count:
        raise raw.refusal(
            f"announces {element.count:,} rows of {shown(element.name)}, holds {found:,}"
        )
    return stream.tell()
