"""Faults: kills under load, corrupted artifacts, a publication that fails at every step."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
from soak_models import Publisher
from soak_report import Figure, all_of, below, none_of
from soak_server import JSON, Crowd, Server, ask, predict_question, until

from pcdash.settings import Settings
from pcdash.workbench import Workbench

GRACE_SECONDS = 10.0


def kills(folder: Path, scale: float) -> list[Figure]:
    """50 kill -9 and 50 SIGTERM under load: each start serves the promoted model again."""
    publisher = Publisher(folder)
    publisher.publish()
    rounds = max(2, round(50 * scale))
    codes: Counter[int | None] = Counter()
    wrong, served, starts, slowest = 0, 0, [], 0.0

    def listen(status: int, body: bytes, _sent: float, _done: float) -> None:
        nonlocal wrong, served
        if status == 200:
            served += 1
            wrong += not publisher.agrees(body)

    with Server(folder) as server:
        server.until_ready()
        with Crowd(server, 4, predict_question(publisher.points), listen):
            for turn in range(2 * rounds):
                before = served
                until(lambda: served > before + 5, 60)  # noqa: B023  # asked at once
                expected = publisher.publish() if turn % 5 == 0 else None
                began = time.monotonic()
                number = signal.SIGTERM if turn % 2 else signal.SIGKILL
                codes[server.end(number)] += 1
                if number == signal.SIGTERM:
                    slowest = max(slowest, time.monotonic() - began)
                began = time.monotonic()
                server.restart()
                server.until_ready()
                starts.append(time.monotonic() - began)
                if expected is not None:
                    said = ask(server.port, "POST", "/predict", _body(publisher), JSON)
                    wrong += json.loads(said[1]).get("model_version") != expected
        tracebacks = server.tracebacks()
    return [
        all_of("ended by kill -9", codes[-signal.SIGKILL], rounds),
        all_of("ended by SIGTERM with code 0", codes[0], rounds),
        below("from SIGTERM to the end, worst", slowest, GRACE_SECONDS, "s"),
        all_of("starts that served the promoted model", len(starts), 2 * rounds),
        none_of("wrong answers", wrong, served),
        none_of("tracebacks in the log", tracebacks, 2 * rounds),
    ]


def corrupted(folder: Path, scale: float) -> list[Figure]:
    """500 artifacts with a flipped bit, a cut or a zeroed block: refused, the good one kept.

    In this very process: a crash of the interpreter would end the soak.
    """
    publisher = Publisher(folder)
    good = publisher.publish()
    settings = Settings(artifacts_dir=str(folder), bootstrap=False)
    serving = Workbench(settings)
    serving.load_model()
    count = max(12, round(500 * scale))
    rng = random.Random(61)
    refused, wrong = 0, 0
    for turn in range(count):
        version = _publish_again(publisher)
        in_metadata = turn % 4 == 3
        file = folder / "models" / version / ("metadata.json" if in_metadata else "model.joblib")
        file.write_bytes(damaged(file.read_bytes(), turn, rng))
        _point(folder, version)
        starting = Workbench(settings)
        said = [_said(bench, publisher) for bench in (serving, starting)]
        wrong += not all(publisher.agrees(body, good) for body in said)
        refused += all(json.loads(body)["model_version"] == good for body in said)
        _point(folder, good)
        serving.load_model()
        shutil.rmtree(folder / "models" / version)
    return [
        all_of("corrupted artifacts refused, serving and starting", refused, count),
        none_of("wrong answers", wrong, 2 * count),
    ]


def _said(bench: Workbench, publisher: Publisher) -> bytes:
    bench.load_model()
    said = asdict(bench.predict(np.array(publisher.points)))
    return json.dumps(said).encode()


def damaged(content: bytes, turn: int, rng: random.Random) -> bytes:
    """One byte changed, the end cut off, or a block zeroed; never the same content."""
    begin = rng.randrange(len(content))
    changed = bytearray(content)
    if turn % 3 == 0:
        changed[begin] ^= 1 << rng.randrange(8)
    elif turn % 3 == 1:
        del changed[begin:]
    else:
        block = changed[begin : begin + 512]
        changed[begin : begin + 512] = bytes(len(block))
        if bytes(changed) == content:  # it was zero already
            changed[begin] ^= 1
    return bytes(changed)


def _publish_again(publisher: Publisher) -> str:
    """The first model once more, under a version of its own, not promoted."""
    raw, about = publisher.registry.read_model(next(iter(publisher.known)))
    return publisher.registry.publish(raw, about, {})


def _point(folder: Path, version: str) -> None:
    """Move the link by hand: `Registry.promote` would refuse a damaged version."""
    beside = folder / "models" / ".tmp-soak"
    beside.symlink_to(version)
    beside.replace(folder / "models" / "current")


def _body(publisher: Publisher) -> bytes:
    return json.dumps({"points": publisher.points, "include_figure": False}).encode()
