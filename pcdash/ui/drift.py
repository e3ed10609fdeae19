"""Models' fold on the clouds of late: do they still look like those of the training?"""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.errors import ModelUnavailable, PcdashError, Refused
from pcdash.figures.drift import drift_figure
from pcdash.ui.ids import LOCATION
from pcdash.ui.results import CONFIG
from pcdash.ui.wording import percent
from pcdash.workbench import Workbench
from pcdash.workbench.drift_report import Judged

POLL = "models-drift-interval"
STATE = "models-drift-state"
SAID = "models-drift-text"
GRAPH = "models-drift-graph"
CHART = "models-drift-panel"
BLOCKS = "models-drift-table"
DRAWN = "models-drift-store"

_SECONDS = 10
_NAMED = 5
"""Blocks in the table: the farthest."""


def panel() -> Component:
    """Return the fold, empty."""
    return html.Details(
        [
            html.Summary(["Do the clouds of late look like the training's? ", html.Span(id=STATE)]),
            html.P(id=SAID, **{"aria-live": "polite"}),
            html.Div(
                [
                    dcc.Graph(
                        id=GRAPH,
                        figure=drift_figure([]),
                        config=CONFIG,
                        className="chart",
                        responsive=True,
                        style={"height": "220px"},
                    ),
                    html.Div(id=BLOCKS, className="table-frame"),
                ],
                id=CHART,
                hidden=True,
            ),
            dcc.Interval(id=POLL, interval=1000 * _SECONDS, disabled=True),
            dcc.Store(id=DRAWN),
        ],
        className="more drift",
    )


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the fold."""
    app.callback(
        output={
            "state": Output(STATE, "children"),
            "state_class": Output(STATE, "className"),
            "said": Output(SAID, "children"),
            "figure": Output(GRAPH, "figure"),
            "blocks": Output(BLOCKS, "children"),
            "hidden": Output(CHART, "hidden"),
            "drawn": Output(DRAWN, "data"),
        },
        inputs={"_ticks": Input(POLL, "n_intervals"), "_hash": Input(LOCATION, "hash")},
        state={"drawn": State(DRAWN, "data")},
    )(partial(show_drift, workbench))
    app.clientside_callback(
        ClientsideFunction("pcdash", "elsewhere"),
        Output(POLL, "disabled"),
        Input(LOCATION, "hash"),
        State(POLL, "id"),
    )


def show_drift(workbench: Workbench, *, drawn: Any, **_triggers: Any) -> dict[str, Any]:
    """Say whether they do, and since when not; the chart is drawn anew for a new window only."""
    try:
        report = workbench.drift()
    except Refused as error:
        return _nothing("off", error.message)
    except ModelUnavailable as error:
        return _nothing("", error.message)
    except PcdashError as error:
        return _nothing("unknown", error.message)
    last = report.newest
    key = f"{report.version} {len(report.windows)} {last.until}" if last is not None else ""
    fresh = bool(key) and key != drawn
    return {
        "state": "alarm" if report.alarm else "no alarm" if report.windows else "too few yet",
        "state_class": "drift-state drift-alarm" if report.alarm else "drift-state",
        "said": report.said,
        "figure": drift_figure(report.as_json()["series"]) if fresh else no_update,
        "blocks": _blocks(last) if fresh and last else no_update,
        "hidden": not report.windows,
        "drawn": key,
    }


def _nothing(state: str, why: str) -> dict[str, Any]:
    return {
        "state": state,
        "state_class": "drift-state",
        "said": f"{why[:1].upper()}{why[1:]}.",
        "figure": no_update,
        "blocks": [],
        "hidden": True,
        "drawn": None,
    }


def _blocks(newest: Judged) -> Component:
    """Return the farthest blocks of what is said of the newest window."""
    found = newest.telling
    rows = [
        (shift.block, f"{shift.distance:.2f}", percent(shift.separation))
        for shift in found.shifts[:_NAMED]
    ]
    rows.append(("predicted classes", f"{found.mix:.2f}", ""))
    if found.unknown is not None:
        distance = "" if found.unknown_distance is None else f"{found.unknown_distance:.2f}"
        rows.append((f"unknown: {percent(found.unknown)}", distance, ""))
    head = (f"Newest {found.clouds:,} clouds", "Distance (1: alarm)", "Beyond the training's")
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(words) for words in head])),
            html.Tbody([html.Tr([html.Td(value) for value in row]) for row in rows]),
        ],
        className="table",
    )
