"""How fast a running server answers; prints a Markdown table.

    python tests/bench/serving.py [--artifacts DIR] [--requests 300]

Starts a server of its own on loopback, on the artifacts' model (trained first if there is none),
asks one request at a time over one kept-alive connection, then with 8 clients, then with a second
server process beside it over the same artifacts, and ends them. Core-milliseconds are the CPU time
that the server's process spends on a request, its threads together.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

JSON = {"Content-Type": "application/json"}
NPY = {"Content-Type": "application/x-npy"}
CLIENTS = 8
WARM_UP = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", default=tempfile.mkdtemp(prefix="pcdash-bench-"))
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    started = time.perf_counter()
    server, port = _start(options.artifacts)
    try:
        page = _until(port, "/demo/", lambda status, _: status == 200, started)
        model = _until(port, "/health", lambda _, body: b'"model_loaded":true' in body, started)
        print(f"page after {page:.1f} s, model in service after {model:.1f} s\n")
        print("| request | p50 ms | p95 ms | core-ms |\n|---|---|---|---|")
        for name, (path, body, headers) in _requests().items():
            spent = _cpu_seconds(server)
            times = _times(port, path, body, headers, options.requests)
            each = 1e3 * (_cpu_seconds(server) - spent) / (options.requests + WARM_UP)
            late = np.quantile(times, 0.95)
            print(f"| {name} | {statistics.median(times):.2f} | {late:.2f} | {each:.1f} |")
        print(f"\n{CLIENTS} clients, /predict of 512 points without figure:\n")
        print("| server processes | requests/s | core-ms of a request |\n|---|---|---|")
        _print_rate([server], [port], options.requests)
        second, other = _start(options.artifacts)
        try:
            _until(other, "/health", lambda _, body: b'"model_loaded":true' in body, started)
            _print_rate([server, second], [port, other], options.requests)
        finally:
            second.terminate()
            second.wait(20)
    finally:
        server.terminate()
        server.wait(20)


def _cpu_seconds(server: subprocess.Popen[str]) -> float:
    """CPU time of a process so far, as Linux counts it (proc(5), stat)."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _print_rate(servers: list[subprocess.Popen[str]], ports: list[int], count: int) -> None:
    spent = sum(map(_cpu_seconds, servers))
    rate, made = _rate(ports, count)
    each = 1e3 * (sum(map(_cpu_seconds, servers)) - spent) / made
    print(f"| {len(servers)} | {rate:.0f} | {each:.1f} |")


def _start(artifacts: str) -> tuple[subprocess.Popen[str], int]:
    server = subprocess.Popen(
        [sys.executable, "-m", "pcdash", "--port", "0", "--artifacts", artifacts],
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in server.stderr or ():
        if "pcdash serves" in line:
            port = int(line.rsplit(":", 1)[1].split("/")[0])
            threading.Thread(target=lambda: list(server.stderr or ()), daemon=True).start()
            return server, port
    raise SystemExit("the server did not start")


def _until(
    port: int, path: str, done: Callable[[int, bytes], bool], started: float, limit: float = 120
) -> float:
    while time.perf_counter() - started < limit:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        if done(answer.status, answer.read()):
            return time.perf_counter() - started
        time.sleep(0.05)
    raise SystemExit(f"{path} was not ready within {limit} s")


def _requests() -> dict[str, tuple[str, bytes, dict[str, str]]]:
    rng = np.random.default_rng(1)
    ball = rng.normal(size=(5000, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)

    def predict(n: int, figure: bool) -> tuple[str, bytes, dict[str, str]]:
        body = {"points": ball[:n].tolist(), "include_figure": figure}
        return "/predict", json.dumps(body).encode(), JSON

    def generate(n: int) -> tuple[str, bytes, dict[str, str]]:
        return "/generate", json.dumps({"shape": "torus", "n_points": n, "seed": 1}).encode(), JSON

    return {
        "/predict, 512 points, with figure": predict(512, True),
        "/predict, 512 points, without figure": predict(512, False),
        "/predict, 5,000 points, JSON": predict(5000, True),
        "/predict, 5,000 points, x-npy": ("/predict?include_figure=false", _npy(ball), NPY),
        "/generate, 512 points": generate(512),
        "/generate, 5,000 points": generate(5000),
    }


def _npy(points: np.ndarray) -> bytes:
    import io

    buffer = io.BytesIO()
    np.save(buffer, points)
    return buffer.getvalue()


def _times(port: int, path: str, body: bytes, headers: dict[str, str], count: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = []
    for turn in range(count + WARM_UP):
        started = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        if turn >= WARM_UP:
            times.append(1e3 * (time.perf_counter() - started))
    return times


def _rate(ports: list[int], count: int) -> tuple[float, int]:
    """Requests a second of all clients, who are spread over the servers, and their number."""
    path, body, headers = _requests()["/predict, 512 points, without figure"]
    each = max(1, count // CLIENTS)
    started = time.perf_counter()
    threads = [
        threading.Thread(target=_times, args=(ports[k % len(ports)], path, body, headers, each))
        for k in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = CLIENTS * (each + WARM_UP)
    return made / (time.perf_counter() - started), made


if __name__ == "__main__":
    main()
