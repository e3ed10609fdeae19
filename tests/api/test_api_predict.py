"""POST /predict with points as JSON."""

from __future__ import annotations

import json

import numpy as np
import plotly.io
import pytest
from api_fakes import (
    EXAMPLES,
    POINTS,
    VERSION,
    FakeWorkbench,
    as_file,
    assert_problem,
    make_client,
    npy,
    with_value,
)
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from pcdash.core.explanations import EXPLANATIONS


def test_predict_answers_with_the_contract(client: FlaskClient, workbench: FakeWorkbench) -> None:
    answer = client.post("/predict", json={"points": POINTS})
    assert answer.status_code == 200
    body = answer.json
    figure = body.pop("plotly_json")
    assert body == {
        "predicted_class": "torus",
        "probabilities": {"cube": 0.25, "torus": 0.75},
        "label_set": ["torus", "cube"],  # of a version that was never calibrated
        "unknown": False,
        "unknown_score": 0.0,
        "model_version": VERSION,
    }
    assert plotly.io.from_json(figure).layout.title.text == "Predicted: torus"
    np.testing.assert_array_equal(workbench.seen[0], POINTS)
    assert workbench.seen[0].dtype == np.float64


def test_predict_without_figure_leaves_it_out(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"points": POINTS, "include_figure": False})
    assert "plotly_json" not in answer.json


@pytest.mark.parametrize("explain", ["quality", 5, {}])
def test_what_is_no_array_is_refused_in_words_of_json(client: FlaskClient, explain: object) -> None:
    answer = client.post("/predict", json={"points": POINTS, "explain": explain})
    assert_problem(answer, 422, "/explain")
    assert answer.json["detail"] == "explain must be an array"


@pytest.mark.parametrize("name", ["quality", "nothing"])
def test_more_names_than_there_are_explanations_are_refused(client: FlaskClient, name: str) -> None:
    by_json = client.post("/predict", json={"points": POINTS, "explain": [name] * 1000})
    by_form = client.post("/predict", data=as_file(explain=",".join([name] * 1000)))
    query = {"explain": ",".join([name] * 7)}
    array = {"data": npy(np.asarray(POINTS)), "content_type": "application/x-npy"}
    by_query = client.post("/predict", query_string=query, **array)
    for answer in (by_json, by_form, by_query):
        told = assert_problem(answer, 422, "/explain")["detail"]
        assert told == "explain may hold at most 6 names"
    every = {"explain": ",".join(EXPLANATIONS)}
    assert client.post("/predict", query_string=every, **array).status_code == 200


def test_integers_are_numbers(client: FlaskClient, workbench: FakeWorkbench) -> None:
    points = [[x, y, 7] for x in range(4) for y in range(4)]
    assert client.post("/predict", json={"points": points}).status_code == 200
    np.testing.assert_array_equal(workbench.seen[0], points)


@EXAMPLES
@given(
    value=st.one_of(st.booleans(), st.none(), st.text(), st.lists(st.floats(0, 1)), st.just({})),
    row=st.integers(0, 15),
    column=st.integers(0, 2),
)
def test_nothing_is_coerced_to_a_coordinate(
    any_client: FlaskClient, value: object, row: int, column: int
) -> None:
    answer = any_client.post("/predict", json={"points": with_value(value, row, column)})
    assert_problem(answer, 422, f"/points/{row}/{column}")


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400])
def test_a_number_that_is_none_is_named(client: FlaskClient, literal: str) -> None:
    raw = json.dumps({"points": with_value("?")}).replace('"?"', literal)
    answer = client.post("/predict", data=raw, content_type="application/json")
    assert_problem(answer, 422, "/points/3/1")


@EXAMPLES
@given(row=st.integers(0, 15), width=st.integers(0, 6).filter(lambda n: n != 3))
def test_ragged_rows_are_refused(any_client: FlaskClient, row: int, width: int) -> None:
    points = [*POINTS[:row], [1.5] * width, *POINTS[row + 1 :]]
    assert_problem(any_client.post("/predict", json={"points": points}), 422, f"/points/{row}")


@pytest.mark.parametrize(
    ("points", "pointer"),
    [
        (None, "/points"),
        ({}, "/points"),
        ("abc", "/points"),
        ([], "/points"),
        (POINTS[:15], "/points"),
        ([point[:2] for point in POINTS], "/points/0"),
        ([[*point, 0.0] for point in POINTS], "/points/0"),
        (["abc"] * 16, "/points/0"),
        ([*POINTS, None], "/points/16"),
        ([[1.5, 2.5, 3.5]] * 16, "/points"),
        ([[t, 2.0 * t, -t] for t in range(16)], "/points"),
        ([[1e300 * x for x in point] for point in POINTS], "/points"),
    ],
)
def test_what_is_no_cloud_is_refused(client: FlaskClient, points: object, pointer: str) -> None:
    assert_problem(client.post("/predict", json={"points": points}), 422, pointer)


def test_a_cloud_beyond_the_limit_is_refused(workbench: FakeWorkbench) -> None:
    client = make_client(workbench, json_points=16)
    assert client.post("/predict", json={"points": POINTS}).status_code == 200
    answer = client.post("/predict", json={"points": [*POINTS, ["not", "looked", "at"]]})
    problem = assert_problem(answer, 422, "/points")
    assert problem["detail"] == "points may hold at most 16 points"
