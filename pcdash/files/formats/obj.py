"""OBJ: the vertices and faces of a Wavefront file. Materials and other files are never opened.

A scan's mesh has millions of faces, and a Python object for each of their corners takes seconds.
So the words of a block of lines are found, and the whole numbers among them read, by numpy.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.errors import TooLarge
from pcdash.files.polygons import Polygons
from pcdash.files.raw import RawFile, Reading
from pcdash.files.surface import sample_mesh

_BLOCK = 1 << 16
"""Bytes that are read at a time, in whole lines: so much fits the processor's cache."""

_TRIANGLES_PER_VERTEX = 2
"""A closed surface of triangles has two for each vertex (Euler), an open one fewer."""

_MOST_DIGITS = 18
_PADDING = b"\n" * (_MOST_DIGITS + 2)
"""Room for looking past the last word."""

_BLANK = np.isin(np.arange(256), list(b" \t\n\r\v\f"))
_NEWLINE, _HASH, _MINUS, _ZERO, _SLASH = b"\n#-0/"
_AXES = 3


def read_obj(raw: RawFile) -> Reading:
    """Points on the surface of an OBJ mesh, all its objects and groups together: see `sample_mesh`.

    Raises
    ------
    UnreadableFile
        Naming a bad line, or saying that there are no vertices or no faces.
    TooLarge
        If there are more vertices than points are allowed, or more than twice as many triangles.
    """
    # A backslash joins two lines. What replaces it is as long, so that offsets stay what they are.
    data = raw.data.replace(b"\\\n", b"  ").replace(b"\\\r\n", b"   ")
    coordinates = array("d")
    faces: list[Polygons] = []
    triangles = 0
    for start, block in _blocks(raw, data):
        words = _Words.of(block, start)
        faces.append(_faces(raw, words, len(coordinates) // _AXES))
        triangles += len(faces[-1].indices) - 2 * len(faces[-1])
        _check_size(raw, triangles, _TRIANGLES_PER_VERTEX * raw.limits.max_points, "triangles")
        vertices = len(coordinates) // _AXES + int(words.lines(b"v").sum())
        _check_size(raw, vertices, raw.limits.max_points, "vertices")
        coordinates.extend(_coordinates(raw, words))
    if not coordinates:
        raise raw.refusal("holds no vertices (lines that begin with v)")
    polygons = Polygons(
        np.concatenate([part.counts for part in faces]),
        np.concatenate([part.indices for part in faces]),
    )
    return sample_mesh(raw, np.array(coordinates).reshape(-1, _AXES), polygons)


def _check_size(raw: RawFile, count: int, most: int, what: str) -> None:
    if count > most:
        raise TooLarge(
            f"{raw.name}: more than {most:,} {what}, the most that is read", field="file"
        )


def _blocks(raw: RawFile, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of blocks of whole lines."""
    start = 0
    while start < len(data):
        stop = start + _BLOCK
        if stop < len(data):
            stop = data.rfind(b"\n", start, stop) + 1
        if not stop:
            problem = f"the line is longer than {_BLOCK:,} characters"
            raise raw.refusal(problem, line=raw.line_at(start))
        yield start, data[start:stop]
        start = stop


@dataclass(frozen=True)
class _Words:
    """Where the words of a block lie.

    Attributes
    ----------
    text : bytes
        The block, and newlines around it.
    codes : (n,) uint8
        The same, with blanks for comments.
    starts, stops : (w,) int64
        First byte of each word, and the byte behind it.
    heads, counts : (l,) int64
        The first word of each line that has any, and how many it has.
    offset : int
        Of the text in the file.
    """

    text: bytes
    codes: NDArray[np.uint8]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    heads: NDArray[np.int64]
    counts: NDArray[np.int64]
    offset: int

    @classmethod
    def of(cls, block: bytes, start: int) -> _Words:
        """Split the block that begins at byte `start` of the file."""
        text = b"\n" + block + _PADDING
        codes: NDArray[np.uint8] = np.frombuffer(text, np.uint8)
        if b"#" in block:
            codes = _without_comments(codes)
        blank = _BLANK[codes]
        edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
        starts, stops = edges[::2], edges[1::2]
        heads = np.flatnonzero(np.diff(np.cumsum(codes == _NEWLINE)[starts], prepend=0))
        counts = np.diff(heads, append=len(starts))
        return cls(text, codes, starts, stops, heads, counts, start - 1)

    def lines(self, keyword: bytes) -> NDArray[np.bool_]:
        """(l,) which lines begin with `keyword`, a word of one letter."""
        starts, stops = self.starts[self.heads], self.stops[self.heads]
        found: NDArray[np.bool_] = (self.codes[starts] == ord(keyword)) & (stops - starts == 1)
        return found

    def line_of(self, raw: RawFile, word: int) -> int:
        """The 1-based line of the file that holds a word."""
        return raw.line_at(self.offset + int(self.starts[word]))


def _without_comments(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`codes` with blanks from each ``#`` to the end of its line."""
    places = np.arange(len(codes))
    last_hash = np.maximum.accumulate(np.where(codes == _HASH, places, -1))
    last_newline = np.maximum.accumulate(np.where(codes == _NEWLINE, places, -1))
    return np.where(last_hash > last_newline, np.uint8(ord(" ")), codes)


def _coordinates(raw: RawFile, words: _Words) -> array[float]:
    """x, y, z of each line that begins with v, one after the other."""
    which = words.lines(b"v")
    heads = words.heads[which]
    short = words.counts[which] <= _AXES
    if short.any():
        raise _no_vertex(raw, words, int(heads[short][0]))
    begins, ends = words.starts[heads + 1].tolist(), words.stops[heads + _AXES].tolist()
    rows = [words.text[begin:end] for begin, end in zip(begins, ends, strict=True)]
    try:
        return array("d", map(float, b" ".join(rows).split()))
    except ValueError:
        fault = next(i for i, row in enumerate(rows) if not _are_numbers(row))
        raise _no_vertex(raw, words, int(heads[fault])) from None


def _no_vertex(raw: RawFile, words: _Words, head: int) -> Exception:
    return raw.refusal("expected v and 3 numbers", line=words.line_of(raw, head))


def _are_numbers(row: bytes) -> bool:
    try:
        return bool(list(map(float, row.split())))
    except ValueError:
        return False


def _faces(raw: RawFile, words: _Words, vertices: int) -> Polygons:
    """The faces of a block that has so many vertices ahead of it."""
    which = words.lines(b"f")
    heads, counts = words.heads[which], words.counts[which] - 1
    shifts = heads + 1 - (np.cumsum(counts) - counts)
    corners = np.arange(counts.sum()) + np.repeat(shifts, counts)
    numbers, sound = _whole_numbers(words.codes, words.starts[corners])
    faulty = np.concatenate((heads[counts < 3], corners[~sound | (numbers == 0)]))
    if len(faulty):
        problem = "expected f and 3 or more vertices, counted from 1 or back from -1"
        raise raw.refusal(problem, line=words.line_of(raw, faulty.min()))
    so_far = np.repeat(vertices + np.cumsum(words.lines(b"v"))[which], counts)
    return Polygons(counts, np.where(numbers > 0, numbers - 1, so_far + numbers))


def _whole_numbers(
    codes: NDArray[np.uint8], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The whole numbers that begin at `starts`, digit after digit for all of them at once.

    Returns
    -------
    numbers : (k,) int64
    sound : (k,) bool
        Whether 1 to 18 digits with nothing but a sign before them end at a blank or a slash.
    """
    negative = codes[starts] == _MINUS
    first = starts + negative
    here = first.copy()
    numbers = np.zeros(len(starts), dtype=np.int64)
    for _ in range(_MOST_DIGITS):
        digits = codes[here] - np.uint8(_ZERO)  # what is below zero wraps around
        within = digits < 10
        if not within.any():
            break
        numbers = np.where(within, numbers * 10 + digits, numbers)
        here += within
    after = codes[here]
    sound = (here > first) & (_BLANK[after] | (after == _SLASH))
    return np.where(negative, -numbers, numbers), sound
