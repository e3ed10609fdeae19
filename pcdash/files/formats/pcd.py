"""PCD of the Point Cloud Library: ascii, binary and binary_compressed.

A sensor writes NaN where nothing came back. Rows with a NaN in x, y or z are therefore dropped, in
every encoding, and their number is told in ``source['dropped_rows']``; infinities are no missing
returns and stay an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.files.raw import RawFile, Reading
from pcdash.files.rows import RowFormat, read_rows, shown

_KINDS = {"F": "f", "I": "i", "U": "u"}
_SIZES = {"F": (4, 8), "I": (1, 2, 4, 8), "U": (1, 2, 4, 8)}
_KEYS = frozenset(("VERSION", "FIELDS", "COLUMNS", "SIZE", "TYPE", "COUNT")) | frozenset(
    ("WIDTH", "HEIGHT", "VIEWPOINT", "POINTS", "DATA")
)
_LONGEST_HEADER = 64 * 1024
_MOST_VALUES = 4096
_LZF_BEST_RATIO = 100
"""No LZF stream unpacks further: its longest copy makes 264 bytes out of 3."""


@dataclass(frozen=True)
class _Header:
    """What the header says.

    Attributes
    ----------
    names, kinds, counts : one entry per field
        Name, numpy type and values per point.
    points : int
    encoding : str
    end : int
        The byte at which the body begins.
    """

    names: list[str]
    kinds: list[str]
    counts: list[int]
    points: int
    encoding: str
    end: int

    def dtype(self) -> np.dtype[np.void]:
        """The layout of one point in a binary body; fields are named by their place."""
        columns = zip(self.kinds, self.counts, strict=True)
        return np.dtype([(str(i), kind, (count,)) for i, (kind, count) in enumerate(columns)])


def read_pcd(raw: RawFile) -> Reading:
    """Points of a PCD file, without the missing returns.

    Returns
    -------
    Reading
        ``points`` is (n, 3), of the stored type in binary files and float64 in ascii files.

    Raises
    ------
    UnreadableFile
        Naming the line of the header, or how body and header disagree.
    TooLarge
        If there are more points than allowed.
    """
    header = _read_header(raw)
    places = []
    for axis in "xyz":
        if header.names.count(axis) != 1 or header.counts[header.names.index(axis)] != 1:
            raise raw.refusal(f"expected one field '{axis}' of one value in FIELDS")
        places.append(header.names.index(axis))
    points = _BODIES[header.encoding](raw, header, places)
    missing = np.isnan(points).any(axis=1)
    if not missing.any():
        return Reading(points)
    if missing.all():
        raise raw.refusal(f"every one of its {len(points):,} points has a NaN coordinate")
    return Reading(points[~missing], {"dropped_rows": str(int(missing.sum()))})


def _read_header(raw: RawFile) -> _Header:
    entries: dict[str, tuple[int, list[str]]] = {}
    stream = raw.stream()
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_HEADER), b""), 1):
        key, *values = line.decode("latin-1").partition("#")[0].split() or [""]
        if not key:
            continue
        if key not in _KEYS or not values or stream.tell() > _LONGEST_HEADER:
            raise raw.refusal("not a line of a PCD header", line=number)
        entries[key] = number, values
        if key == "DATA":
            return _header(raw, entries, stream.tell())
    raise raw.refusal("the PCD header has no DATA line")


def _header(raw: RawFile, entries: dict[str, tuple[int, list[str]]], end: int) -> _Header:
    names = _entry(raw, entries, "FIELDS" if "FIELDS" in entries else "COLUMNS")
    sizes = _whole(raw, entries, "SIZE", len(names))
    types = _entry(raw, entries, "TYPE", len(names))
    counts = _whole(raw, entries, "COUNT", len(names)) if "COUNT" in entries else [1] * len(names)
    if sum(counts) > _MOST_VALUES or 0 in counts:
        raise raw.refusal(f"expected 1 to {_MOST_VALUES} values a point", line=entries["COUNT"][0])
    for kind, size in zip(types, sizes, strict=True):
        if size not in _SIZES.get(kind, ()):
            problem = f"there is no PCD type {shown(kind)} of {size} bytes"
            raise raw.refusal(problem, line=entries["TYPE"][0])
    if "POINTS" in entries:
        points = _whole(raw, entries, "POINTS", 1)[0]
    else:
        points = _whole(raw, entries, "WIDTH", 1)[0] * _whole(raw, entries, "HEIGHT", 1)[0]
    encoding = _entry(raw, entries, "DATA", 1)[0].lower()
    if encoding not in _BODIES:
        problem = f"expected DATA to be one of {', '.join(_BODIES)}"
        raise raw.refusal(problem, line=entries["DATA"][0])
    kinds = ["<" + _KINDS[kind] + str(size) for kind, size in zip(types, sizes, strict=True)]
    return _Header(names, kinds, counts, points, encoding, end)


def _entry(
    raw: RawFile, entries: dict[str, tuple[int, list[str]]], key: str, count: int | None = None
) -> list[str]:
    if key not in entries:
        raise raw.refusal(f"the PCD header has no {key} line")
    number, values = entries[key]
    if count is not None and len(values) != count:
        problem = f"expected {count} values after {key}, found {len(values)}"
        raise raw.refusal(problem, line=number)
    return values


def _whole(
    raw: RawFile, entries: dict[str, tuple[int, list[str]]], key: str, count: int
) -> list[int]:
    values = _entry(raw, entries, key, count)
    if not all(v.isascii() and v.isdigit() and len(v) < 18 for v in values):
        raise raw.refusal(f"expected whole numbers after {key}", line=entries[key][0])
    return [int(value) for value in values]


def _check_room(raw: RawFile, header: _Header, row: int, size: int) -> None:
    """Raise unless `size` bytes of body can hold the points, at `row` bytes each."""
    if header.points > size // row:
        problem = f"announces {header.points:,} points, holds at most {size // row:,}"
        raise raw.refusal(problem)
    raw.check_points(header.points)


def _ascii(raw: RawFile, header: _Header, places: list[int]) -> NDArray[Any]:
    starts = np.cumsum([0, *header.counts])
    _check_room(raw, header, 2 * int(starts[-1]) - 1, len(raw.data) + 1 - header.end)
    columns = tuple(int(starts[place]) for place in places)
    form = RowFormat(columns=columns, missing=True)
    return read_rows(raw, raw.data, header.end, form, count=header.points)[0]


def _binary(raw: RawFile, header: _Header, places: list[int]) -> NDArray[Any]:
    dtype = header.dtype()
    _check_room(raw, header, dtype.itemsize, len(raw.data) - header.end)
    table = np.frombuffer(raw.data, dtype, header.points, header.end)
    return np.column_stack([table[str(place)][:, 0] for place in places])


def _binary_compressed(raw: RawFile, header: _Header, places: list[int]) -> NDArray[Any]:
    """Unpack a body in which each field's values stand together, field after field."""
    import lzf

    head, packed = raw.data[header.end : header.end + 8], raw.data[header.end + 8 :]
    packed_size, size = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
    if len(head) < 8 or packed_size > len(packed):
        raise raw.refusal(f"announces {packed_size:,} packed bytes, holds {len(packed):,}")
    row = header.dtype().itemsize
    if size != row * header.points or size > _LZF_BEST_RATIO * packed_size:
        raise raw.refusal(
            f"expected {row * header.points:,} unpacked bytes for {header.points:,} points; "
            f"{packed_size:,} packed bytes announce {size:,}"
        )
    raw.check_points(header.points)
    raw.check_unpacked(size, "the body")
    try:
        body = lzf.decompress(packed[:packed_size], size)
    except ValueError:
        body = None
    if body is None or len(body) != size:
        raise raw.refusal("its compressed body is damaged")
    widths = [np.dtype(k).itemsize * c for k, c in zip(header.kinds, header.counts, strict=True)]
    starts = np.cumsum([0, *widths]) * header.points
    return np.column_stack(
        [np.frombuffer(body, header.kinds[p], header.points, int(starts[p])) for p in places]
    )


_BODIES = {"ascii": _ascii, "binary": _binary, "binary_compressed": _binary_compressed}
"""Reader of the body by encoding."""
