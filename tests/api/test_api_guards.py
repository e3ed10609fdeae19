"""Walks the url map: whatever route there is, its guards stand."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from api_fakes import VERSION, FakeWorkbench, assert_problem, make_client
from dash import Dash, html
from flask.testing import FlaskClient

from pcdash.api import create_server, install_dash_guards
from pcdash.api.routes import ROUTES
from pcdash.errors import Cancelled, CorruptArtifact, NotFound, PcdashError
from pcdash.settings import Settings
from pcdash.workbench import Workbench

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
VALUES = {"version": VERSION, "job_id": "0" * 32, "hash": "0" * 64}
EVIL = "http://evil.com"
CALLBACKS = "/demo/_dash-update-component"


@pytest.fixture(scope="module")
def walked() -> FlaskClient:
    """A server with a page on it, as it is served."""
    client = make_client()
    app = Dash(__name__, server=client.application, url_base_pathname="/demo/")
    app.layout = html.Div()
    install_dash_guards(client.application, app)
    return client


def every_path(client: FlaskClient) -> Iterator[tuple[str, frozenset[str]]]:
    """Every URL of the map with the methods that some rule takes there."""
    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: VALUES.get(m[1], "x"), rule.rule)
        yield path, frozenset(rule.methods or ())


def test_the_walk_sees_every_route(walked: FlaskClient) -> None:
    rules = {rule.rule for rule in walked.application.url_map.iter_rules()}
    assert {route.path for routes in ROUTES.values() for route in routes} < rules
    assert {"/", "/docs", "/openapi.json", "/demo/", CALLBACKS} < rules


def test_a_wrong_method_says_the_right_ones(walked: FlaskClient) -> None:
    known = walked.application.url_map.bind("localhost")
    for path in {path for path, _ in every_path(walked)} - {CALLBACKS}:
        for method in METHODS - set(known.allowed_methods(path)):
            answer = walked.open(path, method=method)
            assert_problem(answer, 405)
            allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
            assert allowed == set(known.allowed_methods(path)), path
    # Dash's catch-all takes every GET, but this one must not be answered with the page.
    for method in METHODS - {"POST"}:
        answer = walked.open(CALLBACKS, method=method)
        assert_problem(answer, 405)
        assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "host",
    ["evil.com", "evil.com:8000", "localhost.evil.com", "localhost@evil.com", "", "localhost:x",
     "127.0.0.1.", "[::1", "local host", "xn--localhost", "0.0.0.0", "localhost,evil.com"],
)  # fmt: skip
def test_a_foreign_host_is_refused_everywhere(walked: FlaskClient, host: str) -> None:
    for path, methods in every_path(walked):
        for method in methods - {"HEAD", "OPTIONS"}:
            answer = walked.open(path, method=method, headers={"Host": host})
            assert_problem(answer, 400)
    assert_problem(walked.get("/no/such/path", headers={"Host": host}), 400)


@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST", "127.0.0.1:9000", "[::1]:8000"])
def test_own_names_are_answered(walked: FlaskClient, host: str) -> None:
    assert walked.get("/health", headers={"Host": host}).status_code == 200
    own = {"Host": host, "Origin": f"http://{host.lower()}", "Sec-Fetch-Site": "same-origin"}
    assert walked.post("/jobs", json={}, headers=own).status_code in (202, 429)


def test_the_bound_host_is_an_own_name(workbench: FakeWorkbench) -> None:
    for host, name in [("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "[2001:db8::1]")]:
        server = create_server(cast(Workbench, workbench), Settings(host=host))
        assert server.test_client().get("/health", headers={"Host": name}).status_code == 200
    for host in ("0.0.0.0", "::"):
        server = create_server(cast(Workbench, workbench), Settings(host=host))
        assert_problem(server.test_client().get("/health", headers={"Host": host}), 400)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost:8001"},
        {"Origin": "http://localhost.evil.com"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "anything"},
    ],
)
def test_other_pages_cannot_write(walked: FlaskClient, headers: dict[str, str]) -> None:
    for path, methods in every_path(walked):
        for method in methods - {"HEAD", "OPTIONS", "GET"}:
            assert_problem(walked.open(path, method=method, json={}, headers=headers), 403)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "text/json", "application/json5",
     "application/problem+json", "text/plain; x=application/json", "application/xml"],
)  # fmt: skip
def test_other_content_types_are_refused(walked: FlaskClient, kind: str) -> None:
    for path, methods in every_path(walked):
        for method in methods - {"HEAD", "OPTIONS", "GET"}:
            assert_problem(walked.open(path, method=method, data="{}", content_type=kind), 415)


def test_files_go_only_where_files_are_taken(walked: FlaskClient) -> None:
    taken = {"/predict": {"multipart/form-data", "application/x-npy"},
             "/predict/batch": {"multipart/form-data"},
             "/imitate": {"multipart/form-data"},
             "/uploads": {"application/octet-stream"}}  # fmt: skip
    for kind in ("multipart/form-data", "application/x-npy", "application/octet-stream"):
        for path, methods in every_path(walked):
            if "POST" in methods and kind not in taken.get(path, ()):
                assert_problem(walked.post(path, data=b"x", content_type=kind), 415)
    assert_problem(walked.post("/uploads?name=a", json={}), 415)


def test_a_body_without_a_type_is_refused(walked: FlaskClient) -> None:
    assert_problem(walked.post("/predict", data=b"{}"), 415)
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    assert_problem(walked.post("/models/rollback", environ_overrides=chunked), 415)
    assert_problem(walked.post("/models/rollback", content_type="text/plain"), 415)


@pytest.mark.parametrize(
    ("path", "kind", "mib"),
    [
        ("/predict", "application/json", 1),
        ("/generate", "application/json", 1),
        ("/jobs", "application/json", 1),
        ("/predict", "application/x-npy", 2),
        ("/predict", "multipart/form-data; boundary=x", 2),
        ("/uploads?name=a", "application/octet-stream", 2),
    ],
)
def test_a_body_too_large_is_refused_unread(
    client: FlaskClient, workbench: FakeWorkbench, path: str, kind: str, mib: int
) -> None:
    class Unreadable:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("read a body that is too large")

    claims = {"CONTENT_LENGTH": str((mib << 20) + 1), "wsgi.input": Unreadable()}
    answer = client.post(path, content_type=kind, environ_overrides=claims)
    assert_problem(answer, 413)
    assert workbench.uploads == {}


@pytest.mark.parametrize("path", ["/predict", "/uploads?name=a"])
def test_a_body_of_no_stated_length_is_cut_off(client: FlaskClient, path: str) -> None:
    kind = "application/json" if path == "/predict" else "application/octet-stream"
    given = 0

    class Endless:
        def read(self, size: int = -1) -> bytes:
            nonlocal given
            given += 65_536
            return b" " * 65_536

        def readinto(self, buffer: bytearray) -> int:
            buffer[:] = self.read()[: len(buffer)]
            return len(buffer)

    claims = {"CONTENT_LENGTH": "", "wsgi.input": Endless(), "wsgi.input_terminated": True}
    claims["HTTP_TRANSFER_ENCODING"] = "chunked"
    assert_problem(client.post(path, content_type=kind, environ_overrides=claims), 413)
    assert given < 4 << 20


def test_head_too_large(walked: FlaskClient) -> None:
    assert_problem(walked.get("/" + "a" * 100_000), 414)
    assert_problem(walked.get("/health?" + "a" * 100_000), 414)
    assert_problem(walked.get("/health", headers={"X-Large": "a" * 100_000}), 431)


def test_headers_on_every_answer(walked: FlaskClient) -> None:
    seen = set()
    for path, methods in [*every_path(walked), ("/nothing", frozenset({"GET"}))]:
        for method in methods:
            headers = walked.open(path, method=method, headers={"Origin": EVIL}).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "same-origin"
            policy = dict(
                part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; ")
            )
            assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert "unsafe" not in policy["script-src"]
            assert not [name for name, _ in headers if "access-control" in name.lower()]
            seen.add(headers["X-Request-Id"])
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in seen)
    assert len(seen) > 40


def test_a_preflight_allows_nothing(walked: FlaskClient) -> None:
    ask = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
    for path, _ in every_path(walked):
        headers = walked.options(path, headers=ask).headers
        assert not [name for name, _ in headers if "access-control" in name.lower()]


def test_a_fault_of_ours_is_not_shown(
    client: FlaskClient,
    workbench: FakeWorkbench,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(limit: int) -> None:
        raise RuntimeError("secret: /etc/passwd")

    monkeypatch.setattr(workbench, "jobs", broken)
    with caplog.at_level(logging.ERROR, "pcdash.api.problems"):
        answer = client.get("/jobs")
    problem = assert_problem(answer, 500)
    assert b"secret" not in answer.data
    assert b"RuntimeError" not in answer.data
    assert problem["request_id"] in caplog.text
    assert "RuntimeError: secret: /etc/passwd" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("no such job", field="job_id"), 404),
        (CorruptArtifact("version 1 fails its checks"), 503),
        (Cancelled("stopped"), 409),
        (PcdashError("the disk is full"), 500),
    ],
)
def test_every_error_of_ours_has_a_status(
    client: FlaskClient,
    workbench: FakeWorkbench,
    error: PcdashError,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(limit: int) -> None:
        raise error

    monkeypatch.setattr(workbench, "jobs", fail)
    problem = assert_problem(
        client.get("/jobs"), status, *(["/job_id"] if error.field is not None else [])
    )
    assert problem["detail"] == error.message
    assert problem["type"] == f"urn:pcdash:problem:{error.code}"


def test_the_front_door_leads_to_the_page(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/demo/")
