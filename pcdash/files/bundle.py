"""A zip of clouds from a stranger, read member by member from where it lies."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from pcdash.core.cloud import PointCloud
from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files.archive import BROKEN, is_wanted
from pcdash.files.limits import ReadLimits
from pcdash.files.raw import display_name
from pcdash.files.reader import decode_cloud

_BLOCK = 1 << 20
_ENTRY = b"PK\x01\x02"
_SPARE = 20
"""Entries of archives inside (an NPZ has some), and folders, per member that is asked for."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Bundle:
    """An open zip.

    Attributes
    ----------
    archive : zipfile.ZipFile
    members : tuple of zipfile.ZipInfo
        Its files in their order; folders, links and hidden files are left out.
    limits : ReadLimits
        Of every single member.
    """

    archive: zipfile.ZipFile
    members: tuple[zipfile.ZipInfo, ...]
    limits: ReadLimits

    def names(self) -> list[str]:
        """What to call the members; never a path."""
        return [display_name(member.filename) for member in self.members]

    def read(self, member: zipfile.ZipInfo) -> PointCloud:
        """Read one member; its name decides the format and opens nothing.

        Raises
        ------
        UnreadableFile, TooLarge
        """
        return decode_cloud(self.content(member), display_name(member.filename), limits=self.limits)

    def content(self, member: zipfile.ZipInfo) -> bytes:
        """The bytes of one member.

        Raises
        ------
        UnreadableFile, TooLarge
        """
        name = display_name(member.filename)
        most = self.limits.max_bytes
        if most is not None and member.file_size > most:
            raise TooLarge(f"{name}: larger than {most:,} bytes, the most that is read")
        if member.flag_bits & 1 or member.compress_type not in _METHODS:
            raise UnreadableFile(name, "is encrypted, or packed otherwise than by deflate")
        try:
            with self.archive.open(member) as stream:  # it stops at the announced size
                return stream.read(member.file_size)
        except BROKEN:
            raise UnreadableFile(name, "is damaged inside the zip") from None


@contextmanager
def opened(
    stream: BinaryIO, name: str, *, max_members: int, limits: ReadLimits
) -> Iterator[Bundle]:
    """Open the zip in `stream`; nothing is written anywhere.

    Parameters
    ----------
    stream : binary file
        Seekable.
    name : str
        For display.
    max_members : int
        Files it may hold.
    limits : ReadLimits
        Of every member; ``max_unpacked`` also bounds all of them together.

    Raises
    ------
    UnreadableFile
        If it is no zip, or a damaged one.
    TooLarge
        If it announces more files or more bytes than allowed.
    """
    name = display_name(name)
    # The list of members is built as a whole, 0.6 kB for each: counted before it is.
    if _entries(stream) > _SPARE * max_members:
        raise TooLarge(f"{name}: more than {max_members:,} files", field="file")
    stream.seek(0)
    try:
        archive = zipfile.ZipFile(stream)
    except (*BROKEN, ValueError):
        raise UnreadableFile(name, "is no sound zip archive") from None
    with archive:
        members = tuple(member for member in archive.infolist() if is_wanted(member))
        if not members:
            raise UnreadableFile(name, "holds no files")
        if len(members) > max_members:
            raise TooLarge(f"{name}: more than {max_members:,} files", field="file")
        announced = sum(member.file_size for member in members)
        if announced > limits.max_unpacked:
            raise TooLarge(
                f"{name}: would unpack to {announced:,} bytes; "
                f"at most {limits.max_unpacked:,} are read",
                field="file",
            )
        yield Bundle(archive, members, limits)


def _entries(stream: BinaryIO) -> int:
    """An upper bound of the entries in the zip's directory; each begins with a signature."""
    stream.seek(0)
    count, tail = 0, b""
    while block := stream.read(_BLOCK):
        count += (tail + block).count(_ENTRY)
        tail = block[-(len(_ENTRY) - 1) :]
    return count
