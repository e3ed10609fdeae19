"""LAS and LAZ, read with laspy: surveyors' points, whole numbers with a scale and an offset.

The header is judged by its own bytes before laspy sees it, because laspy and the decompressor
allocate what a header announces.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.errors import PcdashError
from pcdash.files.formats.laz import check_laz
from pcdash.files.raw import RawFile, Reading

_BLOCK = 100_000
"""Points unpacked at a time."""

_HEADER = struct.Struct("<4s20xBB68xHIIBHI")
"""Signature, version, header size, offset to the points, VLRs, format, record size, points."""

_LONG_COUNT = struct.Struct("<Q")
_LONG_COUNT_AT = 247
_VLR_SIZE = 54
_MOST_VLRS = 1000
_COMPRESSED = 0xC0
_RECORD_SIZES = range(20, 2049)


def read_las(raw: RawFile) -> Reading:
    """Points of a LAS (1.0 to 1.4) or LAZ file, scaled and shifted in double precision.

    Returns
    -------
    Reading
        ``points`` is (n, 3) float64.

    Raises
    ------
    UnreadableFile
        If the header is damaged or announces more points than the file holds.
    TooLarge
        If there are more points than allowed.
    """
    _check_header(raw)
    try:
        return Reading(_read(raw))
    except (PcdashError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # the decompressor's own panics are not Exceptions
        raise raw.refusal("its header or its point records are damaged") from None


def _check_header(raw: RawFile) -> None:
    """Hold every size that the header announces against the size of the file."""
    if len(raw.data) < _LONG_COUNT_AT - 20:
        raise raw.refusal(f"expected a header of 227 bytes or more, found {len(raw.data)}")
    _, major, minor, size, start, vlrs, form, record, count = _HEADER.unpack_from(raw.data)
    if (major, minor) >= (1, 4) and len(raw.data) >= _LONG_COUNT_AT + _LONG_COUNT.size:
        count = _LONG_COUNT.unpack_from(raw.data, _LONG_COUNT_AT)[0]
    if vlrs > _MOST_VLRS or not size + vlrs * _VLR_SIZE <= start <= len(raw.data):
        raise raw.refusal(
            f"announces a header of {size:,} bytes, {vlrs:,} records behind it and points "
            f"from byte {start:,}; holds {len(raw.data):,} bytes"
        )
    if record not in _RECORD_SIZES:
        raise raw.refusal(f"announces {record:,} bytes a point; expected 20 to 2,048")
    held = (len(raw.data) - start) // record
    if not form & _COMPRESSED and count > held:
        raise raw.refusal(f"announces {count:,} points, holds {held:,}")
    raw.check_points(count)
    raw.check_unpacked(count * record, "the file")
    if form & _COMPRESSED:
        check_laz(raw, size, vlrs, start, record)


def _read(raw: RawFile) -> NDArray[Any]:
    import laspy

    backend = laspy.LazBackend.Lazrs  # one thread
    with laspy.open(raw.stream(), read_evlrs=False, laz_backend=backend) as reader:
        count = reader.header.point_count
        raw.check_points(count)
        blocks = [np.column_stack((b.x, b.y, b.z)) for b in reader.chunk_iterator(_BLOCK)]
    points = np.concatenate(blocks) if blocks else np.empty((0, 3))
    if len(points) != count:
        raise raw.refusal(f"announces {count:,} points, holds {len(points):,}")
    return points
