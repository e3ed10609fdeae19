"""Which blocks of the descriptor a classifier leans on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor import BLOCKS, SLICES

_MOST_ROWS = 500
_REPEATS = 3


def importance(
    classifier: Any, features: NDArray[np.float32], labels: NDArray[np.int64]
) -> dict[str, float]:
    """Accuracy that is lost when a block's values are shuffled among the clouds.

    Permutation importance (Breiman 2001), the features of a block together, mean of three
    shuffles that are always the same.  Blocks that say the same thing cover for one another.

    Parameters
    ----------
    classifier : estimator
        Fitted on rows like `features`.
    features : (m, DIM) float32
        Test clouds; of more than 500 an even sample is taken.
    labels : (m,) int64

    Returns
    -------
    dict of str to float
        Block -> drop in [-1, 1], largest first.
    """
    rng = np.random.default_rng(0)
    if len(labels) > _MOST_ROWS:
        chosen = rng.choice(len(labels), _MOST_ROWS, replace=False)
        features, labels = features[chosen], labels[chosen]
    base = _accuracy(classifier, features, labels)
    drops = {}
    for name in BLOCKS:
        spoilt = features.copy()
        hits = []
        for _ in range(_REPEATS):
            spoilt[:, SLICES[name]] = features[rng.permutation(len(features)), SLICES[name]]
            hits.append(_accuracy(classifier, spoilt, labels))
        drops[name] = base - float(np.mean(hits))
    return dict(sorted(drops.items(), key=lambda item: -item[1]))


def _accuracy(classifier: Any, features: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    said = classifier.classes_[classifier.predict_proba(features).argmax(axis=1)]
    return float(np.mean(said == labels))
