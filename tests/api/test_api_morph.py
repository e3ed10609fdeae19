"""POST /morph."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from api_fakes import VERSION, FakeWorkbench, assert_problem
from flask.testing import FlaskClient

from pcdash.api.routes import ROUTES
from pcdash.core.inference import ActiveModel
from pcdash.core.morph import morph
from pcdash.core.morph.curve import FLIP_WIDTH

ASKED = {"morph": "cylinder-cone", "steps": 5, "n_points": 32, "seed": 3, "noise_sigma": 0.0}
KEYS = ["morph", "n_points", "noise_sigma", "seed", "quantity", "classes", "t", "probabilities",
        "flips", "model_version"]  # fmt: skip

MIDDLE = float(morph("cylinder-cone", 0.3, 32, 3)[:, 2].mean())
"""What lies below it on the whole is farther along than 0.3."""


class Tapering:
    """Says cone beyond 0.3."""

    def predict_proba(self, clouds: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        below = np.array([points[:, 2].mean() < MIDDLE for points in clouds])
        return np.stack([~below, below], axis=1) * 0.8 + 0.1


def test_it_answers_with_the_contract(client: FlaskClient) -> None:
    answer = client.post("/morph", json=ASKED)
    assert answer.status_code == 200
    said = answer.json
    assert list(said) == [*KEYS, "plotly_json"]
    assert {key: said[key] for key in ASKED if key != "steps"} == {
        key: value for key, value in ASKED.items() if key != "steps"
    }
    assert said["t"] == [0, 0.25, 0.5, 0.75, 1]
    assert said["classes"] == ["cube", "torus"]
    assert said["probabilities"] == [[0.25, 0.75]] * 5
    assert said["flips"] == []
    assert said["model_version"] == VERSION
    figure = json.loads(said["plotly_json"])
    assert [one["name"] for one in figure["data"]] == ["cube", "torus"]
    assert len(base64.b64decode(figure["data"][0]["x"]["bdata"])) == 5 * 4


def test_a_flip_is_found_whatever_the_steps_and_drawn(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    workbench.batch_model = ActiveModel(Tapering(), ("cylinder", "cone"), VERSION)
    found = [client.post("/morph", json=ASKED | {"steps": steps}).json for steps in (5, 21)]
    for said in found:
        (flip,) = said["flips"]
        assert (flip["from"], flip["to"]) == ("cylinder", "cone")
        assert abs(flip["t"] - 0.3) <= FLIP_WIDTH
        assert flip["value"] == pytest.approx(1 - flip["t"])
        lines = json.loads(said["plotly_json"])["layout"]["shapes"]
        assert [line["x0"] for line in lines] == [0.0, flip["t"]]


def test_the_cloud_at_a_place_comes_with_it(client: FlaskClient) -> None:
    said = client.post("/morph", json=ASKED | {"t": 0.4, "include_figure": False}).json
    assert list(said) == [*KEYS, "points"]
    np.testing.assert_array_equal(said["points"], morph("cylinder-cone", 0.4, 32, 3))


def test_a_drawn_seed_is_returned_and_reproduces(client: FlaskClient) -> None:
    body = ASKED | {"seed": None, "t": 1.0, "steps": 2}
    drawn = client.post("/morph", json=body).json
    assert client.post("/morph", json=body | {"seed": drawn["seed"]}).json == drawn
    assert client.post("/morph", json=body).json["seed"] != drawn["seed"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"morph": "cube-teapot"}, "/morph"),
        ({"steps": 1}, "/steps"),
        ({"steps": 102}, "/steps"),
        ({"steps": "21"}, "/steps"),
        ({"n_points": 4097}, "/n_points"),
        ({"n_points": 15}, "/n_points"),
        ({"noise_sigma": 0.6}, "/noise_sigma"),
        ({"t": 1.5}, "/t"),
        ({"t": "x"}, "/t"),
        ({"seed": -1}, "/seed"),
        ({"shape": "cone"}, "/shape"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, wrong: dict[str, Any], where: str) -> None:
    assert_problem(client.post("/morph", json=ASKED | wrong), 422, where)


def test_without_a_model(client: FlaskClient, workbench: FakeWorkbench) -> None:
    workbench.model = None
    answer = client.post("/morph", json=ASKED)
    assert assert_problem(answer, 503)["detail"] == "Model not available"


def test_it_takes_a_turn_as_predictions_do() -> None:
    (route,) = (route for route in ROUTES["clouds"] if route.path == "/morph")
    assert route.turn
