"""Giving a finished version its name and place, and taking one away again."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pcdash.registry import durable
from pcdash.registry.naming import is_version, iso_time, next_version
from pcdash.registry.signing import HMAC_FILE, seal
from pcdash.registry.verify import DIGEST_FIELD, METADATA_FILE, digest_of

logger = logging.getLogger(__name__)

NEWEST_REPORT = "report.json"

ATTACHMENTS = ("passport.json", "evidence.npz", "sources.json", "drift.npz")
"""What may lie beside a version's report, by the end of its name."""


_SETTLED = 2.0
"""Seconds after which a folder's time of change is surely not that of a change still to come."""


@dataclass
class Shelf:
    """The two folders of a registry; whoever changes them holds its lock."""

    models: Path
    reports: Path
    _sizes: tuple[int, dict[str, int]] = field(default=(0, {}), init=False)

    def sizes(self) -> dict[str, int]:
        """Bytes of the report and the attachments of each version; don't change it.

        They are only ever replaced as a whole, which the folder's time of change tells.
        """
        try:
            changed = self.reports.stat().st_mtime_ns
            if self._sizes[0] == changed:
                return self._sizes[1]
            found: dict[str, int] = {}
            with os.scandir(self.reports) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        version = entry.name.partition(".")[0]
                        size = entry.stat(follow_symlinks=False).st_size
                        found[version] = found.get(version, 0) + size
        except OSError:
            return {}
        if time.time() - changed / 1e9 > _SETTLED:
            self._sizes = changed, found
        return found

    def report_file(self, version: str) -> Path:
        """Where the report of `version` lies."""
        return self.reports / f"{version}.json"

    def attachment(self, version: str, name: str) -> Path:
        """Where the attachment `name`, of `ATTACHMENTS`, of `version` lies."""
        if name not in ATTACHMENTS:
            raise ValueError(f"{name} is no attachment: {', '.join(ATTACHMENTS)}")
        return self.reports / f"{version}.{name}"

    def install(
        self,
        folder: Path,
        metadata: Mapping[str, Any],
        report: bytes,
        *,
        now: float,
        key: bytes | None,
    ) -> str:
        """Give the finished `folder` a version's name and place, or leave no trace of it."""
        version = next_version(self._names(), now)
        named = {**metadata, "version": version, "created_at": iso_time(now)}
        named[DIGEST_FIELD] = digest_of(named)
        place = self.models / version
        try:
            content = durable.to_json(named, field="metadata")
            durable.write_synced(folder / METADATA_FILE, content)
            if key is not None:
                durable.write_synced(folder / HMAC_FILE, seal(content, key))
            durable.sync_folder(folder)
            durable.replace_file(self.report_file(version), report)
            folder.rename(place)
            durable.sync_folder(self.models)
        except BaseException:
            with suppress(OSError):
                place.rename(folder)  # out of sight in one step; the caller removes it
            with suppress(OSError):
                durable.remove(self.report_file(version))
            raise
        try:
            durable.replace_file(self.reports / NEWEST_REPORT, report)
        except OSError as error:  # The version is complete; its report has been written above.
            logger.warning("%s was not updated: %s", NEWEST_REPORT, error.strerror)
        return version

    def discard(self, version: str) -> None:
        """Take `version` away in one step for every reader, and then its files and its report."""
        doomed = durable.temporary_beside(self.models)
        (self.models / version).rename(doomed)
        with suppress(OSError):  # what is left is swept at the next start
            durable.sync_folder(self.models)
            durable.remove(doomed)
            self._discard_reports()

    def _discard_reports(self) -> None:
        """Remove reports without a version, but the newest: its name must not be given again."""
        newest = max(filter(is_version, self._names()), default="")
        for path in self.reports.iterdir():
            version = path.name.partition(".")[0]
            if not is_version(version) or (self.models / version).is_dir():
                continue
            if version < newest or path != self.report_file(version):
                durable.remove(path)

    def _names(self) -> list[str]:
        """Names of versions that are there or have left a report."""
        return [path.stem for path in (*self.models.iterdir(), *self.reports.iterdir())]
