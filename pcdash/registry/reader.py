"""What a registry tells: versions, their metadata and models, the promoted one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pcdash import locks
from pcdash.errors import CorruptArtifact, NotFound
from pcdash.registry import promotions, verify
from pcdash.registry.alias import CURRENT, MISSING, is_version_folder, read_alias
from pcdash.registry.catalogue import Catalogue, VersionInfo
from pcdash.registry.install import Shelf
from pcdash.registry.naming import is_version
from pcdash.registry.verify import METADATA_FILE

logger = logging.getLogger(__name__)


class Reader:
    """The reading half of `Registry`; changes nothing on the disk, and takes no lock.

    Parameters
    ----------
    artifacts : Path
    key : bytes, optional
        With one, only versions sealed with it are read.
    """

    def __init__(self, artifacts: Path, key: bytes | None = None) -> None:
        root = artifacts.absolute()
        self._models = root / "models"
        self._shelf = Shelf(self._models, root / "reports")
        self._log = self._models / promotions.LOG_FILE
        self._key = key
        self._catalogue = Catalogue(self._models, key)
        self._warned: str | None = None

    def current(self) -> str | None:
        """The name of the promoted version, or None while there is no version at all.

        The link is read once and only ever names a version of this registry.  Where it is missing,
        broken or points elsewhere, the newest version whose files verify takes its place; a
        warning is logged, but for a registry that has never promoted any.
        """
        version, problem = read_alias(self._models)
        if version is not None:
            self._warned = None
            return version
        fallback = self._catalogue.newest_sound()
        if fallback is not None and self._warned != f"{problem}{fallback}":
            unpromoted = problem == MISSING and not self._log.exists()
            level = logging.DEBUG if unpromoted else logging.WARNING
            logger.log(
                level, "models/%s %s; using the newest version %s", CURRENT, problem, fallback
            )
            self._warned = f"{problem}{fallback}"
        return fallback

    def newest_sound(self) -> str | None:
        """The newest version whose files verify: what to serve when the promoted one does not."""
        return self._catalogue.newest_sound()

    def hold(self, version: str) -> Callable[[], None]:
        """Keep every process from deleting `version` until the returned function is called.

        The mark is the system's own lock: it ends with the process that set it.

        Raises
        ------
        NotFound, CorruptArtifact
            If there is no such version, or it has no metadata.
        """
        metadata = self._folder(version) / METADATA_FILE
        try:
            return partial(os.close, locks.share(metadata))
        except OSError:
            raise CorruptArtifact(f"{METADATA_FILE} is missing") from None

    def versions(self) -> list[VersionInfo]:
        """All versions, newest first, from their metadata alone; broken ones say why."""
        return self._catalogue.versions()

    def has(self, version: str) -> bool:
        """Whether there is such a version, damaged or not."""
        return is_version(version) and is_version_folder(self._models / version)

    def metadata(self, version: str) -> dict[str, Any]:
        """The metadata of `version`; NotFound or CorruptArtifact where there is none."""
        return self._catalogue.metadata(self._folder(version))

    def report(self, version: str) -> dict[str, Any]:
        """The evaluation report of `version`; NotFound or CorruptArtifact where there is none."""
        self._folder(version)
        try:
            return verify.read_json(self._shelf.report_file(version))
        except NotFound:
            raise NotFound(f"version {version} has no report") from None

    def attached(self, version: str, name: str) -> bytes:
        """An attachment of `version`, of `pcdash.registry.install.ATTACHMENTS`.

        Raises
        ------
        NotFound
            If there is no such version, or it has none.
        CorruptArtifact
            If there is one that cannot be read: that is not the same as none.
        """
        self._folder(version)
        try:
            return self._shelf.attachment(version, name).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"version {version} has no {name}") from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise CorruptArtifact(f"{name} of version {version} cannot be read: {why}") from None

    def report_sizes(self) -> dict[str, int]:
        """Bytes that the report and the attachments of each version take; don't change it."""
        return self._shelf.sizes()

    def read_model(self, version: str) -> tuple[bytes, dict[str, Any]]:
        """The model's bytes and metadata, after they were checked against each other.

        Raises
        ------
        NotFound
            If there is no such version.
        CorruptArtifact
            If its files are damaged; the message says what is wrong.
        """
        return self._catalogue.read_model(self._folder(version))

    def promotions(self) -> list[dict[str, Any]]:
        """What was live when, oldest first.

        Entries are ``{at, version, previous, action, reason, override, note}``; the last two, why
        a gate was overridden and what came of comparing, may be missing or null.
        """
        return promotions.read_log(self._log)

    def _folder(self, version: str) -> Path:
        if not is_version(version):
            raise NotFound("a version is named YYYYMMDD-HHMMSS", field="version")
        if not self.has(version):
            raise NotFound(f"there is no version {version}", field="version")
        return self._models / version
