"""From a training to a version that judges its own answers."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from pcdash.core.explanations import EXPLANATIONS, UNCALIBRATED, explain
from pcdash.core.generation import generate
from pcdash.core.inference import ActiveModel
from pcdash.core.params import CloudParams, SyntheticData, TrainParams
from pcdash.core.progress import Silent
from pcdash.core.synthetic import synthetic_chunks
from pcdash.core.training import train
from pcdash.core.trust.levels import basis
from pcdash.core.trust.trust import Trust

CLASSES = ("sphere", "cube", "torus")


def tiny(**changes: object) -> TrainParams:
    return TrainParams.model_validate(
        {
            "dataset": {"classes": list(CLASSES), "n_samples_per_class": 12, "randomise": {}},
            "model": {"name": "lda"},
            "trust": {"clouds": 120},
            **changes,
        }
    )


def trained(params: TrainParams) -> ActiveModel:
    assert isinstance(params.dataset, SyntheticData)
    chunks = synthetic_chunks(params.dataset, params.split, params.seed)
    found = train(params, chunks, CLASSES, Silent())
    return ActiveModel(found.pipeline, found.classes, "20261126-000000")


@pytest.fixture(scope="module")
def model() -> ActiveModel:
    return trained(tiny())


def torus(seed: int = 1) -> np.ndarray:
    return generate(CloudParams(shape="torus", n_points=300, seed=seed)).points


def test_a_training_knows_when_not_to_be_trusted(model: ActiveModel) -> None:
    said = model.predict(torus())
    assert said.judgement is not None
    assert said.label_set()[0] == said.predicted_class
    assert set(said.label_set(0.999)) >= set(said.label_set(0.5))
    assert 0 <= said.unknown_score <= 1
    assert said.unknown == (said.unknown_score > 0.5)


def test_judging_is_the_same_alone_and_together_and_after_a_journey(model: ActiveModel) -> None:
    clouds = [torus(seed) for seed in range(3)]
    together = model.predict_many(clouds)
    alone = [model.predict(cloud) for cloud in clouds]
    for one, other in zip(together, alone, strict=True):
        assert one.unknown_score == pytest.approx(other.unknown_score, abs=1e-5)
        assert one.label_set() == other.label_set()
    copy = ActiveModel(pickle.loads(pickle.dumps(model.pipeline)), model.classes, "copy")
    assert copy.predict(clouds[0]).unknown_score == alone[0].unknown_score


def test_the_same_seed_learns_the_same(model: ActiveModel) -> None:
    again = trained(tiny())
    assert again.predict(torus()).unknown_score == model.predict(torus()).unknown_score


def test_a_cloud_is_described_once_for_all_that_is_asked(
    model: ActiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    described, features = [], ActiveModel.features
    monkeypatch.setattr(
        ActiveModel, "features", lambda self, clouds: described.append(1) or features(self, clouds)
    )
    explain(model, torus(), ["quality", "expected_accuracy", "neighbours"])
    assert len(described) == 1


def test_half_of_what_the_quality_lets_expect_is_taken_off_the_score(model: ActiveModel) -> None:
    trust = model.trust
    assert trust is not None
    features = model.features([torus()])
    said = np.asarray(model.pipeline[-1].predict_proba(features), np.float64)
    higher = replace(trust, usual=replace(trust.usual, centre=0 * trust.usual.centre))
    usual = float(trust.usual(basis(features, trust.estimator(features)))[0][0])
    bottom = float(higher.usual(basis(features, trust.estimator(features)))[0][0])
    odds = [
        np.log(score / (1 - score))
        for score in (one.judge(features, said)[0].unknown_score for one in (trust, higher))
    ]
    np.testing.assert_allclose(odds[1] - odds[0], (usual - bottom) / 2, atol=1e-6)


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_everything_that_can_be_asked_is_answered(name: str, model: ActiveModel) -> None:
    assert explain(model, torus(), [name])[name].keys() > set()


def test_what_is_known_of_a_scan(model: ActiveModel) -> None:
    said = explain(model, torus(), ["quality", "expected_accuracy", "neighbours"])
    assert said["quality"]["points"] == 300
    rests_on, told = said["quality"]["label_set_rests_on"], said["quality"]["sentences"]
    assert rests_on["bin"] in told["label_set"]
    assert str(rests_on["scans"]) in told["label_set"]
    assert rests_on["pooled"] == ("since too few" in told["label_set"])
    assert said["expected_accuracy"]["low"] <= said["expected_accuracy"]["accuracy"]
    nearest = said["neighbours"]["nearest"]
    distances = [one["distance"] for one in nearest]
    assert len(nearest) == 6
    assert distances == sorted(distances)
    assert {one["label"] for one in nearest} <= set(CLASSES)


def test_of_a_stranger_no_accuracy_is_promised(
    model: ActiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("expected_accuracy", "neighbours")
    of_known = explain(model, torus(), asked)
    assert "note" not in of_known["expected_accuracy"]
    judge = Trust.judge
    monkeypatch.setattr(
        Trust, "judge", lambda *given: [replace(one, unknown_score=0.9) for one in judge(*given)]
    )
    said = explain(model, torus(), asked)
    expected = said["expected_accuracy"]
    assert expected["accuracy"] == of_known["expected_accuracy"]["accuracy"]
    assert expected["sentence"].endswith("does not hold for it.")
    assert expected["note"] in expected["sentence"]
    assert (said["neighbours"]["score"], said["neighbours"]["threshold"]) == (0.9, 0.5)
    far = said["neighbours"]["farthest"]
    assert said["neighbours"]["reason"].startswith(f"{far['sigma']:.1f} sigma from any class on ")


def test_points_that_repeat_are_told(model: ActiveModel) -> None:
    said = explain(model, np.repeat(torus()[:60], 5, axis=0), ["quality"])["quality"]
    assert (said["points"], said["distinct"]) == (300, 60)
    assert "60 of them different" in said["sentences"]["points"]


@pytest.mark.parametrize("clouds", [0, 60])
def test_too_few_clouds_calibrate_nothing(clouds: int) -> None:
    model = trained(tiny(trust={"clouds": clouds}))
    assert model.trust is None
    assert model.predict(torus()).label_set() == tuple(
        sorted(CLASSES, key=lambda name: -model.predict(torus()).probabilities[name])
    )
    assert explain(model, torus(), ["quality"]) == {"quality": UNCALIBRATED}
