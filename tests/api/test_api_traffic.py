"""The line that every request leaves, its id, and the end of the server."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import uuid
from collections.abc import Iterator
from io import StringIO
from typing import Any, cast

import pytest
from api_fakes import POINTS, VERSION, FakeWorkbench, assert_problem, make_client
from flask.testing import FlaskClient

from pcdash import logs
from pcdash.api import Traffic
from pcdash.workbench import Workbench


@pytest.fixture
def lines() -> Iterator[Any]:
    """What would be in the log: a function that returns the parsed lines so far."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    logger = logging.getLogger("pcdash")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_every_request_leaves_one_line(client: FlaskClient, lines: Any) -> None:
    answer = client.post("/predict", json={"points": POINTS})
    (line,) = lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert 0 < line.pop("ms") < 10_000
    assert line.pop("pid") == os.getpid()
    assert line == {
        "level": "INFO",
        "logger": "pcdash.access",
        "message": "POST /predict 200",
        "request_id": answer.headers["X-Request-Id"],
        "version": VERSION,
        "method": "POST",
        "route": "/predict",
        "path": "/predict",
        "status": 200,
        "client": "127.0.0.1",
    }


def test_what_is_refused_leaves_one_too(client: FlaskClient, lines: Any) -> None:
    client.get("/nothing")
    client.get("/models", headers={"Host": "evil.com"})
    client.get("/" + "a" * 9_000)
    said = [(line["level"], line["status"], line["route"]) for line in lines()]
    assert said == [
        ("WARNING", 404, "other"),
        ("WARNING", 400, "/models"),
        ("WARNING", 414, "other"),
    ]
    assert max(len(line["path"]) for line in lines()) == 200


def test_the_version_is_the_one_that_answered(
    client: FlaskClient, workbench: FakeWorkbench, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = workbench.predict

    def swapped(points: Any) -> Any:
        said = predict(points)
        workbench.model = "20270101-000000"
        return said

    monkeypatch.setattr(workbench, "predict", swapped)
    client.post("/predict", json={"points": POINTS})
    client.get("/models")
    client.post("/predict/batch", json={"clouds": [POINTS]})
    assert [line["version"] for line in lines()] == [VERSION, "20270101-000000", VERSION]


def test_the_job_is_named(client: FlaskClient, lines: Any) -> None:
    job = client.post("/jobs", json={}).json["id"]
    client.get(f"/jobs/{job}")
    client.delete(f"/jobs/{job}")
    client.get("/jobs")
    assert [line.get("job_id") for line in lines()] == [job, job, job, None]


STRANGE = '\r\n{"level":"ERROR"} \x1b[31mred\x1b]0;title\x07 \x00\x7f\x85\u2028\u202e\u2066 \ud7ff'


@pytest.mark.parametrize("place", ["path", "header", "job", "upload"])
def test_nothing_that_is_sent_ends_a_line(client: FlaskClient, lines: Any, place: str) -> None:
    if place == "path":
        client.get("/" + STRANGE)
    elif place == "header":
        client.get("/models", headers={"X-Request-Id": "x" * 32, "Host": "evil.com"})
    elif place == "job":
        client.get("/jobs/" + STRANGE)
    else:
        client.post("/uploads", query_string={"name": STRANGE}, data=b"x",
                    content_type="application/octet-stream")  # fmt: skip
    assert len(lines()) == 1


def test_a_traceback_stays_in_its_line(
    client: FlaskClient, workbench: FakeWorkbench, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(limit: int) -> None:
        raise RuntimeError(STRANGE)

    monkeypatch.setattr(workbench, "jobs", broken)
    answer = client.get("/jobs")
    fault, access = lines()
    assert fault["request_id"] == access["request_id"] == answer.headers["X-Request-Id"]
    assert "RuntimeError" in fault["traceback"]
    assert access["status"] == 500


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (uuid.UUID(int=7).hex, True),
        ("ABCDEF" + "0" * 26, False),
        ("0" * 31, False),
        ("0" * 33, False),
        ("0" * 31 + "\n", False),
        (str(uuid.UUID(int=7)), False),
        ("", False),
    ],
)
def test_an_id_from_a_proxy_is_kept_if_it_is_one(
    client: FlaskClient, sent: str, kept: bool
) -> None:
    # By hand: a client library would not send a line's end in a header.
    answer = client.get("/nothing", environ_overrides={"HTTP_X_REQUEST_ID": sent})
    problem = assert_problem(answer, 404)
    assert (problem["request_id"] == sent) == kept
    assert re.fullmatch("[0-9a-f]{32}", problem["request_id"])


def test_nothing_stays_bound_for_the_next_request(client: FlaskClient, lines: Any) -> None:
    client.post("/predict", json={"points": POINTS})
    assert logs.bound() == {}
    logging.getLogger("pcdash.somewhere").warning("between two requests")
    assert "request_id" not in lines()[-1]


# -- the end ------------------------------------------------------------------------------------


@pytest.fixture
def ending() -> tuple[FakeWorkbench, Traffic, FlaskClient]:
    workbench = FakeWorkbench()
    traffic = Traffic(cast(Workbench, workbench))
    return workbench, traffic, make_client(workbench, traffic=traffic)


def test_a_stopping_server_begins_nothing_more(
    ending: tuple[FakeWorkbench, Traffic, FlaskClient],
) -> None:
    _, traffic, client = ending
    assert client.get("/health/ready").status_code == 200
    traffic.stop()
    problem = assert_problem(client.get("/health/ready"), 503)
    assert problem["type"] == "urn:pcdash:problem:stopping"
    assert client.get("/health").status_code == client.get("/health/live").status_code == 200
    for answer in (
        client.post("/predict", json={"points": POINTS}),
        client.get("/models"),
        client.get("/nothing"),
    ):
        assert_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) >= 1


def test_what_has_been_begun_is_finished(
    ending: tuple[FakeWorkbench, Traffic, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench, traffic, client = ending
    inside, release = threading.Event(), threading.Event()
    predict = workbench.predict

    def slow(points: Any) -> Any:
        inside.set()
        assert release.wait(10)
        return predict(points)

    monkeypatch.setattr(workbench, "predict", slow)
    server, answers = client.application, []

    def ask() -> None:
        answers.append(server.test_client().post("/predict", json={"points": POINTS}))

    thread = threading.Thread(target=ask)
    thread.start()
    assert inside.wait(10)
    traffic.stop()
    for _ in range(3):
        client.get("/models")  # refused, so nothing that would have to be waited for
        client.get("/health")
    assert traffic.under_way == 1
    release.set()
    thread.join(10)
    assert [answer.status_code for answer in answers] == [200]
    assert traffic.under_way == 0
