"""Chunks of clouds in, a fitted pipeline with its figures out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.candidates import Comparison, choose
from pcdash.core.dataset import Chunk, FeatureStore, FeatureTable, build_table
from pcdash.core.descriptor_map import fit_map
from pcdash.core.drift import Reference, reference_of
from pcdash.core.evaluation import METRICS, Confusion, confusion_matrix
from pcdash.core.importance import importance
from pcdash.core.models import MODELS
from pcdash.core.parallel import on_one_blas_thread
from pcdash.core.params import TrainParams
from pcdash.core.progress import Progress
from pcdash.core.trust.fitting import fit_trust
from pcdash.core.trust.trust import Trust
from pcdash.errors import InvalidInput

FEATURES_SHARE = 0.65
EVALUATED = 0.76
CALIBRATED = 0.84
"""Shares of a training's progress bar when the clouds are described, when the model is fitted and
measured, and when it knows when not to be trusted; publishing and the passport are the rest."""


_ENOUGH_HELD_BACK = 200
"""Test clouds from which on they alone are what later clouds are compared with."""

_FEW = 6
"""Clouds of a class below which a classifier's own cross-validation may run out of them."""


@dataclass(frozen=True)
class Outcomes:
    """What was said of each of m test clouds, in the order of the chunks.

    Attributes
    ----------
    places : (m,) list of (int, int)
        Chunk, and place in there, of each cloud.
    truth : (m,) int64
        Class indices.
    probabilities : (m, c) float64
    place : (m, 2) float32
        On the map of the descriptor space, see `pcdash.core.descriptor_map`.
    projection : {"lda", "pca"}
        How the map was made.
    """

    places: list[tuple[int, int]]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    place: NDArray[np.float32]
    projection: str


CHOICE_SHARES = 0.5, 0.9
"""Where the cross-validation of several candidates begins and ends on it."""


@dataclass(frozen=True)
class TrainedModel:
    """A fitted model and what is known about it.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Takes a list of raw clouds; ``predict_proba`` columns follow `classes`.  Its attribute
        ``trust_`` is a `Trust`, or None where there were too few clouds to tell.
    classes : tuple of str
    metrics : dict of str to float
        The asked-for figures on the test split.
    validation : dict of str to float
        The same on the validation split; empty without one.
    confusion : (c, c) int64
        On the test split.
    test : Outcomes
        What was said of each test cloud.
    importance : dict of str to float
        Accuracy on the test split that is lost when a block of the descriptor is shuffled.
    counts : dict of str to int
        Clouds of each split.
    fingerprint : str
        Of the dataset, SHA-256.
    digests, places : tuple of str, tuple of (int, int)
        Of each cloud that was read, see `FeatureTable`.
    problems : tuple of str
        Files that were skipped, one line each.
    seconds : dict of str to float
        Wall time of ``features``, ``candidates`` (where there are any), ``fit`` and ``trust``.
    params : TrainParams
        What trains this very model: ``model`` is the chosen one of several candidates.
    comparison : Comparison or None
        Of the candidates, if there were several.
    reference : Reference or None
        What later clouds are compared with; None if there are too few.
    """

    pipeline: Any
    classes: tuple[str, ...]
    metrics: dict[str, float]
    validation: dict[str, float]
    confusion: Confusion
    test: Outcomes
    importance: dict[str, float]
    counts: dict[str, int]
    fingerprint: str
    digests: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    problems: tuple[str, ...]
    seconds: dict[str, float]
    params: TrainParams
    comparison: Comparison | None = None
    reference: Reference | None = None


def train(
    params: TrainParams,
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    progress: Progress,
    store: FeatureStore | None = None,
    *,
    scored: Callable[[Comparison], None] = lambda comparison: None,
) -> TrainedModel:
    """Describe, choose among the candidates, fit on the train split, measure on the other two.

    Parameters
    ----------
    params : TrainParams
    chunks : sequence of Chunk
    classes : sequence of str
    progress : Progress
    store : FeatureStore, optional
    scored : callable
        Told the scores of the candidates so far, see `pcdash.core.candidates.choose`.

    Raises
    ------
    InvalidInput
        If a class has no training cloud or nothing is left to test on.
    Cancelled
        If `progress` says so.
    """
    started = time.perf_counter()
    since, upto = CHOICE_SHARES if params.candidates else (FEATURES_SHARE, FEATURES_SHARE)
    table = build_table(chunks, classes, progress, upto=since, compute=params.compute, store=store)
    described = time.perf_counter()
    _check_table(table)
    params, comparison = choose(params, table, progress, since=since, upto=upto, scored=scored)
    chosen = time.perf_counter()
    progress.report("fit", upto, f"{params.model.name} on {_rows(table, 'train')} clouds")
    classifier = fit(params, table)
    fitted = time.perf_counter()
    progress.check()
    progress.report("evaluate", EVALUATED, f"{_rows(table, 'test')} test clouds")
    test = _test(classifier, table)
    said = test.probabilities.argmax(axis=1)
    confusion = confusion_matrix(test.truth, said, len(table.classes))
    evaluated = time.perf_counter()
    with on_one_blas_thread():
        trust = fit_trust(
            params,
            table,
            chunks,
            classifier,
            lambda features, labels: fit_rows(params, features, labels, table.classes),
            progress,
            begin=EVALUATED,
            upto=CALIBRATED,
            store=store,
        )
    calibrated = time.perf_counter()
    return TrainedModel(
        pipeline=_pipeline(classifier, trust),
        classes=table.classes,
        metrics={name: METRICS[name](confusion) for name in params.metrics},
        validation=_validation(classifier, table, params),
        confusion=confusion,
        test=test,
        importance=importance(classifier, *table.rows("test")),
        counts={split: _rows(table, split) for split in ("train", "val", "test")},
        fingerprint=table.fingerprint,
        digests=table.digests,
        places=table.places,
        problems=table.problems,
        seconds={
            "features": described - started,
            **({"candidates": chosen - described} if comparison else {}),
            "fit": fitted - chosen,
            "trust": calibrated - evaluated,
        },
        params=params,
        comparison=comparison,
        reference=_reference(table, test, trust),
    )


def fit(params: TrainParams, table: FeatureTable) -> Any:
    """Fit the configured classifier on the train split of `table`: the same bits every time."""
    return fit_rows(params, *table.rows("train"), table.classes)


def fit_rows(
    params: TrainParams,
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: Sequence[str],
) -> Any:
    """Fit the configured classifier on rows (m, DIM), (m,) of every class."""
    spec = MODELS[params.model.name]
    estimator = spec.build(spec.params.model_validate(params.model.params), params.seed)
    try:
        with on_one_blas_thread():
            return estimator.fit(features, labels)
    except ValueError as error:
        if np.bincount(labels, minlength=len(classes)).min() >= _FEW:
            raise
        raise InvalidInput(
            f"{params.model.name} cannot be fitted to so few clouds of a class: {error}",
            field="model.name",
        ) from None


def _pipeline(classifier: Any, trust: Trust | None) -> Any:
    from sklearn.pipeline import Pipeline

    from pcdash.core.describe_step import Describe

    pipeline = Pipeline([("describe", Describe()), ("classify", classifier)])
    pipeline.trust_ = trust  # a fitted attribute: it is stored, verified and loaded with the rest
    return pipeline


def _check_table(table: FeatureTable) -> None:
    present = np.bincount(table.rows("train")[1], minlength=len(table.classes))
    for name, count in zip(table.classes, present, strict=True):
        if count < 2:
            raise InvalidInput(
                f"class {name} has {count} training clouds; at least 2 are needed", field="dataset"
            )
    if not _rows(table, "test"):
        raise InvalidInput("no test cloud is left to measure with", field="split.test")


def _rows(table: FeatureTable, split: str) -> int:
    return int(np.count_nonzero(table.splits == split))


def _test(classifier: Any, table: FeatureTable) -> Outcomes:
    features, labels = table.rows("test")
    said = np.asarray(classifier.predict_proba(features), dtype=np.float64)
    said /= said.sum(axis=1, keepdims=True)
    descriptor_map = fit_map(*table.rows("train"))
    is_test = (table.splits == "test").tolist()
    places = [place for place, test in zip(table.places, is_test, strict=True) if test]
    return Outcomes(places, labels, said, descriptor_map.place(features), descriptor_map.method)


def _confusion(classifier: Any, table: FeatureTable, split: Any) -> Confusion:
    features, labels = table.rows(split)
    said = classifier.classes_[classifier.predict_proba(features).argmax(axis=1)]
    return confusion_matrix(labels, said.astype(np.int64), len(table.classes))


def _reference(table: FeatureTable, test: Outcomes, trust: Trust | None) -> Reference | None:
    """By the clouds that were held back, or by all where these are few.

    A descriptor learns nothing: only what is said of clouds has to be said of ones that are new to
    the model.
    """
    features, _ = table.rows("test")
    unknown = float("nan")
    if trust is not None:
        unknown = float(np.mean([one.unknown for one in trust.judge(features, test.probabilities)]))
    return reference_of(
        features if len(features) >= _ENOUGH_HELD_BACK else table.features,
        table.classes,
        test.probabilities.argmax(axis=1),
        unknown,
    )


def _validation(classifier: Any, table: FeatureTable, params: TrainParams) -> dict[str, float]:
    if not _rows(table, "val"):
        return {}
    confusion = _confusion(classifier, table, "val")
    return {name: METRICS[name](confusion) for name in params.metrics}
