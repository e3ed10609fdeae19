"""GET /metrics: what happened is counted, and no stranger makes a new series."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from api_fakes import POINTS, VERSION, FakeWorkbench, make_client
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def counted() -> tuple[FakeWorkbench, FlaskClient]:
    """A server of its own: counts begin at nothing."""
    workbench = FakeWorkbench()
    return workbench, make_client(workbench, json_mib=1, concurrent_predictions=1)


def read(client: FlaskClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def test_requests_are_counted_by_rule_method_and_status(
    counted: tuple[FakeWorkbench, FlaskClient],
) -> None:
    _, client = counted
    for _ in range(3):
        client.get("/models/" + VERSION)
    client.get("/models/20000101-000000")
    client.post("/predict", json={"points": POINTS})
    samples = read(client)
    route = "/models/<version>"

    def requests(route: str, method: str, status: str) -> float | None:
        labels = {"route": route, "method": method, "status": status}
        return value(samples, "pcdash_requests_total", **labels)

    assert requests(route, "GET", "200") == 3
    assert requests(route, "GET", "404") == 1
    assert requests("/predict", "POST", "200") == 1
    assert value(samples, "pcdash_request_seconds_count", route=route) == 4
    assert value(samples, "pcdash_request_seconds_bucket", route=route, le="+Inf") == 4
    total = value(samples, "pcdash_request_seconds_sum", route=route)
    assert total is not None
    assert 0 < total < 10


def test_refusals_are_counted_by_their_reason(counted: tuple[FakeWorkbench, FlaskClient]) -> None:
    workbench, client = counted
    client.get("/models", headers={"Host": "evil.com"})
    client.post("/jobs", json={}, headers={"Origin": "http://evil.com"})
    client.get("/nothing")
    client.put("/predict")
    client.post("/predict", data=b" " * ((1 << 20) + 1), content_type="application/json")
    client.post("/predict", data=b"x", content_type="text/plain")
    client.post("/predict", json={})
    for _ in range(3):
        client.post("/jobs", json={})
    with workbench.turns.taken():
        client.post("/predict", json={"points": POINTS})
    workbench.model = None
    client.post("/predict", json={"points": POINTS})
    samples = read(client)
    found = {
        (dict(labels)["status"], dict(labels)["reason"]): count
        for (name, labels), count in samples.items()
        if name == "pcdash_rejected_total"
    }
    assert found == {
        ("400", "bad_request"): 1,
        ("403", "forbidden"): 1,
        ("404", "not_found"): 1,
        ("405", "method_not_allowed"): 1,
        ("413", "request_entity_too_large"): 1,
        ("415", "unsupported_media_type"): 1,
        ("422", "invalid_input"): 1,
        ("429", "queue_full"): 1,
        ("503", "busy"): 1,
        ("503", "model_not_available"): 1,
    }


def test_a_missing_token_is_counted() -> None:
    client = make_client(token="0123456789abcdef")
    client.get("/models")
    headers = {"Authorization": "Bearer 0123456789abcdef"}
    assert (
        'pcdash_rejected_total{reason="unauthorized",status="401"} 1.0'
        in client.get("/metrics", headers=headers).text
    )


def test_a_fault_of_ours_is_no_refusal(
    counted: tuple[FakeWorkbench, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench, client = counted
    monkeypatch.setattr(workbench, "jobs", None)
    assert client.get("/jobs").status_code == 500
    samples = read(client)
    assert value(samples, "pcdash_requests_total", route="/jobs", method="GET", status="500") == 1
    assert not [name for name, _ in samples if name == "pcdash_rejected_total"]


def test_strangers_make_no_series(counted: tuple[FakeWorkbench, FlaskClient]) -> None:
    _, client = counted

    def strange(number: int) -> None:
        client.get(f"/nothing/{number}")
        client.get(f"/jobs/{number:032x}")
        client.get("/health?" + "x" * number)
        client.open("/predict", method=f"M{number}")
        client.open(f"/{number}", method=f"M{number}", headers={"Host": f"evil{number}.com"})
        client.get("/models", headers={"X-Request-Id": f"{number:032x}"})

    strange(0)
    before = read(client)
    for number in range(1, 200):
        strange(number)
    assert read(client).keys() - before.keys() <= {
        key for key in read(client) if dict(key[1]).get("route") == "/metrics"
    }


def test_what_is_under_way_is_told(
    counted: tuple[FakeWorkbench, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench, client = counted
    inside, release = threading.Event(), threading.Event()
    predict = workbench.predict

    def slow(points: Any) -> Any:
        inside.set()
        assert release.wait(10)
        return predict(points)

    monkeypatch.setattr(workbench, "predict", slow)
    server = client.application

    def ask() -> None:
        server.test_client().post("/predict", json={"points": POINTS})

    assert value(read(client), "pcdash_requests_in_flight") == 1  # the one that asks
    thread = threading.Thread(target=ask)
    thread.start()
    assert inside.wait(10)
    assert value(read(client), "pcdash_requests_in_flight") == 2
    release.set()
    thread.join(10)
    assert value(read(client), "pcdash_requests_in_flight") == 1


def test_model_reloads_and_jobs(counted: tuple[FakeWorkbench, FlaskClient]) -> None:
    workbench, client = counted
    workbench.reloads = {"ok": 3, "failed": 2}
    client.post("/jobs", json={})
    samples = read(client)
    assert value(samples, "pcdash_model_info", version=VERSION) == 1
    assert value(samples, "pcdash_model_reloads_total", result="ok") == 3
    assert value(samples, "pcdash_model_reloads_total", result="failed") == 2
    assert value(samples, "pcdash_jobs", state="queued") == 1
    assert value(samples, "pcdash_jobs", state="done") == 0
    assert value(samples, "pcdash_job_queue_length") == 1
    assert value(samples, "pcdash_job_queue_capacity") == workbench.settings.limits.queued_jobs
    resident = value(samples, "process_resident_memory_bytes")
    assert resident is None or resident > 1 << 20  # only Linux tells
    workbench.model = None
    assert not [name for name, _ in read(client) if name == "pcdash_model_info"]


def test_every_server_counts_for_itself() -> None:
    first, second = make_client(), make_client()
    first.get("/models")
    labels = {"route": "/models", "method": "GET", "status": "200"}
    assert value(read(first), "pcdash_requests_total", **labels) == 1
    assert value(read(second), "pcdash_requests_total", **labels) is None
