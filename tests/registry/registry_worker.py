"""Publishes and promotes in a process of its own; may be killed at a step.

``python registry_worker.py ARTIFACTS COUNT KILL_AT`` publishes COUNT versions; with KILL_AT > 0 the
process dies by SIGKILL just before that many changes of the disk are done.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pcdash.registry import Registry

STEPS = ("fsync", "replace", "rename", "mkdir", "symlink", "write")
"""Functions of `os` by which the registry changes the disk."""


def kill_at(step: int) -> None:
    count = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))


def main(artifacts: str, count: str, step: str) -> None:
    registry = Registry(Path(artifacts))
    if int(step):
        kill_at(int(step))
    for number in range(int(count)):
        text = f"{os.getpid()} {number}"
        version = registry.publish(text.encode(), {"text": text}, {"text": text})
        registry.promote(version)


if __name__ == "__main__":
    main(*sys.argv[1:])
