"""The routes of jobs, models and health."""

from __future__ import annotations

from typing import Any

import pytest
from api_fakes import OLDER, VERSION, FakeWorkbench, assert_problem
from flask.testing import FlaskClient

from pcdash.core.examination.gate import Worse

NOBODY = "f" * 32


def test_a_training_is_started_followed_and_cancelled(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    started = client.post("/jobs", json={"seed": 5, "dataset": {"kind": "synthetic"}})
    assert started.status_code == 202
    assert list(started.json) == ["id", "state", "stage", "fraction", "message"]
    assert started.json["state"] == "queued"
    assert started.headers["Location"] == f"/jobs/{started.json['id']}"
    assert workbench.started[0].seed == 5

    shown = client.get(started.headers["Location"]).json
    assert shown["title"] == "synthetic"
    assert shown["log"] == "fitting\n"
    assert "/secret/place" not in str(shown)
    assert client.get("/jobs").json == {"jobs": [{k: v for k, v in shown.items() if k != "log"}]}

    cancelled = client.delete(started.headers["Location"])
    assert cancelled.status_code == 200
    assert cancelled.json == started.json | {"state": "cancelled"}


def test_every_key_of_a_training_has_a_default(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    assert client.post("/jobs", json={}).status_code == 202
    assert workbench.started[0].dataset.kind == "synthetic"


@pytest.mark.parametrize(
    ("config", "pointers"),
    [
        ({"sed": 1}, ["/sed"]),
        ({"dataset": {"kind": "synthetic", "n_points": 15}}, ["/dataset/n_points"]),
        ({"dataset": {"kind": "synthetic", "n_points": True}}, ["/dataset/n_points"]),
        ({"dataset": {"kind": "synthetic", "classes": ["cone", 3]}}, ["/dataset/classes/1"]),
        ({"dataset": {"classes": ["cube", "cube"]}}, ["/dataset"]),
        ({"dataset": {"kind": "folder"}}, ["/dataset/root"]),
        ({"dataset": {"kind": "torrent"}}, ["/dataset"]),
        ({"dataset": []}, ["/dataset"]),
        ({"split": {"train": 0.5, "val": 0.1, "test": 0.1}}, ["/split"]),
        ({"model": {"name": "ensemble", "params": {"shell": "rm"}}}, ["/model/params/shell"]),
        ({"artifacts_dir": "/etc"}, ["/artifacts_dir"]),
        ({"seed": -1, "metrics": ["speed"]}, ["/seed", "/metrics/0"]),
    ],
)
def test_a_wrong_config_names_the_key(
    client: FlaskClient, workbench: FakeWorkbench, config: dict[str, Any], pointers: list[str]
) -> None:
    assert_problem(client.post("/jobs", json=config), 422, *pointers)
    assert workbench.started == []


@pytest.mark.parametrize(
    ("classes", "told"),
    [(["cone"], "must hold at least 2 values"), (["cone"] * 33, "may hold at most 32 values")],
)
def test_a_list_of_the_wrong_length_is_refused_in_words_of_json(
    client: FlaskClient, classes: list[str], told: str
) -> None:
    answer = client.post("/jobs", json={"dataset": {"classes": classes}})
    assert_problem(answer, 422, "/dataset/classes")
    assert answer.json["detail"] == f"dataset.classes {told}"


def test_a_problem_does_not_repeat_a_wrong_value(client: FlaskClient) -> None:
    config = {"dataset": {"kind": "<script>alert(1)</script>"}, "seed": "<script>"}
    assert b"script" not in client.post("/jobs", json=config).data


def test_a_folder_is_refused_where_there_is_no_data_root(client: FlaskClient) -> None:
    config = {"dataset": {"kind": "folder", "root": "scans"}}
    assert_problem(client.post("/jobs", json=config), 409, "/dataset/root")


def test_a_full_queue_asks_for_patience(client: FlaskClient) -> None:
    for _ in range(2):
        assert client.post("/jobs", json={}).status_code == 202
    answer = client.post("/jobs", json={})
    assert_problem(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("job_id", [NOBODY, "1", "..", "%00", "a" * 5000, NOBODY + "%0A", "ü"])
@pytest.mark.parametrize("method", ["get", "delete"])
def test_an_unknown_job(client: FlaskClient, method: str, job_id: str) -> None:
    assert_problem(getattr(client, method)(f"/jobs/{job_id}"), 404)


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "limit=1.5", "limt=3"])
def test_a_wrong_limit(client: FlaskClient, query: str) -> None:
    assert_problem(client.get(f"/jobs?{query}"), 422, f"/{query.partition('=')[0]}")


def test_the_limit_holds(client: FlaskClient) -> None:
    first = client.post("/jobs", json={}).json["id"]
    last = client.post("/jobs", json={}).json["id"]
    assert [job["id"] for job in client.get("/jobs?limit=1").json["jobs"]] == [last]
    assert [job["id"] for job in client.get("/jobs").json["jobs"]] == [last, first]


def test_models_are_listed_and_shown(client: FlaskClient) -> None:
    rows = client.get("/models").json["models"]
    assert [(row["version"], row["served"]) for row in rows] == [(VERSION, True), (OLDER, False)]
    shown = client.get(f"/models/{VERSION}").json
    assert shown | rows[0] == shown
    assert shown["confusion"] == [[1, 0], [0, 1]]
    assert shown["config"]["dataset"]["root"] == "scans"  # not where it lies
    assert shown["lineage"] == {"seed": 3}
    assert (shown["calibration"]["ece"], shown["robustness"]) == (0.1, {"noise": []})
    assert shown["metrics"] is shown["importance"] is shown["alarm"] is None
    assert "/secret" not in client.get(f"/models/{VERSION}").text


def test_promote_and_roll_back(client: FlaskClient, workbench: FakeWorkbench) -> None:
    answer = client.post(f"/models/{OLDER}/promote")
    expected = {"model_version": OLDER, "note": "compared", "worse": []}
    assert (answer.status_code, answer.json) == (200, expected)
    assert workbench.current == OLDER
    answer = client.post("/models/rollback")
    assert (answer.status_code, answer.json) == (200, {"model_version": OLDER})


def test_a_worse_version_takes_a_reason(client: FlaskClient, workbench: FakeWorkbench) -> None:
    workbench.worse = (Worse("outliers 0.1", "10 % outliers", 0.5, 0.9, 1e-6),)
    for body in ({}, {"json": {}}, {"json": {"override": None}}):
        problem = assert_problem(client.post(f"/models/{OLDER}/promote", **body), 409)
        assert "10 % outliers: 50.0 % against 90.0 %" in problem["detail"]
        assert problem["type"].endswith("gate_refused")
    for wrong in ("", 3, ["reason"], "x" * 501):
        answer = client.post(f"/models/{OLDER}/promote", json={"override": wrong})
        assert_problem(answer, 422, "/override")
    assert_problem(client.post(f"/models/{OLDER}/promote", json={"overide": "x"}), 422, "/overide")
    assert workbench.current == VERSION
    answer = client.post(f"/models/{OLDER}/promote", json={"override": "for the show"})
    assert answer.json["worse"] == ["10 % outliers: 50.0 % against 90.0 %"]
    (entry,) = client.get("/models/log").json["log"]
    assert (entry["version"], entry["previous"]) == (OLDER, VERSION)
    assert (entry["override"], entry["note"]) == ("for the show", None)


def test_a_version_is_deleted_unless_it_serves(client: FlaskClient) -> None:
    assert client.delete(f"/models/{OLDER}").json == {"model_version": OLDER}
    assert_problem(client.delete(f"/models/{VERSION}"), 409)
    assert_problem(client.delete("/models/20200101-000000"), 404)
    assert_problem(client.delete("/models/current"), 404)


def test_a_pinned_server_does_not_promote(client: FlaskClient, workbench: FakeWorkbench) -> None:
    workbench.pinned = True
    for path in (f"/models/{OLDER}/promote", "/models/rollback"):
        problem = assert_problem(client.post(path), 409)
        assert "pinned" in problem["detail"]
    assert workbench.current == VERSION


@pytest.mark.parametrize(
    "version", ["20200101-000000", "current", "..%2F..", "20261122-101500%0A", "२०२६११२२-101500"]
)
def test_an_unknown_version(client: FlaskClient, version: str) -> None:
    assert_problem(client.get(f"/models/{version}"), 404)
    assert_problem(client.post(f"/models/{version}/promote"), 404)


def test_health_with_a_model(client: FlaskClient) -> None:
    expected = {"status": "ok", "model_loaded": True, "model_version": VERSION}
    assert client.get("/health").json == expected
    assert client.get("/health/ready").status_code == 200
    assert client.get("/health/live").status_code == 200


def test_health_tells_why_the_promoted_version_does_not_answer(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    workbench.problem = "model.joblib does not match"
    answer = client.get("/health").json
    assert answer["model_loaded"] is True
    assert "model.joblib does not match" in answer["detail"]
    assert client.get("/health/ready").status_code == 200


def test_health_without_a_model(client: FlaskClient, workbench: FakeWorkbench) -> None:
    workbench.model = None
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "model_loaded": False,
        "model_version": None,
        "detail": "The first model is being trained.",
    }
    assert_problem(client.get("/health/ready"), 503)
    assert client.get("/health/live").status_code == 200
