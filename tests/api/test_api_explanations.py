"""`"explain"` of POST /predict: what is answered is what is documented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from api_fakes import POINTS, FakeWorkbench
from audit_fakes import roundness, scored
from flask.testing import FlaskClient
from pydantic import ValidationError

from pcdash.api import explanation_schemas as schemas
from pcdash.api.schemas import PredictAnswer
from pcdash.core.cloud import Points
from pcdash.core.explanations import CALIBRATED, EXPLANATIONS, UNCALIBRATED, explain
from pcdash.core.generation import generate
from pcdash.core.inference import ActiveModel
from pcdash.core.params import CloudParams, SyntheticData, TrainParams
from pcdash.core.primitives.fit import KINDS
from pcdash.core.progress import Silent
from pcdash.core.synthetic import synthetic_chunks
from pcdash.core.training import train

NAMES = list(EXPLANATIONS)
TORUS = generate(CloudParams(shape="torus", n_points=300, seed=1)).points
FEW = np.asarray(POINTS)
PLACES = np.repeat(np.random.default_rng(0).normal(size=(4, 3)), 20, axis=0)
"""Few places with many points each: nothing can be taken away from it."""


class Says:
    """A pipeline that is sure of one class, whatever it is shown."""

    def __init__(self, place: int, classes: int) -> None:
        self._said = np.eye(classes)[place]

    def predict_proba(self, clouds: Sequence[Points]) -> np.ndarray[Any, Any]:
        return np.tile(self._said, (len(clouds), 1))


def saying(name: str) -> ActiveModel:
    classes = (*KINDS, "chair")
    return ActiveModel(Says(classes.index(name), len(classes)), classes, "20260101-000000")


@pytest.fixture(scope="module")
def calibrated() -> ActiveModel:
    classes = ("sphere", "cube", "torus")
    params = TrainParams.model_validate(
        {
            "dataset": {"classes": list(classes), "n_samples_per_class": 12, "n_points": 64},
            "model": {"name": "lda"},
            "trust": {"clouds": 120},
        }
    )
    assert isinstance(params.dataset, SyntheticData)
    chunks = synthetic_chunks(params.dataset, params.split, params.seed)
    found = train(params, chunks, classes, Silent())
    return ActiveModel(found.pipeline, found.classes, "20260101-000000")


@pytest.fixture
def ask(client: FlaskClient, workbench: FakeWorkbench, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``ask(model, points, *names)`` is the answer, validated: every key is documented."""

    def asked(model: ActiveModel, points: Points, *names: str) -> PredictAnswer:
        def explained(points: Points, names: Sequence[str]) -> Any:
            return model.predict(points), explain(model, points, names)

        monkeypatch.setattr(workbench, "explained", explained)
        body = {"points": points.tolist(), "explain": names, "include_figure": False}
        answer = client.post("/predict", json=body)
        assert answer.status_code == 200, answer.data
        assert set(names) <= answer.json.keys()
        return PredictAnswer.model_validate_json(answer.data)

    return asked


def test_all_explanations_of_a_calibrated_version(calibrated: ActiveModel, ask: Any) -> None:
    answer = ask(calibrated, TORUS, *NAMES)
    assert isinstance(answer.quality, schemas.QualityAnswer)
    assert answer.quality.points == len(TORUS)
    assert isinstance(answer.expected_accuracy, schemas.ExpectedAccuracyAnswer)
    assert isinstance(answer.neighbours, schemas.NeighboursAnswer)
    assert len(answer.neighbours.nearest) == 6
    assert answer.turntable.n_used == len(TORUS)
    assert len(answer.blame.scores) == len(TORUS)
    assert answer.primitive.sizes.keys() == answer.primitive.errors.keys()


@pytest.mark.parametrize("points", [FEW, PLACES], ids=["few", "places"])
def test_all_explanations_of_a_poor_scan(calibrated: ActiveModel, ask: Any, points: Points) -> None:
    answer = ask(calibrated, points, *NAMES)
    assert answer.blame.sentence.startswith("No picture")
    assert not any(answer.blame.scores)
    assert len(answer.blame.scores) == len(points)


def test_what_a_turntable_leaves_out(ask: Any) -> None:
    large = generate(CloudParams(shape="torus", n_points=2100, seed=1)).points
    assert len(ask(scored(roundness), large, "turntable").turntable.notes) == 1
    answer = ask(scored(roundness), FEW, "turntable")
    assert len(answer.turntable.notes) == 2
    assert len(answer.turntable.families) == 3


def test_a_version_without_calibration_says_so(ask: Any) -> None:
    answer = ask(scored(roundness), TORUS, *NAMES)
    note = schemas.Uncalibrated(note=UNCALIBRATED["note"])
    assert [getattr(answer, name) for name in CALIBRATED] == [note] * len(CALIBRATED)
    assert answer.turntable is not None


@pytest.mark.parametrize(
    ("name", "nulls"),
    [
        ("cube", {"axis", "apex"}),
        ("cylinder", {"apex", "edges"}),
        ("cone", {"edges"}),
        ("torus", {"apex", "edges"}),
        ("sphere", {"axis", "apex", "edges", "ratio"}),
    ],
)
@pytest.mark.parametrize("points", [TORUS, FEW], ids=["torus", "few"])
def test_what_a_primitive_does_not_have(
    ask: Any, points: Points, name: str, nulls: set[str]
) -> None:
    said = ask(saying(name), points, "primitive").primitive
    assert said.kind == name
    assert {key for key, value in said if value is None} - {"note"} == nulls


def test_what_is_no_primitive_is_answered_by_the_one_that_fits_best(ask: Any) -> None:
    assert ask(saying("chair"), TORUS, "primitive").primitive.kind == "torus"


def test_what_is_not_asked_is_not_there(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"points": POINTS})
    assert not answer.json.keys() & EXPLANATIONS.keys()


def test_every_explanation_is_documented_key_by_key(client: FlaskClient) -> None:
    known = client.get("/openapi.json").json["components"]["schemas"]
    documented = known["PredictAnswer"]["properties"]
    for name, explanation in EXPLANATIONS.items():
        assert explanation.summary in documented[name]["description"]
        *answers, null = documented[name]["anyOf"]
        assert null == {"type": "null"}
        for answer in answers:
            schema = known[answer["$ref"].removeprefix("#/components/schemas/")]
            assert schema["additionalProperties"] is False
            assert schema["properties"]


def test_an_undocumented_key_is_noticed() -> None:
    farthest = {"block": "planes", "sigma": 1.0}
    said: dict[str, Any] = {"farthest": farthest, "nearest": []}
    schemas.NeighboursAnswer.model_validate(said)
    for stranger in (said | {"more": 1}, said | {"farthest": farthest | {"more": 1}}):
        with pytest.raises(ValidationError):
            schemas.NeighboursAnswer.model_validate(stranger)
