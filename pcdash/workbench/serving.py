"""The model in service: verified, loaded in the background, swapped as a whole."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pcdash.core.inference import ActiveModel
from pcdash.errors import ModelUnavailable, PcdashError
from pcdash.registry import Registry, read_model_dir
from pcdash.workbench.loading import open_model

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""How often `current` is looked at; a published model is served well within two seconds."""

RETRY_SECONDS = 5.0
"""How often something that failed is tried again; it may have been half copied."""


@dataclass(frozen=True)
class Reloads:
    """How often this process has tried to load a version.

    Attributes
    ----------
    ok, failed : int
        Versions that were put in service, and that were refused; one that is tried again counts
        again.
    """

    ok: int = 0
    failed: int = 0


class ModelServer:
    """Holds the one active model and follows what is promoted.

    Parameters
    ----------
    registry : Registry
    pinned : Path, optional
        A model directory outside the registry; then promotions are not followed.
    on_nothing : callable
        Called once, in the background thread, if the first look finds nothing to serve.
    on_looked : callable
        Called once, in the background thread, after the first look.
    key : bytes, optional
        With one, a pinned model must be sealed with it, as the registry's own are.
    """

    def __init__(
        self,
        registry: Registry,
        pinned: Path | None = None,
        on_nothing: Callable[[], None] = lambda: None,
        *,
        on_looked: Callable[[], None] = lambda: None,
        key: bytes | None = None,
    ) -> None:
        self._registry = registry
        self._key = key
        self._pinned = pinned
        self._on_nothing = on_nothing
        self._on_looked = on_looked
        self._retry_at = 0.0
        self._active: ActiveModel | None = None
        self._release: Callable[[], None] = lambda: None
        self._reloads = Reloads()
        self._seen: object = None
        self._problem: str | None = None
        self._looked = False
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def active(self) -> ActiveModel:
        """The model in service; hold on to it for the length of a request.

        Raises
        ------
        ModelUnavailable
            If there is none yet.
        """
        model = self._active
        if model is None:
            raise ModelUnavailable
        return model

    @property
    def loaded(self) -> ActiveModel | None:
        """The model in service, or None."""
        return self._active

    @property
    def problem(self) -> str | None:
        """Why what is promoted is not what is served, or None."""
        return self._problem

    @property
    def reloads(self) -> Reloads:
        """What came of loading versions so far."""
        return self._reloads

    @property
    def looked(self) -> bool:
        """Whether `refresh` has run to its end at least once."""
        return self._looked

    def start(self) -> None:
        """Follow promotions in a background thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="model-server", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop following; the active model keeps answering."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._release()
        self._release = lambda: None

    def wake(self) -> None:
        """Look now instead of at the next poll."""
        self._wake.set()

    def refresh(self) -> None:
        """Load what should be served if that is not what is; a failure keeps the good one."""
        wanted, seen = self._wanted()
        again = self._problem is not None and time.monotonic() >= self._retry_at
        if seen != self._seen or again:
            self._load(wanted)
            self._seen = seen
            self._retry_at = time.monotonic() + RETRY_SECONDS
        self._looked = True

    def _follow(self) -> None:
        first = True
        while not self._stop.is_set():
            try:
                self.refresh()
                if first:
                    self._on_looked()
                if first and self._active is None:
                    self._on_nothing()
                first = False
            except Exception:  # whatever it was, this thread has to live to follow what comes next
                _log.exception("looking for a model failed")
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def _wanted(self) -> tuple[str | None, object]:
        """The version to serve, and a value that changes when it has to be loaded anew."""
        if self._pinned is None:
            version = self._registry.current()
            return version, version
        return self._pinned.name, tuple(map(_stamp, sorted(self._pinned.glob("m*.*"))))

    def _load(self, version: str | None) -> None:
        """Try the wanted version; with nothing in service, the others too, newest first."""
        candidates = [version] if version is not None else []
        if self._active is None and self._pinned is None:
            candidates += [v.version for v in self._registry.versions() if v.version != version]
        problem = None
        if self._active is not None and not candidates:
            problem = f"version {self._active.version} has been deleted"
        for candidate in candidates:
            try:
                self._put_in_service(candidate)
            except PcdashError as error:
                message = _naming(candidate, error.message)
                if message != self._problem:
                    _log.warning("not served: %s", message)
                problem = problem or message
                self._reloads = replace(self._reloads, failed=self._reloads.failed + 1)
                continue
            self._reloads = replace(self._reloads, ok=self._reloads.ok + 1)
            break
        self._problem = problem

    def _put_in_service(self, version: str) -> None:
        """Mark the version as used, verify, load and try it; only then let go of the old one."""
        if self._pinned is not None:
            raw, metadata = read_model_dir(self._pinned, self._key)
            self._active = open_model(raw, metadata, str(metadata["version"]))
        else:
            release = self._registry.hold(version)
            try:
                self._active = open_model(*self._registry.read_model(version), version)
            except BaseException:
                release()
                raise
            self._release()
            self._release = release
        _log.info("serving version %s", self._active.version)


def _naming(version: str, message: str) -> str:
    return message if version in message else f"version {version}: {message}"


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        stat = path.stat()
    except OSError:  # removed since it was listed
        return path.name, 0, 0, -1
    return path.name, stat.st_mtime_ns, stat.st_ino, stat.st_size
