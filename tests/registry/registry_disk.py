"""What lies on the disk, and another process that writes to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import registry_worker


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file but the lock by its path below `folder`; what an alias points at counts once."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name != ".lock" and not path.parent.is_symlink():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def temporary_in(folder: Path) -> list[Path]:
    """What a publication has begun and not ended."""
    return [path for path in folder.rglob("*") if path.name.startswith(".tmp-")]


def start_worker(folder: Path, count: int) -> subprocess.Popen[bytes]:
    """Publish `count` versions in a process of its own."""
    return subprocess.Popen([sys.executable, registry_worker.__file__, str(folder), str(count)])
