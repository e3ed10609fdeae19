"""JSON bodies that are none, or not what a route asks for."""

from __future__ import annotations

import json

import orjson
import pytest
from api_fakes import EXAMPLES, POINTS, assert_problem
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st


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
@EXAMPLES
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


@EXAMPLES
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
    assert answer.status_code in (200, 202, 400, 422, 429)
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"
