"""Through a real socket: sizes that a client library would not send."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator

import pytest
from api_fakes import FakeWorkbench, make_client, served
from deadlines import AT_ONCE

from pcdash.listener import flags
from pcdash.settings import Settings

MIB = 1 << 20


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a waitress with limits of 1 MiB for JSON and 2 MiB for files."""
    app = make_client(FakeWorkbench(), json_mib=1, file_mib=2).application
    with served(app, max_request_body_size=3 * MIB) as port:
        yield port


def head(port: int, path: str, *lines: str, method: str = "POST") -> bytes:
    start = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    return (start + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()


def talk(port: int, first: bytes, *, then: bytes = b"", times: int = 0) -> tuple[int, bytes]:
    """Send, read to the end, and return status and answer; a server may hang up meanwhile.

    One that waits for what does not come runs into the time limit.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=AT_ONCE) as connection:
        connection.sendall(first)
        try:
            for _ in range(times):
                connection.sendall(then)
        except (BrokenPipeError, ConnectionResetError):
            pass
        received = b""
        try:
            while block := connection.recv(65_536):
                received += block
        except ConnectionResetError:
            pass
    return int(received.split()[1]), received


@pytest.mark.parametrize("path", ["/predict", "/uploads?name=a"])
def test_a_claim_of_5_gb_is_refused_at_once(port: int, path: str) -> None:
    lines = ["Content-Type: application/json", "Content-Length: 5000000000"]
    status, _ = talk(port, head(port, path, *lines))
    assert status == 413


@pytest.mark.parametrize(("json_mib", "file_mib"), [(1, 2), (2, 1)])
def test_a_body_over_both_limits_is_not_waited_for(json_mib: int, file_mib: int) -> None:
    limits = {"json_mib": json_mib, "file_mib": file_mib}
    app = make_client(**limits).application
    with served(app, **flags(Settings.model_validate({"limits": limits}))) as port:
        json = "Content-Type: application/json"
        begin = head(port, "/predict", json, f"Content-Length: {3 * MIB}")
        assert talk(port, begin)[0] == 413
        begin = head(port, "/predict", json, f"Content-Length: {json_mib * MIB}")
        assert talk(port, begin + b" " * (json_mib * MIB))[0] == 400  # read, and no JSON


def test_json_over_the_limit(port: int) -> None:
    lines = ["Content-Type: application/json", f"Content-Length: {MIB + 1}"]
    status, answer = talk(port, head(port, "/predict", *lines) + b" " * (MIB + 1))
    assert status == 413
    assert b"application/problem+json" in answer
    assert b"larger than 1 MiB" in answer


def test_a_chunked_body_over_the_limit_keeps_memory_flat(port: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    status, _ = talk(port, head(port, "/predict", *lines), then=chunk, times=200)
    assert status == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024


def test_a_chunked_body_is_taken(port: int) -> None:
    lines = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
    body = b'{"shape": "cone", "n_points": 16}'
    chunk = f"{len(body):x}".encode() + b"\r\n" + body + b"\r\n0\r\n\r\n"
    status, answer = talk(port, head(port, "/generate", *lines) + chunk)
    assert status == 200
    assert b'"shape":"cone"' in answer


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_head_too_large(port: int, size: int) -> None:
    begin = head(port, "/health", "X-Large: " + "a" * size, method="GET")
    assert 400 <= talk(port, begin)[0] < 500
    begin = head(port, "/health?" + "a" * size, method="GET")
    assert 400 <= talk(port, begin)[0] < 500


@pytest.mark.parametrize(
    "host", ["evil.com", "127.0.0.1@evil.com", "127.0.0.1 evil.com", "\xff", "127.0.0.1\x00"]
)
def test_a_foreign_host(port: int, host: str) -> None:
    raw = f"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1")
    status, answer = talk(port, raw)
    assert status == 400
    assert b"model_loaded" not in answer


def test_no_host_at_all(port: int) -> None:
    status, answer = talk(port, b"GET /health HTTP/1.0\r\n\r\n")
    assert status == 400
    assert b"model_loaded" not in answer


def test_two_hosts(port: int) -> None:
    assert talk(port, head(port, "/health", "Host: evil.com", method="GET"))[0] == 400
