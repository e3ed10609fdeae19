"""One door for every format: choose by the ending, hold it against the content, check the cloud."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pcdash.core.cloud import PointCloud, check_cloud
from pcdash.errors import InvalidCloud, TooLarge, UnreadableFile
from pcdash.files.formats.las import read_las
from pcdash.files.formats.numpy_arrays import read_npy, read_npz
from pcdash.files.formats.obj import read_obj
from pcdash.files.formats.off import read_off
from pcdash.files.formats.pcd import read_pcd
from pcdash.files.formats.ply import read_ply
from pcdash.files.formats.stl import read_stl
from pcdash.files.formats.text import read_text
from pcdash.files.limits import ReadLimits
from pcdash.files.raw import RawFile, Reading, display_name
from pcdash.files.sniff import looks_like


@dataclass(frozen=True)
class Reader:
    """How files of one ending are read.

    Attributes
    ----------
    title : str
        What users call the format.
    read : callable
        Turns the raw file into points.
    signature : str, optional
        What the content must look like (a key of ``sniff.SIGNATURES``); None for formats without.
    """

    title: str
    read: Callable[[RawFile], Reading]
    signature: str | None = None


READERS: dict[str, Reader] = {
    ".ply": Reader("PLY", read_ply, "PLY"),
    ".pcd": Reader("PCD", read_pcd, "PCD"),
    ".xyz": Reader("XYZ", read_text),
    ".txt": Reader("text table", read_text),
    ".csv": Reader("CSV", read_text),
    ".pts": Reader("PTS", read_text),
    ".npy": Reader("NPY", read_npy, "NPY"),
    ".npz": Reader("NPZ", read_npz, "ZIP"),
    ".off": Reader("OFF", read_off, "OFF"),
    ".obj": Reader("OBJ", read_obj),
    ".stl": Reader("STL", read_stl),
    ".las": Reader("LAS", read_las, "LAS"),
    ".laz": Reader("LAZ", read_las, "LAS"),
}
"""Every ending that is read. A new format is a module in ``formats`` and a line here."""


def read_cloud(
    path: Path, *, name: str | None = None, limits: ReadLimits | None = None
) -> PointCloud:
    """Read one object from a file of any known format.

    Parameters
    ----------
    path : Path
        A regular file; it is read once, as a whole.
    name : str, optional
        What the user called it: decides the format by its ending and appears in messages, but is
        never opened. Default: the last part of `path`.
    limits : ReadLimits, optional

    Returns
    -------
    PointCloud
        (n, 3) float64 with 16 or more points; ``source`` has ``format`` and what else is known.

    Raises
    ------
    UnreadableFile
        If the file is missing, damaged, of another format than its ending says, or holds no cloud.
    TooLarge
        If it holds more than `limits` allow.
    """
    limits = limits or ReadLimits()
    shown = display_name(path.name if name is None else name)
    _reader(shown)
    return decode_cloud(_content(path, shown, limits), shown, limits=limits)


def decode_cloud(data: bytes, name: str, *, limits: ReadLimits | None = None) -> PointCloud:
    """As `read_cloud`, for bytes that are in memory already."""
    raw = RawFile(display_name(name), data, limits or ReadLimits())
    reader = _reader(raw.name)
    if raw.limits.max_bytes is not None and len(data) > raw.limits.max_bytes:
        raise _too_large(raw.name, raw.limits.max_bytes)
    if not data:
        raise raw.refusal("the file is empty")
    found = looks_like(data)
    if found != reader.signature:
        if found is not None:
            raise raw.refusal(f"looks like {found}, not like {reader.title}")
        raise raw.refusal(f"does not begin like a {reader.title} file")
    try:
        with np.errstate(all="ignore"):  # wild numbers are refused by the check, not by warnings
            reading = reader.read(raw)
            points = check_cloud(reading.points, max_points=raw.limits.max_points)
    except InvalidCloud as error:
        raise raw.refusal(error.message) from error
    return PointCloud(points, raw.name, {"format": reader.title, **reading.source})


def _content(path: Path, name: str, limits: ReadLimits) -> bytes:
    """The bytes of a regular file that is not too large."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise UnreadableFile(name, "a folder or a device, not a file")
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if limits.max_bytes is not None and size > limits.max_bytes:
                raise _too_large(name, limits.max_bytes)
            return stream.read(size)
    except FileNotFoundError:
        raise UnreadableFile(name, "there is no such file") from None
    except (OSError, ValueError) as error:
        raise UnreadableFile(name, "the file cannot be opened") from error


def _too_large(name: str, most: int) -> TooLarge:
    return TooLarge(f"{name}: larger than {most:,} bytes, the most that is read", field="file")


def _reader(name: str) -> Reader:
    ending = Path(name).suffix.lower()
    if ending not in READERS:
        known = " ".join(READERS)
        raise UnreadableFile(name, f"the ending is not one of {known}")
    return READERS[ending]
