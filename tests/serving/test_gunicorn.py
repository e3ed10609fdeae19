"""Two server processes over one artifacts folder, as docs/operation.md has them started."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from server_process import ROOT, Server

SMALL = {
    "dataset": {"n_samples_per_class": 10, "n_points": 64},
    "model": {"name": "svm_rbf"},
    "passport": {"grid": "small", "clouds": 10},
}
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "configs/gunicorn.conf.py")]


@pytest.fixture
def pair(artifacts: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*GUNICORN, "--bind", f"127.0.0.1:{port}"]
    environment = {"PCDASH_ARTIFACTS": str(artifacts), "PCDASH_INSECURE": "1"}
    server = Server(command, environment, port)
    yield server
    server.end()


def served_by(server: Server, version: str) -> set[int]:
    """Processes that have said that they serve `version`."""
    message = f"serving version {version}"
    return {line["pid"] for line in server.lines() if line["message"] == message}


def test_two_processes_follow_one_folder(pair: Server) -> None:
    pair.ready()
    _, health = pair.ask("GET", "/health")
    version = health["model_version"]
    pair.until(lambda: len(served_by(pair, version)) == 2)
    workers = served_by(pair, version)
    assert pair.process.pid not in workers  # nothing runs in the master
    _, job = pair.ask("POST", "/jobs", SMALL)
    done = pair.until(
        lambda: (row := pair.ask("GET", f"/jobs/{job['id']}")[1])["state"] == "done" and row
    )
    version = done["result"]["version"]
    pair.until(lambda: served_by(pair, version) == workers)
    answered = pair.until(lambda: _answered(pair, workers))
    assert answered == workers
    pair.process.send_signal(signal.SIGTERM)
    assert pair.wait() == 0


def _answered(server: Server, workers: set[int]) -> set[int] | None:
    """The processes that have answered a request, once each has.

    Many at once: one process alone is at times the first at every single one.
    """
    with ThreadPoolExecutor(16) as many:
        list(many.map(lambda _: server.ask("GET", "/health"), range(64)))
    pids = {line["pid"] for line in server.lines() if line["logger"] == "pcdash.access"}
    return pids if pids >= workers else None


def test_without_a_token_or_a_word_it_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [*GUNICORN, "--bind", "127.0.0.1:0", "--workers", "1"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PCDASH_ARTIFACTS": str(tmp_path / "a")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "not listening anywhere without a token" in done.stderr
    assert not (tmp_path / "a").exists()


def test_gunicorn_is_there() -> None:
    assert shutil.which("gunicorn", path=str(Path(sys.executable).parent))
