"""Metrics against scikit-learn's, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from pcdash.core.evaluation import accuracy, confusion_matrix, f1_macro


@pytest.mark.parametrize("seed", range(5))
def test_figures_agree_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    confusion = confusion_matrix(truth, said, 4)
    assert np.array_equal(confusion, metrics.confusion_matrix(truth, said))
    assert accuracy(confusion) == pytest.approx(metrics.accuracy_score(truth, said), abs=1e-12)
    assert f1_macro(confusion) == pytest.approx(
        metrics.f1_score(truth, said, average="macro"), abs=1e-12
    )


def test_a_class_that_never_occurs_does_not_count() -> None:
    truth = np.array([0, 0, 1, 1])
    confusion = confusion_matrix(truth, truth, 3)
    assert confusion.tolist() == [[2, 0, 0], [0, 2, 0], [0, 0, 0]]
    assert f1_macro(confusion) == 1.0
