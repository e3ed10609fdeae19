"""What the job table calls for datasets: take one in and look at it, measure a version on one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pcdash.core.dataset import Chunk
from pcdash.core.params import FolderData, TrainParams
from pcdash.core.progress import Progress
from pcdash.datasets import (
    INTAKE_SHARE,
    LISTED_CLASSES,
    Dataset,
    DatasetStore,
    inspect,
    stored_hash,
)
from pcdash.errors import UnreadableFile
from pcdash.files import ReadLimits, SkippedFile, display_name
from pcdash.registry import Registry
from pcdash.settings import hmac_key
from pcdash.workbench.evaluator import evaluate
from pcdash.workbench.folders import folder_chunks, unseen_chunks
from pcdash.workbench.loading import open_model
from pcdash.workbench.scratch import discard
from pcdash.workbench.sources import fitted_to


def run_dataset(payload: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Take a dataset in, if it is not there yet, and look at what is in it.

    Parameters
    ----------
    payload : mapping
        ``artifacts``; ``quota``, ``max_file`` and ``max_points``, in bytes and points; and either
        ``hash``, of a dataset to look at, or ``source``: ``path``, ``file_name``, ``name`` and
        ``upload``, whether `path` is an upload, which is forgotten once it is stored.
    progress : Progress

    Returns
    -------
    dict
        ``hash`` and ``name``.
    """
    store = DatasetStore(
        Path(payload["artifacts"]), quota=payload["quota"], most_of_a_file=payload["max_file"]
    )
    left_out: tuple[SkippedFile, ...] = ()
    if "source" in payload:
        dataset, left_out = _taken_in(store, payload["source"], progress)
    else:
        dataset = store.get(payload["hash"])
    if dataset.unreadable is None:
        limits = ReadLimits(max_bytes=payload["max_file"], max_points=payload["max_points"])
        with store.opened(dataset.hash) as root:
            preview = inspect(root, progress, left_out=left_out, limits=limits, start=INTAKE_SHARE)
        faults = preview["faults"]
        store.keep_preview(
            dataset.hash, preview, unreadable=faults["unreadable"] + faults["left_out"]
        )
    return {"hash": dataset.hash, "name": dataset.name}


def _taken_in(
    store: DatasetStore, source: Mapping[str, Any], progress: Progress
) -> tuple[Dataset, tuple[SkippedFile, ...]]:
    path = Path(source["path"])
    if not path.exists():
        raise UnreadableFile(source["file_name"], "is no longer here: add it again")
    found = store.add(path, source["file_name"], source["name"], progress)
    if source["upload"]:
        discard(path)
    return found


def run_evaluation(payload: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Measure a version on a stored dataset.

    Parameters
    ----------
    payload : mapping
        ``artifacts``, ``hash`` and ``version``.
    progress : Progress

    Returns
    -------
    dict
        Of `Evaluation`, and ``hash``, ``name`` and ``held_back``: whether the version was trained
        on this very dataset, so that only what its training had held back was looked at.  Of no
        dataset are the files measured on that it was fitted to, whatever they are called there.
    """
    artifacts, key, version = Path(payload["artifacts"]), payload["hash"], payload["version"]
    progress.report("prepare", 0.0)
    store = DatasetStore(artifacts)
    registry = Registry(artifacts, key=hmac_key())
    raw, about = registry.read_model(version)
    model = open_model(raw, about, version)
    dataset = store.get(key)
    with _planned(store, key, about.get("config")) as (chunks, classes, held_back):
        known = fitted_to(registry, version)
        said = evaluate(model, chunks, classes, progress, fitted_to=known).to_json()
    said["ignored"] = [display_name(name) for name in said["ignored"][:LISTED_CLASSES]]
    return {"hash": key, "name": dataset.name, "held_back": held_back, **said}


@contextmanager
def _planned(
    store: DatasetStore, key: str, config: Any
) -> Iterator[tuple[Sequence[Chunk], tuple[str, ...], bool]]:
    """The clouds to measure on: of its own dataset, those that its training had held back."""
    own = _trained_on(config, key)
    with store.opened(key) as root:
        if own is not None:
            yield *folder_chunks(root, "skip", own.split, own.seed), True
        else:
            yield *unseen_chunks(root, skip_errors=True), False


def _trained_on(config: Any, key: str) -> TrainParams | None:
    """The training that `config` describes, if it was one on this dataset."""
    try:
        params = TrainParams.model_validate(config)
    except ValidationError:
        return None  # of another release; whatever it was, it did not name stored datasets
    data = params.dataset
    return params if isinstance(data, FolderData) and stored_hash(data.root) == key else None
