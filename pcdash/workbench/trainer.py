"""A training from parameters to a published version; runs in a job's process or on a terminal."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np

import pcdash
from pcdash.core.dataset import (
    SPLITS,
    Chunk,
    ChunkResult,
    Split,
    split_counts,
    synthetic_chunks,
)
from pcdash.core.descriptor import DESCRIPTOR_VERSION, describe_batch
from pcdash.core.generation import generate
from pcdash.core.inference import ActiveModel
from pcdash.core.params import CloudParams, FolderData, SplitParams, TrainParams
from pcdash.core.progress import Progress
from pcdash.core.shapes import SHAPES
from pcdash.core.training import TrainedModel, train
from pcdash.errors import InvalidInput, PcdashError, UnreadableFile
from pcdash.files import LabelledFolder, read_cloud, scan_folder
from pcdash.registry import Registry
from pcdash.workbench.features import FeatureCache

FORMAT = 1
"""Of metadata and report; raised when a reader has to know the difference."""

_FILES_A_CHUNK = 8
_GOLDEN_POINTS = 48


@dataclass(frozen=True)
class PlannedFile:
    """A labelled file and the split it goes to."""

    path: Path
    name: str
    label: int
    split: Split


@dataclass(frozen=True)
class FolderChunk:
    """A few labelled files that are read and described together."""

    files: tuple[PlannedFile, ...]
    skip_errors: bool

    @property
    def labels(self) -> tuple[int, ...]:
        """Class index of each cloud."""
        return tuple(file.label for file in self.files)

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each cloud."""
        return tuple(file.split for file in self.files)

    def keys(self) -> tuple[str, ...]:
        """The files' contents and the endings that decide how they are read."""
        return tuple(f"{file.path.suffix.lower()} {_digest(file.path)}" for file in self.files)

    def compute(self) -> ChunkResult:
        """Read, hash and describe; an unreadable file is skipped or stops the training."""
        clouds, kept, digests, problems = [], [], [], []
        for index, file in enumerate(self.files):
            try:
                clouds.append(read_cloud(file.path, name=file.name).points)
            except PcdashError as error:
                named = _in_folder(error, file.name)
                if not self.skip_errors:
                    raise named from None
                problems.append(named.message)
                continue
            kept.append(index)
            digests.append(_digest(file.path))
        return ChunkResult(describe_batch(clouds), tuple(kept), tuple(digests), tuple(problems))


def _digest(path: Path) -> str:
    """SHA-256 of a file's content, hex; empty where it cannot be read, which `compute` reports."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _in_folder(error: PcdashError, name: str) -> UnreadableFile:
    """The same complaint with the class folder in the name; the reader knows the file alone."""
    if isinstance(error, UnreadableFile):
        return UnreadableFile(name, error.problem, line=error.line)
    return UnreadableFile(name, error.message)


def run_training(payload: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Train, publish, promote: what the job table calls.

    Parameters
    ----------
    payload : mapping
        ``params``, a `TrainParams` as JSON values, and ``artifacts``, the folder to publish to.
    progress : Progress

    Returns
    -------
    dict
        ``version``, ``metrics``, ``classes`` and ``confusion``.
    """
    params = TrainParams.model_validate(payload["params"])
    return train_and_publish(params, Path(payload["artifacts"]), progress)


def train_and_publish(params: TrainParams, artifacts: Path, progress: Progress) -> dict[str, Any]:
    """Train by `params` and publish into `artifacts`; the newest version is promoted.

    Raises
    ------
    PcdashError
        Whatever is wrong with the data; nothing is published then.
    """
    started = time.perf_counter()
    progress.report("prepare", 0.0)
    chunks, classes = plan(params)
    trained = train(params, chunks, classes, progress, FeatureCache(artifacts / "cache"))
    progress.report("publish", 0.98)
    seconds = trained.seconds | {"total": time.perf_counter() - started}
    registry = Registry(artifacts)
    progress.check()
    version = registry.publish(
        _pickle(trained.pipeline),
        _metadata(params, trained, seconds),
        _report(params, trained, seconds),
    )
    registry.promote(version, reason="newest published")
    progress.report("done", 1.0, f"version {version}")
    return {
        "version": version,
        "classes": list(trained.classes),
        "metrics": trained.metrics,
        "confusion": trained.confusion.tolist(),
        "counts": trained.counts,
        "problems": list(trained.problems),
    }


def plan(params: TrainParams) -> tuple[Sequence[Chunk], tuple[str, ...]]:
    """Divide the dataset into chunks; return them with the class names."""
    data = params.dataset
    if isinstance(data, FolderData):
        return folder_chunks(data, params.split, params.seed)
    return synthetic_chunks(data, params.split, params.seed), data.classes


def folder_chunks(
    data: FolderData, split: SplitParams, seed: int
) -> tuple[list[FolderChunk], tuple[str, ...]]:
    """Plan a folder of labelled scans.

    A ``test`` folder is taken as it is and the rest divided into train and validation; without
    one, each class is divided by the three shares, in an order drawn from `seed`.
    """
    folder = scan_folder(Path(data.root))
    rng = np.random.default_rng(seed)
    planned: list[PlannedFile] = []
    for label, name in enumerate(folder.classes):
        planned += _split_class(folder, name, label, split, rng)
    if data.on_error == "stop" and folder.skipped:
        first = folder.skipped[0]
        raise InvalidInput(
            f"{first.name}: {first.reason} (dataset.on_error: skip leaves such files out)",
            field="dataset.root",
        )
    planned = [planned[i] for i in rng.permutation(len(planned))]  # mixed: even load and progress
    chunks = [
        FolderChunk(tuple(planned[i : i + _FILES_A_CHUNK]), data.on_error == "skip")
        for i in range(0, len(planned), _FILES_A_CHUNK)
    ]
    return chunks, folder.classes


def _split_class(
    folder: LabelledFolder, name: str, label: int, split: SplitParams, rng: np.random.Generator
) -> list[PlannedFile]:
    items = [item for item in folder.files if item.label == name]
    given = [item for item in items if item.part == "test"]
    free = [item for item in items if item.part != "test"]
    free = [free[i] for i in rng.permutation(len(free))]
    if given:
        val = round(len(free) * split.val / (split.train + split.val))
        counts: dict[Split, int] = {"train": len(free) - val, "val": val, "test": 0}
    else:
        counts = split_counts(len(free), split)
    assigned: list[Split] = [s for s in SPLITS for _ in range(counts[s])]
    assigned += ["test"] * len(given)
    return [
        PlannedFile(item.path, item.name, label, part)
        for item, part in zip(free + given, assigned, strict=True)
    ]


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
        "clouds": [points.tolist() for points in clouds],
        "probabilities": model.probabilities(clouds).tolist(),
    }


def _libraries() -> dict[str, str]:
    names = ("numpy", "scipy", "scikit-learn", "joblib")
    return {name: installed(name) for name in names} | {"python": platform.python_version()}


def _metadata(
    params: TrainParams, trained: TrainedModel, seconds: dict[str, float]
) -> dict[str, Any]:
    return {
        "metadata_format": FORMAT,
        "classes": list(trained.classes),
        "config": params.model_dump(mode="json", exclude={"artifacts_dir"}),
        "seed": params.seed,
        "metrics": trained.metrics,
        "n_test": trained.counts["test"],
        "dataset_fingerprint": trained.fingerprint,
        "descriptor_version": DESCRIPTOR_VERSION,
        "pcdash": pcdash.__version__,
        "libraries": _libraries(),
        "machine": {"system": platform.system(), "cores": os.cpu_count()},
        "seconds": seconds,
        "golden": _golden(trained),
    }


def _report(
    params: TrainParams, trained: TrainedModel, seconds: dict[str, float]
) -> dict[str, Any]:
    return {
        "report_format": FORMAT,
        "classes": list(trained.classes),
        "config": params.model_dump(mode="json", exclude={"artifacts_dir"}),
        "metrics": trained.metrics,
        "validation": trained.validation,
        "confusion": trained.confusion.tolist(),
        "counts": trained.counts,
        "n_test": trained.counts["test"],
        "problems": list(trained.problems),
        "lineage": {
            "seed": params.seed,
            "dataset_fingerprint": trained.fingerprint,
            "descriptor_version": DESCRIPTOR_VERSION,
            "pcdash": pcdash.__version__,
            "libraries": _libraries(),
        },
        "seconds": seconds,
    }
