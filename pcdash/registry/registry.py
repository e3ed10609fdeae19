"""The versions of a model: publish, promote, roll back, read."""

from __future__ import annotations

import errno
import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pcdash.errors import CorruptArtifact, NotFound, Refused
from pcdash.registry import durable, promotions, verify
from pcdash.registry.alias import CURRENT, is_version_folder, point_alias, read_alias
from pcdash.registry.catalogue import Catalogue, VersionInfo
from pcdash.registry.naming import is_version, iso_time, next_version
from pcdash.registry.verify import METADATA_FILE, MODEL_FILE

logger = logging.getLogger(__name__)

NEWEST_REPORT = "report.json"
_STALE_SECONDS = 3600.0

__all__ = ["Registry", "VersionInfo"]


class Registry:
    """The versions below one artifacts folder; safe to use from many threads and processes.

    Constructing it never fails: where the folder cannot be written, reading works and writing
    raises `Refused`.  Unfinished leftovers of killed writers, older than an hour, are removed.

    Parameters
    ----------
    artifacts : Path
        Created when something is published.
    clock : callable
        Unix seconds, UTC.  A clock that stands still or goes back does no harm: a new version's
        name is at least a second past every name that was ever given.
    """

    def __init__(self, artifacts: Path, *, clock: Callable[[], float] = time.time) -> None:
        root = artifacts.absolute()
        self._models = root / "models"
        self._reports = root / "reports"
        self._log = self._models / promotions.LOG_FILE
        self._lock = self._models / ".lock"
        self._clock = clock
        self._catalogue = Catalogue(self._models)
        self._warned: str | None = None
        for folder in (self._models, self._reports):
            durable.sweep(folder, before=clock() - _STALE_SECONDS)

    # -- writing -----------------------------------------------------------------------------

    def publish(self, model: bytes, metadata: Mapping[str, Any], report: Mapping[str, Any]) -> str:
        """Store a new version and return its name; what is served stays as it is.

        Everything is written under a temporary name first, and takes its place in one step.

        Parameters
        ----------
        model : bytes
            Content of ``model.joblib``.
        metadata : mapping
            JSON-able; ``version``, ``created_at``, ``sha256``, ``size`` and ``format`` are added.
        report : mapping
            JSON-able; becomes ``reports/<version>.json`` and ``reports/report.json``.

        Raises
        ------
        InvalidInput
            If metadata or report hold something JSON has no word for, such as NaN.
        Refused
            If the disk refuses (full, read-only ...); then nothing was published.
        """
        durable.to_json(metadata, field="metadata")
        report_bytes = durable.to_json(report, field="report")
        digest = hashlib.sha256(model).hexdigest()
        described = {**metadata, "format": verify.FORMAT, "sha256": digest, "size": len(model)}
        with _disk_errors("publish"):
            self._models.mkdir(parents=True, exist_ok=True)
            self._reports.mkdir(parents=True, exist_ok=True)
            folder = durable.temporary_beside(self._models)
            try:
                folder.mkdir()
                durable.write_synced(folder / MODEL_FILE, model)
                with durable.exclusive(self._lock):
                    version = self._install(folder, described, report_bytes)
            except BaseException:
                with suppress(OSError):
                    durable.remove(folder)
                raise
        logger.info("published version %s (%d bytes)", version, len(model))
        return version

    def promote(self, version: str, *, reason: str = "") -> None:
        """Make `version` the one that is served; nothing happens if it already is.

        Raises
        ------
        NotFound
            If there is no such version.
        CorruptArtifact
            If its files fail their checks; what is served stays as it is.
        Refused
            If the disk refuses.
        """
        self._folder(version)
        with _disk_errors("promote"), durable.exclusive(self._lock):
            self.read_model(version)
            self._switch(version, promotions.PROMOTE, reason)

    def rollback(self) -> str:
        """Return to the version that was live before the present one; repeated, further back.

        Versions that were deleted or are damaged are passed over.

        Raises
        ------
        Refused
            If nothing sound was live before, or if the disk refuses.
        """
        if not self.versions():
            raise Refused("there is no version yet")
        with _disk_errors("roll back"), durable.exclusive(self._lock):
            present = self.current()
            for version in promotions.way_back(self.promotions(), present):
                with suppress(NotFound, CorruptArtifact):
                    self.read_model(version)
                    self._switch(version, promotions.ROLLBACK, f"rollback from {present}")
                    return version
        raise Refused("there is no earlier version to roll back to")

    # -- reading -----------------------------------------------------------------------------

    def current(self) -> str | None:
        """The name of the promoted version, or None while there is no version at all.

        The link is read once and only ever names a version of this registry.  Where it is missing,
        broken or points elsewhere, the newest version whose files verify takes its place, and a
        warning is logged.
        """
        version, problem = read_alias(self._models)
        if version is not None:
            self._warned = None
            return version
        fallback = self._catalogue.newest_sound()
        if fallback is not None and self._warned != f"{problem}{fallback}":
            logger.warning("models/%s %s; using the newest version %s", CURRENT, problem, fallback)
            self._warned = f"{problem}{fallback}"
        return fallback

    def newest_sound(self) -> str | None:
        """The newest version whose files verify: what to serve when the promoted one does not."""
        return self._catalogue.newest_sound()

    def versions(self) -> list[VersionInfo]:
        """All versions, newest first, from their metadata alone; broken ones say why."""
        return self._catalogue.versions()

    def metadata(self, version: str) -> dict[str, Any]:
        """The metadata of `version`; NotFound or CorruptArtifact where there is none."""
        return self._catalogue.metadata(self._folder(version))

    def report(self, version: str) -> dict[str, Any]:
        """The evaluation report of `version`; NotFound or CorruptArtifact where there is none."""
        self._folder(version)
        try:
            return verify.read_json(self._report_file(version))
        except NotFound:
            raise NotFound(f"version {version} has no report") from None

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
        """What was live when: ``{at, version, previous, action, reason}``, oldest first."""
        return promotions.read_log(self._log)

    # -- details -----------------------------------------------------------------------------

    def _folder(self, version: str) -> Path:
        if not is_version(version):
            raise NotFound("a version is named YYYYMMDD-HHMMSS", field="version")
        folder = self._models / version
        if not is_version_folder(folder):
            raise NotFound(f"there is no version {version}", field="version")
        return folder

    def _report_file(self, version: str) -> Path:
        return self._reports / f"{version}.json"

    def _install(self, folder: Path, metadata: dict[str, Any], report: bytes) -> str:
        """Give the finished `folder` a version's name and place, or leave no trace of it."""
        now = self._clock()
        # Reports outlive deleted versions: a name that ever left a trace is not given again.
        taken = [path.stem for path in (*self._models.iterdir(), *self._reports.iterdir())]
        version = next_version(taken, now)
        metadata |= {"version": version, "created_at": iso_time(now)}
        place = self._models / version
        try:
            content = durable.to_json(metadata, field="metadata")
            durable.write_synced(folder / METADATA_FILE, content)
            durable.sync_folder(folder)
            durable.replace_file(self._report_file(version), report)
            folder.rename(place)
            durable.sync_folder(self._models)
        except BaseException:
            for leftover in (place, self._report_file(version)):
                with suppress(OSError):
                    durable.remove(leftover)
            raise
        try:
            durable.replace_file(self._reports / NEWEST_REPORT, report)
        except OSError as error:  # The version is complete; its report has been written above.
            logger.warning("%s was not updated: %s", NEWEST_REPORT, error.strerror)
        return version

    def _switch(self, version: str, action: str, reason: str) -> None:
        """Move the link.  From there on the promotion holds, whatever becomes of the log."""
        previous, _ = read_alias(self._models)
        if version == previous:
            return
        point_alias(self._models, version)
        entry = {
            "at": self._clock(),
            "version": version,
            "previous": previous,
            "action": action,
            "reason": reason,
        }
        try:
            durable.sync_folder(self._models)
            promotions.append(self._log, entry)
        except OSError as error:
            logger.warning("version %s is live, but was not logged: %s", version, error.strerror)


@contextmanager
def _disk_errors(action: str) -> Iterator[None]:
    """Say in plain words, without a path, why the disk did not do as asked."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EISDIR:
            why = f"models/{CURRENT} is a folder, not a link; move it away"
        else:
            why = error.strerror or type(error).__name__
        raise Refused(f"cannot {action}: {why}") from error
