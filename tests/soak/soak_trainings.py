"""Trainings that are killed, and servers that are killed while they train: who notices when."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from soak_models import Publisher
from soak_report import Figure, all_of, below
from soak_server import JSON, Server, ask, get, until

LONG = {"dataset": {"n_samples_per_class": 5000}, "promote": "never"}
"""Minutes, so that no kill comes too late."""

NOTICED, ENDED = 2.0, 5.0
"""Seconds: until a killed training is a failed one; until a dead server's training has ended."""


def trainings(folder: Path, scale: float) -> list[Figure]:
    """20 trainings killed, and 20 servers while they train."""
    Publisher(folder).publish()
    rounds = max(2, round(20 * scale))
    noticed, ended, failed, interrupted = [], [], 0, 0
    with Server(folder) as server:
        server.until_ready()
        for _ in range(rounds):
            job = _start(server)
            os.kill(_trainer(server), signal.SIGKILL)
            noticed.append(until(lambda: _job(server, job)["state"] == "failed", 60))  # noqa: B023  # asked at once
            failed += "signal 9" in _job(server, job)["error"]

            job = _start(server)
            trainer = _trainer(server)
            server.end(signal.SIGKILL)
            ended.append(until(lambda: not _alive(trainer), 60))  # noqa: B023  # asked at once
            server.restart()
            server.until_ready()
            until(lambda: _job(server, job)["state"] != "running", 60)  # noqa: B023  # asked at once
            interrupted += _job(server, job)["state"] == "interrupted"
    return [
        below("from kill -9 of a training to `failed`, worst", max(noticed), NOTICED, "s"),
        all_of("of them with `signal 9` as the reason", failed, rounds),
        below("from kill -9 of the server to its training's end, worst", max(ended), ENDED, "s"),
        all_of("of them `interrupted` at the next start", interrupted, rounds),
    ]


def _start(server: Server) -> str:
    """Submit a long training and wait until it computes; its id."""
    status, body = ask(server.port, "POST", "/jobs", json.dumps(LONG).encode(), JSON)
    assert status == 202, body
    job: str = json.loads(body)["id"]
    until(lambda: _job(server, job)["stage"] == "features", 60)
    return job


def _job(server: Server, job: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(get(server.port, f"/jobs/{job}")[1])
    return row


def _trainer(server: Server) -> int:
    """Process id of the server's only child (Linux)."""
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    (child,) = [child for listed in tasks for child in listed.read_text().split()]
    return int(child)


def _alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be asked for its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
