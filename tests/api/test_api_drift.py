"""GET /drift."""

from __future__ import annotations

import pytest
from api_fakes import VERSION, FakeWorkbench, assert_problem
from drifts import make_report
from flask.testing import FlaskClient

from pcdash.api.drift_schemas import DriftAnswer
from pcdash.errors import ModelUnavailable, NotFound, PcdashError, Refused


def test_the_report_is_answered_as_documented(
    client: FlaskClient, workbench: FakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "drift", lambda: make_report(VERSION, 0.4, 3.2))
    body = client.get("/drift").json
    DriftAnswer.model_validate(body)
    assert (body["version"], body["alarm"]) == (VERSION, True)
    assert (body["window"], body["waiting"]) == (100, 7)
    assert body["said"].startswith("The last 100 clouds are not like those of the training (3.2 ")
    assert [one["distance"] for one in body["series"]] == [0.4, 3.2]
    assert body["latest"]["blocks"][0] == {"block": "planes", "distance": 3.2, "separation": 0.9}
    assert body["latest"]["classes"]["shares"] == {"cube": 0.25, "torus": 0.75}
    assert [one["together"] for one in body["series"]] == [None, 0.6]
    assert (body["latest"]["clouds"], body["together"]["clouds"]) == (100, 200)
    assert body["together"]["blocks"][0]["distance"] == 0.6


def test_what_shows_in_a_thousand_clouds_alone_is_an_alarm_and_said(
    client: FlaskClient, workbench: FakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = make_report(VERSION, *[0.4] * 10, together=1.5)
    monkeypatch.setattr(workbench, "drift", lambda: report)
    body = client.get("/drift").json
    assert body["alarm"] is True
    assert body["said"] == (
        "The last 1,000 clouds together are not like those of the training (1.5 times the alarm "
        "threshold). Farthest off in the descriptor: planes."
    )
    assert [one["alarm"] for one in body["series"]] == [False, *[True] * 9]


def test_before_the_first_window_there_is_nothing_latest(
    client: FlaskClient, workbench: FakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "drift", lambda: make_report(VERSION, waiting=3))
    body = client.get("/drift").json
    DriftAnswer.model_validate(body)
    assert (body["latest"], body["together"], body["series"], body["alarm"]) == (
        None,
        None,
        [],
        False,
    )
    assert body["said"].startswith("3 different clouds so far")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("the drift watch is off: set drift.enabled to true in serve.yaml"), 409),
        (NotFound("version 1 has nothing to compare with"), 404),
        (ModelUnavailable(), 503),
    ],
)
def test_why_there_is_no_report_is_a_problem(
    client: FlaskClient,
    workbench: FakeWorkbench,
    monkeypatch: pytest.MonkeyPatch,
    error: PcdashError,
    status: int,
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(workbench, "drift", refuse)
    assert assert_problem(client.get("/drift"), status)["detail"] == error.message
