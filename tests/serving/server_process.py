"""A server in a process of its own, and what it writes to its log."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deadlines import EVENTUALLY

ROOT = Path(__file__).resolve().parents[2]
JSON = {"Content-Type": "application/json"}


def until(condition: Callable[[], Any], seconds: float = EVENTUALLY) -> Any:
    """Wait for something that another process does; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)
    return value


class Server:
    """A process that serves, and the lines of its log so far.

    Parameters
    ----------
    command : sequence of str
    environment : mapping
    port : int, optional
        None: told by the log.
    """

    def __init__(
        self, command: list[str], environment: Mapping[str, str], port: int | None = None
    ) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.raw: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = port or int(
            until(lambda: self._said("pcdash serves ")).rpartition(":")[2].partition("/")[0]
        )

    @classmethod
    def pcdash(cls, *options: str, **environment: str) -> Server:
        """``python -m pcdash`` on a free port."""
        command = [sys.executable, "-m", "pcdash", "--no-bootstrap", *options]
        return cls(command, environment)

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.raw.extend(iter(self.process.stderr.readline, ""))

    def _said(self, start: str) -> str:
        assert self.process.poll() is None, self.raw
        return next((m for line in self.lines() if (m := line["message"]).startswith(start)), "")

    def lines(self) -> list[dict[str, Any]]:
        """The log so far; every line of it is JSON."""
        return [json.loads(line) for line in list(self.raw)]

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = EVENTUALLY,
    ) -> tuple[int, Any]:
        """Send one request over a connection of its own; status and parsed answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            raw = None if body is None else json.dumps(body).encode()
            connection.request(method, path, raw, {**(JSON if raw else {}), **(headers or {})})
            answer = connection.getresponse()
            data = answer.read()
            kind = answer.headers.get("Content-Type", "")
            return answer.status, json.loads(data) if "json" in kind else data.decode()
        finally:
            connection.close()

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait as `until` does; if in vain, what the server has said is in the message."""
        try:
            return until(condition)
        except AssertionError:
            raise AssertionError("\n".join(["did not happen in time:", *self.raw[-60:]])) from None

    def ready(self) -> Server:
        """Wait for the model."""

        def is_ready() -> bool:
            try:
                return self.ask("GET", "/health/ready")[0] == 200
            except OSError:
                return False

        self.until(is_ready)
        return self

    def wait(self, seconds: float = EVENTUALLY) -> int:
        """The exit code; the log is complete then."""
        code = self.process.wait(seconds)
        self._reader.join(10)
        return code

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self._reader.join(10)
        assert self.process.stderr is not None
        self.process.stderr.close()
