"""A training from parameters to a published version; runs in a job's process or on a terminal."""

from __future__ import annotations

import io
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import pcdash
from pcdash.core.dataset import Chunk, synthetic_chunks
from pcdash.core.descriptor import DESCRIPTOR_VERSION
from pcdash.core.generation import generate
from pcdash.core.inference import ActiveModel
from pcdash.core.params import CloudParams, FolderData, TrainParams
from pcdash.core.progress import Progress
from pcdash.core.shapes import SHAPES
from pcdash.core.training import TrainedModel, train
from pcdash.errors import Refused
from pcdash.files import unpacked
from pcdash.jobs import Progress as JobProgress
from pcdash.registry import Registry
from pcdash.settings import hmac_key
from pcdash.workbench.features import FeatureCache
from pcdash.workbench.folders import folder_chunks

FORMAT = 1
"""Of metadata and report; raised when a reader has to know the difference."""

_GOLDEN_POINTS = 48
_MOST_PROBLEMS = 1000


def run_training(payload: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Train, publish, promote: what the job table calls.

    Parameters
    ----------
    payload : mapping
        ``params``, a `TrainParams` as JSON values; ``artifacts``, the folder to publish to; and
        ``promote``, whether the new version is put in service.
    progress : Progress

    Returns
    -------
    dict
        ``version``, ``metrics``, ``classes``, ``confusion`` and ``candidates``, the comparison
        where there were several, else None.
    """
    params = TrainParams.model_validate(payload["params"])
    return train_and_publish(
        params,
        Path(payload["artifacts"]),
        progress,
        promote=payload.get("promote", True),
        commit=progress.commit if isinstance(progress, JobProgress) else progress.check,
    )


def train_and_publish(
    params: TrainParams,
    artifacts: Path,
    progress: Progress,
    *,
    promote: bool = True,
    commit: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Train by `params`, publish into `artifacts`, and put the new version in service.

    Parameters
    ----------
    params : TrainParams
    artifacts : Path
    progress : Progress
    promote : bool
        Whether the new version is put in service.
    commit : callable
        Called when all that is left is publishing: the last moment to stop, by an exception.

    Raises
    ------
    PcdashError
        Whatever is wrong with the data; nothing is published then.
    """
    started = time.perf_counter()
    progress.report("prepare", 0.0)
    _check_writable(artifacts)
    with planned(params, artifacts / "tmp") as (chunks, classes):
        trained = train(params, chunks, classes, progress, FeatureCache(artifacts / "cache"))
    progress.report("publish", 0.98)
    seconds = trained.seconds | {"total": time.perf_counter() - started}
    registry = Registry(artifacts, key=hmac_key())
    metadata, report = _documents(trained.params, trained, seconds)
    model = _pickle(trained.pipeline)
    commit()
    version = registry.publish(model, metadata, report)
    if promote:
        registry.promote(version, reason="newest published")
    # No report from here on: it could raise Cancelled, and what is published is done.
    return {
        "version": version,
        "classes": list(trained.classes),
        "metrics": trained.metrics,
        "confusion": trained.confusion.tolist(),
        "counts": trained.counts,
        "candidates": trained.comparison and trained.comparison.as_json(),
        "problems": _listed(trained.problems),
    }


def _listed(problems: Sequence[str]) -> list[str]:
    """The first of many complaints; a folder may hold any number of bad files."""
    more = len(problems) - _MOST_PROBLEMS
    return [*problems[:_MOST_PROBLEMS], *([f"... and {more:,} more"] if more > 0 else ())]


def _check_writable(artifacts: Path) -> None:
    """Say before the work, not after it, that there is no place for its result."""
    try:
        artifacts.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=artifacts):
            pass
    except OSError as error:
        raise Refused(f"the artifacts folder cannot be written: {error.strerror}") from None


@contextmanager
def planned(
    params: TrainParams, scratch: Path | None = None
) -> Iterator[tuple[Sequence[Chunk], tuple[str, ...]]]:
    """Divide the dataset into chunks; yield them with the class names while they can be computed.

    A zip of scans is unpacked below `scratch` for that long.
    """
    data = params.dataset
    if isinstance(data, FolderData):
        with unpacked(Path(data.root), scratch) as root:
            yield folder_chunks(root, data.on_error, params.split, params.seed)
    else:
        yield synthetic_chunks(data, params.split, params.seed), data.classes


def _pickle(pipeline: Any) -> bytes:
    import joblib

    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()


def _golden(trained: TrainedModel) -> dict[str, Any]:
    """A small cloud of every shape with the answers that the model must keep giving."""
    clouds = [
        generate(CloudParams(shape=shape, n_points=_GOLDEN_POINTS, seed=seed)).points
        for seed, shape in enumerate(SHAPES)
    ]
    model = ActiveModel(trained.pipeline, trained.classes, "unpublished")
    return {
        "classes": list(trained.classes),  # again, so that a damaged name does not go unnoticed
        "clouds": [points.tolist() for points in clouds],
        "probabilities": model.probabilities(clouds).tolist(),
    }


def _libraries() -> dict[str, str]:
    names = ("numpy", "scipy", "scikit-learn", "joblib")
    return {name: installed(name) for name in names} | {"python": platform.python_version()}


def _documents(
    params: TrainParams, trained: TrainedModel, seconds: Mapping[str, float]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Metadata, which loading and listing the model needs, and the report, which people read."""
    shared = {
        "classes": list(trained.classes),
        "config": params.model_dump(mode="json", exclude={"artifacts_dir"}),
        "metrics": trained.metrics,
        "n_test": trained.counts["test"],
        "seconds": dict(seconds),
    }
    lineage = {
        "seed": params.seed,
        "dataset_fingerprint": trained.fingerprint,
        "descriptor_version": DESCRIPTOR_VERSION,
        "pcdash": pcdash.__version__,
        "libraries": _libraries(),
    }
    metadata = {
        "metadata_format": FORMAT,
        **shared,
        **lineage,
        "machine": {"system": platform.system(), "cores": os.cpu_count()},
        "golden": _golden(trained),
    }
    report = {
        "report_format": FORMAT,
        **shared,
        "validation": trained.validation,
        "candidates": trained.comparison and trained.comparison.as_json(),
        "confusion": trained.confusion.tolist(),
        "counts": trained.counts,
        "problems": _listed(trained.problems),
        "lineage": lineage,
    }
    return metadata, report
