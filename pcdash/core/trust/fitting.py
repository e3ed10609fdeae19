"""After the classifier: learn when not to trust it.

Nothing here touches the classifier.  What it is judged by are clouds that it has not seen:
synthetic classes are made afresh; of a user's own data each cloud is judged by a classifier that
was fitted to the other folds (cross-conformal prediction, Vovk 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption.scanning import Truth
from pcdash.core.dataset import Chunk, FeatureStore, FeatureTable, build_table
from pcdash.core.params import SyntheticData, TrainParams
from pcdash.core.progress import Progress
from pcdash.core.trust.neighbours import Neighbours
from pcdash.core.trust.novelty import Novelty
from pcdash.core.trust.quality import Estimator
from pcdash.core.trust.school import (
    SEED,
    Again,
    known_shapes,
    recipe_of,
    strangers,
)
from pcdash.core.trust.strangers import FAMILIES
from pcdash.core.trust.trust import OWN, Calibration, Trust, calibrated

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Labels = NDArray[np.int64]
Fit = Callable[[Float32, Labels], Any]
Parts = tuple[Estimator, Novelty, Calibration]

MOST = 12_000
"""Clouds of a calibration, where nobody asks for another number."""

FEWEST_KNOWN = 60
"""Calibration clouds below which nothing can be said."""

FEWEST_OWN = 40
"""Clouds of a user's own below which nothing can be said either."""

_STRANGERS = 0.3
"""Share of the clouds that are strangers."""

_LEARNT = 6
"""Of every so many scans of synthetic shapes, one is learnt from; the others calibrate."""

_FOLDS = 2
_DESCRIBED = 0.7
"""Share of the stage when all clouds are described."""


def clouds_of(params: TrainParams, total: int) -> int:
    """How many clouds a calibration takes; 0: there is none."""
    if params.trust.clouds is not None:
        return params.trust.clouds
    if isinstance(params.dataset, SyntheticData):
        return min(MOST, total // 2)
    return min(MOST, max(600, 2 * total)) if total >= FEWEST_OWN else 0


def fit_trust(
    params: TrainParams,
    table: FeatureTable,
    chunks: Sequence[Chunk],
    classifier: Any,
    fit: Fit,
    progress: Progress,
    *,
    begin: float,
    upto: float,
    store: FeatureStore | None = None,
) -> Trust | None:
    """Learn when not to trust `classifier`.

    Parameters
    ----------
    params : TrainParams
    table : FeatureTable
        What it was trained on.
    chunks : sequence of Chunk
        Where that came from.
    classifier : Any
        Fitted to the train split of `table`.
    fit : callable
        ``fit(features, labels)`` gives such a classifier for other rows.
    progress : Progress
        Reported as stage ``trust`` from `begin` to `upto`.
    begin, upto : float
    store : FeatureStore, optional

    Returns
    -------
    Trust or None
        None where there are too few clouds to say anything.
    """
    number = clouds_of(params, len(table.labels))
    unlike = round(_STRANGERS * number)
    known = number - unlike
    if known < FEWEST_KNOWN:
        return None
    stages = iter(np.linspace(begin, begin + _DESCRIBED * (upto - begin), 3).tolist())
    since = next(stages)

    def described(some: Sequence[Chunk]) -> FeatureTable:
        nonlocal since
        start, since = since, next(stages)
        return build_table(
            some,
            table.classes,
            progress,
            stage="trust",
            begin=start,
            upto=since,
            compute=params.compute,
            store=store,
        )

    foreign = described(strangers(max(unlike, len(FAMILIES))))
    rng = np.random.default_rng([SEED, params.seed])
    if isinstance(params.dataset, SyntheticData):
        made = described(known_shapes(table.classes, known, recipe_of(params.dataset)))
        progress.report("trust", since, "learning what is none of the classes")
        parts = _by_fresh_clouds(table, classifier, made, foreign, rng)
        return calibrated(*parts, Neighbours.of(table, chunks, parts[1].scaling))
    again = Again.plan(table, chunks, known)
    scans = described(again.chunks)
    progress.report("trust", since, "judging every cloud by what the others have taught")
    found = _by_other_folds(table, fit, scans, again.digests(scans), foreign, rng)
    return found and calibrated(*found, Neighbours.of(table, chunks, found[1].scaling), OWN)


def _by_fresh_clouds(
    table: FeatureTable,
    classifier: Any,
    made: FeatureTable,
    foreign: FeatureTable,
    rng: np.random.Generator,
) -> Parts:
    """Of synthetic classes: what was made of them afterwards, a quarter of it to learn from."""
    own = np.arange(len(made.labels)) % _LEARNT == 0
    train, labels = table.rows("train")
    known = np.concatenate([train, made.features[own]])
    digests = [digest for digest, mine in zip(made.digests, own, strict=True) if mine]
    estimator = Estimator.fit(
        np.concatenate([foreign.features, made.features[own]]),
        [Truth.of(digest) for digest in (*foreign.digests, *digests)],
    )
    labels = np.concatenate([labels, made.labels[own]])
    novelty = Novelty.fit(known, labels, estimator(known), foreign.features, rng)
    features, truth = made.features[~own], made.labels[~own]
    said = _probabilities(classifier, features)
    scores = novelty.scores(features, said, estimator(features))
    defects = [Truth.of(digest) for digest, mine in zip(made.digests, own, strict=True) if not mine]
    calibration = Calibration(features, truth, said, scores, estimator(features), defects)
    return estimator, novelty, calibration


def _by_other_folds(
    table: FeatureTable,
    fit: Fit,
    scans: FeatureTable,
    digests: Sequence[str],
    foreign: FeatureTable,
    rng: np.random.Generator,
) -> Parts | None:
    """Of a user's own clouds: each, and the scans made of it, by what the other folds have taught.

    Parameters
    ----------
    scans : FeatureTable
        Further scans of training clouds.
    digests : sequence of str
        Of the cloud behind each scan.
    """
    train, labels = table.rows("train")
    is_train = table.splits == "train"
    own = [digest for digest, mine in zip(table.digests, is_train, strict=True) if mine]
    features = np.concatenate([train, scans.features])
    truth = np.concatenate([labels, scans.labels])
    defects = [Truth.of(text) for text in (*foreign.digests, *scans.digests)]

    def estimator_of(known: NDArray[np.bool_]) -> Estimator:
        """By strangers and these scans; whole is what the user's own clouds show of an object."""
        taken = np.append(np.ones(len(foreign.labels), bool), known)
        every = np.concatenate([foreign.features, scans.features])
        return Estimator.fit(
            every[taken], [one for one, t in zip(defects, taken, strict=True) if t]
        )

    fold = _folds([*own, *digests], truth)
    parts = []
    for k in range(_FOLDS):
        held, rest = fold == k, fold != k
        originals = rest[: len(train)]
        if not held.any() or len(np.unique(labels[originals])) < len(table.classes):
            continue
        estimates = estimator_of(rest[len(train) :])(features)
        detector = Novelty.fit(features[rest], truth[rest], estimates[rest], foreign.features, rng)
        said = _probabilities(fit(train[originals], labels[originals]), features[held])
        scores = detector.scores(features[held], said, estimates[held])
        parts.append(Calibration(features[held], truth[held], said, scores, estimates[held]))
    if not parts:
        return None
    estimator = estimator_of(np.ones(len(scans.labels), bool))
    novelty = Novelty.fit(features, truth, estimator(features), foreign.features, rng)
    return estimator, novelty, Calibration.joined(parts)


def _folds(digests: Sequence[str], labels: Labels) -> Labels:
    """Stratified fold numbers; rows of one cloud stay together, and content alone decides."""
    fold: dict[str, int] = {}
    for label in np.unique(labels):
        mine = {digests[row] for row in np.flatnonzero(labels == label).tolist()}
        fold |= {digest: i % _FOLDS for i, digest in enumerate(sorted(mine))}
    return np.array([fold[digest] for digest in digests], dtype=np.int64)


def _probabilities(classifier: Any, features: Float32) -> Float:
    said = np.asarray(classifier.predict_proba(features), dtype=np.float64)
    said /= said.sum(axis=1, keepdims=True)
    return said
