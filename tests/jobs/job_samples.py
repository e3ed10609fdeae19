"""Callables for the tests; imported by the child processes."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

from pcdash.errors import InvalidInput
from pcdash.jobs import Progress
from pcdash.registry import Registry

Payload = dict[str, Any]


def quick(payload: Payload, progress: Progress) -> Payload:
    progress.report("working", 0.5, "half way")
    sys.stdout.write("to stdout\n")
    sys.stderr.write("to stderr\n")
    return {"payload": payload, "job_id": progress.job_id}


def environment(payload: Payload, progress: Progress) -> Payload:
    return {
        "variables": {name: os.environ.get(name) for name in payload["names"]},
        "leads_session": os.getsid(0) == os.getpid(),
        "heavy": sorted({"numpy", "pydantic", "dash", "sklearn"} & set(sys.modules)),
    }


def cooperative(payload: Payload, progress: Progress) -> Payload:
    for count in range(10**6):
        progress.report("counting", count / 10**6)
        time.sleep(0.005)
    return {}


def deaf(payload: Payload, progress: Progress) -> Payload:
    """Never asks whether to stop, but tidies up when it is told to."""
    marker = Path(payload["marker"])
    progress.report("deaf", 0.1)
    try:
        while True:
            time.sleep(0.05)
    finally:
        marker.write_text("tidy")


def stubborn(payload: Payload, progress: Progress) -> Payload:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    progress.report("stubborn", 0.1)
    while True:
        time.sleep(0.05)


def finishes_anyway(payload: Payload, progress: Progress) -> Payload:
    """Past the point of no return: waits until it was cancelled, then completes."""
    progress.report("publishing", 0.9)
    while not Path(payload["marker"]).exists():
        time.sleep(0.005)
    return {"published": True}


def refuses(payload: Payload, progress: Progress) -> NoReturn:
    raise InvalidInput("n_points must be at least 16", field="n_points")


def breaks(payload: Payload, progress: Progress) -> NoReturn:
    raise ValueError("the secret detail")


def exits(payload: Payload, progress: Progress) -> NoReturn:
    os._exit(3)


def calls_sys_exit(payload: Payload, progress: Progress) -> NoReturn:
    sys.exit("enough")


def not_json(payload: Payload, progress: Progress) -> Payload:
    return {"accuracy": float("nan")}


def hungry(payload: Payload, progress: Progress) -> Payload:
    return {"bytes": len(bytearray(payload["bytes"]))}


def noisy(payload: Payload, progress: Progress) -> Payload:
    block = b"x" * 127 + b"\n"
    for _ in range(payload["mebibytes"]):
        os.write(1, block * 2**13)
    os.write(1, b"the end\n")
    return {}


def by_steps(payload: Payload, progress: Progress) -> Payload:
    """Ten steps, then a publication; waits before each until the test lets it go on."""
    go_on = Path(payload["go_on"])
    for step in range(10):
        progress.report(f"step {step}", step / 10)
        while not (go_on / str(step)).exists():
            time.sleep(0.002)
    registry = Registry(Path(payload["artifacts"]))
    registry.promote(registry.publish(b"new", {}, {}))
    return {}


def publishes(payload: Payload, progress: Progress) -> Payload:
    """Publishes a model of `bytes` bytes, on a disk that is full after `room` bytes if given."""
    if payload["room"] is not None:
        _fill_up(payload["room"])
    registry = Registry(Path(payload["artifacts"]))
    registry.promote(registry.publish(bytes(payload["bytes"]), {}, {}))
    return {}


def _fill_up(room: int) -> None:
    write = os.write
    left = room

    def limited(descriptor: int, content: bytes) -> int:
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(descriptor, bytes(content)[:left])
        left -= written
        return written

    os.write = limited


def commits(payload: Payload, progress: Progress) -> Payload:
    """Passes the point of no return when told to, and ends when told to."""
    folder = Path(payload["folder"])
    progress.report("before", 0.5)
    while not (folder / "commit").exists():
        time.sleep(0.002)
    progress.commit()
    progress.report("after", 0.9)
    while not (folder / "end").exists():
        progress.check()
        time.sleep(0.002)
    return {"published": True}


def interval(payload: Payload, progress: Progress) -> Payload:
    begin = time.monotonic()
    time.sleep(0.05)
    return {"begin": begin, "end": time.monotonic()}


def with_descendant(payload: Payload, progress: Progress) -> Payload:
    descendant = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    progress.report("descendant", 0.5, str(descendant.pid))
    if payload["wait"]:
        time.sleep(60)
    descendant.returncode = 0  # Left to itself on purpose.
    return {"pid": descendant.pid}


def lingers(payload: Payload, progress: Progress) -> Payload:
    threading.Thread(target=time.sleep, args=(60,)).start()
    return {"pid": os.getpid()}
