"""A zip of labelled scans, unpacked for as long as it is needed."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pcdash import locks
from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files.raw import display_name

MAX_MEMBERS = 200_000
MAX_UNPACKED = 16 << 30
"""Bytes that all members together may unpack to."""

MAX_RATIO = 200
"""Unpacked over packed size; point files compress by ten, bombs by a thousand."""

_BLOCK = 1 << 20
_PREFIX, _MARK = "zip-", "lock"

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a method of compression that zipfile does not know
    RuntimeError,  # a password is wanted
    OSError,  # an offset outside of the file
)
"""What zipfile raises for damaged members."""


@contextmanager
def unpacked(
    path: Path, scratch: Path | None = None, *, name: str | None = None, most: int = MAX_UNPACKED
) -> Iterator[Path]:
    """Yield the folder of labelled scans at `path`, which may be a folder or a zip of one.

    Members are written under the names they have, which must stay inside; links, hidden files and
    what macOS adds are left out.  A single folder at the top, as most programs make it, is
    stepped into.  The folder is gone afterwards; what a killed process has left below `scratch`
    is removed by the next one.

    Parameters
    ----------
    path : Path
    scratch : Path, optional
        Where to unpack; None: the system's folder for temporary files.
    name : str, optional
        What the user called it; its ending tells a zip. Default: the last part of `path`.
    most : int
        Bytes that all members together may unpack to.

    Raises
    ------
    UnreadableFile
        If the zip is damaged, encrypted, or holds a name that leads outside.
    TooLarge
        If it would unpack to more than is allowed; decided before and checked while unpacking.
    """
    name = display_name(path.name if name is None else name)
    if path.is_dir() or Path(name).suffix.lower() != ".zip":
        yield path
        return
    with _room(scratch) as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                allowed = min(most, MAX_UNPACKED, MAX_RATIO * path.stat().st_size)
                _unpack(archive, folder, name, allowed)
        except BROKEN as error:
            raise UnreadableFile(name, "is no sound zip archive") from error
        yield _inside(folder)


@contextmanager
def _room(scratch: Path | None) -> Iterator[Path]:
    """An empty folder, gone afterwards; below `scratch` it is marked, so that nobody sweeps it."""
    if scratch is None:
        with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
            yield Path(folder)
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(scratch / "zip.lock"):  # between a new folder and its mark nobody sweeps
        _sweep(scratch)
        room = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=scratch))
        (room / _MARK).touch()
        mark = locks.share(room / _MARK)
    try:
        (room / "files").mkdir()
        yield room / "files"
    finally:
        os.close(mark)
        shutil.rmtree(room, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, folder: Path, name: str, allowed: int) -> None:
    members = [member for member in archive.infolist() if is_wanted(member)]
    if len(members) > MAX_MEMBERS:
        raise TooLarge(f"{name}: more than {MAX_MEMBERS:,} files", field="file")
    announced = sum(member.file_size for member in members)
    if announced > allowed:
        raise TooLarge(
            f"{name}: would unpack to {announced:,} bytes; at most {allowed:,} are taken",
            field="file",
        )
    for member in members:
        target = folder / _safe(member.filename, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, _BLOCK)  # zipfile stops at the announced size


def is_wanted(member: zipfile.ZipInfo) -> bool:
    """Tell files worth unpacking from folders, links and hidden files."""
    parts = PurePosixPath(member.filename).parts
    hidden = any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts)
    link = stat.S_ISLNK(member.external_attr >> 16)
    return not (member.is_dir() or hidden or link)


def _safe(filename: str, name: str) -> PurePosixPath:
    path = PurePosixPath(filename)
    if path.is_absolute() or ".." in path.parts or "\\" in filename or ":" in filename:
        raise UnreadableFile(name, f"the name {display_name(filename)!r} in it leads outside")
    return path


def _inside(folder: Path) -> Path:
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder


def _sweep(scratch: Path) -> None:
    """Remove what nobody uses any more of what was unpacked here."""
    for room in scratch.glob(f"{_PREFIX}*"):
        if not locks.is_shared(room / _MARK):
            shutil.rmtree(room, ignore_errors=True)
