"""Models: which one serves, which one should?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.errors import NotFound
from pcdash.ui.components import empty_state, facts, pick_button
from pcdash.ui.ids import LOCATION
from pcdash.ui.results import ResultIds, draw_result, result_panel
from pcdash.ui.shell import tell
from pcdash.ui.specs import label
from pcdash.ui.values import text
from pcdash.ui.wording import UNKNOWN, duration, moment, percent
from pcdash.workbench import ModelRow, Workbench

POLL = "models-list-interval"
SELECTED = "models-version-store"
LIST = "models-versions-table"
PROMOTE = "models-promote-button"
ROLLBACK = "models-rollback-button"
ACTIONS = "models-actions-panel"
TITLE = "models-version-text"
ABOUT = "models-about-panel"
RESULT = ResultIds("models")

_HEAD = (
    ("Version", ""),
    ("Made", "extra"),
    ("Classifier", ""),
    ("Data", "extra"),
    ("Tested on", "number extra"),
    ("Accuracy", "number"),
    ("F1 (macro)", "number extra"),
    ("", ""),
)
"""Title and classes of each column; ``extra`` ones are left out on a phone."""


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: the versions, and the report of the chosen one."""
    return [
        dcc.Store(id=SELECTED),
        dcc.Interval(id=POLL, interval=1500, disabled=True),
        html.H2("Versions"),
        html.Div(id=LIST, className="table-frame"),
        html.Div(
            [
                html.H3(id=TITLE),
                html.Button(
                    "Serve this version", id=PROMOTE, type="button", className="btn btn-primary"
                ),
                html.Button(
                    "Roll back",
                    id=ROLLBACK,
                    type="button",
                    className="btn btn-outline-secondary",
                ),
            ],
            id=ACTIONS,
            className="detail-head",
            hidden=True,
        ),
        html.Div([result_panel(RESULT), html.Div(id=ABOUT, className="about")], className="report"),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the tab to the use cases."""
    app.callback(
        output={
            "table": Output(LIST, "children"),
            "title": Output(TITLE, "children"),
            "no_actions": Output(ACTIONS, "hidden"),
            "promote": {
                "value": Output(PROMOTE, "value"),
                "disabled": Output(PROMOTE, "disabled"),
                "title": Output(PROMOTE, "title"),
            },
            "rollback": {
                "disabled": Output(ROLLBACK, "disabled"),
                "title": Output(ROLLBACK, "title"),
            },
            "about": Output(ABOUT, "children"),
            "result": RESULT.outputs(),
        },
        inputs={
            "_ticks": Input(POLL, "n_intervals"),
            "_hash": Input(LOCATION, "hash"),
            "selected": Input(SELECTED, "data"),
        },
        state={"drawn": State(RESULT.drawn, "data")},
    )(partial(show_models, workbench))
    app.callback(
        Output(PROMOTE, "disabled", allow_duplicate=True),
        Input(PROMOTE, "n_clicks"),
        State(PROMOTE, "value"),
        prevent_initial_call=True,
    )(partial(promote, workbench))
    app.callback(
        Output(ROLLBACK, "disabled", allow_duplicate=True),
        Input(ROLLBACK, "n_clicks"),
        prevent_initial_call=True,
    )(partial(roll_back, workbench))
    app.clientside_callback(
        ClientsideFunction("pcdash", "elsewhere"),
        Output(POLL, "disabled"),
        Input(LOCATION, "hash"),
        State(POLL, "id"),
    )


# -- callbacks ------------------------------------------------------------------------------------


def show_models(
    workbench: Workbench, *, selected: Any, drawn: Any, **_triggers: Any
) -> dict[str, Any]:
    """List the versions and report on the chosen one, at first the one in service."""
    rows = workbench.models()
    row = next((row for row in rows if row.version == selected), _first(rows))
    key = row.version if row is not None else "none"
    report = _report(workbench, row) if key != drawn else {}
    blocked = workbench.promotion_blocked
    return {
        "table": version_table(rows, row),
        "title": f"Version {row.version}" if row is not None else "",
        "no_actions": row is None,
        "promote": _promotion(row, blocked),
        "rollback": {
            "disabled": blocked is not None or len(rows) < 2,
            "title": blocked or "Serve the version that was in service before this one",
        },
        "about": _about(row, report) if key != drawn else no_update,
        "result": draw_result(RESULT, report, key, drawn),
    }


def promote(workbench: Workbench, _clicks: Any, version: Any) -> bool:
    """Put the chosen version in service."""
    version = text(version, "version")
    workbench.promote(version, reason="promoted on the page")
    tell(f"Version {version} is going into service.", kind="success")
    return True


def roll_back(workbench: Workbench, _clicks: Any) -> bool:
    """Put the version in service that was so before."""
    version = workbench.rollback()
    tell(f"Back to version {version}.", kind="success")
    return True


# -- pieces ---------------------------------------------------------------------------------------


def version_table(rows: Sequence[ModelRow], shown: ModelRow | None) -> Component:
    """Return the list of versions, newest first."""
    if not rows:
        link = html.A("Train the first one", href="#training")
        return empty_state("There is no model yet", link, ".")
    head = [html.Th(text, className=kind, scope="col") for text, kind in _HEAD]
    return html.Table(
        [html.Thead(html.Tr(head)), html.Tbody([_row(row, chosen=row is shown) for row in rows])],
        className="table listing",
    )


def _row(row: ModelRow, *, chosen: bool) -> Component:
    cells = (
        pick_button(row.version, SELECTED, row.version, title="Show its report"),
        moment(row.created_at),
        label(row.model),
        row.data,
        UNKNOWN if row.n_test is None else f"{row.n_test:,}",
        percent(row.accuracy),
        percent(row.f1_macro),
        _mark(row),
    )
    return html.Tr(
        [html.Td(cell, className=kind) for cell, (_, kind) in zip(cells, _HEAD, strict=True)],
        className="chosen" if chosen else "",
    )


def _mark(row: ModelRow) -> Component:
    if row.problem:
        return html.Span("damaged", className="service-mark bad", title=row.problem)
    if row.served:
        return html.Span("in service", className="service-mark good")
    return html.Span("loading" if row.current else "", className="service-mark")


def _first(rows: Sequence[ModelRow]) -> ModelRow | None:
    return next((row for row in rows if row.served), rows[0] if rows else None)


def _promotion(row: ModelRow | None, blocked: str | None) -> dict[str, Any]:
    """Return the state of the Serve button; a disabled one says why."""
    why = blocked
    if why is None and row is not None:
        why = row.problem or ("This version is in service." if row.current else None)
    return {
        "value": row.version if row is not None else "",
        "disabled": row is None or why is not None,
        "title": why or "Answer with this version from now on",
    }


def _report(workbench: Workbench, row: ModelRow | None) -> dict[str, Any]:
    """Return a version's report; a version without one is still listed."""
    try:
        return workbench.report(row.version) if row is not None else {}
    except NotFound:
        return {}


def _about(row: ModelRow | None, report: dict[str, Any]) -> list[Component]:
    if row is None:
        return []
    lineage, seconds = report.get("lineage", {}), report.get("seconds", {})
    known = {
        "Classes": ", ".join(row.classes),
        "Data": row.data,
        "Seed": str(lineage.get("seed", UNKNOWN)),
        "Data fingerprint": str(lineage.get("dataset_fingerprint", UNKNOWN))[:16],
        "Trained in": duration(seconds["total"]) if "total" in seconds else UNKNOWN,
    }
    config = json.dumps(report.get("config", {}), indent=2)
    return [
        html.H3("How was it made?"),
        facts(known),
        html.Details(
            [html.Summary("Configuration"), html.Pre(config, className="log")], className="more"
        ),
    ]
