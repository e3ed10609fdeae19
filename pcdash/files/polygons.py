"""Faces of a mesh as two flat arrays, however many corners each has."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from io import BytesIO
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pcdash.files.raw import RawFile
from pcdash.files.rows import check_lines, filled_lines


@dataclass(frozen=True)
class Polygons:
    """Faces of a mesh.

    Attributes
    ----------
    counts : (m,) int64
        Corners of each face.
    indices : (sum of counts,) int64
        Their 0-based vertices, face after face.
    """

    counts: NDArray[np.int64]
    indices: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)

    def triangles(self) -> NDArray[np.int64]:
        """(t, 3) vertices of the triangles that fan out from each face's first corner.

        Exact for triangles and convex faces; faces of fewer than three corners have none.
        """
        per_face = np.maximum(self.counts - 2, 0)
        starts = np.cumsum(self.counts) - self.counts
        first = np.repeat(starts, per_face)
        within = np.arange(len(first)) - np.repeat(np.cumsum(per_face) - per_face, per_face)
        corners = np.column_stack((first, first + within + 1, first + within + 2))
        triangles: NDArray[np.int64] = self.indices[corners]
        return triangles


def read_polygon_rows(
    raw: RawFile, data: bytes, start: int, count: int, *, before: int = 0
) -> tuple[Polygons, int]:
    """`count` lines of text, each with a number of corners and as many vertex indices.

    Parameters
    ----------
    raw : RawFile
    data : bytes
        The file's content.
    start : int
        The byte at which the first line begins.
    count : int
        Faces that were announced.
    before : int
        Values ahead of the number of corners; any that follow the indices are passed over.

    Returns
    -------
    polygons : Polygons
    end : int
        The byte behind the last line.

    Raises
    ------
    UnreadableFile
        If there are fewer lines, or one does not hold what it announces.
    """
    if not count:
        return Polygons(_whole(array("q")), _whole(array("q"))), start
    check_lines(raw, data, start)
    stream = BytesIO(data)
    stream.seek(start)
    uniform = _uniform_rows(stream, count, before)
    if uniform is not None:
        return uniform, stream.tell()
    stream.seek(start)
    counts, indices = array("q"), array("q")
    for number, line in enumerate(stream, raw.line_at(start)):
        fields = line.partition(b"#")[0].split()
        if not fields:
            continue
        corners = _corners(fields[before:])
        if corners is None:
            problem = "expected a number of corners and as many whole numbers"
            raise raw.refusal(problem, line=number)
        counts.append(len(corners))
        indices.extend(corners)
        if len(counts) == count:
            return Polygons(_whole(counts), _whole(indices)), stream.tell()
    raise raw.refusal(f"announces {count:,} faces, holds {len(counts):,}")


def _whole(values: array[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _corners(fields: list[bytes]) -> list[int] | None:
    """The indices of one face, or None if the fields are not what a face needs."""
    try:
        count = int(fields[0])
        corners = [int(field) for field in fields[1 : count + 1]]
    except (ValueError, IndexError):
        return None
    sound = len(corners) == count and all(abs(corner) < 2**62 for corner in corners)
    return corners if sound else None


def _uniform_rows(stream: BytesIO, count: int, before: int) -> Polygons | None:
    """The faces, if all of them have the same number of corners and of values; in one go."""
    lines = filled_lines(stream, comments=True)
    first = next(lines, None)
    if first is None:
        return None
    try:
        rows = np.loadtxt(chain([first], lines), np.int64, comments=None, ndmin=2, max_rows=count)
    except (ValueError, OverflowError):
        return None
    corners = rows[0, before] if rows.shape[1] > before else 0
    if len(rows) != count or not 0 < corners < rows.shape[1] - before:
        return None
    if (rows[:, before] != corners).any():
        return None
    return Polygons(rows[:, before].copy(), rows[:, before + 1 : before + 1 + corners].ravel())
