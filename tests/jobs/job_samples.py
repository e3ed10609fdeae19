"""Callables for the tests; imported by the child processes."""

from __future__ import annotations

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
