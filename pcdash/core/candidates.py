"""Several classifiers on one table of features: which is the best, by cross-validation.

Only rows of the train split are looked at, so that the test split still measures what it has never
seen.  All candidates are scored on the same folds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.dataset import FeatureTable
from pcdash.core.evaluation import METRICS, confusion_matrix
from pcdash.core.models import MODELS
from pcdash.core.params import ModelParams, TrainParams
from pcdash.core.progress import Progress
from pcdash.errors import InvalidInput

_log = logging.getLogger(__name__)

Features = NDArray[np.float32]
Labels = NDArray[np.int64]
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows to fit on and rows to score."""


@dataclass(frozen=True)
class Candidate:
    """A classifier and how it did.

    Attributes
    ----------
    model : ModelParams
    scores : tuple of float
        On each held-out fold, in [0, 1].
    seconds : float
        Wall time of its folds.
    """

    model: ModelParams
    scores: tuple[float, ...] = ()
    seconds: float = 0.0

    @property
    def mean(self) -> float:
        """Mean score over the folds that are done."""
        return float(np.mean(self.scores))


@dataclass(frozen=True)
class Comparison:
    """What became of all candidates.

    Attributes
    ----------
    metric : str
        The score: the first of the configuration's ``metrics``.
    folds : int
    clouds : int
        Rows of the train split, each of which was held out once.
    candidates : tuple of Candidate
        In the configuration's order; on the way, those that have begun.
    """

    metric: str
    folds: int
    clouds: int
    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        """The one with the highest mean; of equals the first."""
        return max(self.candidates, key=lambda candidate: candidate.mean)

    def as_json(self, *, chosen: bool = True) -> dict[str, Any]:
        """Return what report and job hold under ``candidates``; none is `chosen` on the way."""
        return {
            "metric": self.metric,
            "folds": self.folds,
            "clouds": self.clouds,
            "chosen": self.best.model.name if chosen else None,
            "rows": [
                {
                    "name": candidate.model.name,
                    "params": candidate.model.params,
                    "mean": candidate.mean,
                    "scores": list(candidate.scores),
                    "seconds": candidate.seconds,
                }
                for candidate in self.candidates
                if candidate.scores
            ],
        }


def choose(
    params: TrainParams,
    table: FeatureTable,
    progress: Progress,
    *,
    since: float,
    upto: float,
    scored: Callable[[Comparison], None] = lambda comparison: None,
) -> tuple[TrainParams, Comparison | None]:
    """Put the best of the candidates in the place of ``model``.

    Parameters
    ----------
    params : TrainParams
    table : FeatureTable
        With rows of every class in its train split.
    progress : Progress
        Reported as stage ``candidates`` from `since` to `upto`.
    scored : callable
        Told all scores so far, after every fold.

    Returns
    -------
    TrainParams
        What trains the chosen classifier directly; `params` itself where there is no choice.
    Comparison or None

    Raises
    ------
    InvalidInput
        If a class has fewer than three rows in the train split.
    Cancelled
        If `progress` says so.
    """
    if not params.candidates:
        return params, None
    metric = params.metrics[0]
    features, labels = table.rows("train")
    folds = list(_folds(labels, params.folds, params.seed))
    ran: list[Candidate] = []
    for name in params.candidates:
        own = params.model.params if name == params.model.name else {}
        ran.append(Candidate(ModelParams(name=name, params=own)))
        for number, fold in enumerate(folds, 1):
            step = ((len(ran) - 1) * len(folds) + number - 1) / (
                len(params.candidates) * len(folds)
            )
            said = f"{name}, fold {number} of {len(folds)}{_so_far(ran, metric)}"
            progress.report("candidates", since + (upto - since) * step, said)
            ran[-1] = _scored(ran[-1], params, features, labels, fold, len(table.classes))
            scored(Comparison(metric, len(folds), len(labels), tuple(ran)))
            progress.check()
            _log.info("%s, fold %d: %s %.4f", name, number, metric, ran[-1].scores[-1])
        _log.info("%s: %s %.4f, %.1f s", name, metric, ran[-1].mean, ran[-1].seconds)
    comparison = Comparison(metric, len(folds), len(labels), tuple(ran))
    chosen = params.model_copy(update={"model": comparison.best.model, "candidates": ()})
    return chosen, comparison


def _folds(labels: Labels, folds: int, seed: int) -> Iterator[Fold]:
    """Stratified folds; a class with fewer rows than folds lowers their number.

    Each leaves two rows of every class to fit on, which needs three folds where there are three.
    """
    from sklearn.model_selection import StratifiedKFold

    fewest = int(np.bincount(labels).min())
    if fewest < 3:
        raise InvalidInput(
            f"a class has {fewest} training clouds; to compare candidates, 3 are needed",
            field="candidates",
        )
    possible = min(folds, fewest) if fewest > 3 else 3
    split = StratifiedKFold(possible, shuffle=True, random_state=seed % 2**32)
    yield from split.split(np.zeros(len(labels)), labels)


def _scored(
    candidate: Candidate,
    params: TrainParams,
    features: Features,
    labels: Labels,
    fold: Fold,
    classes: int,
) -> Candidate:
    """Fit on one fold's rows and score on the held-out ones."""
    fitted_on, held = fold
    started = time.perf_counter()
    estimator = _uncalibrated(candidate.model, params.seed)
    estimator.fit(features[fitted_on], labels[fitted_on])
    said = estimator.classes_[estimator.predict_proba(features[held]).argmax(axis=1)]
    score = METRICS[params.metrics[0]](confusion_matrix(labels[held], said, classes))
    seconds = candidate.seconds + time.perf_counter() - started
    return replace(candidate, scores=(*candidate.scores, score), seconds=seconds)


def _uncalibrated(model: ModelParams, seed: int) -> Any:
    """A classifier without its temperature, which changes no answer but costs three more fits."""
    from pcdash.core.classifiers.calibration import TemperatureScaled

    spec = MODELS[model.name]
    estimator = spec.build(spec.params.model_validate(model.params), seed)
    if isinstance(estimator, TemperatureScaled):
        estimator.set_params(folds=1)
    return estimator


def _so_far(ran: Sequence[Candidate], metric: str) -> str:
    scores = [f"{one.model.name} {100 * one.mean:.1f} %" for one in ran if one.scores]
    return f"; {metric} so far: {', '.join(scores)}" if scores else ""
