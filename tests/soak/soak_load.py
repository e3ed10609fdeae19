"""Load: publishes under it, too much of it, slow clients, a very long row of requests."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from soak_models import Publisher
from soak_report import Figure, all_of, below, none_of
from soak_server import JSON, Crowd, Server, Tally, get, half_open, predict_question, until

FOLLOW_SECONDS = 2.0
"""A promoted version answers within this time."""

Heard = Callable[[int, bytes, float, float], None]


def publishing(folder: Path, scale: float) -> list[Figure]:
    """8 clients, meanwhile 40 publishes and 20 rollbacks: nothing but right answers."""
    seconds, publishes = 600 * scale, max(3, round(40 * scale))
    rollbacks = max(1, publishes // 2)
    publisher = Publisher(folder)
    publisher.publish()
    publisher.publish()
    heard: list[tuple[float, float, str]] = []
    wrong = 0

    def listen(status: int, body: bytes, sent: float, done: float) -> None:
        nonlocal wrong
        if status == 200:
            wrong += not publisher.agrees(body)
            heard.append((sent, done, json.loads(body)["model_version"]))

    switches: list[tuple[float, str]] = []
    with Server(folder) as server:
        server.until_ready()
        with Crowd(server, 8, predict_question(publisher.points), listen) as crowd:
            pause = max(FOLLOW_SECONDS + 0.5, seconds / (publishes + rollbacks))
            for turn in range(publishes + rollbacks):
                back = turn % 3 == 2
                version = publisher.registry.rollback() if back else publisher.publish()
                switches.append((time.monotonic(), version))
                time.sleep(pause)
        statuses, tracebacks = crowd.tally.statuses, server.tracebacks()
    delays, late = _followed(switches, heard)
    total = sum(statuses.values())
    return [
        none_of(f"answers that are not 200 ({crowd.tally.told()})", total - statuses[200], total),
        none_of("answers that are not those of the version they name", wrong, len(heard)),
        all_of("publishes and rollbacks that were followed", len(delays), len(switches)),
        below("until the new version answers, worst", max(delays), FOLLOW_SECONDS, "s"),
        none_of("answers of an old version later than that", late, len(heard)),
        none_of("tracebacks in the log", tracebacks, total),
    ]


def _followed(
    switches: list[tuple[float, str]], heard: list[tuple[float, float, str]]
) -> tuple[list[float], int]:
    """Seconds until each version was first heard, and how many answers came from an old one."""
    delays, late = [], 0
    ends = [*switches[1:], (float("inf"), "")]
    for (at, version), (end, _) in zip(switches, ends, strict=True):
        within = [one for one in heard if at <= one[0] and one[1] < end]
        delays += (
            [min(done - at for _, done, v in within if v == version)][:1]
            if any(v == version for _, _, v in within)
            else []
        )
        late += sum(v != version for sent, _, v in within if sent > at + FOLLOW_SECONDS)
    return delays or [float("inf")], late


def overload(folder: Path, scale: float) -> list[Figure]:
    """64 clients: 200 or 503, /health quick all the time, and all well soon afterwards."""
    publisher = Publisher(folder)
    publisher.publish()
    with Server(folder) as server:
        server.until_ready()
        with (
            _watched(server) as health,
            Crowd(server, 64, predict_question(publisher.points)) as crowd,
        ):
            time.sleep(300 * scale)
        recovery = until(lambda: _well(server, publisher), 60)
        tracebacks = server.tracebacks()
    statuses = crowd.tally.statuses
    total = sum(statuses.values())
    other = total - statuses[200] - statuses[503]
    return [
        none_of(f"answers other than 200 and 503 ({crowd.tally.told()})", other, total),
        *_health(health),
        below("until ten predictions in a row are answered again", recovery, 5, "s"),
        none_of("tracebacks in the log", tracebacks, total),
    ]


def _well(server: Server, publisher: Publisher) -> bool:
    tally = Tally()
    question = predict_question(publisher.points)
    with Crowd(server, 1, question, lambda status, *_: None) as crowd:
        until(lambda: sum(crowd.tally.statuses.values()) >= 10, 10)
        tally = crowd.tally
    return set(tally.statuses) == {200}


def slow(folder: Path, scale: float) -> list[Figure]:
    """150 clients that never finish their heads or bodies: /health is answered every time."""
    publisher = Publisher(folder)
    publisher.publish()
    with Server(folder) as server:
        server.until_ready()
        clients = [half_open(server.port, body=n % 2 == 1) for n in range(150)]
        with _watched(server) as health:
            end = time.monotonic() + max(2.0, 60 * scale)
            while time.monotonic() < end:
                for client in clients:
                    with suppress(OSError):  # the server may have hung up on it, and may do so
                        client.sendall(b"x")
                time.sleep(1.0)
        for client in clients:
            client.close()
        tracebacks = server.tracebacks()
    return [*_health(health), none_of("tracebacks in the log", tracebacks, 150)]


def disconnects(folder: Path, scale: float) -> list[Figure]:
    """1,000 clients that hang up in the middle of a prediction: every slot comes back."""
    import socket
    import struct

    publisher = Publisher(folder)
    publisher.publish()
    count = max(40, round(1000 * scale))
    body = json.dumps({"points": publisher.points, "include_figure": False}).encode()
    with Server(folder) as server:
        server.until_ready()
        head = (
            f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            client.sendall(head + body)
            # RST instead of FIN
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        recovery = until(lambda: _well(server, publisher), 60)
        tracebacks = server.tracebacks()
    return [
        below("until ten predictions in a row are answered again", recovery, 5, "s"),
        none_of(f"tracebacks in the log after {count:,} resets", tracebacks, count),
    ]


def memory(folder: Path, scale: float) -> list[Figure]:
    """100,000 mixed requests: the process stays as large as it was after the first tenth."""
    publisher = Publisher(folder)
    publisher.publish()
    wanted = max(300, round(100_000 * scale))
    mixed = mixed_requests(publisher.points)
    with Server(folder) as server:
        server.until_ready()
        with Crowd(server, 4, lambda number, turn: mixed[(turn + number) % len(mixed)]) as crowd:

            def count() -> int:
                return sum(crowd.tally.statuses.values())

            until(lambda: count() > wanted / 10, 3600)
            warm = server.memory()
            until(lambda: count() > wanted, 7200)
        time.sleep(1)
        grown = 100 * (server.memory() / warm - 1)
        tracebacks = server.tracebacks()
    broken = sum(n for status, n in crowd.tally.statuses.items() if status in (0, 500))
    return [
        below(f"growth from {warm / 2**20:.0f} MiB after warm-up", grown, 10, "%"),
        none_of(f"broken answers ({crowd.tally.told()})", broken, count()),
        none_of("tracebacks in the log", tracebacks, count()),
    ]


def mixed_requests(points: Any) -> list[tuple[str, str, bytes | None, dict[str, str]]]:
    """Eleven kinds of requests, good and bad: method, path, body, headers."""

    def post(path: str, value: object) -> tuple[str, str, bytes | None, dict[str, str]]:
        return "POST", path, json.dumps(value).encode(), JSON

    return [
        post("/predict", {"points": points}),
        post("/predict", {"points": points, "include_figure": False}),
        post("/predict", {"points": [[0, 0, 0]] * 20}),
        post("/generate", {"shape": "torus", "n_points": 512}),
        post("/generate", {"shape": "cone", "n_points": 2000, "include_figure": False}),
        post("/generate", {"shape": "pyramid"}),
        ("GET", "/health", None, {}),
        ("GET", "/models", None, {}),
        ("GET", "/jobs", None, {}),
        ("GET", "/nothing", None, {}),
        ("GET", "/demo/", None, {}),
    ]


@contextmanager
def _watched(server: Server) -> Iterator[Tally]:
    """Ask for /health on a new connection ten times a second, meanwhile.

    From a process of its own, as whoever watches over a server is: among 64 clients of one
    interpreter it would wait for them, and not for the server.
    """
    tally = Tally()
    command = [sys.executable, str(Path(__file__).with_name("soak_probe.py")), str(server.port)]
    probe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield tally
    finally:
        heard, _ = probe.communicate(timeout=30)  # closes its stdin, at which it ends
        for line in heard.splitlines():
            status, seconds = line.split()
            tally.add(int(status), float(seconds))


def _health(tally: Tally) -> list[Figure]:
    total = sum(tally.statuses.values())
    return [
        all_of("/health answered 200", tally.statuses[200], total),
        below("/health, 99 of 100 within", 1e3 * tally.quantile(0.99), 250, "ms"),
    ]


def processes(folder: Path, scale: float) -> list[Figure]:
    """Two servers over one folder: a version that is published answers from both within 2 s."""
    publisher = Publisher(folder)
    publisher.publish()
    rounds = max(3, round(50 * scale))
    delays = []
    with Server(folder) as one, Server(folder) as other:
        for server in (one, other):
            server.until_ready()
        for _ in range(rounds):
            version = publisher.publish().encode()
            begin = time.monotonic()
            for server in (one, other):
                until(lambda: version in get(server.port, "/health")[1], 10)  # noqa: B023  # asked at once
                delays.append(time.monotonic() - begin)
    return [below("until both servers answer with it, worst", max(delays), FOLLOW_SECONDS, "s")]
