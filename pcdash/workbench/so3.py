"""The SO3/SO3 protocol: trained and tested on clouds of a given split, each turned at random."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.dataset import FeatureTable, build_table
from pcdash.core.evaluation import Confusion, accuracy, confusion_matrix, macro_recall
from pcdash.core.params import TrainParams
from pcdash.core.progress import Progress
from pcdash.core.training import fit
from pcdash.workbench.bench import listed
from pcdash.workbench.turned import turned_chunks

_FEATURES_SHARE = 0.5


@dataclass(frozen=True)
class Run:
    """One classifier on the test split of one draw of rotations."""

    rotation: int
    seed: int
    accuracy: float
    macro_recall: float


@dataclass(frozen=True)
class SO3Result:
    """What was measured.

    Attributes
    ----------
    model : str
    params : dict
        Of the classifier; empty: its defaults.
    n_train, n_test : int
        Clouds.
    accuracy, lowest, highest : float
        Mean and range over all runs, in [0, 1].
    macro_recall : float
        Mean over all runs.
    feature_seconds, fit_seconds : float
        Wall time to describe all clouds of the first rotation and to fit the first seed.
    runs : tuple of Run
    confused : tuple of (str, str, int)
        True class, predicted class and number in all runs, the most frequent first.
    """

    model: str
    params: dict[str, Any]
    n_train: int
    n_test: int
    accuracy: float
    lowest: float
    highest: float
    macro_recall: float
    feature_seconds: float
    fit_seconds: float
    runs: tuple[Run, ...]
    confused: tuple[tuple[str, str, int], ...]

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)

    def to_markdown(self) -> str:
        """One table."""
        return "\n".join(
            [
                "| SO3/SO3 | |",
                "|---|---|",
                f"| classifier | {self.model} |",
                f"| clouds | {self.n_train} train, {self.n_test} test |",
                f"| runs (rotations x training seeds) | {len(self.runs)} |",
                f"| accuracy, mean | {self.accuracy:.1%} |",
                f"| accuracy, lowest to highest | {self.lowest:.1%} to {self.highest:.1%} |",
                f"| macro recall, mean | {self.macro_recall:.1%} |",
                f"| features of one rotation | {self.feature_seconds:.1f} s |",
                f"| fit of one seed | {self.fit_seconds:.1f} s |",
                f"| most often confused | {listed(self.confused)} |",
                "",
            ]
        )


def measure_so3(
    root: Path,
    params: TrainParams,
    progress: Progress,
    *,
    seeds: int,
    rotations: int,
    seed: int,
) -> SO3Result:
    """Fit on the turned train split, measure on the turned test split, several times.

    Parameters
    ----------
    root : Path
        ``ROOT/<class>/<train|test>/files``.
    params : TrainParams
        Its classifier and workers; dataset, split and seed are not looked at.
    progress : Progress
    seeds, rotations : int
        Trainings on each draw of rotations, and draws.
    seed : int
        Of the rotations.

    Raises
    ------
    InvalidInput
        If the folder's split is not given.
    Cancelled
        If `progress` says so.
    """
    runs: list[Run] = []
    features, fits = [], []
    total: Confusion = np.zeros((0, 0), np.int64)
    for rotation in range(rotations):
        part = _Part(progress, rotation / rotations, 1 / rotations)
        started = time.perf_counter()
        chunks, classes = turned_chunks(root, (seed, rotation))
        table = build_table(chunks, classes, part, upto=_FEATURES_SHARE, compute=params.compute)
        features.append(time.perf_counter() - started)
        for number in range(seeds):
            done = _FEATURES_SHARE + (1 - _FEATURES_SHARE) * number / seeds
            part.check()
            part.report("fit", done, f"rotation {rotation + 1}, seed {number}")
            started = time.perf_counter()
            classifier = fit(params.model_copy(update={"seed": number}), table)
            fits.append(time.perf_counter() - started)
            confusion = _tested(classifier, table)
            total = confusion if not runs else total + confusion
            runs.append(Run(rotation, number, accuracy(confusion), macro_recall(confusion)))
    shares = [run.accuracy for run in runs]
    return SO3Result(
        model=params.model.name,
        params=params.model.params,
        n_train=len(table.rows("train")[1]),
        n_test=len(table.rows("test")[1]),
        accuracy=float(np.mean(shares)),
        lowest=min(shares),
        highest=max(shares),
        macro_recall=float(np.mean([run.macro_recall for run in runs])),
        feature_seconds=features[0],
        fit_seconds=fits[0],
        runs=tuple(runs),
        confused=_confused(total, table.classes),
    )


def _tested(classifier: Any, table: FeatureTable) -> Confusion:
    features, labels = table.rows("test")
    said = classifier.classes_[classifier.predict_proba(features).argmax(axis=1)]
    return confusion_matrix(labels, said.astype(np.int64), len(table.classes))


def _confused(confusion: Confusion, classes: Sequence[str]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter(
        {
            (classes[true], classes[said]): int(confusion[true, said])
            for true, said in np.argwhere(confusion).tolist()
            if true != said
        }
    )
    return tuple((a, b, n) for (a, b), n in counts.most_common())


class _Part:
    """Progress of a part of the work as progress of the whole."""

    def __init__(self, whole: Progress, start: float, width: float) -> None:
        self._whole = whole
        self._start = start
        self._width = width

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        self._whole.report(stage, self._start + self._width * fraction, message)

    def check(self) -> None:
        self._whole.check()
