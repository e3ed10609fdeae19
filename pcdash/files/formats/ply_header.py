"""The header of a PLY file: which elements follow, how many, with which properties."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pcdash.files.raw import RawFile
from pcdash.files.rows import shown

BYTE_ORDERS: dict[str, str] = {
    "ascii": "",
    "binary_little_endian": "<",
    "binary_big_endian": ">",
}
"""Formats of PLY, and the byte order each one means to numpy."""

SCALARS: dict[str, str] = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
"""Property types of PLY, as numpy spells them."""

_LONGEST_HEADER = 64 * 1024


@dataclass(frozen=True)
class Property:
    """One property of an element.

    Attributes
    ----------
    name : str
    kind : str
        Type of the value, or of each item of a list, as numpy spells it.
    length : str, optional
        Type of a list's length; None for a single value.
    """

    name: str
    kind: str
    length: str | None = None


@dataclass(frozen=True)
class Element:
    """A table in the body: `count` rows of `properties`."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)

    @property
    def has_lists(self) -> bool:
        """Whether rows may differ in length."""
        return any(p.length for p in self.properties)

    def dtype(self, order: str) -> np.dtype[np.void]:
        """The layout of one row in a binary body, if there are no lists."""
        return np.dtype([(p.name, order + p.kind) for p in self.properties])


@dataclass(frozen=True)
class Header:
    """What the header says.

    Attributes
    ----------
    order : str
        ``<`` or ``>``; empty for text.
    elements : list of Element
        In the order of the body.
    end : int
        The byte at which the body begins.
    """

    order: str
    elements: list[Element]
    end: int


def read_header(raw: RawFile) -> Header:
    """Parse everything up to ``end_header``.

    Raises
    ------
    UnreadableFile
        Naming the line and what was expected there.
    """
    order: str | None = None
    elements: list[Element] = []
    stream = raw.stream()
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_HEADER), b""), 1):
        if stream.tell() > _LONGEST_HEADER:
            break
        words = line.decode("latin-1").split()
        match words:
            case [] | ["comment" | "obj_info", *_]:
                continue
            case ["ply"] if number == 1:
                continue
            case ["format", name, *_] if name in BYTE_ORDERS:
                order = BYTE_ORDERS[name]
            case ["element", name, count]:
                elements.append(Element(name, _count(raw, number, name, count)))
            case ["property", *rest] if elements:
                _add_property(raw, number, elements[-1], rest)
            case ["end_header"] if order is not None:
                return Header(order, elements, stream.tell())
            case ["end_header"]:
                raise raw.refusal("expected a format line before end_header", line=number)
            case _:
                raise raw.refusal("not a line of a PLY header", line=number)
    raise raw.refusal("the PLY header has no end_header")


def _count(raw: RawFile, number: int, name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        problem = f"expected the number of elements {shown(name)} as 0 or more, found {shown(text)}"
        raise raw.refusal(problem, line=number)
    return int(text)


def _add_property(raw: RawFile, number: int, element: Element, words: list[str]) -> None:
    match words:
        case ["list", length, kind, name] if kind in SCALARS and SCALARS.get(length, "f")[0] != "f":
            new = Property(name, SCALARS[kind], SCALARS[length])
        case [kind, name] if kind in SCALARS:
            new = Property(name, SCALARS[kind])
        case _:
            raise raw.refusal("expected a property with a PLY type and a name", line=number)
    if any(new.name == old.name for old in element.properties):
        raise raw.refusal(f"property {shown(new.name)} is there twice", line=number)
    element.properties.append(new)
