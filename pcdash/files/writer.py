"""Clouds as bytes of a file, in double precision: what is written is read back exactly."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import orjson

from pcdash.core.cloud import Points
from pcdash.errors import InvalidInput

Encoder = Callable[[Points], bytes]


def encode_ply(points: Points) -> bytes:
    """Binary little-endian PLY with three double properties."""
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment written by pcdash\n"
        f"element vertex {len(points)}\n"
        "property double x\nproperty double y\nproperty double z\nend_header\n"
    )
    return header.encode("ascii") + points.astype("<f8").tobytes()


def encode_csv(points: Points) -> bytes:
    """Comma-separated text with the header ``x,y,z``."""
    return b"x,y,z\n" + _rows(points)


def encode_xyz(points: Points) -> bytes:
    """Text with blanks between the numbers and no header."""
    return _rows(points).replace(b",", b" ")


def encode_npy(points: Points) -> bytes:
    """An array of numpy, (n, 3) little-endian float64."""
    stream = BytesIO()
    np.lib.format.write_array(stream, points.astype("<f8"), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _rows(points: Points) -> bytes:
    """One line a point, each number in the fewest digits that give the same double back.

    A JSON array of arrays is all but that, and orjson writes it several times as fast as ``repr``.
    """
    if not len(points):
        return b""
    rows = orjson.dumps(points, option=orjson.OPT_SERIALIZE_NUMPY)
    return rows[2:-2].replace(b"],[", b"\n") + b"\n"


ENCODERS: dict[str, Encoder] = {
    ".ply": encode_ply,
    ".csv": encode_csv,
    ".xyz": encode_xyz,
    ".npy": encode_npy,
}
"""Every ending that is written. A new format is a function and a line here."""


def encode_cloud(points: Points, ending: str) -> bytes:
    """Encode points for a file with the given ending.

    Parameters
    ----------
    points : (n, 3) float64
    ending : str
        A key of `ENCODERS`, with or without its dot, in either case.

    Returns
    -------
    bytes
        The whole file; the same points give the same bytes.

    Raises
    ------
    InvalidInput
        If nothing is written with that ending.
    """
    key = "." + ending.lower().removeprefix(".")
    if key not in ENCODERS:
        known = " ".join(ENCODERS)
        raise InvalidInput(f"cannot write {ending[:20]!a}; endings: {known}", field="format")
    return ENCODERS[key](np.ascontiguousarray(points, dtype=np.float64))
