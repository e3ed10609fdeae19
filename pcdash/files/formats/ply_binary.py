"""Rows of a binary PLY element, with and without lists."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.files.formats.ply_header import Element, Property
from pcdash.files.polygons import Polygons
from pcdash.files.raw import RawFile
from pcdash.files.rows import shown

_LENGTHS = {
    order + kind: Struct(order + code)
    for order in "<>"
    for kind, code in {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I"}.items()
}
_LIST_LENGTH = "length of {}"


def check_room(raw: RawFile, element: Element, position: int, row: int) -> None:
    """Raise unless the bytes from `position` on can hold the element.

    Parameters
    ----------
    raw : RawFile
    element : Element
    position : int
        The byte at which its rows begin.
    row : int
        Bytes that a row takes at least.

    Raises
    ------
    UnreadableFile
        Saying how many rows were announced and how many there can be.
    """
    room = max(len(raw.data) - position, 0) // max(row, 1)
    if element.count > room:
        raise raw.refusal(
            f"announces {element.count:,} rows of {shown(element.name)}, holds at most {room:,}"
        )


@dataclass(frozen=True)
class BinaryRows:
    """The rows of one element.

    Attributes
    ----------
    raw : RawFile
    element : Element
    order : str
        ``<`` or ``>``.
    start : int
        The byte at which they begin.
    """

    raw: RawFile
    element: Element
    order: str
    start: int

    def table(self) -> tuple[NDArray[np.void], int]:
        """Read them, if their lists, where there are any, are all of the same length.

        Returns
        -------
        table : (count,) structured array
            A view on the file's bytes; one field per property, lists as sub-arrays.
        end : int
            The byte behind the last row.

        Raises
        ------
        UnreadableFile
            If the file is too short, or the lists differ in length.
        """
        table = self._uniform()
        if table is None:
            problem = f"expected lists of equal length in every row of {shown(self.element.name)}"
            raise self.raw.refusal(problem)
        return table, self.start + table.nbytes

    def lists(self, wanted: str | None) -> tuple[Polygons, int]:
        """Read the list `wanted` of every row, of whatever length; the others are skipped.

        Parameters
        ----------
        wanted : str or None
            Name of the list property; None only looks for the end.

        Returns
        -------
        lists : Polygons
        end : int
            The byte behind the last row.

        Raises
        ------
        UnreadableFile
            If the file is too short.
        """
        least = sum(np.dtype(p.length or p.kind).itemsize for p in self.element.properties)
        check_room(self.raw, self.element, self.start, least)
        table = self._uniform()
        if table is None:
            return self._walk(wanted)
        items = table[wanted] if wanted else np.empty((len(table), 0))
        counts = np.full(len(table), items.shape[1], np.int64)
        return Polygons(counts, items.astype(np.int64).ravel()), self.start + table.nbytes

    def _uniform(self) -> NDArray[np.void] | None:
        """The rows as one array if the first row's list lengths hold for all rows, else None."""
        count = self.element.count
        fields: list[tuple[Any, ...]] = []
        lengths: dict[str, int] = {}
        at = self.start
        for prop in self.element.properties:
            if prop.length is None:
                fields.append((prop.name, self.order + prop.kind))
                at += np.dtype(prop.kind).itemsize
                continue
            length = self._list_length(prop, at) if count else 0
            at += np.dtype(prop.length).itemsize + length * np.dtype(prop.kind).itemsize
            lengths[_LIST_LENGTH.format(prop.name)] = length
            fields.append((_LIST_LENGTH.format(prop.name), self.order + prop.length))
            fields.append((prop.name, self.order + prop.kind, (length,)))
        if not lengths:
            check_room(self.raw, self.element, self.start, at - self.start)
        elif count * (at - self.start) > len(self.raw.data) - self.start:
            return None
        dtype = np.dtype(fields)
        if not dtype.itemsize:
            return np.empty(0, dtype)
        table = np.frombuffer(self.raw.data, dtype, count, self.start)
        uniform = all((table[name] == length).all() for name, length in lengths.items())
        return table if uniform else None

    def _list_length(self, prop: Property, at: int) -> int:
        """The length of the list that begins at byte `at`, held against the bytes that follow."""
        code = _LENGTHS[self.order + (prop.length or "u1")]
        left = len(self.raw.data) - at - code.size
        length = int(code.unpack_from(self.raw.data, at)[0]) if left >= 0 else 0
        if left < 0 or not 0 <= length * int(prop.kind[1]) <= left:
            raise self.raw.refusal(
                f"property {shown(prop.name)} of {shown(self.element.name)} announces a list of "
                f"{length:,} items, {max(left, 0):,} bytes are left"
            )
        return length

    def _walk(self, wanted: str | None) -> tuple[Polygons, int]:
        """As `lists`, row by row."""
        counts, packed = array("q"), bytearray()
        kind = "u1"
        steps = [
            (p, np.dtype(p.length or p.kind).itemsize, np.dtype(p.kind).itemsize)
            for p in self.element.properties
        ]
        at = self.start
        for _ in range(self.element.count):
            for prop, size, item in steps:
                if prop.length is None:
                    at += size
                    continue
                length = self._list_length(prop, at)
                at += size
                if prop.name == wanted:
                    kind = prop.kind
                    counts.append(length)
                    packed += self.raw.data[at : at + length * item]
                at += length * item
        if at > len(self.raw.data):
            raise self.raw.refusal(f"ends within the rows of {shown(self.element.name)}")
        indices = np.frombuffer(packed, self.order + kind).astype(np.int64)
        return Polygons(np.array(counts, dtype=np.int64), indices), at
