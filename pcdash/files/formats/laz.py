"""Sizes inside a LAZ file, judged before its decompressor allocates them.

The decompressor takes the number of chunks and the size of each layer at their word: three
kilobytes can ask for gigabytes, and a failed allocation there ends the whole process. So every
such number is held against the size of the file first.

Layout after the LASzip specification: points begin with the offset of the table of chunks; in the
point formats 6 and later a chunk is its first point, a count, the sizes of its layers, the layers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from pcdash.files.raw import RawFile

_VLR = struct.Struct("<2x16sHH32x")
_LASZIP = struct.Struct("<H10xI16xH")
"""Compressor, chunk size and number of items; the items follow."""

_ITEM = struct.Struct("<HHH")
_LASZIP_ID = (b"laszip encoded", 22204)
_CHUNKED, _LAYERED = 2, 3
_LAYERS = {10: 9, 11: 1, 12: 2, 13: 1}
"""Layers by item: point, colour, colour with infrared, wave packet."""

_EXTRA_BYTES = 14
"""The item with one layer per byte."""


@dataclass(frozen=True)
class _Packing:
    """What the LASzip record says about the points."""

    layered: bool
    layers: int
    size: int


def check_laz(raw: RawFile, first_vlr: int, vlrs: int, start: int, record: int) -> None:
    """Raise unless all announced sizes fit into the file.

    Parameters
    ----------
    raw : RawFile
    first_vlr : int
        The byte behind the LAS header.
    vlrs : int
        Variable-length records that follow there.
    start : int
        The byte at which the points begin.
    record : int
        Bytes of an unpacked point.

    Raises
    ------
    UnreadableFile
        If a size is too large, or there is no table of chunks.
    """
    packing = _packing(raw, first_vlr, vlrs, start)
    if packing.size != record:
        raise raw.refusal(f"announces points of {record} bytes, packed as {packing.size} bytes")
    table = _table(raw, start)
    chunks = int.from_bytes(raw.data[table + 4 : table + 8], "little")
    if chunks * record > table - start - 8:
        raise raw.refusal(f"announces {chunks:,} chunks in {table - start - 8:,} bytes")
    if packing.layered:
        _check_layers(raw, packing, start + 8, table)


def _packing(raw: RawFile, first_vlr: int, vlrs: int, start: int) -> _Packing:
    position = first_vlr
    for _ in range(vlrs):
        if position + _VLR.size > start:
            break
        user, number, length = _VLR.unpack_from(raw.data, position)
        position += _VLR.size
        if (user.rstrip(b"\0"), number) == _LASZIP_ID:
            return _parse_laszip(raw, raw.data[position : min(position + length, start)])
        position += length
    raise raw.refusal("has no LASzip record that says how its points are packed")


def _parse_laszip(raw: RawFile, record: bytes) -> _Packing:
    compressor, chunk_size, items = (
        _LASZIP.unpack_from(record) if len(record) >= _LASZIP.size else (0, 0, 0)
    )
    if (
        compressor not in (_CHUNKED, _LAYERED)
        or not chunk_size
        or len(record) < _LASZIP.size + items * _ITEM.size
    ):
        raise raw.refusal("its LASzip record is damaged, or older than LASzip 2.0")
    layers = size = 0
    for index in range(items):
        kind, item_size, _ = _ITEM.unpack_from(record, _LASZIP.size + index * _ITEM.size)
        layers += item_size if kind == _EXTRA_BYTES else _LAYERS.get(kind, 0)
        size += item_size
    return _Packing(compressor == _LAYERED, layers, size)


def _table(raw: RawFile, start: int) -> int:
    """The byte at which the table of chunks begins; -1 says that the file's end tells."""
    table = int.from_bytes(raw.data[start : start + 8], "little", signed=True)
    if table == -1:
        table = int.from_bytes(raw.data[-8:], "little", signed=True)
    if not start + 8 <= table <= len(raw.data) - 8:
        raise raw.refusal("has no table of chunks; was it cut off?")
    return table


def _check_layers(raw: RawFile, packing: _Packing, position: int, end: int) -> None:
    """Walk from chunk to chunk and hold the sizes of its layers against what is left."""
    while position < end:
        sizes = position + packing.size + 4
        body = sizes + 4 * packing.layers
        held = np.frombuffer(raw.data[sizes:body], "<u4") if body <= end else np.full(1, end)
        position = body + int(held.sum(dtype=np.int64))
        if position > end:
            raise raw.refusal("announces layers of a chunk that are larger than the file")
