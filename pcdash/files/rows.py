"""Rows of numbers in text: the fast way through numpy's C parser, and the slow way to the fault.

``numpy.loadtxt`` reads a million rows in a quarter of a second, exactly rounded, and refuses
ragged rows; but it counts rows, not lines. So a refusal is looked into a second time, line by
line, only to say where it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import filterfalse

import numpy as np
from numpy.typing import NDArray

from pcdash.errors import UnreadableFile
from pcdash.files.raw import RawFile

COMMENTS = ("#", "//")
_LONGEST_ECHO = 20
_AXES = 3
_MOST_COLUMNS = 100
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True)
class RowFormat:
    """How a line splits into numbers.

    Attributes
    ----------
    separator : str, or None for any white space
    columns : tuple of int, optional
        The only columns to read; the others may hold anything. None: every column is a number,
        and all rows have the same number of columns.
    missing : bool
        Whether NaN and infinities may stand for a missing value.
    """

    separator: str | None = None
    columns: tuple[int, ...] | None = None
    missing: bool = False


def split_row(line: str, separator: str | None) -> list[str]:
    """The fields of a line, without its comment, surrounding blanks and quotes.

    What follows after the most columns that are read stays in one piece.
    """
    for mark in COMMENTS:
        line = line.partition(mark)[0]
    if not line.strip():
        return []
    parts = line.strip("\r\n ").split(separator, _MOST_COLUMNS)
    return [part.strip().strip("\"'").strip() for part in parts]


def is_number(text: str) -> bool:
    """Whether `text` is a decimal number as text formats write it (``nan`` and ``inf`` are)."""
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text


def shown(text: str) -> str:
    """A field of the file, short and printable, for a message."""
    return ascii(text if len(text) <= _LONGEST_ECHO else text[: _LONGEST_ECHO - 3] + "...")


def check_lines(raw: RawFile, data: bytes, start: int = 0) -> None:
    """Raise if a line of `data` from byte `start` on is longer than any text format needs.

    Whoever splits a line makes an object of every word, which takes many times the line's size.
    """
    stream = BytesIO(data)
    stream.seek(start)
    if max(map(len, stream), default=0) <= _LONGEST_LINE:
        return
    number = next(n for n, line in lines_from(raw, data, start) if len(line) > _LONGEST_LINE)
    raise raw.refusal(f"the line is longer than {_LONGEST_LINE:,} characters", line=number)


def lines_from(raw: RawFile, data: bytes, start: int) -> Iterator[tuple[int, str]]:
    """1-based number and text of the lines of `data` from byte `start` on."""
    stream = BytesIO(data)
    stream.seek(start)
    for number, line in enumerate(stream, raw.line_at(start)):
        yield number, line.decode("latin-1")


def read_rows(
    raw: RawFile, data: bytes, start: int, form: RowFormat, *, count: int | None = None
) -> tuple[NDArray[np.float64], int]:
    """Rows of numbers from byte `start` on, one per line that is neither blank nor comment.

    Parameters
    ----------
    raw : RawFile
        Names the file in messages; bounds the number of rows.
    data : bytes
        The file's content, or a version of it with the same line ends.
    start : int
        Where the first row begins.
    form : RowFormat
    count : int, optional
        Exactly so many rows are read; without it all.

    Returns
    -------
    rows : (n, k) float64
    end : int
        The byte behind the last row.

    Raises
    ------
    UnreadableFile
        Naming the first bad line.
    TooLarge
        If there are more rows than points are allowed.
    """
    check_lines(raw, data, start)
    first = next(
        (fields for _, line in lines_from(raw, data, start) if (fields := split_row(line, None))),
        None,
    )
    if count == 0 or first is None:
        if count:
            raise raw.refusal(f"announces {count:,} rows, holds none")
        return np.empty((0, _AXES)), start
    if len(first) > _MOST_COLUMNS:
        raise _first_fault(raw, data, start, form, count)
    most = raw.limits.max_points + 1 if count is None else count
    stream = BytesIO(data)
    stream.seek(start)
    try:
        rows = np.loadtxt(
            filled_lines(stream, comments=any(data.find(m.encode(), start) >= 0 for m in COMMENTS)),
            delimiter=form.separator,
            comments=None,
            usecols=form.columns,
            quotechar='"',
            ndmin=2,
            encoding="latin-1",
            max_rows=min(most, data.count(b"\n", start) + 1),  # room for as many is made at once
        )
    except (ValueError, IndexError, OverflowError):
        raise _first_fault(raw, data, start, form, count) from None
    if count is None:
        raw.check_points(len(rows), what="rows")
    elif len(rows) < count:
        raise raw.refusal(f"announces {count:,} rows, holds {len(rows):,}")
    if rows.shape[1] < _AXES or not (form.missing or np.isfinite(rows).all()):
        raise _first_fault(raw, data, start, form, count)
    return rows, stream.tell()


def filled_lines(stream: BytesIO, *, comments: bool) -> Iterator[bytes]:
    """The lines that hold something; loadtxt counts and warns about the others."""
    if not comments:
        return filterfalse(bytes.isspace, stream)
    bare = (line.partition(b"#")[0].partition(b"//")[0] for line in stream)
    return (line for line in bare if line and not line.isspace())


def _first_fault(
    raw: RawFile, data: bytes, start: int, form: RowFormat, count: int | None
) -> UnreadableFile:
    """The error for the first line that does not hold what `form` asks for."""
    width: int | None = None
    seen = 0
    for number, line in lines_from(raw, data, start):
        fields = split_row(line, form.separator)
        if not fields:
            continue
        if len(fields) > _MOST_COLUMNS:
            problem = f"expected one point, found more than {_MOST_COLUMNS} values in one line"
            return raw.refusal(problem, line=number)
        fault = _fault(fields, form, width)
        if fault:
            return raw.refusal(fault, line=number)
        width = len(fields)
        seen += 1
        if seen == count:
            break
    if count is not None and seen < count:
        return raw.refusal(f"announces {count:,} rows, holds {seen:,}")
    return raw.refusal("expected rows of numbers")


def _fault(fields: list[str], form: RowFormat, width: int | None) -> str | None:
    if form.columns is None:
        wanted = _AXES if width is None else width
        if len(fields) < wanted or (width is not None and len(fields) != width):
            return f"expected {wanted} numbers, found {len(fields)}"
    elif len(fields) <= max(form.columns):
        return f"expected {max(form.columns) + 1} columns, found {len(fields)}"
    for column in form.columns or range(len(fields)):
        text = fields[column]
        if not is_number(text):
            return f"expected a number in column {column + 1}, found {shown(text)}"
        if not form.missing and not math.isfinite(float(text)):
            return f"expected a finite number in column {column + 1}, found {shown(text)}"
    return None
