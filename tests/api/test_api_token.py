"""The token: asked for everywhere but by the probes, and never shown."""

from __future__ import annotations

import hmac
import logging
import re
from base64 import b64encode
from collections.abc import Iterator

import pytest
from api_fakes import VERSION, FakeWorkbench, assert_problem, make_client
from dash import Dash, html
from flask.testing import FlaskClient

from pcdash.api import install_dash_guards

TOKEN = "correct-horse:battery~staple"
PROBES = {"/health", "/health/live", "/health/ready"}
VALUES = {"version": VERSION, "job_id": "0" * 32}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def locked() -> FlaskClient:
    """A server with a page and a token on it."""
    client = make_client(FakeWorkbench(), token=TOKEN)
    app = Dash(__name__, server=client.application, url_base_pathname="/demo/")
    app.layout = html.Div()
    install_dash_guards(client.application, app)
    return client


def every_request(client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Every method on every rule of the url map, and what is in no rule."""
    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: VALUES.get(m[1], "x"), rule.rule)
        for method in rule.methods or ():
            yield method, path
    yield from (("GET", "/nothing"), ("PUT", "/predict"), ("GET", "/demo/nothing"))


WRONG: dict[str, dict[str, str]] = {
    "nothing": {},
    "empty": {"Authorization": ""},
    "another": bearer("another-horse:battery~staple"),
    "a part": bearer(TOKEN[:-1]),
    "more": bearer(TOKEN + "x"),
    "bare": {"Authorization": TOKEN},
    "digest": {"Authorization": f'Digest username="{TOKEN}"'},
    "as user": basic(TOKEN, ""),
    "no base64": {"Authorization": "Basic \xe4\xf6"},
    "no UTF-8": {"Authorization": "Basic " + b64encode(b"\xff:\xff").decode()},
    "other letters": basic("me", "пароль"),
    "empty bearer": {"Authorization": "Bearer "},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_without_the_token_nothing_is_answered_but_the_probes(
    locked: FlaskClient, headers: dict[str, str]
) -> None:
    refused = 0
    for method, path in every_request(locked):
        answer = locked.open(path, method=method, headers=headers)
        if path in PROBES:
            # What has no model is not ready.
            assert answer.status_code in (200, 204, 503), path
            continue
        assert answer.status_code == 401, (method, path)
        refused += 1
        if method != "HEAD":
            assert_problem(answer, 401)
        assert answer.headers.getlist("WWW-Authenticate") == [
            'Basic realm="pcdash", charset="UTF-8"',
            'Bearer realm="pcdash"',
        ]
        assert TOKEN.encode() not in answer.data
    assert refused > 40


@pytest.mark.parametrize("headers", [bearer(TOKEN), basic("", TOKEN), basic("anybody", TOKEN)])
def test_with_the_token_everything_is(locked: FlaskClient, headers: dict[str, str]) -> None:
    for method, path in every_request(locked):
        assert locked.open(path, method=method, headers=headers).status_code != 401, path
    assert locked.get("/models", headers=headers).status_code == 200
    assert locked.get("/demo/", headers=headers).status_code == 200


def test_it_is_compared_in_constant_time(
    locked: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def seen(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return compare(a, b)

    monkeypatch.setattr(hmac, "compare_digest", seen)
    for headers in (bearer("x"), basic("me", "y"), {}):
        locked.get("/models", headers=headers)
    assert compared == [(given, TOKEN.encode()) for given in (b"x", b"y", b"")]


def test_another_page_cannot_use_what_the_browser_knows(locked: FlaskClient) -> None:
    headers = basic("me", TOKEN) | {"Origin": "http://evil.com"}
    assert_problem(locked.post("/jobs", json={}, headers=headers), 403)
    assert_problem(locked.get("/models", headers=basic("me", TOKEN) | {"Host": "evil.com"}), 400)


def test_it_is_asked_for_before_a_body_is_looked_at(locked: FlaskClient) -> None:
    answer = locked.post("/predict", data=b"{", content_type="application/json")
    assert_problem(answer, 401)


def test_without_a_token_nobody_is_asked(client: FlaskClient) -> None:
    assert client.get("/models").status_code == 200
    assert client.get("/models", headers=bearer("whatever")).status_code == 200


def test_it_is_in_no_log_record(locked: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        locked.get("/models", headers=bearer(TOKEN))
        locked.get("/models", headers=basic("me", TOKEN))
        locked.post("/predict?x=1", data=b"{", headers=bearer(TOKEN))
    assert caplog.records
    for record in caplog.records:
        assert TOKEN not in str(vars(record))
