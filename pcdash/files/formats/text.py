"""XYZ, TXT, CSV and PTS: one point per line.

Found out from the file itself: the separator (semicolon, tab, comma or white space), a header that
names x, y and z (in any order and case, quoted, with a unit in brackets, or in a comment such as
``//X Y Z``), a decimal comma where semicolons separate, and a first line that holds only the number
of points, as PTS has it.

With a header only the columns x, y and z are read and the others may hold anything; without one
the first three are x, y and z, and every column must be a number. NaN and infinities are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from pcdash.errors import UnreadableFile
from pcdash.files.raw import RawFile, Reading
from pcdash.files.rows import (
    RowFormat,
    check_lines,
    is_number,
    lines_from,
    read_rows,
    shown,
    split_row,
)

_SEPARATORS = (";", "\t", ",")
_BOM = b"\xef\xbb\xbf"
_LONGEST_NAME = 60
_PREAMBLE = 1000
"""Lines in which the first point has to turn up."""

_LATE = f"expected the first point within {_PREAMBLE:,} lines"

AXIS_NAMES: dict[str, int] = {
    **dict.fromkeys(("x", "pos_x", "x_pos", "coord_x", "x_coord", "point_x", "easting"), 0),
    **dict.fromkeys(("y", "pos_y", "y_pos", "coord_y", "y_coord", "point_y", "northing"), 1),
    **dict.fromkeys(("z", "pos_z", "z_pos", "coord_z", "z_coord", "point_z", "height"), 2),
}
"""Column names, in lower case, and the axis each one means."""


@dataclass(frozen=True)
class _Layout:
    """Where the rows begin and how they are read."""

    start: int
    form: RowFormat
    announced: int | None
    decimal_comma: bool


def read_text(raw: RawFile) -> Reading:
    """Points of a text table.

    Parameters
    ----------
    raw : RawFile
        UTF-8 or any encoding whose digits are ASCII; line ends of any kind.

    Returns
    -------
    Reading
        ``points`` is (n, 3) float64, rounded from the decimal text once.

    Raises
    ------
    UnreadableFile
        Naming the first bad line and what was expected there.
    TooLarge
        If there are more rows than points are allowed.
    """
    if (nul := raw.data.find(b"\0")) >= 0:
        problem = "expected text, found a NUL byte; is this a binary file?"
        raise raw.refusal(problem, line=raw.line_at(nul))
    data = raw.data
    if b"\r" in data:  # the C parser knows \r\n, but not \r alone or in the middle of a line
        data = data.replace(b"\r", b" " if b"\n" in data else b"\n")
    check_lines(raw, data)
    layout = _layout(raw, data)
    if layout.decimal_comma:
        data = data.replace(b",", b".")
    rows, _ = read_rows(raw, data, layout.start, layout.form)
    if layout.announced is not None and layout.announced != len(rows):
        raise raw.refusal(f"announces {layout.announced:,} points, holds {len(rows):,}")
    return Reading(rows[:, :3])


def _layout(raw: RawFile, data: bytes) -> _Layout:
    """Walk over comments, the number of points and the header to the first row."""
    position = len(_BOM) if data.startswith(_BOM) else 0
    named: tuple[int, ...] | None = None
    announced: int | None = None
    for number, line in islice(lines_from(raw, data, position), _PREAMBLE):
        begin, position = position, position + len(line)
        separator = _separator(line)
        fields = split_row(line, separator)
        if not fields:
            named = _axis_columns(line.lstrip(" #/"), separator) or named
        elif separator is None and announced is None and len(fields) == 1 and _is_count(fields[0]):
            announced = int(fields[0])
        elif named is None and not all(map(_is_decimal, fields[:3])):
            named = _axis_columns(line, separator)
            if named is None:
                raise _no_axes(raw, number, fields)
        else:
            decimal_comma = separator == ";" and "," in line and all(map(_is_decimal, fields[:3]))
            return _Layout(begin, RowFormat(separator, named), announced, decimal_comma)
    raise raw.refusal("holds no points" if position == len(data) else _LATE)


def _separator(line: str) -> str | None:
    """What separates the columns; tabs in a row are white space like any other."""
    found = next((mark for mark in _SEPARATORS if mark in line), None)
    return None if found == "\t" and "\t\t" in line else found


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _is_decimal(text: str) -> bool:
    return is_number(text.replace(",", "."))


def _axis(name: str) -> int | None:
    """The axis a column name means; a unit in brackets and the quotes do not count."""
    if len(name) > _LONGEST_NAME:
        return None
    bare = re.sub(r"[\[(].*?[\])]", "", name.lower()).strip().lstrip("/#")
    return AXIS_NAMES.get(bare)


def _axis_columns(line: str, separator: str | None) -> tuple[int, ...] | None:
    """The columns of x, y and z, if the fields of `line` name each of them exactly once."""
    axes = [_axis(field) for field in split_row(line, separator)]
    if any(axes.count(axis) != 1 for axis in range(3)):
        return None
    return tuple(axes.index(axis) for axis in range(3))


def _no_axes(raw: RawFile, number: int, fields: list[str]) -> UnreadableFile:
    """The error for a first line that is neither a point nor a header."""
    axes = [_axis(field) for field in fields]
    if any(axis is not None for axis in axes):
        count = {name: axes.count(axis) for axis, name in enumerate("xyz")}
        problem = ", ".join(
            f"{n} columns are named {name}" if n else f"no column is named {name}"
            for name, n in count.items()
            if n != 1
        )
        return raw.refusal(f"expected a header with x, y and z once each; {problem}", line=number)
    word = next(field for field in fields if not _is_decimal(field))
    problem = f"expected 3 numbers or a header that names x, y and z, found {shown(word)}"
    return raw.refusal(problem, line=number)
