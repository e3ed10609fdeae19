"""Rows of a binary PLY element, with and without lists."""

from __future__ import annotations

from array import array
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


def read_table(
    raw: RawFile, element: Element, order: str, position: int
) -> tuple[NDArray[np.void], int]:
    """The rows of an element whose lists, if it has any, are all of the same length.

    Parameters
    ----------
    raw : RawFile
    element : Element
    order : str
        ``<`` or ``>``.
    position : int
        The byte at which its rows begin.

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
    table = _uniform_table(raw, element, order, position)
    if table is None:
        problem = f"expected lists of equal length in every row of {shown(element.name)}"
        raise raw.refusal(problem)
    return table, position + table.nbytes


def _uniform_table(
    raw: RawFile, element: Element, order: str, position: int
) -> NDArray[np.void] | None:
    """The rows as one array if the first row's list lengths hold for all rows, else None."""
    fields: list[tuple[Any, ...]] = []
    lengths: dict[str, int] = {}
    at = position
    for prop in element.properties:
        if prop.length is None:
            fields.append((prop.name, order + prop.kind))
            at += np.dtype(prop.kind).itemsize
            continue
        length = _list_length(raw, element, prop, order, at) if element.count else 0
        at += np.dtype(prop.length).itemsize + length * np.dtype(prop.kind).itemsize
        lengths[_LIST_LENGTH.format(prop.name)] = length
        fields.append((_LIST_LENGTH.format(prop.name), order + prop.length))
        fields.append((prop.name, order + prop.kind, (length,)))
    if not lengths:
        check_room(raw, element, position, at - position)
    elif element.count * (at - position) > len(raw.data) - position:
        return None
    dtype = np.dtype(fields)
    if not dtype.itemsize:
        return np.empty(0, dtype)
    table = np.frombuffer(raw.data, dtype, element.count, position)
    uniform = all((table[name] == length).all() for name, length in lengths.items())
    return table if uniform else None


def _list_length(raw: RawFile, element: Element, prop: Property, order: str, at: int) -> int:
    """The length of the list that begins at byte `at`, held against the bytes that follow."""
    code = _LENGTHS[order + (prop.length or "u1")]
    left = len(raw.data) - at - code.size
    length = int(code.unpack_from(raw.data, at)[0]) if left >= 0 else 0
    if left < 0 or not 0 <= length * int(prop.kind[1]) <= left:
        raise raw.refusal(
            f"property {shown(prop.name)} of {shown(element.name)} announces a list of "
            f"{length:,} items, {max(left, 0):,} bytes are left"
        )
    return length


def read_lists(
    raw: RawFile, element: Element, order: str, position: int, wanted: str | None
) -> tuple[Polygons, int]:
    """The list `wanted` of every row of an element, of whatever length; others are skipped.

    Parameters
    ----------
    raw : RawFile
    element : Element
    order : str
        ``<`` or ``>``.
    position : int
        The byte at which its rows begin.
    wanted : str or None
        Name of the list property; None only looks for the end.

    Returns
    -------
    lists : Polygons
    end : int
        The byte behind the last row.
    """
    least = sum(np.dtype(p.length or p.kind).itemsize for p in element.properties)
    check_room(raw, element, position, least)
    table = _uniform_table(raw, element, order, position)
    if table is not None:
        items = table[wanted] if wanted else np.empty((len(table), 0))
        counts = np.full(len(table), items.shape[1], np.int64)
        return Polygons(counts, items.astype(np.int64).ravel()), position + table.nbytes
    return _walk(raw, element, order, position, wanted)


def _walk(
    raw: RawFile, element: Element, order: str, position: int, wanted: str | None
) -> tuple[Polygons, int]:
    """As `read_lists`, row by row."""
    counts, packed = array("q"), bytearray()
    kind = "u1"
    steps = [
        (p, np.dtype(p.length or p.kind).itemsize, np.dtype(p.kind).itemsize)
        for p in element.properties
    ]
    for _ in range(element.count):
        for prop, size, item in steps:
            if prop.length is None:
                position += size
                continue
            length = _list_length(raw, element, prop, order, position)
            position += size
            if prop.name == wanted:
                kind = prop.kind
                counts.append(length)
                packed += raw.data[position : position + length * item]
            position += length * item
    if position > len(raw.data):
        raise raw.refusal(f"ends within the rows of {shown(element.name)}")
    indices = np.frombuffer(packed, order + kind).astype(np.int64)
    return Polygons(np.array(counts, dtype=np.int64), indices), position
