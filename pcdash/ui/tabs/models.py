"""Models: which one serves, which one should?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.errors import CorruptArtifact, NotFound
from pcdash.ui import gate, version_list
from pcdash.ui.components import button, facts
from pcdash.ui.ids import BASE, LOCATION
from pcdash.ui.results import ResultIds, draw_result, result_panel
from pcdash.ui.shell import tell
from pcdash.ui.values import text
from pcdash.ui.wording import UNKNOWN, duration
from pcdash.workbench import ModelRow, Workbench
from pcdash.workbench.dossier import without_paths

POLL = "models-list-interval"
SELECTED = "models-version-store"
LIST = "models-versions-table"
PROMOTE = "models-promote-button"
ROLLBACK = "models-rollback-button"
DELETE = "models-delete-button"
DELETE_DIALOG = "models-delete-dialog"
REPORT = "models-report-link"
COMPARE = "models-compare-link"
ACTIONS = "models-actions-panel"
PAGE = "models-page-store"
NEWER = "models-newer-button"
OLDER = "models-older-button"
PLACE = "models-page-text"
HISTORY = "models-history-panel"
TITLE = "models-version-text"
ABOUT = "models-about-panel"
RESULT = ResultIds("models")


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: the versions, and the report of the chosen one."""
    return [
        dcc.Store(id=SELECTED),
        dcc.Store(id=PAGE, data=0),
        dcc.Interval(id=POLL, interval=1500, disabled=True),
        dcc.ConfirmDialog(id=DELETE_DIALOG, message="Delete this version for good?"),
        html.H2("Versions"),
        html.Div(id=LIST, className="table-frame"),
        html.Div(
            [
                html.Span(id=PLACE, className="quiet"),
                button("Newer", NEWER, "btn-sm btn-outline-secondary"),
                button("Older", OLDER, "btn-sm btn-outline-secondary"),
            ],
            className="pager",
        ),
        html.Div(
            [
                html.H3(id=TITLE),
                html.A("Full report", id=REPORT, href="#", className="btn btn-outline-primary"),
                html.A(
                    "Compare with the one in service",
                    id=COMPARE,
                    href="#",
                    className="btn btn-outline-primary",
                    hidden=True,
                ),
                button("Serve this version", PROMOTE, "btn-primary"),
                button("Roll back", ROLLBACK, "btn-outline-secondary"),
                button("Delete", DELETE, "btn-outline-danger"),
            ],
            id=ACTIONS,
            className="detail-head",
            hidden=True,
        ),
        gate.panel(),
        html.Div([result_panel(RESULT), html.Div(id=ABOUT, className="about")], className="report"),
        html.Details(
            [html.Summary("What was live when?"), html.Div(id=HISTORY, className="table-frame")],
            className="more",
        ),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the tab to the use cases."""
    app.callback(
        output={
            "table": Output(LIST, "children"),
            "title": Output(TITLE, "children"),
            "report_link": Output(REPORT, "href"),
            "compare_link": Output(COMPARE, "href"),
            "no_compare": Output(COMPARE, "hidden"),
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
            "delete": {
                "disabled": Output(DELETE, "disabled"),
                "title": Output(DELETE, "title"),
            },
            "place": Output(PLACE, "children"),
            "no_newer": Output(NEWER, "hidden"),
            "no_older": Output(OLDER, "hidden"),
            "history": Output(HISTORY, "children"),
            "about": Output(ABOUT, "children"),
            "result": RESULT.outputs(),
        },
        inputs={
            "_ticks": Input(POLL, "n_intervals"),
            "_hash": Input(LOCATION, "hash"),
            "selected": Input(SELECTED, "data"),
            "page": Input(PAGE, "data"),
        },
        state={"drawn": State(RESULT.drawn, "data")},
    )(partial(show_models, workbench))
    gate.register(app, workbench, promote=PROMOTE, selected=SELECTED)
    app.callback(
        Output(DELETE_DIALOG, "displayed"),
        Output(DELETE_DIALOG, "message"),
        Input(DELETE, "n_clicks"),
        State(PROMOTE, "value"),
        prevent_initial_call=True,
    )(ask_to_delete)
    app.callback(
        Output(SELECTED, "data", allow_duplicate=True),
        Input(DELETE_DIALOG, "submit_n_clicks"),
        State(PROMOTE, "value"),
        prevent_initial_call=True,
    )(partial(delete, workbench))
    app.callback(
        Output(PAGE, "data"),
        Input(NEWER, "n_clicks"),
        Input(OLDER, "n_clicks"),
        State(PAGE, "data"),
        prevent_initial_call=True,
    )(turn_page)
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
    workbench: Workbench, *, selected: Any, page: Any, drawn: Any, **_triggers: Any
) -> dict[str, Any]:
    """List the versions and report on the chosen one, at first the one in service."""
    rows = workbench.models()
    row = next((row for row in rows if row.version == selected), _first(rows))
    key = row.version if row is not None else "none"
    report = _report(workbench, row) if key != drawn else {}
    blocked = workbench.promotion_blocked
    served = next((one.version for one in rows if one.served), None)
    last = version_list.pages(rows) - 1
    page = min(_whole(page), last)
    return {
        "table": version_list.version_table(rows, row, page, SELECTED),
        "title": f"Version {row.version}" if row is not None else "",
        "report_link": f"{BASE}models/{key}",
        "compare_link": f"{BASE}compare/{served},{key}",
        "no_compare": row is None or served in (None, key),
        "no_actions": row is None,
        "promote": _promotion(row, blocked),
        "rollback": {
            "disabled": blocked is not None or len(rows) < 2,
            "title": blocked or "Serve the version that was in service before this one",
        },
        "delete": _deletion(row, blocked),
        "place": version_list.disk_note(rows) + (f", page {page + 1} of {last + 1}" * (last > 0)),
        "no_newer": page == 0,
        "no_older": page == last,
        "history": version_list.log_table(workbench.promotion_log()),
        "about": _about(row, report) if key != drawn else no_update,
        "result": draw_result(RESULT, report, key, drawn),
    }


def ask_to_delete(_clicks: Any, version: Any) -> tuple[bool, str]:
    """Ask whether the chosen version shall go."""
    version = text(version, "version")
    return True, f"Delete version {version} with its report for good?"


def delete(workbench: Workbench, _clicks: Any, version: Any) -> None:
    """Remove the chosen version."""
    version = text(version, "version")
    workbench.delete(version)
    tell(f"Version {version} is gone.", kind="success")


def turn_page(_newer: Any, _older: Any, page: Any) -> int:
    """Go one page on or back."""
    return max(0, _whole(page) + (1 if ctx.triggered_id == OLDER else -1))


def roll_back(workbench: Workbench, _clicks: Any) -> bool:
    """Put the version in service that was so before."""
    version = workbench.rollback()
    tell(f"Back to version {version}.", kind="success")
    return True


# -- pieces ---------------------------------------------------------------------------------------


def _whole(page: Any) -> int:
    """A page number from the browser; 0 for whatever is none."""
    return page if type(page) is int and 0 <= page < 1_000_000 else 0


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


def _deletion(row: ModelRow | None, blocked: str | None) -> dict[str, Any]:
    why = blocked or ("This version is in service." if row is not None and row.current else None)
    return {
        "disabled": row is None or why is not None,
        "title": why or "Remove it with its report; asks first",
    }


def _report(workbench: Workbench, row: ModelRow | None) -> dict[str, Any]:
    """Return a version's report; a version without one is still listed."""
    try:
        return without_paths(workbench.report(row.version)) if row is not None else {}
    except (NotFound, CorruptArtifact):
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
