"""Logs are bounded, readable, and never hold a job up."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pcdash.jobs.logs import LogFile


def _drain(log: LogFile, content: bytes) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as stream:
            stream.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    log.drain(os.fdopen(reading, "rb", buffering=0))
    writer.join()


def test_a_log_reads_back(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "job-logs", "7")
    assert log.tail(100) == ""
    _drain(log, "größe 1\ngröße 2\n".encode())
    assert log.tail(10_000) == "größe 1\ngröße 2\n"
    assert log.tail(3) == " 2\n"
    assert log.tail(0) == ""
    log.remove()
    assert log.tail(100) == ""
    assert list((tmp_path / "job-logs").iterdir()) == []


def test_a_log_is_bounded_and_keeps_its_end(tmp_path: Path) -> None:
    log = LogFile(tmp_path, "7", max_bytes=200_000)
    lines = b"".join(b"%07d\n" % n for n in range(250_000))
    _drain(log, lines)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 200_000
    tail = log.tail(100_000)  # half of the bound is always there, across the two files
    assert tail.encode() == lines[-100_000:]


def test_what_a_terminal_would_obey_is_taken_out(tmp_path: Path) -> None:
    log = LogFile(tmp_path, "7")
    _drain(log, b"\x1b[31mred\x1b[0m\x1b]0;title\x07 10%\r20%\r\n\x00\x07bell \xff <b>\n")
    assert log.tail(1000) == "red 10%\n20%\n\ufffd\ufffdbell \ufffd <b>\n"


def test_a_disk_that_refuses_does_not_stop_the_reading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "job-logs").write_text("a file where the folder should be")
    _drain(LogFile(tmp_path / "job-logs", "7"), b"x" * 1_000_000)
    assert len(caplog.records) == 1
    assert "output of a job is lost" in caplog.text
