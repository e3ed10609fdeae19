"""After a training: what its version is held against, and what its report will show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pcdash.core.cloud import Points
from pcdash.core.dataset import Chunk, FeatureStore, FeatureTable, build_table
from pcdash.core.evaluation import calibration_bins, calibration_error, collapse, f1_interval
from pcdash.core.evaluation import per_class as figures_of
from pcdash.core.examination.conditions import GRIDS
from pcdash.core.examination.evidence import SHOWN_POINTS, Evidence, most_telling, small
from pcdash.core.examination.exam import EXAM_VERSION, SEED, made_clouds, spoilt
from pcdash.core.examination.paired import wilson
from pcdash.core.examination.passport import passport
from pcdash.core.params import SyntheticData, TrainParams
from pcdash.core.progress import Progress
from pcdash.core.training import TrainedModel
from pcdash.workbench.folders import FolderChunk

_LONGEST_NAME = 120


def examine(
    trained: TrainedModel,
    params: TrainParams,
    chunks: Sequence[Chunk],
    progress: Progress,
    *,
    begin: float,
    upto: float,
    store: FeatureStore | None = None,
) -> dict[str, Any]:
    """The passport of a trained model.

    Parameters
    ----------
    trained : TrainedModel
    params : TrainParams
        Says which grid.
    chunks : sequence of Chunk
        Of the training; the test clouds among them are examined if the data is a user's own.
    progress : Progress
        Reported as stage ``passport`` from `begin` to `upto`.
    begin, upto : float
    store : FeatureStore, optional
        Synthetic examinations are the same for every version: the second one is nearly free.

    Raises
    ------
    InvalidInput
        If no test cloud can be read any more.
    """
    grid, most = GRIDS[params.passport.grid], params.passport.clouds
    synthetic = isinstance(params.dataset, SyntheticData)
    source: Sequence[Chunk] = made_clouds(trained.classes, most) if synthetic else chunks
    conditions = spoilt(source, grid, most)
    table = build_table(
        [chunk for one in conditions for chunk in one],
        trained.classes,
        progress,
        stage="passport",
        begin=begin,
        upto=upto,
        compute=params.compute,
        store=store,
    )
    clouds = len(table.labels) // len(grid)
    # The order of a training's chunks follows its seed; that of an examination must not.
    order = sorted(range(clouds), key=lambda i: (table.digests[i], table.labels[i]))
    classify = trained.pipeline.named_steps["classify"]
    said = np.asarray(classify.predict_proba(table.features), dtype=np.float64)
    said /= said.sum(axis=1, keepdims=True)
    return passport(
        grid,
        [said[i * clouds : (i + 1) * clouds][order] for i in range(len(grid))],
        table.labels[:clouds][order],
        classes=trained.classes,
        grid=params.passport.grid,
        kind=params.dataset.kind,
        fingerprint=_fingerprint(table, order, trained.classes),
    )


def _fingerprint(table: FeatureTable, order: Sequence[int], classes: Sequence[str]) -> str:
    """Of the examined clouds, their labels, and how they were spoilt."""
    rows = [[table.digests[i], classes[table.labels[i]]] for i in order]
    text = json.dumps([EXAM_VERSION, SEED, rows])
    return hashlib.sha256(text.encode()).hexdigest()


def figures(trained: TrainedModel) -> dict[str, Any]:
    """What the report says of the test split, beyond metrics and confusion."""
    test, confusion = trained.test, trained.confusion
    right, n = int(np.trace(confusion)), int(confusion.sum())
    return {
        "intervals": {"accuracy": wilson(right, n), "f1_macro": f1_interval(confusion)},
        "per_class": [vars(one) for one in figures_of(confusion, trained.classes)],
        "calibration": {
            "ece": calibration_error(test.probabilities, test.truth),
            "bins": [vars(one) for one in calibration_bins(test.probabilities, test.truth)],
        },
        "importance": [{"block": name, "drop": drop} for name, drop in trained.importance.items()],
        "alarm": collapse(confusion, trained.classes),
        "projection": test.projection,
    }


def evidence_of(trained: TrainedModel, chunks: Sequence[Chunk], progress: Progress) -> Evidence:
    """The test clouds with what was said of them, read or made a second time.

    Those that cannot be had any more are left out.
    """
    test = trained.test
    said = test.probabilities.argmax(axis=1)
    row = {test.places[i]: i for i in most_telling(test.truth, said).tolist()}
    rows, points, names = [], [], []
    for at, name, cloud in _clouds_at(chunks, trained.classes, set(row), progress):
        rows.append(row[at])
        points.append(small(cloud))
        names.append(name[-_LONGEST_NAME:])
    return Evidence(
        truth=test.truth[rows].astype(np.int16),
        said=said[rows].astype(np.int16),
        probabilities=test.probabilities[rows].astype(np.float32),
        points=np.array(points, dtype=np.float16).reshape(-1, SHOWN_POINTS, 3),
        place=test.place[rows],
        name=np.array(names, dtype=np.str_),
        total=len(test.truth),
    )


def _clouds_at(
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    places: set[tuple[int, int]],
    progress: Progress,
) -> Iterator[tuple[tuple[int, int], str, Points]]:
    """Yield place, name and points of the clouds at `places`; no other is read."""
    wanted: dict[int, list[int]] = {}
    for number, place in sorted(places):
        wanted.setdefault(number, []).append(place)
    for number, inside in wanted.items():
        progress.check()
        chunk = chunks[number]
        for place, cloud in chunk.clouds(inside):
            made = f"{classes[chunk.labels[place]]} {number}.{place}"
            name = chunk.files[place].name if isinstance(chunk, FolderChunk) else made
            yield (number, place), name, cloud


def sources(trained: TrainedModel, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
    """Name, SHA-256, class and split of every file that was read; empty for synthetic data."""
    found = []
    for (number, place), digest in zip(trained.places, trained.digests, strict=True):
        chunk = chunks[number]
        if isinstance(chunk, FolderChunk):
            file = chunk.files[place]
            found.append(
                {"name": file.name, "sha256": digest, "label": file.label, "split": file.split}
            )
    return found
