"""Training's fold "Make it look like my scans": from a few unlabelled scans to a recipe.

Scans are read as they come in, a little at a time (``scans``); what takes seconds is a job
(``recipes``).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from pcdash.core.trust.likeness import FEWEST_SCANS, MOST_SCANS
from pcdash.files import READERS
from pcdash.ui.components import button
from pcdash.ui.imitating import recipes, scans
from pcdash.ui.imitating.ids import (
    AFTER,
    ANSWERED,
    ANSWERS,
    ASKING,
    BEFORE,
    CLEAR,
    COMPARE,
    COMPARING,
    FOLD,
    FOUND,
    IMITATION,
    LEFT,
    LIST,
    MESSAGE,
    MORE,
    POLL,
    RECIPE,
    REREADING,
    SCANS,
    UPLOAD,
    WRITE,
    WRITING,
    ZONE,
)
from pcdash.workbench import Workbench


def fold(file_mib: int) -> Component:
    """Return the fold.

    Parameters
    ----------
    file_mib : int
        Largest file that the server takes, MiB.
    """
    return html.Details(
        [html.Summary("Make it look like my scans"), html.Div(_inside(file_mib))],
        id=FOLD,
        className="more imitate",
    )


def _inside(file_mib: int) -> list[Component]:
    about: dict[str, Any] = {
        "data-max-mib": str(file_mib),
        "data-accept": ",".join(READERS),
        "data-several": "true",
    }
    return [
        *[dcc.Store(id=one, storage_type="session") for one in (SCANS, IMITATION, REREADING)],
        *[dcc.Store(id=one) for one in (UPLOAD, LEFT, MORE, FOUND, ANSWERED)],
        dcc.Interval(id=POLL, interval=500, disabled=True),
        html.P(
            f"Add {FEWEST_SCANS} to {MOST_SCANS} scans of your sensor, without labels. What they "
            "are like decides what the training clouds look like.",
            className="quiet",
        ),
        html.Button(
            [html.Strong("Drop your scans here"), html.Span("or choose several")],
            id=ZONE,
            type="button",
            className="drop-zone",
            **about,
        ),
        dbc.Progress(id="training-upload-progress", value=0, className="thin upload-progress"),
        html.Div(id=MESSAGE, className="field-error", role="alert"),
        html.Div(id=LIST, **{"aria-live": "polite"}),
        html.Div(
            [
                button("Find the recipe", WRITE, "btn-outline-primary"),
                html.Button(
                    "Remove all",
                    id=CLEAR,
                    type="button",
                    hidden=True,
                    className="btn btn-outline-secondary",
                ),
            ],
            className="button-row",
        ),
        html.Div(id=WRITING),
        html.Div(id=RECIPE, **{"aria-live": "polite"}),
        html.Div(_comparing(), id=COMPARING, hidden=True, className="rereading"),
    ]


def _comparing() -> list[Component]:
    return [
        html.H3("What has it changed?"),
        html.P("Ask two versions about these scans, once you have trained.", className="quiet"),
        html.Div(
            [
                html.Label("Before", htmlFor=BEFORE, className="form-label"),
                dbc.Select(id=BEFORE, options=[], size="sm"),
                html.Label("After", htmlFor=AFTER, className="form-label"),
                dbc.Select(id=AFTER, options=[], size="sm"),
            ],
            className="versions-pair",
        ),
        button("Compare versions on these scans", COMPARE, "btn-outline-primary wide"),
        html.Div(id=ASKING),
        html.Div(id=ANSWERS, **{"aria-live": "polite"}),
    ]


def register(app: Dash, workbench: Workbench, *, again: str, listed: str) -> None:
    """Wire the fold.

    Parameters
    ----------
    app : Dash
    workbench : Workbench
    again : str
        Id of the store that puts a configuration into the form.
    listed : str
        Id of the store that changes when the list of trainings does.
    """
    app.callback(
        output={
            "scans": Output(SCANS, "data"),
            "message": Output(MESSAGE, "children"),
            "left": Output(LEFT, "data"),
        },
        inputs={
            "uploads": Input(UPLOAD, "data"),
            "_more": Input(MORE, "data"),
            "_clear": Input(CLEAR, "n_clicks"),
        },
        state={"held": State(SCANS, "data")},
        prevent_initial_call=True,
    )(partial(scans.take_in, workbench))
    app.clientside_callback(
        ClientsideFunction("pcdash", "goOn"),
        Input(LEFT, "data"),
        State(MORE, "id"),
        prevent_initial_call=True,
    )
    app.callback(
        output={
            "list": Output(LIST, "children"),
            "write": {name: Output(WRITE, name) for name in ("disabled", "title")},
            "no_clear": Output(CLEAR, "hidden"),
            "open": Output(FOLD, "open"),
        },
        inputs={"held": Input(SCANS, "data")},
    )(scans.show_scans)
    app.callback(
        [Output(store, "data", allow_duplicate=True) for store in (IMITATION, REREADING)],
        Input(CLEAR, "n_clicks"),
        prevent_initial_call=True,
    )(lambda _clicks: (None, None))
    for pressed, store, states, start in (
        (WRITE, IMITATION, [], recipes.write),
        (COMPARE, REREADING, [State(BEFORE, "value"), State(AFTER, "value")], recipes.compare),
    ):
        app.callback(
            Output(store, "data"),
            Input(pressed, "n_clicks"),
            State(SCANS, "data"),
            *states,
            prevent_initial_call=True,
        )(partial(start, workbench))
    app.callback(
        output={
            "writing": Output(WRITING, "children"),
            "asking": Output(ASKING, "children"),
            "found": Output(FOUND, "data"),
            "answered": Output(ANSWERED, "data"),
            "resting": Output(POLL, "disabled"),
        },
        inputs={
            "_ticks": Input(POLL, "n_intervals"),
            "imitation": Input(IMITATION, "data"),
            "rereading": Input(REREADING, "data"),
        },
        prevent_initial_call=True,
    )(partial(recipes.follow_jobs, workbench))
    app.callback(
        {"panel": Output(RECIPE, "children"), "no_comparing": Output(COMPARING, "hidden")},
        {"found": Input(FOUND, "data")},
        prevent_initial_call=True,
    )(partial(recipes.show_recipe, workbench, again))
    app.callback(Output(ANSWERS, "children"), Input(ANSWERED, "data"), prevent_initial_call=True)(
        partial(recipes.show_answers, workbench)
    )
    app.callback(
        output={
            "options": [Output(one, "options") for one in (BEFORE, AFTER)],
            "before": Output(BEFORE, "value"),
            "after": Output(AFTER, "value"),
        },
        inputs={"found": Input(FOUND, "data"), "_listed": Input(listed, "data")},
        state={
            "offered": State(AFTER, "options"),
            "before": State(BEFORE, "value"),
            "after": State(AFTER, "value"),
        },
        prevent_initial_call=True,
    )(partial(recipes.offer_versions, workbench))
