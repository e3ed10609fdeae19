"""Training: what am I teaching it, and how far is it?"""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.errors import PcdashError
from pcdash.ui import jobs, training_form
from pcdash.ui.ids import LOCATION
from pcdash.ui.results import ResultIds, draw_result, result_panel
from pcdash.ui.shell import tell
from pcdash.ui.training_form import CONTROL, ERROR, MODEL_CONTROL, PRESET
from pcdash.ui.values import text
from pcdash.workbench import Workbench

FORM = "training-start-form"
START = "training-start-button"
KIND = training_form.KIND
POLL = "training-jobs-interval"
SELECTED = "training-job-store"
LIST = "training-jobs-table"
JOB = "training-job-panel"
CANCEL = "training-cancel-button"
LOG = "training-log-text"
LOG_PANEL = "training-log-panel"
RESULT = ResultIds("training")


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: the form on one side, the jobs on the other."""
    return [
        dcc.Store(id=SELECTED),
        dcc.Interval(id=POLL, interval=1000, disabled=True),
        html.Div(
            [
                html.Section(
                    dbc.Form(
                        [
                            html.H2("Teach a model"),
                            *training_form.fields(workbench.settings.data_root),
                            html.Div(
                                html.Button(
                                    "Start training",
                                    id=START,
                                    type="submit",
                                    className="btn btn-primary wide",
                                ),
                                className="start-row",
                            ),
                        ],
                        id=FORM,
                        prevent_default_on_submit=True,
                    ),
                    className="side",
                ),
                html.Section(
                    [
                        html.H2("Trainings"),
                        html.Div(id=LIST, className="table-frame"),
                        html.Div(
                            [
                                html.Div(id=JOB, **{"aria-live": "polite"}),
                                html.Button(
                                    "Cancel training",
                                    id=CANCEL,
                                    type="button",
                                    hidden=True,
                                    className="btn btn-sm btn-outline-danger",
                                ),
                                result_panel(RESULT),
                                html.Details(
                                    [html.Summary("Log"), html.Pre(id=LOG, className="log")],
                                    id=LOG_PANEL,
                                    hidden=True,
                                ),
                            ],
                            className="detail",
                        ),
                    ],
                    className="main-side",
                ),
            ],
            className="split",
        ),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the tab to the use cases."""
    values = {
        "kind": State(KIND, "value"),
        "preset": State(PRESET, "value"),
        "values": {key: State(id_, "value") for key, id_ in CONTROL.items()},
        "model_values": {
            name: {key: State(id_, "value") for key, id_ in controls.items()}
            for name, controls in MODEL_CONTROL.items()
        },
    }
    app.callback(
        output={
            "selected": Output(SELECTED, "data"),
            "errors": {key: Output(id_, "children") for key, id_ in ERROR.items()},
        },
        inputs={"_submit": Input(FORM, "n_submit")},
        state=values,
        prevent_initial_call=True,
        running=[(Output(START, "disabled"), True, False)],
    )(partial(start, workbench))
    app.callback(
        output={
            "values": {key: Output(id_, "value") for key, id_ in CONTROL.items()},
            "model_values": {
                name: {key: Output(id_, "value") for key, id_ in controls.items()}
                for name, controls in MODEL_CONTROL.items()
            },
        },
        inputs={"preset": Input(PRESET, "value")},
        prevent_initial_call=True,
    )(training_form.preset_values)
    app.callback(
        output={
            "table": Output(LIST, "children"),
            "job": Output(JOB, "children"),
            "cancel": {
                "value": Output(CANCEL, "value"),
                "hidden": Output(CANCEL, "hidden"),
                "disabled": Output(CANCEL, "disabled"),
            },
            "log": Output(LOG, "children"),
            "no_log": Output(LOG_PANEL, "hidden"),
            "result": RESULT.outputs(),
        },
        inputs={"_ticks": Input(POLL, "n_intervals"), "selected": Input(SELECTED, "data")},
        state={"drawn": State(RESULT.drawn, "data")},
    )(partial(show_jobs, workbench))
    app.callback(
        Output(CANCEL, "disabled", allow_duplicate=True),
        Input(CANCEL, "n_clicks"),
        State(CANCEL, "value"),
        prevent_initial_call=True,
    )(partial(cancel, workbench))
    app.callback(
        {"disabled": Output(START, "disabled"), "title": Output(START, "title")},
        {"kind": Input(KIND, "value")},
    )(partial(startable, workbench))
    app.clientside_callback(
        ClientsideFunction("pcdash", "elsewhere"),
        Output(POLL, "disabled"),
        Input(LOCATION, "hash"),
        State(POLL, "id"),
    )
    for choice, panels in (
        (KIND, training_form.KIND_PANEL),
        (CONTROL["model.name"], training_form.MODEL_PANEL),
    ):
        app.clientside_callback(
            ClientsideFunction("pcdash", "choose"),
            [Output(panel, "hidden") for panel in panels.values()],
            Input(choice, "value"),
        )


# -- callbacks ------------------------------------------------------------------------------------


def start(
    workbench: Workbench,
    *,
    kind: Any,
    preset: Any,
    values: dict[str, Any],
    model_values: dict[str, dict[str, Any]],
    **_clicks: Any,
) -> dict[str, Any]:
    """Queue the training that the form describes."""
    try:
        data = training_form.assemble_training(kind, preset, values, model_values)
        params = training_form.parse_training(data, workbench.settings.data_root)
        job = workbench.start_training(params)
    except PcdashError as error:
        return {"selected": no_update, "errors": training_form.errors_at(error)}
    tell("The training is in the list.", kind="success")
    return {"selected": job.id, "errors": training_form.no_errors()}


def startable(workbench: Workbench, *, kind: Any) -> dict[str, Any]:
    """Say whether there is anything to start, and if not, why."""
    why = workbench.training_blocked or training_form.blocked(kind, workbench.settings.data_root)
    return {"disabled": why is not None, "title": why or ""}


def show_jobs(workbench: Workbench, *, selected: Any, drawn: Any, **_ticks: Any) -> dict[str, Any]:
    """List the trainings and show how far the chosen one is."""
    listed = workbench.jobs(kind="train")
    job = jobs.job_to_show(listed, selected)
    result = (job.result if job is not None else None) or {}
    key = f"{job.id} {job.state}" if job is not None else "none"
    log = workbench.job_log(job.id) if job is not None else ""
    return {
        "table": jobs.job_table(listed, job, SELECTED),
        "job": jobs.job_detail(job) if job is not None else [],
        "cancel": {
            "value": job.id if job is not None else "",
            "hidden": job is None or not job.active,
            "disabled": job is not None and job.cancelling,
        },
        "log": log,
        "no_log": not log,
        "result": draw_result(RESULT, result, key, drawn),
    }


def cancel(workbench: Workbench, _clicks: Any, job_id: Any) -> bool:
    """Ask the chosen training to stop."""
    return workbench.cancel_job(text(job_id, "training")).cancelling
