"""NPY and NPZ: arrays of numpy. Objects are never unpickled, and no shape is believed.

Exactly three columns are read: which three of more would be meant is not ours to guess.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.files.archive import BROKEN
from pcdash.files.raw import RawFile, Reading

_LONGEST_HEADER = 10_000
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_LONG = re.compile(rb"(?<=\d)L\b")
"""The ending of whole numbers in headers that Python 2 wrote; numpy reads them with a warning."""

_MEMBERS = ("points", "xyz", "pos", "arr_0")
"""Names that are looked for, in this order, where an NPZ holds several arrays."""

_LARGEST_DIRECTORY = 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGES = (
    *BROKEN,
    ValueError,  # a name or a size that cannot be
    OverflowError,  # a number beyond the machine's
)
"""What zipfile raises for a damaged archive, directory included."""


@dataclass(frozen=True)
class _Layout:
    """What an NPY header announces, once it has been found sound."""

    start: int
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def end(self) -> int:
        """The byte behind the last number."""
        return self.start + prod(self.shape) * self.dtype.itemsize

    def array(self, data: bytes) -> NDArray[Any]:
        """The array, as a view on the file's bytes."""
        flat: NDArray[Any] = np.frombuffer(data, self.dtype, offset=self.start)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def read_npy(raw: RawFile) -> Reading:
    """The points of an NPY file.

    Returns
    -------
    Reading
        ``points`` is (n, 3) of the stored type: integers or floats in either byte order.

    Raises
    ------
    UnreadableFile
        If the header is damaged, announces anything but (n, 3) numbers, or does not fit the size.
    TooLarge
        If there are more points than allowed.
    """
    layout = _layout(raw, raw.data[:_LONGEST_HEADER], len(raw.data), "the array")
    return Reading(layout.array(raw.data))


def _layout(raw: RawFile, head: bytes, size: int, what: str) -> _Layout:
    """Parse the header in `head`, the beginning of `size` bytes of NPY, and hold it to account."""
    stream = BytesIO(_LONG.sub(b" ", head))  # only the header is read from here
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran, dtype = _HEADERS[version](stream, max_header_size=_LONGEST_HEADER)
    except Exception:  # numpy parses the header as Python literals: many kinds of errors
        raise raw.refusal(f"{what} has no readable NPY header") from None
    _check_kind(raw, shape, dtype, what)
    layout = _Layout(stream.tell(), shape, fortran, dtype)
    if layout.end != size:
        raise raw.refusal(
            f"{what} announces shape {shape}, {layout.end - layout.start:,} bytes; "
            f"holds {size - layout.start:,}"
        )
    raw.check_points(shape[0])
    return layout


def _check_kind(raw: RawFile, shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> None:
    """Raise unless header and type promise (n, 3) plain numbers."""
    if dtype.hasobject:
        raise raw.refusal(f"{what} holds pickled Python objects, which are never loaded")
    if dtype.kind not in "iuf" or dtype.subdtype is not None:
        kind = "records" if dtype.names else dtype.name
        raise raw.refusal(f"{what} holds {kind[:40]}; expected integers or floats")
    if len(shape) == 2 and shape[1] == 3 and shape[0] >= 0:
        return
    hint = ""
    if len(shape) == 2 and shape[0] == 3:
        hint = "; is it transposed?"
    elif len(shape) == 2 and shape[1] > 3:
        hint = "; save points[:, :3]"
    raise raw.refusal(f"{what} has shape {str(shape)[:60]}; expected (n, 3){hint}")


def read_npz(raw: RawFile) -> Reading:
    """The points of an NPZ archive: its only array, or the one called points, xyz, pos or arr_0.

    Returns
    -------
    Reading
        As for NPY; ``source['array']`` names the array.

    Raises
    ------
    UnreadableFile
        If the archive is damaged or it is not clear which array is meant.
    TooLarge
        If the array, as announced or as unpacked, is larger than allowed.
    """
    try:
        _check_directory(raw)
        with zipfile.ZipFile(raw.stream()) as archive:
            member = _member(raw, archive.infolist())
            points = _unpack(raw, archive, member)
    except _DAMAGES:
        raise raw.refusal("the archive is damaged") from None
    return Reading(points, {"array": _array_name(member)})


def _array_name(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(".npy")[:40]


def _check_directory(raw: RawFile) -> None:
    """Raise if the list of members is longer than any archive of arrays needs."""
    end = raw.data.rfind(b"PK\x05\x06")
    size = int.from_bytes(raw.data[end + 12 : end + 16], "little") if end >= 0 else 0
    if size > _LARGEST_DIRECTORY:
        raise raw.refusal(f"the archive's directory takes {size:,} bytes; expected a few arrays")


def _member(raw: RawFile, members: Iterable[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    arrays = {_array_name(m): m for m in members if m.filename.endswith(".npy")}
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    for name in _MEMBERS:
        if name in arrays:
            return arrays[name]
    names = ascii(", ".join(sorted(arrays))[:100])
    raise raw.refusal(f"expected one array, or one called 'points'; found {names}")


def _unpack(raw: RawFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """The member's array; its header is judged before the rest is unpacked."""
    if member.flag_bits & 1 or member.compress_type not in _METHODS:
        raise raw.refusal("the array is encrypted or packed in a way that numpy does not use")
    what = f"array {_array_name(member)!a}"
    raw.check_unpacked(member.file_size, what)
    with archive.open(member) as stream:
        head = stream.read(_LONGEST_HEADER)
        layout = _layout(raw, head, member.file_size, what)
        data = head + stream.read(member.file_size - len(head))
    if len(data) != member.file_size:
        raise raw.refusal(f"{what} announces {member.file_size:,} bytes, holds {len(data):,}")
    return layout.array(data)
