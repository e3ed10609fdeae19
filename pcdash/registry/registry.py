"""The versions of a model: publish, restore, delete; what is served is `Switch`'s."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pcdash import locks
from pcdash.errors import InvalidInput, Refused
from pcdash.registry import durable, restoration, verify
from pcdash.registry.refusals import disk_errors
from pcdash.registry.switch import Switch
from pcdash.registry.verify import METADATA_FILE, MODEL_FILE

logger = logging.getLogger(__name__)


class Registry(Switch):
    """The versions below one artifacts folder; safe to use from many threads and processes.

    Constructing it never fails: where the folder cannot be written, reading works and writing
    raises `Refused`.  Whatever changes the disk holds one lock, which the system frees when its
    holder dies; so what is unfinished while nobody holds it belongs to the dead, and is removed.

    Parameters
    ----------
    artifacts : Path
        Created when something is published.
    key : bytes, optional
        With one, versions are sealed by an HMAC, and only such versions are read.
    clock : callable
        Unix seconds, UTC.  A clock that stands still or goes back does no harm: a new version's
        name is at least a second past every name that was ever given.
    """

    def __init__(
        self,
        artifacts: Path,
        *,
        key: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(artifacts, key=key, clock=clock)
        self._sweep()

    # -- writing -----------------------------------------------------------------------------

    def publish(self, model: bytes, metadata: Mapping[str, Any], report: Mapping[str, Any]) -> str:
        """Store a new version and return its name; what is served stays as it is.

        Everything is written under a temporary name first, and takes its place in one step.

        Parameters
        ----------
        model : bytes
            Content of ``model.joblib``.
        metadata : mapping
            JSON-able; ``version``, ``created_at``, ``sha256``, ``size``, ``format`` and ``digest``,
            over all the others, are added.
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
        with disk_errors("publish"):
            for parent in (self._models, self._shelf.reports):
                parent.mkdir(parents=True, exist_ok=True)
            with locks.exclusive(self._lock):
                durable.sweep(self._models, self._shelf.reports)
                folder = durable.temporary_beside(self._models)
                try:
                    folder.mkdir()
                    durable.write_synced(folder / MODEL_FILE, model)
                    version = self._shelf.install(
                        folder, described, report_bytes, now=self._clock(), key=self._key
                    )
                except BaseException:
                    with suppress(OSError):
                        durable.remove(folder)
                    raise
        logger.info("published version %s (%d bytes)", version, len(model))
        return version

    def attach(self, version: str, name: str, content: bytes) -> None:
        """Store `content` beside the report of `version`, in one step.

        Parameters
        ----------
        name : str
            Of `pcdash.registry.install.ATTACHMENTS`.

        Raises
        ------
        NotFound
            If there is no such version.
        Refused
            If the disk refuses.
        """
        with disk_errors("store what is known of the version"), locks.exclusive(self._lock):
            self._folder(version)
            durable.replace_file(self._shelf.attachment(version, name), content)

    def restore(
        self,
        version: str,
        model: bytes,
        before: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
    ) -> bool:
        """Put a lost or damaged model back; whether there was one to put back.

        Parameters
        ----------
        version : str
        model : bytes
            Answers as the lost one did: the caller has made sure.
        before : mapping
            The metadata that was read for that.
        changes : mapping, optional
            What else has to be said in them, if `model` has not the very bytes that were lost.

        Raises
        ------
        NotFound, CorruptArtifact
            If there is no such version, or its metadata cannot be read.
        Refused
            If the metadata are not `before` any more, a server answers with the version while they
            would have to change, or the disk refuses.
        """
        with disk_errors("restore"), locks.exclusive(self._lock):
            lost = restoration.Lost(self._folder(version), self._key)
            if lost.metadata != before:
                raise Refused(f"version {version} was changed meanwhile")
            if not lost.is_lost():
                return False
            if not lost.is_exactly(model) and (reason := self._in_use(version)):
                raise Refused(f"version {version} cannot be changed now: {reason}; stop it first")
            lost.put_back(model, changes or {}, now=self._clock())
        logger.info("the model of version %s is back (%d bytes)", version, len(model))
        return True

    def delete(self, version: str) -> None:
        """Remove `version` for good.

        Raises
        ------
        NotFound
            If there is no such version.
        Refused
            If it is the promoted one, the one to roll back to, or served by any process; or if
            the disk refuses.
        """
        self._folder(version)
        with disk_errors("delete"), locks.exclusive(self._lock):
            reason = self._needed().get(version) or self._in_use(version)
            if reason:
                raise Refused(f"version {version} is kept: {reason}")
            self._shelf.discard(version)

    def retain(self, keep: int) -> list[str]:
        """Delete all but the newest `keep` versions; the deleted ones, oldest first.

        The promoted version, the one to roll back to, and those served by any process stay
        beyond that number.

        Raises
        ------
        InvalidInput
            If `keep` is less than 1.
        Refused
            If the disk refuses.
        """
        if keep < 1:
            raise InvalidInput("at least the newest version is kept", field="keep")
        if not self.versions()[keep:]:
            return []
        with disk_errors("delete"), locks.exclusive(self._lock):
            needed = self._needed()
            old = [info.version for info in self.versions()[keep:]]
            doomed = [v for v in reversed(old) if v not in needed and not self._in_use(v)]
            for version in doomed:
                self._shelf.discard(version)
        return doomed

    # -- details -----------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Remove what dead writers have left, unless somebody is writing now."""
        folders = (self._models, self._shelf.reports)
        if durable.unfinished(*folders):
            with suppress(OSError), locks.exclusive(self._lock, wait=False):
                durable.sweep(*folders)

    def _needed(self) -> dict[str, str]:
        """Versions that must not be deleted, and why."""
        present = self.current()
        needed = {self._previous(present): "it is the one to roll back to", present: "it is live"}
        return {version: reason for version, reason in needed.items() if version is not None}

    def _in_use(self, version: str) -> str | None:
        shared = locks.is_shared(self._models / version / METADATA_FILE)
        return "a server answers with it" if shared else None
