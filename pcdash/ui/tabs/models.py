"""Models: which one serves, which one should?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.errors import CorruptArtifact, NotFound
from pcdash.ui import drift, gate, version_actions, version_choice, version_list
from pcdash.ui.components import again_link, facts
from pcdash.ui.ids import LOCATION
from pcdash.ui.paging import page_of, pager
from pcdash.ui.redraw import drawn_into, unless_drawn
from pcdash.ui.results import ResultIds, draw_result, result_panel
from pcdash.ui.version_actions import PROMOTE
from pcdash.ui.wording import UNKNOWN, duration
from pcdash.workbench import ModelRow, Workbench
from pcdash.workbench.dossier import without_paths

POLL = "models-list-interval"
SELECTED = "models-version-store"
LIST = "models-versions-table"
LISTED = "models-listed-store"
PAGE = "models-page-store"
PLACE = "models-page-text"
HISTORY = "models-history-panel"
LOGGED = "models-logged-store"
ABOUT = "models-about-panel"
RESULT = ResultIds("models")


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: the versions, and the report of the chosen one."""
    return [
        *[dcc.Store(id=store) for store in (SELECTED, PAGE, LISTED, LOGGED)],
        *version_choice.stores(),
        dcc.Interval(id=POLL, interval=1500, disabled=True),
        html.Div(
            [html.H2("Versions"), html.Span(id=PLACE, className="quiet")], className="detail-head"
        ),
        html.Div(id=LIST),
        *version_actions.actions(),
        gate.panel(),
        html.Div([result_panel(RESULT), html.Div(id=ABOUT, className="about")], className="report"),
        drift.panel(),
        html.Details(
            [html.Summary("What was live when?"), html.Div(id=HISTORY, className="table-frame")],
            className="more",
        ),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the tab to the use cases."""
    app.callback(
        output={
            "list": drawn_into(LIST, LISTED),
            "log": drawn_into(HISTORY, LOGGED),
            "place": Output(PLACE, "children"),
            "actions": version_actions.outputs(),
            "about": Output(ABOUT, "children"),
            "result": RESULT.outputs(),
        },
        inputs={
            "_ticks": Input(POLL, "n_intervals"),
            "_hash": Input(LOCATION, "hash"),
            "selected": Input(SELECTED, "data"),
            "page": Input(PAGE, "data"),
            "chosen": Input(version_choice.CHOSEN, "data"),
        },
        state={
            "drawn": State(RESULT.drawn, "data"),
            "listed": State(LISTED, "data"),
            "logged": State(LOGGED, "data"),
        },
    )(partial(show_models, workbench))
    version_choice.register(app)
    version_actions.register(app, workbench, SELECTED)
    gate.register(app, workbench, promote=PROMOTE, selected=SELECTED)
    drift.register(app, workbench)
    app.clientside_callback(
        ClientsideFunction("pcdash", "elsewhere"),
        Output(POLL, "disabled"),
        Input(LOCATION, "hash"),
        State(POLL, "id"),
    )


# -- callbacks ------------------------------------------------------------------------------------


def show_models(
    workbench: Workbench,
    *,
    selected: Any,
    page: Any,
    chosen: Any,
    drawn: Any,
    listed: Any,
    logged: Any,
    **_triggers: Any,
) -> dict[str, Any]:
    """List the versions and report on the chosen one, at first the one in service."""
    rows = workbench.models()
    row = next((row for row in rows if row.version == selected), _first(rows))
    key = row.version if row is not None else "none"
    report = _report(workbench, row) if key != drawn else {}
    log = version_list.log_table(workbench.promotion_log())
    return {
        "list": unless_drawn(_list(rows, row, page, chosen), listed),
        "log": unless_drawn(log, logged),
        "place": version_list.disk_note(rows),
        "actions": version_actions.values(rows, row, blocked=workbench.promotion_blocked),
        "about": _about(row, report) if key != drawn else no_update,
        "result": draw_result(RESULT, report, key, drawn),
    }


# -- pieces ---------------------------------------------------------------------------------------


def _list(
    rows: Sequence[ModelRow], row: ModelRow | None, page: Any, chosen: Any
) -> list[Component]:
    """Return one page of the list, and what can be done with those that are ticked in it."""
    part = page_of(page, len(rows), version_list.PAGE)
    ticked = version_choice.known(chosen, {one.version for one in rows})
    table = version_list.version_table(rows[part.start : part.stop], row, ticked, SELECTED)
    return [
        html.Div(table, className="table-frame"),
        html.Div(version_choice.panel(ticked, len(rows)), className="choices"),
        *pager(part, PAGE),
    ]


def _first(rows: Sequence[ModelRow]) -> ModelRow | None:
    return next((row for row in rows if row.served), rows[0] if rows else None)


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
    known: dict[str, str | Component] = {
        "Classes": ", ".join(row.classes),
        "Data": version_list.data_of(row),
        "Seed": str(lineage.get("seed", UNKNOWN)),
        "Data fingerprint": str(lineage.get("dataset_fingerprint", UNKNOWN))[:16],
        "Trained in": duration(seconds["total"]) if "total" in seconds else UNKNOWN,
    }
    config = json.dumps(report.get("config", {}), indent=2)
    return [
        html.H3("How was it made?"),
        facts(known),
        again_link(row.version),
        html.Details(
            [html.Summary("Configuration"), html.Pre(config, className="log")], className="more"
        ),
    ]
