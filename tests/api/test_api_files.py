"""Files and arrays: POST /predict and POST /uploads."""

from __future__ import annotations

import io
import resource
from typing import Any

import numpy as np
import pytest
from api_fakes import EXAMPLES, POINTS, FakeWorkbench, as_file, assert_problem, npy, with_value
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st


def test_predict_takes_a_file(client: FlaskClient, workbench: FakeWorkbench) -> None:
    answer = client.post("/predict", data=as_file())
    assert list(answer.json) == [
        "predicted_class",
        "probabilities",
        "label_set",
        "unknown",
        "unknown_score",
        "model_version",
        "plotly_json",
    ]
    np.testing.assert_array_equal(workbench.seen[0], POINTS)
    answer = client.post("/predict", data=as_file(include_figure="false"))
    assert "plotly_json" not in answer.json


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"include_figure": "true"}, "/file"),
        ({"file": "text, not a file"}, "/file"),
        (as_file(include_figure="1"), "/include_figure"),
        (as_file(format="ply"), "/format"),
        (as_file(name="model.pkl"), "/file"),
        ({"file": [as_file()["file"], as_file()["file"]]}, "/file"),
        ({"file": [as_file()["file"], "text too"]}, "/file"),
        ({**as_file(), "include_figure": ["true", "true"]}, "/include_figure"),
        ({**as_file(), "include_figure": (io.BytesIO(b"true"), "a.txt")}, "/include_figure"),
        ({**as_file(), "other": as_file()["file"]}, "/other"),
    ],
)
def test_forms_that_are_refused(client: FlaskClient, form: dict[str, Any], pointer: str) -> None:
    answer = client.post("/predict", data=form, content_type="multipart/form-data")
    assert_problem(answer, 422, pointer)


@EXAMPLES
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


def lying_header(shape: str, body: bytes = b"\0" * 384) -> bytes:
    return raw_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}", body)


def raw_header(text: str, body: bytes = b"") -> bytes:
    header = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


def test_an_array_from_python_2(client: FlaskClient, workbench: FakeWorkbench) -> None:
    body = lying_header("(16L, 3L)", np.asarray(POINTS).tobytes())
    assert client.post("/predict", data=body, content_type="application/x-npy").status_code == 200
    np.testing.assert_array_equal(workbench.seen[0], POINTS)


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
        raw_header("(" * 9000),
        raw_header("{" * 9000),
        raw_header("-" * 9000),
        raw_header("[0]" * 3000),
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f",
        b"\x93NUMPY\x09\x00" + b"\0" * 200,
    ],
)
def test_arrays_that_are_refused(client: FlaskClient, raw: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = client.post("/predict", data=raw, content_type="application/x-npy")
    assert_problem(answer, 422, "")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5 * 1024


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("figure=true", "/figure"), ("include_figure=true&include_figure=true", "/include_figure")],
)
def test_an_array_with_another_query(client: FlaskClient, query: str, pointer: str) -> None:
    body = npy(np.asarray(POINTS))
    answer = client.post(f"/predict?{query}", data=body, content_type="application/x-npy")
    assert_problem(answer, 422, pointer)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/generate", {"json": {"shape": "cone"}}),
        ("/predict", {"json": {"points": POINTS}}),
        ("/predict", {"data": as_file()}),
        ("/jobs", {"json": {}}),
    ],
)
def test_a_query_where_the_body_says_everything(
    client: FlaskClient, path: str, body: dict[str, Any]
) -> None:
    assert_problem(client.post(f"{path}?include_figure=false", **body), 422, "/include_figure")


def test_an_array_with_a_gap_is_refused(client: FlaskClient) -> None:
    body = npy(np.asarray(with_value(np.nan)))
    answer = client.post("/predict", data=body, content_type="application/x-npy")
    assert_problem(answer, 422, "/points/3/1")


def test_an_upload_is_kept_under_an_id(client: FlaskClient, workbench: FakeWorkbench) -> None:
    raw = bytes(range(256)) * 700
    answer = client.post(
        "/uploads",
        query_string={"name": "größe/../ball.ply"},
        data=raw,
        content_type="application/octet-stream",
    )
    assert answer.status_code == 201
    assert list(answer.json) == ["upload_id"]
    assert workbench.uploads[answer.json["upload_id"]] == ("größe/../ball.ply", raw)


@pytest.mark.parametrize(
    "query", ["", "name=", "name=" + "x" * 256, "name=a&extra=1", "name=a&name=b"]
)
def test_an_upload_says_its_name_and_nothing_else(client: FlaskClient, query: str) -> None:
    answer = client.post("/uploads?" + query, data=b"x", content_type="application/octet-stream")
    assert answer.status_code == 422
