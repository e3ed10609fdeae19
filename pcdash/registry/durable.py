"""Writes that are either wholly on disk or not there at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pcdash.errors import InvalidInput

TEMPORARY = ".tmp-"
"""Prefix of whatever is not finished, or not wholly removed yet; `sweep` removes it."""

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What file systems without fsync of folders answer (some network and container mounts)."""


def temporary_beside(folder: Path) -> Path:
    """A fresh name in `folder`, hence on the same file system as its final neighbour."""
    return folder / f"{TEMPORARY}{uuid.uuid4().hex}"


def write_synced(path: Path, content: bytes) -> None:
    """Create `path` with `content` and return when the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    """Write all of `content`: a disk that is nearly full takes a part of it without a word."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Return when the names in `folder` are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes, *, through: Path | None = None) -> None:
    """Put `content` at `path`; a reader or a crash sees the old bytes or the new, never a mix.

    It is written in the folder `through`, one that is swept, on the way; None: where it goes.
    """
    temporary = temporary_beside(through or path.parent)
    try:
        write_synced(temporary, content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def replace_link(link: Path, target: str) -> None:
    """Let the symbolic link `link` point at `target`, in one step for every reader."""
    temporary = temporary_beside(link.parent)
    try:
        temporary.symlink_to(target)
        temporary.replace(link)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def append_line(path: Path, line: bytes) -> None:
    """Add one line to a log and return when the disk has it.

    A line that a crash has cut short stays alone on its line: the new one starts on its own.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        _write_all(descriptor, (b"\n" if torn else b"") + line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def to_json(value: Mapping[str, Any], *, field: str, indent: int | None = 2) -> bytes:
    """`value` as UTF-8 JSON with sorted keys, so that equal content is equal bytes.

    Raises
    ------
    InvalidInput
        If it holds something JSON has no word for: NaN, infinities, arrays, objects.
    """
    try:
        text = json.dumps(value, sort_keys=True, indent=indent, allow_nan=False, ensure_ascii=False)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"the {field} cannot be written as JSON: {error}", field=field) from None


def unfinished(*folders: Path) -> list[Path]:
    """What writers have begun in `folders` and not ended."""
    found = []
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            found += [Path(e.path) for e in entries if e.name.startswith(TEMPORARY)]
    return found


def sweep(*folders: Path) -> None:
    """Remove what is unfinished in `folders`; call it while nobody else can be writing there.

    Best effort: what cannot be removed, in a read-only folder say, stays.
    """
    for path in unfinished(*folders):
        with suppress(OSError):
            remove(path)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; nothing happens where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
