"""What Dash and Flask can do, and this page does not: no door but those that are listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pcdash.app import App, create_app
from pcdash.settings import Settings


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    folder: Path = tmp_path_factory.mktemp("closed")
    return create_app(Settings(artifacts_dir=str(folder), bootstrap=False))


@pytest.fixture
def client(app: App) -> FlaskClient:
    return app.server.test_client()


def test_no_door_but_those_that_are_listed(app: App) -> None:
    """A new version of Dash that opens another one is noticed here."""
    below = {rule.rule for rule in app.server.url_map.iter_rules() if "/demo" in rule.rule}
    assert below == {
        "/demo/",
        "/demo/<path:path>",
        "/demo/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "/demo/_dash-dependencies",
        "/demo/_dash-layout",
        "/demo/_dash-update-component",
        "/demo/_favicon.ico",
        "/demo/_reload-hash",
        "/demo/assets/<path:filename>",
        "/demo/compare/<versions>",
        "/demo/models/<version>",
        "/demo/models/<version>/report.html",
    }


@pytest.mark.parametrize(
    "path",
    ["/_mcp", "/demo/_mcp", "/mcp", "/demo/mcp", "/console", "/_dash-layout", "/static/x",
     "/demo/_alive", "/socket.io/", "/.env", "/no/such/path"],
)  # fmt: skip
def test_what_is_not_there_is_a_problem(client: FlaskClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = client.open(path, method=method, json={} if method == "POST" else None)
        assert answer.status_code in (404, 405), path
        assert answer.content_type == "application/problem+json"
        assert answer.json["status"] == answer.status_code


def test_no_debugger_no_reload_no_cloud(app: App, client: FlaskClient) -> None:
    assert app.server.debug is False
    debugger = client.get("/demo/?__debugger__=yes&cmd=resource&f=debugger.js")
    assert debugger.content_type.startswith("text/html")
    page = client.get("/demo/").text
    assert '"hot_reload"' not in page
    assert '"ui":true' not in page.replace(" ", "")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert client.get("/demo/", headers=upgrade).status_code == 400
    graphs = [one for one in app.dash.layout._traverse() if type(one).__name__ == "Graph"]
    assert len(graphs) >= 3
    assert {graph.config["showSendToCloud"] for graph in graphs} == {False}
