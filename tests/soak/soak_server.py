"""A real server in a process of its own, and clients that ask it over real sockets."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

JSON = {"Content-Type": "application/json"}
START_SECONDS = 60.0


class Server:
    """``python -m pcdash serve`` on a free port of the loopback interface.

    Parameters
    ----------
    artifacts : Path
    port : int
        0 picks a free one; `restart` keeps it.
    environment : mapping, optional
        Added to this process's own.
    """

    def __init__(self, artifacts: Path, port: int = 0, **environment: str) -> None:
        self.artifacts = artifacts
        self.port = port
        self._environment = {**os.environ, **environment}
        self.lines: deque[str] = deque(maxlen=500)
        self.process = self._start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "pcdash", "serve", "--port", str(self.port),
             "--artifacts", str(self.artifacts), "--no-bootstrap"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self._environment,
            cwd=self.artifacts.parent,
        )  # fmt: skip
        for line in process.stderr or ():
            self.lines.append(line)
            if found := re.search(r"pcdash serves \S+:(\d+)/demo", line):
                self.port = int(found[1])
                break
        else:
            raise RuntimeError("the server did not start:\n" + "".join(self.lines))
        threading.Thread(target=self._drain, args=(process,), daemon=True).start()
        return process

    def _drain(self, process: subprocess.Popen[str]) -> None:
        for line in process.stderr or ():
            self.lines.append(line)

    def end(self, number: int, seconds: float = 30.0) -> int | None:
        """Send a signal and return the exit code; None if it outlives the time, then killed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def restart(self) -> None:
        """Start again on the same port, once the last one has ended."""
        self.process = self._start()

    def until_ready(self) -> None:
        """Wait until a model is served."""
        until(lambda: get(self.port, "/health/ready")[0] == 200, START_SECONDS)

    def memory(self) -> int:
        """Bytes of memory that the process holds (Linux)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def tracebacks(self) -> int:
        """Tracebacks among the last lines of its log."""
        return sum("Traceback" in line for line in self.lines)


def until(met: Callable[[], object], seconds: float) -> float:
    """Poll until `met` holds and return how long that took; refused connections count as no."""
    started = time.monotonic()
    pause = threading.Event()
    while True:
        try:
            if met():
                return time.monotonic() - started
        except OSError:
            pass
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"did not happen within {seconds} s")
        pause.wait(0.02)


def get(port: int, path: str, timeout: float = 10.0) -> tuple[int, bytes]:
    """One GET on a connection of its own."""
    return ask(port, "GET", path, timeout=timeout)


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 30.0,
) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass
class Tally:
    """What clients have got, written by many threads.

    Attributes
    ----------
    statuses : Counter
        By status; 0 for a connection that broke.
    seconds : list of float
        How long each answer took.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: int, seconds: float) -> None:
        with self._lock:
            self.statuses[status] += 1
            self.seconds.append(seconds)

    def quantile(self, share: float) -> float:
        """Seconds below which that share of the answers stayed; infinite if there was none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 1e9

    def told(self) -> str:
        return ", ".join(
            f"{status or 'broken'}: {n:,}" for status, n in sorted(self.statuses.items())
        )


class Crowd:
    """Clients that ask again and again, each on a connection that it keeps, until told to stop.

    Parameters
    ----------
    server : Server
    count : int
    question : callable
        Client's number, turn -> method, path, body, headers.
    heard : callable, optional
        Gets status, body, and when the question was sent and answered (monotonic seconds).
    """

    def __init__(
        self,
        server: Server,
        count: int,
        question: Callable[[int, int], tuple[str, str, bytes | None, dict[str, str]]],
        heard: Callable[[int, bytes, float, float], None] = lambda *_: None,
    ) -> None:
        self._server = server
        self._question = question
        self._heard = heard
        self.tally = Tally()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(count)]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, number: int) -> None:
        connection: http.client.HTTPConnection | None = None
        turn = 0
        while not self._stop.is_set():
            sent = time.monotonic()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(
                        "127.0.0.1", self._server.port, timeout=30
                    )
                connection.request(*self._question(number, turn))
                answer = connection.getresponse()
                status, body = answer.status, answer.read()
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException):
                if connection is not None:
                    connection.close()
                connection, status, body = None, 0, b""
                self._stop.wait(0.02)
            done = time.monotonic()
            self.tally.add(status, done - sent)
            self._heard(status, body, sent, done)
            turn += 1


def predict_question(points: Any) -> Callable[[int, int], tuple[str, str, bytes, dict[str, str]]]:
    """The same prediction again and again."""
    body = json.dumps({"points": points, "include_figure": False}).encode()
    return lambda _number, _turn: ("POST", "/predict", body, JSON)


def half_open(port: int, *, body: bool) -> socket.socket:
    """A connection that has sent half a head, or a head and one byte of its body."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    if body:
        head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    connection.sendall(head.encode())
    return connection
