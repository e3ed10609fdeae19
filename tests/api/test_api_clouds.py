"""/generate, /predict and /uploads: the contract, and what is refused."""

from __future__ import annotations

import io
import json
import resource
import threading
from typing import Any

import numpy as np
import orjson
import plotly.io
import pytest
from api_fakes import VERSION, FakeWorkbench, assert_problem, make_client
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
POINTS = np.random.default_rng(0).normal(size=(16, 3)).tolist()
"""A cloud that is as small as it may be."""


def with_value(value: object, row: int = 3, column: int = 1) -> list[Any]:
    points = [list(point) for point in POINTS]
    points[row][column] = value
    return points


def npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


# -- generate -------------------------------------------------------------------------------------


def test_generate_answers_with_the_contract(client: FlaskClient) -> None:
    answer = client.post("/generate", json=TORUS)
    assert answer.status_code == 200
    assert list(answer.json) == [*TORUS, "points", "plotly_json"]
    assert {key: answer.json[key] for key in TORUS} == TORUS
    expected = generate(CloudParams.model_validate(TORUS)).points
    np.testing.assert_array_equal(answer.json["points"], expected)  # every digit arrives
    figure = plotly.io.from_json(answer.json["plotly_json"])
    assert figure.data[0].type == "scatter3d"
    assert len(figure.data[0].x) == 64


def test_generate_without_figure_leaves_it_out(client: FlaskClient) -> None:
    answer = client.post("/generate", json=TORUS | {"include_figure": False})
    assert list(answer.json) == [*TORUS, "points"]


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


# -- predict: JSON --------------------------------------------------------------------------------


def test_predict_answers_with_the_contract(client: FlaskClient, workbench: FakeWorkbench) -> None:
    answer = client.post("/predict", json={"points": POINTS})
    assert answer.status_code == 200
    figure = answer.json.pop("plotly_json")
    assert answer.json == {
        "predicted_class": "torus",
        "probabilities": {"cube": 0.25, "torus": 0.75},
        "model_version": VERSION,
    }
    assert plotly.io.from_json(figure).layout.title.text == "Predicted: torus"
    np.testing.assert_array_equal(workbench.seen[0], POINTS)
    assert workbench.seen[0].dtype == np.float64


def test_predict_without_figure_leaves_it_out(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"points": POINTS, "include_figure": False})
    assert list(answer.json) == ["predicted_class", "probabilities", "model_version"]


def test_integers_are_numbers(client: FlaskClient, workbench: FakeWorkbench) -> None:
    points = [[x, y, 7] for x in range(4) for y in range(4)]
    assert client.post("/predict", json={"points": points}).status_code == 200
    np.testing.assert_array_equal(workbench.seen[0], points)


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
    answer = client.post("/predict", json={"points": [*POINTS, [0.0, 0.0, 0.0]]})
    assert_problem(answer, 422, "/points")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/points"]),
        ({"points": POINTS, "figure": True}, ["/figure"]),
        ({"points": POINTS, "include_figure": 1}, ["/include_figure"]),
        ([], [""]),
        (None, [""]),
        (3, [""]),
        ("points", [""]),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/generate", "/jobs"])
def test_wrong_envelopes(client: FlaskClient, path: str, body: object, pointers: list[str]) -> None:
    answer = client.post(path, data=orjson.dumps(body), content_type="application/json")
    if path == "/predict" or not isinstance(body, dict):
        assert_problem(answer, 422, *pointers)
    elif body:
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xef\xbb\xbf{}",
        b'{"points": "\xff"}',
        b'{"points": [nan]}',
        b"{} {}",
        b"'NaN'",
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 50_000 + b"NaN" + b"}" * 50_000,
        "{}".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/generate", "/jobs"])
def test_what_is_no_json_is_a_bad_request(client: FlaskClient, path: str, raw: bytes) -> None:
    assert_problem(client.post(path, data=raw, content_type="application/json"), 400)


def test_an_integer_of_5000_digits(client: FlaskClient) -> None:
    raw = b'{"shape": "torus", "seed": ' + b"7" * 5000 + b"}"
    answer = client.post("/generate", data=raw, content_type="application/json")
    assert_problem(answer, 422, "/seed")


@pytest.mark.parametrize("path", ["/predict", "/generate", "/jobs"])
@given(raw=st.binary(max_size=200))
def test_no_bytes_bring_it_down(any_client: FlaskClient, path: str, raw: bytes) -> None:
    answer = any_client.post(path, data=raw, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.content_type == "application/problem+json"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=20,
)


@given(
    path=st.sampled_from(["/predict", "/generate", "/jobs"]),
    keys=st.lists(
        st.sampled_from(["points", "include_figure", "shape", "seed", "dataset", "model", "split"]),
        max_size=3,
    ),
    value=JSON_VALUES,
)
def test_no_json_brings_it_down(
    any_client: FlaskClient, path: str, keys: list[str], value: object
) -> None:
    body = dict.fromkeys(keys, value) or value
    raw = json.dumps(body).encode()
    answer = any_client.post(path, data=raw, content_type="application/json")
    assert answer.status_code in (200, 202, 400, 422)
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"


# -- predict: files and arrays ---------------------------------------------------------------------


def as_file(name: str = "ball.xyz", **fields: str) -> dict[str, Any]:
    text = "\n".join(" ".join(map(repr, point)) for point in POINTS)
    return {"file": (io.BytesIO(text.encode()), name), **fields}


def test_predict_takes_a_file(client: FlaskClient, workbench: FakeWorkbench) -> None:
    answer = client.post("/predict", data=as_file())
    assert list(answer.json) == [
        "predicted_class",
        "probabilities",
        "model_version",
        "plotly_json",
    ]
    np.testing.assert_array_equal(workbench.seen[0], POINTS)
    answer = client.post("/predict", data=as_file(include_figure="false"))
    assert list(answer.json) == ["predicted_class", "probabilities", "model_version"]


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"include_figure": "true"}, "/file"),
        ({"file": "text, not a file"}, "/file"),
        (as_file(include_figure="1"), "/include_figure"),
        (as_file(format="ply"), "/format"),
        (as_file(name="model.pkl"), "/file"),
        ({"file": [as_file()["file"], as_file()["file"]]}, "/file"),
    ],
)
def test_forms_that_are_refused(client: FlaskClient, form: dict[str, Any], pointer: str) -> None:
    answer = client.post("/predict", data=form, content_type="multipart/form-data")
    assert_problem(answer, 422, pointer)


@given(raw=st.binary(max_size=300))
def test_no_multipart_brings_it_down(any_client: FlaskClient, raw: bytes) -> None:
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
        answer = any_client.post("/predict", data=b"--x\r\n" + raw, content_type=kind)
        assert 400 <= answer.status_code < 500
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("dtype", ["<f4", "<f8", ">f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_predict_takes_an_array(
    client: FlaskClient, workbench: FakeWorkbench, dtype: str, order: Any
) -> None:
    array = np.asarray(POINTS, dtype=dtype, order=order)
    answer = client.post("/predict", data=npy(array), content_type="application/x-npy")
    assert answer.status_code == 200, answer.data
    assert "plotly_json" in answer.json
    np.testing.assert_array_equal(workbench.seen[0], array)
    assert workbench.seen[0].dtype == np.float64


def test_an_array_can_do_without_a_figure(client: FlaskClient) -> None:
    body = npy(np.asarray(POINTS))
    path = "/predict?include_figure="
    answer = client.post(path + "false", data=body, content_type="application/x-npy")
    assert "plotly_json" not in answer.json
    answer = client.post(path + "nope", data=body, content_type="application/x-npy")
    assert_problem(answer, 422, "/include_figure")


def lying_header(shape: str) -> bytes:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 384


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not an array",
        npy(np.array([object()] * 16, dtype=object)),
        npy(np.zeros(16, dtype=[("x", "f8"), ("y", "f8"), ("z", "f8")])),
        npy(np.array(["abc"] * 16)),
        npy(np.zeros((16, 3), dtype=complex)),
        npy(np.zeros((16, 3), dtype=np.int64)),
        npy(np.zeros((16, 3), dtype=bool)),
        npy(np.zeros((16, 3), dtype=np.float16)),
        npy(np.zeros(())),
        npy(np.zeros((16, 2))),
        npy(np.zeros((4, 4, 3))),
        npy(np.asarray(POINTS))[:-1],
        npy(np.asarray(POINTS)) + b"\0",
        lying_header("(1000000000000, 3)"),
        lying_header("(-16, 3)"),
        lying_header("(15, 3)"),
        lying_header("(True, 3)"),
        lying_header("__import__('os').abort()"),
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f",
        b"\x93NUMPY\x09\x00" + b"\0" * 200,
    ],
)
def test_arrays_that_are_refused(client: FlaskClient, raw: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = client.post("/predict", data=raw, content_type="application/x-npy")
    assert_problem(answer, 422, "")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5 * 1024


def test_an_array_with_a_gap_is_refused(client: FlaskClient) -> None:
    body = npy(np.asarray(with_value(np.nan)))
    answer = client.post("/predict", data=body, content_type="application/x-npy")
    assert_problem(answer, 422, "/points/3/1")


# -- uploads --------------------------------------------------------------------------------------


def test_an_upload_is_kept_under_an_id(client: FlaskClient, workbench: FakeWorkbench) -> None:
    raw = bytes(range(256)) * 700
    answer = client.post(
        "/uploads",
        query_string={"name": "größe/../ball.ply"},
        data=raw,
        content_type="application/octet-stream",
    )
    assert answer.status_code == 201
    assert workbench.uploads[answer.json.pop("upload_id")] == ("größe/../ball.ply", raw)
    assert answer.json == {}


@pytest.mark.parametrize("query", ["", "name=", "name=" + "x" * 256, "name=a&extra=1"])
def test_an_upload_says_its_name_and_nothing_else(client: FlaskClient, query: str) -> None:
    answer = client.post("/uploads?" + query, data=b"x", content_type="application/octet-stream")
    assert answer.status_code == 422


# -- no model, too many ------------------------------------------------------------------------------


def test_without_a_model(client: FlaskClient, workbench: FakeWorkbench) -> None:
    workbench.model = None
    bodies: list[dict[str, Any]] = [
        {"json": {"points": POINTS}},
        {"data": as_file()},
        {"data": npy(np.asarray(POINTS)), "content_type": "application/x-npy"},
    ]
    for body in bodies:
        answer = client.post("/predict", **body)
        assert assert_problem(answer, 503)["detail"] == "Model not available"
        assert int(answer.headers["Retry-After"]) >= 1
    # What is wrong with a request is said all the same.
    assert_problem(client.post("/predict", json={"points": [[0, 0, 0]] * 16}), 422, "/points")


def test_predictions_at_a_time_are_bounded(workbench: FakeWorkbench) -> None:
    client = make_client(workbench, concurrent_predictions=2)
    server = client.application
    inside, release = threading.Semaphore(0), threading.Event()
    predict = workbench.predict

    def slow(points: np.ndarray[Any, Any]) -> Any:
        inside.release()
        assert release.wait(10)
        return predict(points)

    workbench.predict = slow  # type: ignore[method-assign]
    answers: list[int] = []

    def ask() -> None:
        answer = server.test_client().post("/predict", json={"points": POINTS})
        answers.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=10)
    refused = client.post("/predict", json={"points": POINTS})
    assert_problem(refused, 503)
    assert refused.headers["Retry-After"] == "1"
    assert client.get("/health").status_code == 200
    release.set()
    for thread in threads:
        thread.join(10)
    assert answers == [200, 200]
    assert client.post("/predict", json={"points": POINTS}).status_code == 200


def test_a_turn_is_given_back_after_a_failure(workbench: FakeWorkbench) -> None:
    client = make_client(workbench, concurrent_predictions=1)
    for _ in range(3):
        assert_problem(client.post("/predict", data=as_file(name="a.pkl")), 422, "/file")
    assert client.post("/predict", data=as_file()).status_code == 200
