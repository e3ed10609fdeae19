"""The model in service: verified, loaded in the background, swapped as a whole."""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.descriptor import DESCRIPTOR_VERSION
from pcdash.core.inference import ActiveModel
from pcdash.errors import CorruptArtifact, ModelUnavailable, PcdashError
from pcdash.registry import Registry, read_model_dir

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""How often `current` is looked at; a published model is served well within two seconds."""

GOLDEN_TOLERANCE = 1e-6
"""Largest change of a stored golden probability that counts as the same answer."""


RETRY_SECONDS = 5.0
"""How often something that failed is tried again; it may have been half copied."""

_AGAIN = "train again with python -m pcdash train"


def open_model(raw: bytes, metadata: Mapping[str, Any], version: str) -> ActiveModel:
    """Turn verified bytes into a model that gives the stored golden answers.

    Parameters
    ----------
    raw : bytes
        ``model.joblib``, its SHA-256 already checked against `metadata`: never anything else,
        since loading executes what it holds.
    metadata : mapping
        ``metadata.json`` of the same version.
    version : str

    Raises
    ------
    CorruptArtifact
        If it was written by another scikit-learn, cannot be loaded, or answers otherwise than
        it did when it was trained.
    """
    import joblib
    import sklearn

    wrote = metadata.get("libraries", {}).get("scikit-learn")
    if wrote != sklearn.__version__:
        raise CorruptArtifact(
            f"version {version} was written by scikit-learn {wrote}, this is "
            f"{sklearn.__version__}: {_AGAIN}"
        )
    if metadata.get("descriptor_version") != DESCRIPTOR_VERSION:
        raise CorruptArtifact(f"version {version} was made for another descriptor: {_AGAIN}")
    try:
        model = ActiveModel(joblib.load(io.BytesIO(raw)), tuple(metadata["classes"]), version)
        golden = metadata["golden"]
        clouds = [np.asarray(points, dtype=np.float64) for points in golden["clouds"]]
        said = model.probabilities(clouds)
        expected = np.asarray(golden["probabilities"], dtype=np.float64)
        same = said.shape == expected.shape and np.abs(said - expected).max() <= GOLDEN_TOLERANCE
    except PcdashError:
        raise
    except Exception as error:  # unpickling and foreign metadata may raise anything
        _log.warning("version %s cannot be loaded", version, exc_info=True)
        raise CorruptArtifact(f"version {version} is not for this pcdash: {_AGAIN}") from error
    if not same:
        raise CorruptArtifact(
            f"version {version} does not give its golden answers any more: {_AGAIN}"
        )
    return model


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
    """

    def __init__(
        self,
        registry: Registry,
        pinned: Path | None = None,
        on_nothing: Callable[[], None] = lambda: None,
    ) -> None:
        self._registry = registry
        self._pinned = pinned
        self._on_nothing = on_nothing
        self._retry_at = 0.0
        self._active: ActiveModel | None = None
        self._seen: object = None
        self._problem: str | None = None
        self._looked = False
        self._reloads = Reloads()
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
        """Why the last look found nothing to load, or None."""
        return self._problem

    @property
    def reloads(self) -> Reloads:
        """How often this process has tried to load a version, and how that ended."""
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
        for candidate in candidates:
            try:
                self._active = self._open(candidate)
            except PcdashError as error:
                self._reloads = replace(self._reloads, failed=self._reloads.failed + 1)
                if error.message != self._problem:
                    _log.warning("not served: %s", error.message)
                problem = problem or error.message
                continue
            self._reloads = replace(self._reloads, ok=self._reloads.ok + 1)
            _log.info("serving version %s", self._active.version)
            break
        self._problem = problem

    def _open(self, version: str) -> ActiveModel:
        if self._pinned is None:
            raw, metadata = self._registry.read_model(version)
        else:
            raw, metadata = read_model_dir(self._pinned)
            version = str(metadata.get("version", version))
        return open_model(raw, metadata, version)


def _stamp(path: Path) -> tuple[str, int, int, int]:
    stat = path.stat()
    return path.name, stat.st_mtime_ns, stat.st_ino, stat.st_size
