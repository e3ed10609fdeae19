"""The socket: shared out fairly, closed in order."""

from __future__ import annotations

import gc
import http.client
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
from api_fakes import POINTS, FakeWorkbench, make_client, served
from deadlines import AT_ONCE, EVENTUALLY

from pcdash.api import Traffic
from pcdash.app import settle
from pcdash.errors import PcdashError
from pcdash.listener import Listener, ProbesFirst, flags
from pcdash.settings import Settings
from pcdash.workbench import Workbench

BODY = json.dumps({"points": POINTS, "include_figure": False}).encode()
JSON = {"Content-Type": "application/json"}


def until(condition: Callable[[], bool], seconds: float = EVENTUALLY) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.005)


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=AT_ONCE)
    try:
        connection.request(method, path, body, JSON if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Running:
    """A listener in a thread, over a workbench whose predictions wait to be let go."""

    def __init__(self) -> None:
        self.workbench = FakeWorkbench()
        self.traffic = Traffic(cast(Workbench, self.workbench))
        app = make_client(self.workbench, traffic=self.traffic).application
        self.listener = Listener(app, Settings(port=0))
        self.port = self.listener.port
        self.go = threading.Event()
        predict = self.workbench.predict

        def slow(points: Any) -> Any:
            assert self.go.wait(2 * EVENTUALLY)
            return predict(points)

        vars(self.workbench)["predict"] = slow
        self.thread = threading.Thread(target=self.listener.run, args=(self.traffic,), daemon=True)
        self.thread.start()
        self.answers: list[tuple[int, Any]] = []
        self.clients: list[threading.Thread] = []

    def begin(self, count: int) -> None:
        """Let `count` clients ask for a prediction, and wait until they are at it."""

        def client() -> None:
            with suppress(OSError, http.client.HTTPException):  # hung up on
                self.answers.append(ask(self.port, "POST", "/predict", BODY))

        before = self.traffic.under_way
        self.clients = [threading.Thread(target=client) for _ in range(count)]
        for one in self.clients:
            one.start()
        until(lambda: self.traffic.under_way == before + count)

    def stop(self) -> None:
        self.traffic.stop()
        self.listener.wake()


@pytest.fixture
def running() -> Iterator[Running]:
    running = Running()
    yield running
    running.go.set()
    if running.thread.is_alive():
        running.stop()
    running.thread.join(20)
    assert not running.thread.is_alive()


def test_told_to_stop_it_finishes_what_it_has_begun(running: Running) -> None:
    running.begin(3)
    running.stop()
    until(lambda: ask(running.port, "GET", "/health/ready")[0] == 503)
    assert ask(running.port, "GET", "/health/live")[0] == 200
    status, body = ask(running.port, "POST", "/generate", b'{"shape": "cone"}')
    assert (status, json.loads(body)["type"]) == (503, "urn:pcdash:problem:stopping")
    assert running.thread.is_alive()
    running.go.set()
    for client in running.clients:
        client.join(10)
    assert [status for status, _ in running.answers] == [200, 200, 200]
    assert all(json.loads(body)["predicted_class"] == "torus" for _, body in running.answers)
    running.thread.join(10)
    assert not running.thread.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port), timeout=2)


def test_with_nothing_to_finish_it_stops_at_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pcdash.listener.DRAIN_SECONDS", 2 * AT_ONCE)
    with socket.create_connection(("127.0.0.1", running.port), timeout=2):  # says nothing
        running.stop()
        running.thread.join(AT_ONCE)
    assert not running.thread.is_alive()


def test_clients_that_come_again_and_again_do_not_keep_it(running: Running) -> None:
    running.begin(1)
    over = threading.Event()
    seen: set[int] = set()

    def hammer() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        while not over.is_set():
            try:
                connection.request("POST", "/predict", BODY, JSON)
                answer = connection.getresponse()
                seen.add(answer.status)
                answer.read()
            except (OSError, http.client.HTTPException):
                break
        connection.close()

    hammering = [threading.Thread(target=hammer) for _ in range(8)]
    running.stop()
    for thread in hammering:
        thread.start()
    until(lambda: 503 in seen)
    running.go.set()
    running.thread.join(5)
    assert not running.thread.is_alive()
    over.set()
    for thread in hammering:
        thread.join(10)
    assert [status for status, _ in running.answers] == [200]
    assert seen == {503}


def test_it_does_not_wait_for_ever(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcdash.listener.DRAIN_SECONDS", 0.2)
    running.begin(1)
    running.stop()
    running.thread.join(5)
    assert not running.thread.is_alive()
    running.go.set()
    for client in running.clients:
        client.join(10)
    assert running.answers == []


def test_a_client_that_hangs_up_gives_its_place_back(running: Running) -> None:
    limit = Settings().limits.concurrent_predictions
    head = (
        f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n"
    ).encode()
    running.go.set()
    for number in range(100):
        client = socket.create_connection(("127.0.0.1", running.port), timeout=5)
        client.sendall(head + (BODY if number % 2 else BODY[:-9]))
        # Closed so that the other end is told by RST, with or without the whole body.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    # Its turn comes after theirs: before, none under way may mean that some have yet to begin.
    until(lambda: ask(running.port, "POST", "/predict", BODY)[0] == 200)
    until(lambda: running.traffic.under_way == 0)
    running.go.clear()
    running.begin(limit)  # all the places there are
    running.go.set()
    for one in running.clients:
        one.join(10)
    assert [status for status, _ in running.answers] == [200] * limit


def test_slow_clients_do_not_hold_up_the_probes(running: Running) -> None:
    slow = []
    try:
        for number in range(150):
            client = socket.create_connection(("127.0.0.1", running.port), timeout=5)
            client.sendall(
                b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
                if number % 2
                else b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
                b"\r\nContent-Length: 100000\r\n\r\n{"
            )
            slow.append(client)
        for _ in range(50):
            assert ask(running.port, "GET", "/health")[0] == 200
    finally:
        for client in slow:
            client.close()


def test_busy_predictions_do_not_hold_up_the_probes(running: Running) -> None:
    running.begin(Settings().limits.concurrent_predictions)
    for _ in range(8):
        status, body = ask(running.port, "POST", "/predict", BODY)
        assert (status, json.loads(body)["type"]) == (503, "urn:pcdash:problem:busy")
        assert ask(running.port, "GET", "/health")[0] == 200


def test_probes_do_not_wait_behind_the_others() -> None:
    threads = ProbesFirst()  # none yet, so that all wait
    paths = ["/predict", "/demo/", "/health/ready", "/predict", "/health"]
    for path in paths:
        threads.add_task(SimpleNamespace(requests=[SimpleNamespace(path=path)]))
    waiting = [task.requests[0].path for task in threads.queue]
    assert waiting == ["/health", "/health/ready", "/predict", "/demo/", "/predict"]


def test_a_name_of_several_addresses_is_served_on_one_of_them() -> None:
    app = make_client().application
    listener = Listener(app, Settings(host="localhost", port=0))
    assert 0 < listener.port < 65_536
    traffic = Traffic(cast(Workbench, FakeWorkbench()))
    traffic.stop()
    listener.run(traffic)


def test_an_address_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PcdashError, match=f"cannot listen on 127.0.0.1:{port}: "):
            Listener(make_client().application, Settings(port=port))


@pytest.mark.parametrize(("proxy", "status"), [("127.0.0.1", 200), (None, 403), ("10.9.9.9", 403)])
def test_https_ends_at_the_proxy_that_is_trusted(proxy: str | None, status: int) -> None:
    app = make_client().application
    headers = JSON | {
        "Host": "localhost",
        "Origin": "https://localhost",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.com",
    }
    with served(app, **flags(Settings(trusted_proxy=proxy))) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/predict", BODY, headers)
        assert connection.getresponse().status == status
        connection.close()


def test_a_process_that_serves_gives_its_threads_short_turns() -> None:
    before = sys.getswitchinterval()
    try:
        settle()
        assert sys.getswitchinterval() < 1e-3
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        sys.setswitchinterval(before)
