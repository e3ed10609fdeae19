"""Writes that are either wholly on disk or not there at all, and a lock across processes."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pcdash.errors import InvalidInput

TEMPORARY = ".tmp-"
"""Prefix of whatever is not finished; `sweep` removes it when its writer has long been dead."""

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What file systems without fsync of folders answer (some network and container mounts)."""


def temporary_beside(folder: Path) -> Path:
    """A fresh name in `folder`, hence on the same file system as its final neighbour."""
    return folder / f"{TEMPORARY}{uuid.uuid4().hex}"


def write_synced(path: Path, content: bytes) -> None:
    """Create `path` with `content` and return when the disk has it."""
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


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


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`; a reader or a crash sees the old bytes or the new, never a mix."""
    temporary = temporary_beside(path.parent)
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
        os.write(descriptor, (b"\n" if torn else b"") + line + b"\n")
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


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the lock file `lock` against every other thread and process; a dead holder frees it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sweep(folder: Path, *, before: float) -> None:
    """Remove unfinished entries of `folder` last touched before the unix time `before`.

    Best effort: what cannot be removed, in a read-only folder say, stays.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < before:
                        remove(Path(entry.path))


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; nothing happens where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
