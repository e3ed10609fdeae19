"""``python -m pcdash`` as its supervisor sees it: logs, signals, exit codes."""

from __future__ import annotations

import http.client
import signal
import threading
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server_process import Server, until

from pcdash.core.generation import generate
from pcdash.core.params import CloudParams

Start = Callable[..., Server]

CLOUD = generate(CloudParams(shape="torus", n_points=128, seed=1)).points.tolist()


def in_flight(server: Server, *, above: int) -> bool:
    _, text = server.ask("GET", "/metrics")
    (value,) = [
        float(line.split()[1])
        for line in text.splitlines()
        if line.startswith("pcdash_requests_in_flight ")
    ]
    return value > above


def begin_batch(server: Server, clouds: int) -> tuple[threading.Thread, list[Any]]:
    """Let a client ask for a batch that takes a while, and wait until it is at work."""
    answers: list[Any] = []

    def client() -> None:
        try:
            answers.append(server.ask("POST", "/predict/batch", {"clouds": [CLOUD] * clouds}))
        except (OSError, http.client.HTTPException) as error:
            answers.append(error)

    thread = threading.Thread(target=client)
    thread.start()
    until(lambda: in_flight(server, above=1))
    return thread, answers


def test_sigterm_under_load_loses_nothing(start: Start) -> None:
    server = start().ready()
    thread, answers = begin_batch(server, 150)
    statuses: set[int] = set()
    lost: list[Exception] = []

    def client() -> None:
        body = {"points": CLOUD, "include_figure": False}
        while True:
            try:
                statuses.add(server.ask("POST", "/predict", body)[0])
            except (ConnectionRefusedError, ConnectionResetError):
                return  # the end: nobody listens any more
            except (OSError, http.client.HTTPException) as error:
                lost.append(error)
                return

    clients = [threading.Thread(target=client) for _ in range(2)]
    for one in clients:
        one.start()
    until(lambda: 200 in statuses)
    server.process.send_signal(signal.SIGTERM)
    assert server.ask("GET", "/health/ready")[0] == 503
    assert server.wait() == 0
    for one in (thread, *clients):
        one.join(10)
    ((status, answer),) = answers
    assert status == 200
    assert len(answer["results"]) == 150
    assert {result["predicted_class"] for result in answer["results"]} == {"torus"}
    assert statuses <= {200, 503}
    assert not [error for error in lost if not isinstance(error, http.client.RemoteDisconnected)]


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    server = start().ready()
    thread, answers = begin_batch(server, 1000)
    server.process.send_signal(signal.SIGTERM)
    until(lambda: server.ask("GET", "/health/ready")[0] == 503)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
    thread.join(10)
    assert isinstance(answers[0], Exception)


def test_every_line_of_the_log_is_json_and_the_token_goes_nowhere(start: Start) -> None:
    token = "correct-horse-battery"
    server = start(PCDASH_TOKEN=token).ready()
    headers = {"Authorization": "Basic " + b64encode(f"me:{token}".encode()).decode()}
    assert server.ask("GET", "/models")[0] == 401
    assert server.ask("GET", "/models", headers=headers)[0] == 200
    assert server.ask("GET", f"/nothing%0D%0A%1B[31m{token}", headers=headers)[0] == 404
    assert server.ask("GET", f"/models?{token}", headers=headers)[0] == 200
    status, job = server.ask("POST", "/jobs", {"dataset": {"n_samples_per_class": 5000}}, headers)
    assert status == 202, job
    (child,) = until(lambda: _children(server.process.pid))
    # Until then it is a copy of the server.
    until(lambda: b"pcdash.jobs.child" in Path(f"/proc/{child}/cmdline").read_bytes())
    assert token.encode() not in Path(f"/proc/{child}/environ").read_bytes()
    server.process.send_signal(signal.SIGINT)
    assert server.wait() == 0
    lines = server.lines()
    assert [line["status"] for line in lines if line.get("path") == "/models"] == [401, 200, 200]
    assert all(token not in line for line in server.raw)
    assert {line["pid"] for line in lines} == {server.process.pid}
    assert job["id"] in {line.get("job_id") for line in lines}


def _children(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for listed in tasks for child in listed.read_text().split()]
