"""No model, and too many predictions at a time."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from api_fakes import POINTS, FakeWorkbench, as_file, assert_problem, make_client, npy
from flask.testing import FlaskClient

from pcdash.api import create_server
from pcdash.settings import Settings
from pcdash.workbench import Workbench, desk
from pcdash.workbench.costs import SLOW_FROM


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

    vars(workbench)["predict"] = slow
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


def test_slow_explanations_leave_turns_to_predictions(
    small_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small_artifacts, tmp_path / "artifacts", symlinks=True)
    limits = {"concurrent_predictions": 8}
    settings = Settings.model_validate(
        {"artifacts_dir": str(tmp_path / "artifacts"), "limits": limits}
    )
    workbench = Workbench(settings)
    workbench.load_model()
    server = create_server(workbench, settings)
    inside, release = threading.Semaphore(0), threading.Event()

    def explain(_model: object, _points: object, names: tuple[str, ...]) -> dict[str, Any]:
        if names:
            inside.release()
            assert release.wait(30)
        return {}

    monkeypatch.setattr(desk, "explain", explain)
    asked = {"points": POINTS, "explain": ["turntable", "blame"]}
    answers: list[int] = []

    def ask() -> None:
        answers.append(server.test_client().post("/predict", json=asked).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=30)
    client = server.test_client()
    for _ in range(16):
        refused = client.post("/predict", json=asked)
        assert_problem(refused, 503)
        assert refused.headers["Retry-After"] == "1"
    assert client.post("/predict", json={"points": POINTS}).status_code == 200
    monkeypatch.setitem(SLOW_FROM, "isolate", 0)
    isolating = client.post("/predict", json={"points": POINTS, "isolate": True})
    assert_problem(isolating, 503)
    release.set()
    for thread in threads:
        thread.join(30)
    assert answers == [200, 200]
    assert client.post("/predict", json=asked).status_code == 200
