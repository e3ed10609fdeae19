"""/docs and /openapi.json say what the server does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from api_fakes import HASH, OLDER, POINTS, VERSION, FakeWorkbench, make_client, npy
from flask.testing import FlaskClient

from pcdash.api.problems import STATUS
from pcdash.api.routes import ROUTES
from pcdash.core.shapes import SHAPES

OPERATIONS = [(route.method, route.path, route) for routes in ROUTES.values() for route in routes]


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/openapi.json")
    assert answer.content_type == "application/json"
    document: dict[str, Any] = answer.json
    return document


def operation(spec: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = spec["paths"][path.replace("<", "{").replace(">", "}")][method]
    return found


def every(value: Any, key: str) -> Iterator[Any]:
    """Every value that stands under `key`, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from every(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, key)


def test_it_is_openapi_3_1_and_whole(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    schemas = spec["components"]["schemas"]
    references = set(every(spec, "$ref"))
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in schemas
    identifiers = list(every(spec["paths"], "operationId"))
    assert len(set(identifiers)) == len(identifiers) == len(OPERATIONS)


def test_every_route_is_there_and_nothing_else(spec: dict[str, Any]) -> None:
    documented = {(m, path) for path, methods in spec["paths"].items() for m in methods}
    assert documented == {(m, p.replace("<", "{").replace(">", "}")) for m, p, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "route"), OPERATIONS)
def test_every_operation_is_described(
    spec: dict[str, Any], method: str, path: str, route: Any
) -> None:
    about = operation(spec, method, path)
    assert about["summary"]
    assert "<br/>" not in about["description"]
    assert len(about["tags"]) == 1
    named = {p["name"] for p in about.get("parameters", []) if p["in"] == "path"}
    assert named == set(re.findall(r"<(\w+)>", path))
    success = about["responses"].pop(str(route.status))
    if isinstance(route.answer, str):
        assert success["content"] == {route.answer: {"schema": {"type": "string"}}}
    else:
        assert "$ref" in success["content"]["application/json"]["schema"]
    assert {"400", "500"} <= about["responses"].keys()
    for status, answer in about["responses"].items():
        assert int(status) >= 400
        assert answer["content"].keys() == {"application/problem+json"}


def test_bodies_are_documented_as_they_are_taken(spec: dict[str, Any]) -> None:
    taken = {
        (method, path): set(operation(spec, method, path)["requestBody"]["content"])
        for method, path, _ in OPERATIONS
        if "requestBody" in operation(spec, method, path)
    }
    assert taken == {
        ("post", "/generate"): {"application/json"},
        ("post", "/predict"): {"application/json", "multipart/form-data", "application/x-npy"},
        ("post", "/predict/batch"): {"application/json", "multipart/form-data"},
        ("post", "/morph"): {"application/json"},
        ("post", "/imitate"): {"application/json", "multipart/form-data"},
        ("post", "/uploads"): {"application/octet-stream"},
        ("post", "/jobs"): {"application/json"},
        ("post", "/datasets"): {"application/json"},
        ("post", "/models/<version>/promote"): {"application/json"},
    }
    shape = spec["components"]["schemas"]["GenerateRequest"]["properties"]["shape"]
    assert shape["enum"] == list(SHAPES)


def test_the_query_beside_an_array_is_documented(spec: dict[str, Any]) -> None:
    about = {one["name"]: one for one in operation(spec, "post", "/predict")["parameters"]}
    assert about.keys() == {"include_figure", "level", "explain", "isolate"}
    for one in about.values():
        assert (one["in"], one["required"]) == ("query", False)
        assert one["description"].startswith("With a body of type application/x-npy only.")
    level = about["level"]["schema"]
    assert (level["minimum"], level["maximum"]) == (0.5, 0.999)
    # What the other bodies say is in the bodies, and a query of their own documents itself.
    assert "parameters" not in operation(spec, "post", "/predict/batch")
    assert len(operation(spec, "post", "/uploads")["parameters"]) == 1


def test_what_has_a_default_may_be_sent_as_it_is(client: FlaskClient, spec: dict[str, Any]) -> None:
    named = operation(spec, "post", "/predict")["parameters"]
    query = {one["name"]: json.dumps(one["schema"]["default"]).strip('"') for one in named}
    assert query["explain"] == ""
    body = npy(np.asarray(POINTS))
    answer = client.post(
        "/predict", query_string=query, data=body, content_type="application/x-npy"
    )
    assert answer.json == client.post("/predict", json={"points": POINTS}).json


def test_the_examples_work(client: FlaskClient, spec: dict[str, Any]) -> None:
    for path, name in [("/generate", "GenerateRequest"), ("/predict", "PredictRequest")]:
        example = spec["components"]["schemas"][name]["example"]
        assert client.post(path, json=example).status_code == 200


def test_answers_are_what_is_documented(
    client: FlaskClient, workbench: FakeWorkbench, spec: dict[str, Any]
) -> None:
    started = client.post("/jobs", json={})
    upload = client.post("/uploads?name=a.zip", data=b"x", content_type="application/octet-stream")
    asked = {
        ("get", "/datasets"): client.get("/datasets"),
        ("post", "/datasets"): client.post("/datasets", json=upload.json),
        ("get", "/datasets/<hash>"): client.get(f"/datasets/{HASH}"),
        ("delete", "/datasets/<hash>"): client.delete(f"/datasets/{HASH}"),
        ("post", "/generate"): client.post("/generate", json={"shape": "cone"}),
        ("post", "/predict"): client.post("/predict", json={"points": POINTS}),
        ("post", "/predict/batch"): client.post("/predict/batch", json={"clouds": [POINTS, []]}),
        ("post", "/morph"): client.post("/morph", json={"morph": "cylinder-cone", "steps": 3}),
        ("post", "/imitate"): client.post("/imitate", json={"clouds": [POINTS] * 3}),
        ("post", "/uploads"): client.post(
            "/uploads?name=a", data=b"x", content_type="application/octet-stream"
        ),
        ("get", "/jobs"): client.get("/jobs"),
        ("post", "/jobs"): started,
        ("get", "/jobs/<job_id>"): client.get(started.headers["Location"]),
        ("delete", "/jobs/<job_id>"): client.delete(started.headers["Location"]),
        ("get", "/models"): client.get("/models"),
        ("get", "/models/<version>"): client.get(f"/models/{VERSION}"),
        ("delete", "/models/<version>"): client.delete(f"/models/{OLDER}"),
        ("post", "/models/<version>/promote"): client.post(f"/models/{VERSION}/promote"),
        ("get", "/models/log"): client.get("/models/log"),
        ("post", "/models/rollback"): client.post("/models/rollback"),
        ("get", "/drift"): client.get("/drift"),
        ("get", "/health"): client.get("/health"),
        ("get", "/health/live"): client.get("/health/live"),
        ("get", "/health/ready"): client.get("/health/ready"),
        ("get", "/metrics"): client.get("/metrics"),
    }
    assert asked.keys() == {(method, path) for method, path, _ in OPERATIONS}
    for method, path, route in OPERATIONS:
        answer = asked[(method, path)]
        assert answer.status_code == route.status, (path, answer.data)
        if isinstance(route.answer, str):
            assert answer.mimetype == route.answer
            continue
        assert answer.content_type == "application/json"
        # strict: every field is documented, and of the documented type
        route.answer.model_validate_json(answer.data)


def test_every_status_of_ours_is_documented(spec: dict[str, Any]) -> None:
    documented = {int(status) for answers in every(spec, "responses") for status in answers}
    assert {int(status) for status in STATUS.values()} <= documented


def test_what_a_request_has_to_bring_is_documented(spec: dict[str, Any]) -> None:
    schemes = spec["components"]["securitySchemes"]
    assert {name: one["scheme"] for name, one in schemes.items()} == {
        "bearer": "bearer",
        "basic": "basic",
    }
    assert not any(every(spec["paths"], "security"))  # this server has no token
    guarded = make_client(token="0123456789abcdef").application
    for methods in guarded.api_doc["paths"].values():
        for about in methods.values():
            asked = about.get("security", [])
            assert ("401" in about["responses"]) == bool(asked)
            assert asked in ([], [{"bearer": []}, {"basic": []}])


def test_the_page_is_offline_and_without_inline_scripts(client: FlaskClient) -> None:
    page = client.get("/docs").text
    assert "http" not in page
    assert not re.search(r"<script(?! src=)", page)
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        asset = client.get(link)
        assert asset.status_code == 200, link
        assert len(asset.data) > 100
        asset.close()
    assert json.loads(client.get("/openapi.json").data)["info"]["title"] == "pcdash"
    assert client.get("/docs/plugins.py").status_code == 404
    assert client.get("/docs/..%2f__init__.py").status_code == 404
