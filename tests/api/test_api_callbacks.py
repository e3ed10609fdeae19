"""The callback endpoint: what the page sends gets through, what is forged is a 400."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from api_fakes import assert_problem, make_client
from dash import ALL, MATCH, Dash, Input, Output, State, dcc, html, set_props
from dash.exceptions import PreventUpdate
from flask.testing import FlaskClient
from forgery import forged

from pcdash.api import install_dash_guards
from pcdash.api.callbacks import is_genuine

PATH = "/demo/_dash-update-component"
GENUINE: dict[str, dict[str, Any]] = {}
"""What the page sends for each kind of callback; recorded from a real browser."""


def prop(component: object, name: str, *value: object) -> dict[str, Any]:
    return {"id": component, "property": name} | ({"value": value[0]} if value else {})


def row(index: object) -> dict[str, Any]:
    return {"type": "row", "index": index}


GENUINE["single"] = {
    "output": "text.children",
    "outputs": prop("text", "children"),
    "inputs": [prop("button", "n_clicks", 1)],
    "changedPropIds": ["button.n_clicks"],
    "parsedChangedPropsIds": ["button.n_clicks"],
    "state": [prop("field", "value", "torus")],
}
GENUINE["several"] = {
    "output": "..first.children...second.children..",
    "outputs": [prop("first", "children"), prop("second", "children")],
    "inputs": [prop("button", "n_clicks")],  # a value that is undefined is not sent
    "changedPropIds": [],
}
GENUINE["all"] = {
    "output": "sum.children",
    "outputs": prop("sum", "children"),
    "inputs": [[prop(row(1), "value", 2), prop(row(2), "value", 3)]],
    "changedPropIds": ['{"index":1,"type":"row"}.value', '{"index":9,"type":"row"}.value'],
}
GENUINE["match"] = {
    "output": '{"index":["MATCH"],"type":"echo"}.children',
    "outputs": prop({"type": "echo", "index": 1}, "children"),
    "inputs": [prop(row(1), "value", 2)],
    "changedPropIds": ['{"index":1,"type":"row"}.value'],
}
GENUINE["many outputs"] = {
    "output": '{"index":["ALL"],"type":"mark"}.children',
    "outputs": [prop({"type": "mark", "index": i}, "children") for i in (1, 2)],
    "inputs": [prop("field", "value", "x")],
    "changedPropIds": ["field.value"],
}


@pytest.fixture(scope="module")
def dash_app() -> Dash:
    server = make_client().application
    app = Dash("pcdash", server=server, url_base_pathname="/demo/")
    app.layout = html.Div([html.Button(id="button"), dcc.Input(id="field")])

    @app.callback(Output("text", "children"), Input("button", "n_clicks"), State("field", "value"))
    def single(clicks: object, value: object) -> str:
        return f"{clicks} {value}"

    @app.callback(
        Output("first", "children"), Output("second", "children"), Input("button", "n_clicks")
    )
    def several(clicks: object) -> tuple[str, str]:
        return "1", "2"

    @app.callback(Output("sum", "children"), Input({"type": "row", "index": ALL}, "value"))
    def total(values: list[object]) -> str:
        return str(values)

    @app.callback(
        Output({"type": "echo", "index": MATCH}, "children"),
        Input({"type": "row", "index": MATCH}, "value"),
    )
    def echo(value: object) -> object:
        return str(value)

    @app.callback(Output({"type": "mark", "index": ALL}, "children"), Input("field", "value"))
    def mark(value: object) -> object:
        raise PreventUpdate

    @app.callback(Input("button", "n_clicks"), State("field", "value"))
    def nothing(clicks: object, value: object) -> None:
        set_props("text", {"children": "side effect"})

    @app.callback(
        Output("text", "children", allow_duplicate=True),
        Input("button", "disabled"),
        prevent_initial_call=True,
    )
    def shared(disabled: object) -> str:
        return "shared"

    app.clientside_callback("value => value", Output("mirror", "children"), Input("field", "value"))
    for key, callback in app.callback_map.items():
        if callback["no_output"]:
            GENUINE["no output"] = {
                "output": key,
                "inputs": [prop("button", "n_clicks", 1)],
                "changedPropIds": ["button.n_clicks"],
                "state": [prop("field", "value", None)],
            }
        if "@" in key:
            GENUINE["duplicate"] = {
                "output": key,
                "outputs": prop("text", key.partition(".")[2]),
                "inputs": [prop("button", "disabled", True)],
                "changedPropIds": ["button.disabled"],
            }
    install_dash_guards(server, app)
    return app


@pytest.fixture(scope="module")
def page(dash_app: Dash) -> FlaskClient:
    client: FlaskClient = dash_app.server.test_client()
    return client


@pytest.mark.parametrize(
    "kind",
    ["single", "several", "all", "match", "many outputs", "no output", "duplicate"],
)
def test_what_the_page_sends_gets_through(page: FlaskClient, kind: str) -> None:
    answer = page.post(PATH, json=GENUINE[kind])
    assert answer.status_code in (200, 204), answer.data
    if kind == "single":
        assert answer.json["response"] == {"text": {"children": "1 torus"}}
    if kind == "all":
        assert answer.json["response"] == {"sum": {"children": "[2, 3]"}}


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("single", "output", "nothing.children"),
        ("single", "output", ["text.children"]),
        ("single", "output", "sum.children"),
        ("single", "output", "mirror.children"),
        ("single", "outputs", None),
        ("single", "outputs", []),
        ("single", "outputs", [prop("text", "children")]),
        ("single", "outputs", prop("field", "children")),
        ("single", "outputs", prop("text", "style")),
        ("single", "outputs", prop("text", None)),
        ("single", "inputs", []),
        ("single", "inputs", None),
        ("single", "inputs", {}),
        ("single", "inputs", [None]),
        ("single", "inputs", ["button.n_clicks"]),
        ("single", "inputs", [prop("field", "value", 1)]),
        ("single", "inputs", [[prop("button", "n_clicks", 1)]]),
        ("single", "inputs", [prop(["button"], "n_clicks", 1)]),
        ("single", "inputs", [prop({"a": 1}, "n_clicks", 1)]),
        ("single", "inputs", [prop("button", "n_clicks", 1) | {"more": 1}]),
        ("single", "inputs", [prop("button", "n_clicks", 1)] * 2),
        ("single", "state", []),
        ("single", "state", [prop("button", "n_clicks", 1)]),
        ("single", "changedPropIds", None),
        ("single", "changedPropIds", [1]),
        ("single", "changedPropIds", ["field.value"]),
        ("single", "changedPropIds", ["button"]),
        ("single", "changedPropIds", ["{.n_clicks"]),
        ("several", "outputs", [prop("first", "children")]),
        ("several", "outputs", [prop("second", "children"), prop("first", "children")]),
        ("all", "inputs", [prop(row(1), "value", 2)]),
        ("all", "inputs", [[prop({"type": "row"}, "value", 2)]]),
        ("all", "inputs", [[prop({"type": "other", "index": 1}, "value", 2)]]),
        ("all", "inputs", [[prop(row([1]), "value", 2)]]),
        ("all", "inputs", [[prop("row", "value", 2)]]),
        ("all", "changedPropIds", ["{" * 50_000 + ".value"]),
        ("match", "inputs", [[prop(row(1), "value", 2)]]),
        ("match", "outputs", [prop({"type": "echo", "index": 1}, "children")]),
        ("many outputs", "outputs", prop({"type": "mark", "index": 1}, "children")),
        ("no output", "outputs", [prop("text", "children")]),
    ],
)
def test_what_is_forged_does_not(page: FlaskClient, kind: str, key: str, value: object) -> None:
    assert_problem(page.post(PATH, json=GENUINE[kind] | {key: value}), 400)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"3", b"[[]]", b'"text.children"'])
def test_what_is_no_payload_is_refused(page: FlaskClient, body: bytes) -> None:
    assert_problem(page.post(PATH, data=body, content_type="application/json"), 400)


def test_what_runs_in_the_browser_is_no_callback_of_the_server(page: FlaskClient) -> None:
    payload = {
        "output": "mirror.children",
        "outputs": prop("mirror", "children"),
        "inputs": [prop("field", "value", "x")],
        "changedPropIds": ["field.value"],
    }
    assert_problem(page.post(PATH, json=payload), 400)


def test_missing_parts_are_refused(page: FlaskClient) -> None:
    for key in ("output", "outputs", "inputs", "state"):
        payload = {k: v for k, v in GENUINE["single"].items() if k != key}
        assert_problem(page.post(PATH, json=payload), 400)


def test_mutated_payloads_never_bring_it_down(page: FlaskClient) -> None:
    rng = random.Random(0)
    kinds = sorted(GENUINE)
    assert len(kinds) == 7
    seen = {200: 0, 204: 0, 400: 0}
    for kind, _ in zip(itertools.cycle(kinds), range(2_000), strict=False):
        seen[page.post(PATH, json=forged(GENUINE[kind], rng)).status_code] += 1
    assert min(seen.values()) > 0


def test_only_registered_server_callbacks_are_genuine(dash_app: Dash) -> None:
    callbacks = dash_app.callback_map
    assert all(is_genuine(payload, callbacks) for payload in GENUINE.values())
    assert not any(is_genuine(payload, {}) for payload in GENUINE.values())


@pytest.mark.parametrize(
    "path",
    [
        "dash/../../../etc/passwd",
        "dash/%2e%2e/dash.py",
        "os/path.py",
        "dash/dash.py",
        "pcdash/x.js",
    ],
)
def test_component_suites_stay_inside(page: FlaskClient, path: str) -> None:
    assert_problem(page.get(f"/demo/_dash-component-suites/{path}"), 404)


def test_unknown_assets_are_not_found(page: FlaskClient) -> None:
    assert_problem(page.get("/demo/assets/../../pyproject.toml"), 404)
    assert_problem(page.get("/demo/assets/none.js"), 404)


@pytest.mark.parametrize(
    "path", ["nope", "nope/x", "explore", "assets//etc/passwd", "index.html", "%2e%2e/models", " "]
)
def test_the_page_is_in_one_place(page: FlaskClient, path: str) -> None:
    assert_problem(page.get(f"/demo/{path}", follow_redirects=True), 404)
    assert page.get("/demo/?from=bookmark").status_code == 200
    for ours in ("_dash-layout", "_dash-dependencies", "_favicon.ico"):
        assert page.get(f"/demo/{ours}").status_code == 200
    assert_problem(page.get(PATH), 405)


def test_the_page_may_run_its_own_inline_scripts_only(page: FlaskClient, dash_app: Dash) -> None:
    policy = page.get("/demo/").headers["Content-Security-Policy"]
    (scripts,) = [part for part in policy.split("; ") if part.startswith("script-src")]
    hashes = dash_app.csp_hashes()
    assert scripts.split() == ["script-src", "'self'", *hashes]
