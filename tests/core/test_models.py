"""Classifiers of our own, and the table of all."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from pcdash.core.classifiers.calibration import TemperatureScaled, log_loss, temperature
from pcdash.core.classifiers.crossfit import fit_expert
from pcdash.core.classifiers.ensemble import Ensemble
from pcdash.core.classifiers.linear import fit_discriminants
from pcdash.core.classifiers.network import NetworkRecipe, softmax, train_network
from pcdash.core.classifiers.scaling import Scaling
from pcdash.core.descriptor import DIM
from pcdash.core.models import MODELS

Float32 = NDArray[np.float32]
QUICK = NetworkRecipe(hidden=(16,), least_steps=200)


def _blobs(rows: int, classes: int = 3, seed: int = 0, width: int = 8) -> tuple[Float32, NDArray]:
    """Overlapping Gaussian classes: labels cannot be known for sure."""
    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % classes
    centres = 2.0 * np.eye(classes, width)
    return (centres[labels] + rng.standard_normal((rows, width))).astype(np.float32), labels


def _described(rows: int, seed: int = 0) -> tuple[Float32, NDArray]:
    """Rows of DIM features, of which the first eight are informative."""
    blobs, labels = _blobs(rows, seed=seed)
    features = np.zeros((rows, DIM), np.float32)
    features[:, :8] = blobs
    return features, labels


def test_a_network_learns_what_no_line_separates() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-1, 1, (800, 2)).astype(np.float32)
    labels = (inputs[:, 0] * inputs[:, 1] > 0).astype(np.int64)
    targets = np.eye(2, dtype=np.float32)[labels]
    recipe = NetworkRecipe(hidden=(32,), drop_input=0.0, drop_hidden=0.0, least_steps=600)
    network = train_network(inputs, targets, recipe, np.random.default_rng(1))
    assert (network.logits(inputs).argmax(axis=1) == labels).mean() > 0.97


def test_training_follows_the_seed() -> None:
    inputs, labels = _blobs(120)
    targets = np.eye(3, dtype=np.float32)[labels]
    first, second, other = (
        train_network(inputs, targets, QUICK, np.random.default_rng(seed)).logits(inputs)
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_discriminants_are_those_of_scikit_learn() -> None:
    blobs, labels = _blobs(6000)
    turn, _ = np.linalg.qr(np.random.default_rng(2).standard_normal((8, 8)))
    inputs = (blobs @ (turn * np.linspace(0.5, 1.5, 8))).astype(np.float32)
    ours = fit_discriminants(inputs, labels, 3).logits(inputs)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", priors=[1 / 3] * 3).fit(inputs, labels)
    assert_allclose(softmax(ours), theirs.predict_proba(inputs), atol=0.03)


def test_more_features_than_rows_are_shrunk_not_refused() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((30, 200)).astype(np.float32)
    labels = np.arange(30) % 3
    inputs[:, 0] += 6 * labels
    assert (fit_discriminants(inputs, labels, 3).logits(inputs).argmax(axis=1) == labels).all()


def test_the_temperature_of_overconfident_logits_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 4))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)  # drawn from softmax(logits)
    assert temperature(3.0 * logits, truth) == pytest.approx(3.0, rel=0.05)


@pytest.mark.parametrize(
    "inner", [LogisticRegression(C=1e4), SVC(C=10.0)], ids=["probabilities", "decisions"]
)
@pytest.mark.parametrize("classes", [2, 3])
def test_wrapped_classifiers_are_calibrated(inner: object, classes: int) -> None:
    inputs, labels = _blobs(400, classes)
    fresh, truth = _blobs(4000, classes, seed=1)
    names = np.array(["ant", "bee", "cat"])[:classes]
    model = TemperatureScaled(inner).fit(inputs, names[labels])
    said = model.predict_proba(fresh)
    assert_allclose(said.sum(axis=1), 1.0)
    assert (model.predict(fresh) == names[truth]).mean() > 0.75
    assert said.max(axis=1).mean() == pytest.approx((said.argmax(axis=1) == truth).mean(), abs=0.04)


def test_scaling_drops_what_does_not_vary_and_clips_what_is_far() -> None:
    features = np.random.default_rng(0).standard_normal((500, 4)).astype(np.float32)
    features[:, 2] = 7.0
    scaling = Scaling.fit(features)
    scaled = scaling(features)
    assert scaled.shape == (500, 3)
    assert_allclose(scaled.mean(axis=0), 0, atol=1e-3)
    assert_allclose(scaled.std(axis=0), 1, atol=1e-3)
    assert np.abs(scaling(1e6 * features)).max() == 5.0


def test_an_expert_is_calibrated_on_what_it_has_not_seen() -> None:
    inputs, labels = _blobs(400)
    expert = fit_expert(inputs, labels, 3, QUICK, 4, np.random.SeedSequence(0))
    fresh, truth = _blobs(4000, seed=1)
    said = expert.probabilities(fresh)
    assert_allclose(said.sum(axis=1), 1.0)
    assert said.max(axis=1).mean() == pytest.approx((said.argmax(axis=1) == truth).mean(), abs=0.05)
    assert log_loss(said, truth) < 0.75
    assert 0 <= expert.mix <= 1


def test_the_ensemble_answers_in_names() -> None:
    features, labels = _described(60)
    names = np.array(["bolt", "nut", "screw"])[labels]
    model = Ensemble(hidden=(16,)).fit(features, names)
    assert (model.predict(features) == names).mean() > 0.8
    assert_allclose(model.predict_proba(features).sum(axis=1), 1.0)


def test_a_class_of_one_cloud_is_no_obstacle() -> None:
    features, labels = _described(31)
    labels[labels == 2] = 1
    labels[-1] = 2
    model = Ensemble(hidden=(8,)).fit(features, labels)
    assert_allclose(model.predict_proba(features).sum(axis=1), 1.0)


def test_the_ensemble_survives_pickling_and_repeats_by_seed() -> None:
    features, labels = _described(60)
    first, again = (Ensemble(hidden=(8,), seed=3).fit(features, labels) for _ in range(2))
    said = first.predict_proba(features)
    assert np.array_equal(said, again.predict_proba(features))
    assert np.array_equal(said, pickle.loads(pickle.dumps(first)).predict_proba(features))


def test_the_table_holds_what_is_promised() -> None:
    promised = {"random_forest", "extra_trees", "hist_gradient_boosting", "lda", "svm_rbf", "mlp"}
    assert promised | {"ensemble"} <= set(MODELS)
    for spec in MODELS.values():
        assert spec.summary
        assert all(field.description for field in spec.params.model_fields.values())
        with pytest.raises(ValidationError):
            spec.params.model_validate({"n_jobs": 4})


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ensemble", {"epochs": 0}),
        ("ensemble", {"hidden": []}),
        ("random_forest", {"n_estimators": 100_000}),
        ("svm_rbf", {"C": "10"}),
        ("mlp", {"hidden": [1]}),
        ("lda", {"shrinkage": 1.5}),
    ],
)
def test_parameters_are_bounded(name: str, params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MODELS[name].params.model_validate(params)
