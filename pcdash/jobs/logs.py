"""What a job writes to stdout and stderr, in bounded files."""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)

MAX_BYTES = 2**20
"""Bytes kept per job, in two halves: when the newer one is full it replaces the older one."""

_CHUNK = 2**16

_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class LogFile:
    """The log of one job: ``<id>.log``, and ``<id>.log.1`` with what came before."""

    def __init__(self, folder: Path, job_id: str, *, max_bytes: int = MAX_BYTES) -> None:
        self._newer = folder / f"{job_id}.log"
        self._older = folder / f"{job_id}.log.1"
        self._half = max_bytes // 2
        self._stream: BinaryIO | None = None

    def drain(self, pipe: BinaryIO) -> None:
        """Copy `pipe` into the log until its end.

        The pipe is always read, whatever becomes of the disk: a job never waits for its log.
        """
        warned = False
        with pipe:
            while chunk := os.read(pipe.fileno(), _CHUNK):
                try:
                    self._write(chunk)
                except OSError as error:
                    if not warned:
                        logger.warning("output of a job is lost: %s", error.strerror)
                        warned = True
        self._close()

    def append(self, line: str) -> None:
        """Add a line of the dispatcher's own; best effort."""
        with suppress(OSError):
            self._write(line.encode() + b"\n")
            self._close()

    def tail(self, max_bytes: int) -> str:
        """The last `max_bytes` bytes as plain text: no terminal codes, no control characters."""
        content = _last_bytes(self._newer, max_bytes)
        if len(content) < max_bytes:
            content = _last_bytes(self._older, max_bytes - len(content)) + content
        text = content.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _TERMINAL_CODES.sub("", text))

    def remove(self) -> None:
        """Delete the log; best effort."""
        for path in (self._newer, self._older):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _write(self, chunk: bytes) -> None:
        if self._stream is not None and self._stream.tell() + len(chunk) > self._half:
            self._close()
            self._newer.replace(self._older)
        if self._stream is None:
            self._newer.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._newer.open("ab", buffering=0)
        self._stream.write(chunk)

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()


def _last_bytes(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - count))
            return stream.read(count)
    except OSError:
        return b""
