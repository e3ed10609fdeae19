"""A training from parameters to a published version; runs in a job's process or on a terminal."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pcdash.core.dataset import Chunk
from pcdash.core.params import TrainParams
from pcdash.core.progress import Progress
from pcdash.core.training import TrainedModel, train
from pcdash.errors import NotFound, PcdashError, Refused
from pcdash.jobs import Progress as JobProgress
from pcdash.registry import Registry
from pcdash.settings import hmac_key
from pcdash.workbench import examiner
from pcdash.workbench.documents import documents, listed, pickled
from pcdash.workbench.drift_watch import ATTACHMENT as REFERENCE
from pcdash.workbench.features import FeatureCache
from pcdash.workbench.planning import located, planned
from pcdash.workbench.promotion import PASSPORT, passport_of
from pcdash.workbench.promotion import promote as gated_promotion
from pcdash.workbench.sources import SOURCES

_log = logging.getLogger(__name__)

_PUBLISHED, _EXAMINED = 0.85, 0.97
"""Shares of the progress bar when the version is there, and when it has its passport."""

_NEWEST = "newest published"


def run_training(payload: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Train, publish, promote: what the job table calls.

    Parameters
    ----------
    payload : mapping
        ``params``, a `TrainParams` as JSON values; ``artifacts``, the folder to publish to;
        ``promote``, whether the new version may be put in service; ``bootstrap``, whether it is a
        first model; and ``keep``, how many versions are left.
    progress : Progress

    Returns
    -------
    dict
        As `train_and_publish`.
    """
    params = TrainParams.model_validate(payload["params"])
    return train_and_publish(
        params,
        Path(payload["artifacts"]),
        progress,
        promote=payload.get("promote", True),
        bootstrap=payload.get("bootstrap", False),
        keep=payload.get("keep"),
        commit=progress.commit if isinstance(progress, JobProgress) else progress.check,
        show=progress.show if isinstance(progress, JobProgress) else lambda so_far: None,
    )


def train_and_publish(
    params: TrainParams,
    artifacts: Path,
    progress: Progress,
    *,
    promote: bool = True,
    bootstrap: bool = False,
    keep: int | None = None,
    commit: Callable[[], None] = lambda: None,
    show: Callable[[Mapping[str, Any]], None] = lambda so_far: None,
) -> dict[str, Any]:
    """Train by `params`, publish into `artifacts`, examine the version, and ask for promotion.

    A version that is significantly worse than the one in service stays, but does not serve.

    Parameters
    ----------
    params : TrainParams
    artifacts : Path
    progress : Progress
    promote : bool
        Whether the new version may be put in service; ``params.promote`` has a say as well.
    bootstrap : bool
        Whether it is a first model, which any other one may replace.
    keep : int, optional
        Newest versions to leave; those that are needed or in use stay beyond that.
    commit : callable
        Called when all that is left is publishing: the last moment to stop, by an exception.
    show : callable
        Told what of the result is known already: ``candidates``, after every fold.

    Returns
    -------
    dict
        ``version``, ``classes``, ``metrics``, ``confusion``, ``counts``, ``problems``;
        ``promoted``, whether it serves now, and ``note``, why or why not.

    Raises
    ------
    PcdashError
        Whatever is wrong with the data; nothing is published then.
    """
    started = time.perf_counter()
    progress.report("prepare", 0.0)
    _check_writable(artifacts)
    store = FeatureCache(artifacts / "cache")
    with (
        located(params, artifacts) as found,
        planned(found, artifacts / "tmp") as (chunks, classes),
    ):
        trained = train(
            params,
            chunks,
            classes,
            progress,
            store,
            scored=lambda found: show({"candidates": found.as_json(chosen=False)}),
        )
        progress.report("publish", _PUBLISHED)
        seconds = trained.seconds | {"total": time.perf_counter() - started}
        registry = Registry(artifacts, key=hmac_key())
        metadata, report = documents(trained.params, trained, seconds, bootstrap=bootstrap)
        model = pickled(trained.pipeline)
        commit()
        registry.settle()
        first = registry.current() is None
        version = registry.publish(model, metadata, report)
        asks = promote and params.promote == "auto"
        if asks and first:  # nobody waits for the passport of a version that has no rival
            first = _unrivalled(registry, version)
        _attach(registry, version, trained, params, chunks, progress, store)
    promoted, note = asks, "nothing else was in service"
    if not asks:
        note = "not promoted, as was asked for"
    elif not first:
        promoted, note = _ask(registry, version)
    if keep is not None:
        _tidy(registry, keep)
    # No report from here on: it could raise Cancelled, and what is published is done.
    return {
        "version": version,
        "promoted": promoted,
        "note": note,
        "classes": list(trained.classes),
        "metrics": trained.metrics,
        "confusion": trained.confusion.tolist(),
        "counts": trained.counts,
        "candidates": trained.comparison and trained.comparison.as_json(),
        "problems": listed(trained.problems),
    }


def _attach(
    registry: Registry,
    version: str,
    trained: TrainedModel,
    params: TrainParams,
    chunks: Sequence[Chunk],
    progress: Progress,
    store: FeatureCache,
) -> None:
    """Examine the version and store what is found beside its report.

    It is published: whatever goes wrong here costs it its passport, not its place.
    """
    try:
        if files := examiner.sources(trained, chunks):
            registry.attach(version, SOURCES, json.dumps({"sources": files}).encode())
        if trained.reference is not None:
            registry.attach(version, REFERENCE, trained.reference.to_bytes())
        found = examiner.examine(
            trained, params, chunks, progress, begin=_PUBLISHED, upto=_EXAMINED, store=store
        )
        registry.attach(version, PASSPORT, json.dumps(found, indent=1).encode())
        progress.report("evidence", _EXAMINED, "what the report will show")
        evidence = examiner.evidence_of(trained, chunks, progress)
        registry.attach(version, "evidence.npz", evidence.to_bytes())
    except Exception as error:  # see above
        _log.warning("version %s was not examined to the end: %s", version, error, exc_info=True)


def _unrivalled(registry: Registry, version: str) -> bool:
    """Put the first version of all in service; False if another one was quicker."""
    note = "nothing else was in service"
    try:
        registry.promote(version, reason=_NEWEST, note=note, still=lambda now: now == version)
    except Refused:
        return False
    return True


def _tidy(registry: Registry, keep: int) -> None:
    try:
        for old in registry.retain(keep):
            _log.info("version %s was removed: the newest %d are kept", old, keep)
    except Refused as error:
        _log.warning("old versions stay: %s", error.message)


def _ask(registry: Registry, version: str) -> tuple[bool, str]:
    """Ask for promotion; whether it was granted, and why or why not.

    The version is published: that it cannot be promoted does not make the training fail.  One whose
    examination did not come to its end asks nobody.
    """
    try:
        passport_of(registry, version)
        return True, gated_promotion(registry, version, reason=_NEWEST).note
    except NotFound:
        return False, "not promoted: it was not examined to the end; the log says why"
    except PcdashError as error:
        return False, f"not promoted: {error.message}"


def _check_writable(artifacts: Path) -> None:
    """Say before the work, not after it, that there is no place for its result."""
    try:
        artifacts.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=artifacts):
            pass
    except OSError as error:
        raise Refused(f"the artifacts folder cannot be written: {error.strerror}") from None
