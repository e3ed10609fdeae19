"""Which version is served: promote, roll back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from pcdash import locks
from pcdash.errors import CorruptArtifact, NotFound, Refused
from pcdash.registry import durable, promotions
from pcdash.registry.alias import point_alias, read_alias
from pcdash.registry.reader import Reader
from pcdash.registry.refusals import disk_errors

logger = logging.getLogger(__name__)


class Switch(Reader):
    """Puts versions into service, and takes them back.

    Parameters
    ----------
    artifacts : Path
    key : bytes, optional
        With one, only versions with its seal are read.
    clock : callable
        Unix seconds, UTC.
    """

    def __init__(
        self,
        artifacts: Path,
        *,
        key: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(artifacts, key)
        self._lock = self._models / ".lock"
        self._clock = clock

    def settle(self) -> None:
        """Let the alias name what is served for want of one, so that a new version changes nothing.

        Without an alias the newest sound version is served, as after a restored backup.

        Raises
        ------
        Refused
            If the disk refuses.
        """
        if read_alias(self._models)[0] is not None or self.current() is None:
            return
        with disk_errors("promote"), locks.exclusive(self._lock):
            served = self.current()
            if served is not None and read_alias(self._models)[0] is None:
                self._switch(served, promotions.PROMOTE, "it was served for want of a promoted one")

    def promote(
        self,
        version: str,
        *,
        reason: str = "",
        override: str | None = None,
        note: str | None = None,
        still: Callable[[str | None], bool] = lambda current: True,
    ) -> None:
        """Make `version` the one that is served; nothing happens if it already is.

        Parameters
        ----------
        version : str
        reason, override, note : str
            For the log: what led to it, why a gate was overridden, what came of comparing.
        still : callable
            Asked about the present version when nobody else can change it any more; False: it is
            no longer the one that the caller went by.

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
        with disk_errors("promote"), locks.exclusive(self._lock):
            self.read_model(version)
            if not still(self.current()):
                raise Refused("another version has been put in service meanwhile: ask again")
            said = {"override": override, "note": note}
            self._switch(version, promotions.PROMOTE, reason, {k: v for k, v in said.items() if v})

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
        with disk_errors("roll back"), locks.exclusive(self._lock):
            present = self.current()
            version = self._previous(present)
            if version is None:
                raise Refused("there is no earlier version to roll back to")
            self._switch(version, promotions.ROLLBACK, f"rollback from {present}")
        return version

    # -- details -----------------------------------------------------------------------------

    def _previous(self, present: str | None) -> str | None:
        """The sound version that was live before `present`."""
        for version in promotions.way_back(self.promotions(), present):
            with suppress(NotFound, CorruptArtifact):
                self.read_model(version)
                return version
        return None

    def _switch(
        self, version: str, action: str, reason: str, more: Mapping[str, str] | None = None
    ) -> None:
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
            **(more or {}),
        }
        try:
            durable.sync_folder(self._models)
            promotions.append(self._log, entry)
        except OSError as error:
            logger.warning("version %s is live, but was not logged: %s", version, error.strerror)
