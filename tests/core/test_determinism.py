"""The same configuration makes the same model, bit for bit: what reproducing a version rests on."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from threadpoolctl import threadpool_limits

from pcdash.core.classifiers import perceptron
from pcdash.core.classifiers.calibration import TemperatureScaled
from pcdash.core.classifiers.network import NetworkRecipe
from pcdash.core.corruption import Randomisation
from pcdash.core.dataset import FeatureTable, build_table
from pcdash.core.models import MODELS
from pcdash.core.params import SplitParams, SyntheticData, TrainParams
from pcdash.core.progress import Silent
from pcdash.core.synthetic import synthetic_chunks
from pcdash.core.training import fit

SMALL: dict[str, dict[str, Any]] = {
    "ensemble": {"hidden": [16], "epochs": 1, "steps": 40},
    "mlp": {"hidden": [16], "epochs": 2},
    # Leaves that are not pure: their shares do not add up to the same bits in every order.
    "random_forest": {"n_estimators": 20, "max_depth": 4, "min_samples_leaf": 3},
    "extra_trees": {"n_estimators": 20, "max_depth": 4, "min_samples_leaf": 3},
    "hist_gradient_boosting": {"max_iter": 10},
}


def _table(data: SyntheticData) -> FeatureTable:
    return build_table(synthetic_chunks(data, SplitParams(), 1), data.classes, Silent())


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    data = SyntheticData(n_samples_per_class=24, n_points=64, randomise=Randomisation())
    whole = _table(data)
    return replace(whole, features=np.ascontiguousarray(whole.features[:, ::6]))  # quicker


@pytest.mark.parametrize("name", MODELS)
def test_every_classifier_is_the_same_bytes_on_any_number_of_threads(
    name: str, table: FeatureTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perceptron, "NetworkRecipe", partial(NetworkRecipe, least_steps=40))
    params = TrainParams.model_validate({"model": {"name": name, "params": SMALL.get(name, {})}})
    first = pickle.dumps(fit(params, table))
    with threadpool_limits(2, user_api="blas"):
        again = pickle.dumps(fit(params, table))
    assert first == again


def test_features_do_not_depend_on_the_number_of_threads() -> None:
    data = SyntheticData(classes=("cone", "torus"), n_samples_per_class=10, n_points=1024)
    with threadpool_limits(1, user_api="blas"):
        one = _table(data).features
    with threadpool_limits(2, user_api="blas"):
        two = _table(data).features
    assert np.array_equal(one, two)


class _Voters(ClassifierMixin, BaseEstimator):
    """Notes on how many threads it is asked."""

    asked: list[int] = []  # noqa: RUF012  # shared on purpose, by all clones

    def __init__(self, n_jobs: int = -1) -> None:
        self.n_jobs = n_jobs

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> Self:
        assert self.n_jobs == -1, "grown on all cores"
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        self.asked.append(self.n_jobs)
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_votes_are_added_in_one_thread_while_calibrating_too() -> None:
    labels = np.arange(12) % 2
    model = TemperatureScaled(_Voters()).fit(np.zeros((12, 3), np.float32), labels)
    model.predict_proba(np.zeros((1, 3), np.float32))
    assert _Voters.asked == [1, 1, 1, 1]
