"""The list of versions, quick enough to be asked for on every click."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pcdash.errors import CorruptArtifact, NotFound
from pcdash.registry import verify
from pcdash.registry.naming import is_version
from pcdash.registry.signing import HMAC_FILE
from pcdash.registry.verify import METADATA_FILE, MODEL_FILE

Stamp = tuple[tuple[int, int, int], ...]
"""Inode, modification time in ns and size of the files a cached answer was made from."""


_FILES = MODEL_FILE, METADATA_FILE, HMAC_FILE


@dataclass(frozen=True)
class VersionInfo:
    """One line of the list of versions.

    Attributes
    ----------
    version : str
        YYYYMMDD-HHMMSS.
    created_at : str
        ISO 8601, UTC; empty where the metadata is broken.
    size : int
        Bytes of the model; 0 where the metadata is broken.
    disk : int
        Bytes that the files in its folder take.
    metadata : mapping
        Everything that was published with it; empty where broken.  Shared: don't change it.
    problem : str or None
        Why the version cannot be used, or None.  The model's own bytes are not looked at here.
    """

    version: str
    created_at: str = ""
    size: int = 0
    disk: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


class Catalogue:
    """What is in the folder of versions; answers are cached until the files change."""

    def __init__(self, models: Path, key: bytes | None = None) -> None:
        self._models = models
        self._place = str(models)
        self._key = key
        self._infos: dict[str, tuple[Stamp, VersionInfo]] = {}
        self._sound: dict[str, tuple[Stamp, bool]] = {}

    def versions(self) -> list[VersionInfo]:
        """All versions, newest first."""
        names = self._names()
        for gone in self._infos.keys() - set(names):
            self._infos.pop(gone, None)
            self._sound.pop(gone, None)
        return [self._info(name) for name in names]

    def newest_sound(self) -> str | None:
        """The newest version whose bytes match their metadata, or None."""
        return next((name for name in self._names() if self._is_sound(name)), None)

    def metadata(self, folder: Path) -> dict[str, Any]:
        """The checked metadata of the version in `folder`."""
        return self._owned(folder, verify.read_metadata(folder, self._key))

    def read_model(self, folder: Path) -> tuple[bytes, dict[str, Any]]:
        """The verified model of the version in `folder`."""
        model, metadata = verify.read_model_dir(folder, self._key)
        return model, self._owned(folder, metadata)

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._models) as entries:
                names = [
                    entry.name
                    for entry in entries
                    if is_version(entry.name) and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            return []
        return sorted(names, reverse=True)

    def _info(self, name: str) -> VersionInfo:
        stamp = self._stamp(name)
        cached = self._infos.get(name)
        if cached is not None and cached[0] == stamp:
            return cached[1]
        info = self._read_info(self._models / name, stamp)
        self._infos[name] = (stamp, info)
        return info

    def _read_info(self, folder: Path, stamp: Stamp) -> VersionInfo:
        disk = sum(max(0, size) for _, _, size in stamp)
        try:
            metadata = self.metadata(folder)
        except CorruptArtifact as error:
            return VersionInfo(folder.name, disk=disk, problem=error.message)
        size = metadata["size"]
        _, _, found = stamp[0]
        problem = None
        if found != size:
            problem = f"{MODEL_FILE} is missing or has not {size:,} bytes"
        created_at = str(metadata.get("created_at", ""))
        return VersionInfo(folder.name, created_at, size, disk, metadata, problem)

    def _is_sound(self, name: str) -> bool:
        folder, stamp = self._models / name, self._stamp(name)
        cached = self._sound.get(name)
        if cached is not None and cached[0] == stamp:
            return cached[1]
        try:
            self.read_model(folder)
            sound = True
        except (CorruptArtifact, NotFound):
            sound = False
        self._sound[name] = (stamp, sound)
        return sound

    def _stamp(self, name: str) -> Stamp:
        """Of the files in a version's folder."""
        return tuple(_file_stamp(f"{self._place}/{name}/{file}") for file in _FILES)

    @staticmethod
    def _owned(folder: Path, metadata: dict[str, Any]) -> dict[str, Any]:
        if metadata["version"] != folder.name:
            raise CorruptArtifact(f"{METADATA_FILE} belongs to version {metadata['version']}")
        return metadata


def _file_stamp(path: str) -> tuple[int, int, int]:
    try:
        status = os.stat(path)  # noqa: PTH116  # making 1,000 Paths takes longer than looking
    except OSError:
        return (0, 0, -1)
    return (status.st_ino, status.st_mtime_ns, status.st_size)
