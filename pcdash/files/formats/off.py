"""OFF: a mesh as text, with the counts on the magic's own line or on the next."""

from __future__ import annotations

import re

from pcdash.files.polygons import read_polygon_rows
from pcdash.files.raw import RawFile, Reading
from pcdash.files.rows import RowFormat, read_rows
from pcdash.files.surface import sample_mesh

_BLANK = rb"(?:\s|\#[^\n]*\n)*"
_MAGIC = rb"(?:ST)?C?N?OFF"
_BINARY = re.compile(_BLANK + _MAGIC + rb"[ \t]+BINARY\b")
_LONGEST_HEAD = 64 * 1024
_HEAD = re.compile(
    _BLANK
    + _MAGIC
    + _BLANK
    + rb"(?P<vertices>\d{1,18})[ \t]+(?P<faces>\d{1,18})(?:[ \t]+\d{1,18})?[ \t]*(?:\#[^\n]*)?\r?\n"
)


def read_off(raw: RawFile) -> Reading:
    """Points on the surface of an OFF mesh (also COFF, NOFF and STOFF): see `sample_mesh`.

    Raises
    ------
    UnreadableFile
        Naming the first bad line, or what header and body disagree about.
    TooLarge
        If there are more vertices than points are allowed.
    """
    head = _HEAD.match(raw.data, 0, _LONGEST_HEAD)
    if _BINARY.match(raw.data, 0, _LONGEST_HEAD):
        raise raw.refusal("binary OFF is not read; save it as text")
    if head is None:
        raise raw.refusal("expected OFF and then the numbers of vertices, faces and edges", line=1)
    vertices, faces = int(head["vertices"]), int(head["faces"])
    room = len(raw.data) - head.end()
    if vertices * 6 + faces * 2 > room + 1:
        raise raw.refusal(
            f"announces {vertices:,} vertices and {faces:,} faces in {room:,} bytes of text"
        )
    raw.check_points(vertices, what="vertices")
    form = RowFormat(columns=(0, 1, 2))
    points, end = read_rows(raw, raw.data, head.end(), form, count=vertices)
    polygons, _ = read_polygon_rows(raw, raw.data, end, faces)
    return sample_mesh(raw, points, polygons)
