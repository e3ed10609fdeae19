"""POST /generate."""

from __future__ import annotations

import base64
import resource
from typing import Any

import numpy as np
import plotly.io
import pytest
from api_fakes import EXAMPLES, assert_problem
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from pcdash.core.generation import generate
from pcdash.core.params import CloudParams

TORUS = {
    "shape": "torus",
    "n_points": 64,
    "noise_sigma": 0.02,
    "seed": 123,
    "apply_random_rotation": True,
}


def test_generate_answers_with_the_contract(client: FlaskClient) -> None:
    answer = client.post("/generate", json=TORUS)
    assert answer.status_code == 200
    assert list(answer.json) == [*TORUS, "points", "plotly_json"]
    assert {key: answer.json[key] for key in TORUS} == TORUS
    expected = generate(CloudParams.model_validate(TORUS)).points
    np.testing.assert_array_equal(answer.json["points"], expected)  # every digit arrives
    figure = plotly.io.from_json(answer.json["plotly_json"])
    assert figure.data[0].type == "scatter3d"
    assert len(base64.b64decode(figure.data[0].x["bdata"])) == 64 * 4


def test_generate_without_figure_leaves_it_out(client: FlaskClient) -> None:
    answer = client.post("/generate", json=TORUS | {"include_figure": False})
    assert list(answer.json) == [*TORUS, "points"]


@EXAMPLES
@given(seed=st.integers(0, 2**53 - 1), shape=st.sampled_from(["sphere", "cube", "cone"]))
def test_same_seed_same_bytes(any_client: FlaskClient, seed: int, shape: str) -> None:
    body = {"shape": shape, "n_points": 16, "seed": seed}
    first, second = (any_client.post("/generate", json=body).data for _ in range(2))
    assert first == second


def test_a_drawn_seed_is_returned_and_reproduces(client: FlaskClient) -> None:
    drawn = client.post("/generate", json={"shape": "cone", "seed": None}).json
    again = client.post("/generate", json={"shape": "cone", "seed": drawn["seed"]}).json
    assert again == drawn
    assert client.post("/generate", json={"shape": "cone"}).json["seed"] != drawn["seed"]


@pytest.mark.parametrize("count", [-1, 0, 15, 1.5, 100_001, 10**12, True, "512", None, [512]])
def test_a_wrong_number_of_points_is_refused_before_allocation(
    client: FlaskClient, count: object
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = client.post("/generate", json=TORUS | {"n_points": count})
    assert_problem(answer, 422, "/n_points")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5 * 1024


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"shape": "pyramid"}, "/shape"),
        ({"shape": 3}, "/shape"),
        ({"noise_sigma": "0.1"}, "/noise_sigma"),
        ({"noise_sigma": 0.51}, "/noise_sigma"),
        ({"seed": 2**53}, "/seed"),
        ({"seed": -1}, "/seed"),
        ({"seed": 1.0}, "/seed"),
        ({"apply_random_rotation": 1}, "/apply_random_rotation"),
        ({"scale_range": [1.2, 1.0]}, "/scale_range"),
        ({"scale_range": [1.0]}, "/scale_range/1"),
        ({"include_figure": "no"}, "/include_figure"),
        ({"n_point": 512}, "/n_point"),
        ({"a/b~c": 1}, "/a~1b~0c"),
    ],
)
def test_generate_names_the_value_to_blame(
    client: FlaskClient, change: dict[str, Any], pointer: str
) -> None:
    assert_problem(client.post("/generate", json=TORUS | change), 422, pointer)


def test_generate_needs_a_shape(client: FlaskClient) -> None:
    problem = assert_problem(client.post("/generate", json={}), 422, "/shape")
    assert problem["detail"] == "shape is missing"
