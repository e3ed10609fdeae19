"""Publishes and promotes in a process of its own: ``python registry_worker.py ARTIFACTS COUNT``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pcdash.registry import Registry


def main(artifacts: str, count: str) -> None:
    registry = Registry(Path(artifacts))
    for number in range(int(count)):
        text = f"{os.getpid()} {number}"
        version = registry.publish(text.encode(), {"text": text}, {"text": text})
        registry.promote(version)


if __name__ == "__main__":
    main(*sys.argv[1:])
