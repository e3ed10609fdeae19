"""`"isolate"` in what is sent to the routes that classify."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from api_fakes import POINTS, FakeWorkbench, assert_problem, npy
from flask.testing import FlaskClient
from numpy.typing import NDArray

from pcdash.api.isolation import IsolationRecord
from pcdash.core.isolate import isolate

RNG = np.random.default_rng(0)
TABLE = np.column_stack([RNG.uniform(-3, 3, (600, 2)), np.zeros(600)])
BALL = RNG.normal(size=(200, 3))
BALL = 0.5 * BALL / np.linalg.norm(BALL, axis=1, keepdims=True) + np.array([0, 0, 0.7])
SCAN = np.concatenate([TABLE, BALL])


def as_xyz(points: NDArray[np.float64]) -> bytes:
    return "\n".join(" ".join(map(repr, row)) for row in points.tolist()).encode()


def test_the_isolated_points_are_classified_and_the_record_is_in_the_answer(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    body = {"points": SCAN.tolist(), "include_figure": False}
    plain = client.post("/predict", json=body).json
    assert "isolation" not in plain
    answer = client.post("/predict", json=body | {"isolate": True}).json
    np.testing.assert_array_equal(workbench.seen[0], SCAN)
    np.testing.assert_array_equal(workbench.seen[1], BALL)
    record = answer.pop("isolation")
    assert answer == plain
    assert (record["kept"], record["removed"]) == (200, 600)
    assert [step["name"] for step in record["steps"]] == ["plane", "cluster"]
    assert record["steps"][0]["plane"][2] == pytest.approx(1, abs=0.01)
    assert "The plane below was removed: 600 points" in record["steps"][0]["said"]
    IsolationRecord.model_validate(record)


def test_how_it_is_isolated_can_be_said(client: FlaskClient, workbench: FakeWorkbench) -> None:
    how = {"crop": {"x": [-1, 1], "z": [None, 0.5]}, "plane": False, "cluster": False}
    body = {"points": SCAN.tolist(), "include_figure": False, "isolate": how}
    record = client.post("/predict", json=body).json["isolation"]
    inside = (np.abs(SCAN[:, 0]) <= 1) & (SCAN[:, 2] <= 0.5)
    assert record["kept"] == np.count_nonzero(inside) < len(SCAN)
    np.testing.assert_array_equal(workbench.seen[0], SCAN[inside])
    assert [step["name"] for step in record["steps"]] == ["crop"]


def test_files_and_arrays_are_isolated_too(client: FlaskClient, workbench: FakeWorkbench) -> None:
    form = {"file": (io.BytesIO(as_xyz(SCAN)), "scan.xyz"), "isolate": "true"}
    by_file = client.post("/predict", data=form).json
    by_array = client.post(
        "/predict?isolate=true", data=npy(SCAN), content_type="application/x-npy"
    ).json
    assert (
        by_file["isolation"]
        == by_array["isolation"]
        == json.loads(json.dumps(isolate(SCAN).as_json()))
    )
    for points in workbench.seen:
        np.testing.assert_array_equal(points, BALL)


def test_a_batch_isolates_each_of_its_clouds(client: FlaskClient) -> None:
    body = {"clouds": [SCAN.tolist(), [], BALL.tolist()], "isolate": True}
    one, bad, other = client.post("/predict/batch", json=body).json["results"]
    assert one["isolation"]["removed"] == 600
    assert other["isolation"]["removed"] == 0
    assert "error" in bad
    assert "isolation" not in bad
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.xyz", as_xyz(SCAN))
    form = {"file": (io.BytesIO(buffer.getvalue()), "scans.zip"), "isolate": "true"}
    (only,) = client.post("/predict/batch", data=form).json["results"]
    assert only["isolation"] == one["isolation"]


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_what_leaves_too_little_blames_the_cloud(client: FlaskClient, path: str) -> None:
    how = {"crop": {"x": [100, None]}}
    cloud = {"points": POINTS} if path == "/predict" else {"clouds": [POINTS]}
    answer = client.post(path, json=cloud | {"isolate": how})
    if path == "/predict":
        body = assert_problem(answer, 422, "/isolate")
    else:
        body = answer.json["results"][0]["error"]
        assert [one["pointer"] for one in body["errors"]] == ["/clouds/0"]
    assert body["detail"].startswith("isolating the object leaves 0 of 16 points")


@pytest.mark.parametrize(
    ("how", "pointer"),
    [
        (1, "/isolate"),
        ("true", "/isolate"),
        ({"crop": {"x": [2, 1]}}, "/isolate/crop/x"),
        ({"crop": {"x": ["a", 1]}}, "/isolate/crop/x/0"),
        ({"crop": {"w": [1, 2]}}, "/isolate/crop/w"),
    ],
)
def test_what_is_no_way_to_isolate_is_named(client: FlaskClient, how: object, pointer: str) -> None:
    answer = client.post("/predict", json={"points": POINTS, "isolate": how})
    assert pointer in [one["pointer"] for one in answer.json["errors"]]
    assert answer.status_code == 422
