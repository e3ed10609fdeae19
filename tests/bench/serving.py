"""How fast a running server answers; prints a Markdown table.

    python tests/bench/serving.py [--artifacts DIR] [--requests 300]

Starts a server of its own on loopback, on the artifacts' model (trained first if there is none),
asks one request at a time over one kept-alive connection, then with 8 clients, and ends it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

import numpy as np

JSON = {"Content-Type": "application/json"}
NPY = {"Content-Type": "application/x-npy"}
CLIENTS = 8


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
        print("| request | p50 ms | p95 ms |\n|---|---|---|")
        for name, (path, body, headers) in _requests().items():
            times = _times(port, path, body, headers, options.requests)
            print(f"| {name} | {statistics.median(times):.2f} | {np.quantile(times, 0.95):.2f} |")
        rate = _rate(port, options.requests)
        print(f"\n{CLIENTS} clients, /predict of 512 points without figure: {rate:.0f} requests/s")
    finally:
        server.terminate()
        server.wait(20)


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
    for turn in range(count + 10):
        started = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        if turn >= 10:
            times.append(1e3 * (time.perf_counter() - started))
    return times


def _rate(port: int, count: int) -> float:
    path, body, headers = _requests()["/predict, 512 points, without figure"]
    started = time.perf_counter()
    threads = [
        threading.Thread(target=_times, args=(port, path, body, headers, count // CLIENTS))
        for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CLIENTS * (count // CLIENTS + 10) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
