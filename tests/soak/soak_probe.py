"""Ask a server for /health ten times a second until stdin ends; print each status and seconds.

python soak_probe.py PORT
"""

from __future__ import annotations

import sys
import threading
import time

from soak_server import get


def main() -> None:
    """Ask, and say what came of it at the end: printing must not delay the asking."""
    port, ended, heard = int(sys.argv[1]), threading.Event(), []
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.wait(0.1):
        started = time.monotonic()
        try:
            status, _ = get(port, "/health", timeout=5)
        except OSError:
            status = 0
        heard.append((status, time.monotonic() - started))
    for status, seconds in heard:
        print(status, seconds)


if __name__ == "__main__":
    main()
