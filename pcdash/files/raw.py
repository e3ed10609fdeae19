"""What goes into a reader and what comes out of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from numpy.typing import NDArray

from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files.limits import ReadLimits

_LONGEST_NAME = 80


@dataclass(frozen=True)
class RawFile:
    """The bytes of one file, read once, with the name to use in messages.

    Attributes
    ----------
    name : str
        For display and for its ending; never opened.
    data : bytes
        The whole content.
    limits : ReadLimits
        What the reader has to keep to.
    """

    name: str
    data: bytes
    limits: ReadLimits = field(default_factory=ReadLimits)

    def stream(self, start: int = 0) -> BytesIO:
        """A stream over the bytes that stands at `start`; nothing is copied."""
        stream = BytesIO(self.data)
        stream.seek(start)
        return stream

    def line_at(self, offset: int) -> int:
        """The 1-based number of the line that holds byte `offset`."""
        return self.data.count(b"\n", 0, offset) + 1

    def refusal(self, problem: str, *, line: int | None = None) -> UnreadableFile:
        """The error that says what is wrong with this file."""
        return UnreadableFile(self.name, problem, line=line)

    def check_points(self, count: int, *, what: str = "points") -> None:
        """Raise TooLarge if a file of `count` points is more than is read."""
        if count > self.limits.max_points:
            raise TooLarge(
                f"{self.name}: {count:,} {what}; at most {self.limits.max_points:,} are read",
                field="file",
            )

    def check_unpacked(self, size: int, what: str) -> None:
        """Raise TooLarge if `what` would unpack to more than is allowed."""
        if size > self.limits.max_unpacked:
            raise TooLarge(
                f"{self.name}: {what} unpacks to {size:,} bytes; "
                f"at most {self.limits.max_unpacked:,} are read",
                field="file",
            )


@dataclass(frozen=True)
class Reading:
    """What a reader found.

    Attributes
    ----------
    points : (n, 3) array of a real number type
        Coordinates as stored; still unchecked.
    source : mapping of str to str
        Facts worth showing: ``sampled_from``, ``dropped_rows`` ...
    """

    points: NDArray[Any]
    source: Mapping[str, str] = field(default_factory=dict)


def display_name(name: str) -> str:
    """`name` made fit to be shown: its last part, without control or bidi characters, short.

    Parameters
    ----------
    name : str
        Whatever a client called its file.

    Returns
    -------
    str
        1 to 80 printable characters; the ending is kept.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ").strip()
    if len(shown) > _LONGEST_NAME:
        head = _LONGEST_NAME // 2
        shown = shown[: head - 1] + "…" + shown[head - _LONGEST_NAME :]
    return shown or "file"
