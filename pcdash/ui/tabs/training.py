"""Training: what am I teaching it, and how far is it?"""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.errors import PcdashError
from pcdash.ui import imitating, jobs, training_config, training_editor, training_form
from pcdash.ui.comparison import comparison_table
from pcdash.ui.ids import LOCATION
from pcdash.ui.paging import page_of, pager
from pcdash.ui.redraw import drawn_into, unless_drawn
from pcdash.ui.results import ResultIds, draw_result, result_panel
from pcdash.ui.shell import tell
from pcdash.ui.training_complaint import complaint_outputs, complaint_values
from pcdash.ui.training_editor import AGAIN, EDITOR
from pcdash.ui.training_form import CONTROL, KIND
from pcdash.ui.values import text
from pcdash.workbench import Workbench

FORM = "training-start-form"
START = "training-start-button"
ORDER = "training-order-store"
"""What the button was pressed for: the text, once it has taken in the last change of the form."""
POLL = "training-jobs-interval"
SELECTED = "training-job-store"
PAGE = "training-page-store"
LIST = "training-jobs-table"
JOB = "training-job-panel"
AGAIN_BUTTON = "training-again-button"
COMPARISON = "training-comparison-panel"
LISTED, JOB_DRAWN, COMPARED = (f"training-{name}-store" for name in ("listed", "shown", "compared"))
"""Marks of what is on the page already, see `unless_drawn`."""
CANCEL = "training-cancel-button"
LOG = "training-log-text"
LOG_PANEL = "training-log-panel"
RESULT = ResultIds("training")

PAGE_SIZE = 10
TRAIN = "train"
"""The kind of job that is listed."""


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: the configuration on one side, the jobs on the other."""
    return [
        *[dcc.Store(id=store) for store in (SELECTED, PAGE, ORDER, LISTED, JOB_DRAWN, COMPARED)],
        dcc.Interval(id=POLL, interval=1000, disabled=True),
        html.Div(
            [
                html.Section(_configuration(workbench), className="side"),
                html.Section(_trainings(), className="main-side"),
            ],
            className="split",
        ),
    ]


def _configuration(workbench: Workbench) -> Component:
    settings = workbench.settings
    start = html.Button("Start training", id=START, type="submit", className="btn btn-primary wide")
    return dbc.Form(
        [
            *training_editor.editor(settings.data_root, imitating.fold(settings.limits.file_mib)),
            html.Div(start, className="start-row"),
        ],
        id=FORM,
        prevent_default_on_submit=True,
    )


def _trainings() -> list[Component]:
    stop = html.Button(
        "Cancel training",
        id=CANCEL,
        type="button",
        hidden=True,
        className="btn btn-sm btn-outline-danger",
    )
    again = html.Button(
        "Train again with changes",
        id=AGAIN_BUTTON,
        type="button",
        hidden=True,
        title="Put this training's settings into the form",
        className="btn btn-sm btn-outline-secondary",
        **{"data-pick-store": AGAIN, "data-pick-scroll": "true"},
    )
    log = [html.Summary("Log"), html.Pre(id=LOG, className="log")]
    return [
        html.H2("Trainings"),
        html.Div(id=LIST, className="table-frame"),
        html.Div(
            [
                html.Div(id=JOB, **{"aria-live": "polite"}),
                html.Div([stop, again], className="actions"),
                html.Div(id=COMPARISON),
                result_panel(RESULT),
                html.Details(log, id=LOG_PANEL, hidden=True),
            ],
            className="detail",
        ),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the tab to the use cases."""
    training_editor.register(app, workbench)
    imitating.register(app, workbench, again=AGAIN, listed=LISTED)
    # In the browser, since an input waits for the callback that still works on it; a state would
    # not, and the last change would be missing.
    app.clientside_callback(
        ClientsideFunction("pcdash", "order"),
        Output(ORDER, "data"),
        Input(FORM, "n_submit"),
        Input(EDITOR, "value"),
        prevent_initial_call=True,
    )
    app.callback(
        output={
            "selected": Output(SELECTED, "data"),
            "page": Output(PAGE, "data"),
            "complaint": complaint_outputs(again=True),
        },
        inputs={"order": Input(ORDER, "data")},
        prevent_initial_call=True,
        running=[(Output(START, "disabled"), True, False)],
    )(partial(start, workbench))
    app.callback(
        output={
            "table": drawn_into(LIST, LISTED),
            "job": drawn_into(JOB, JOB_DRAWN),
            "comparison": drawn_into(COMPARISON, COMPARED),
            "again": {
                "value": Output(AGAIN_BUTTON, "value"),
                "hidden": Output(AGAIN_BUTTON, "hidden"),
            },
            "cancel": {
                "value": Output(CANCEL, "value"),
                "hidden": Output(CANCEL, "hidden"),
                "disabled": Output(CANCEL, "disabled"),
            },
            "log": Output(LOG, "children"),
            "no_log": Output(LOG_PANEL, "hidden"),
            "result": RESULT.outputs(),
        },
        inputs={
            "_ticks": Input(POLL, "n_intervals"),
            "selected": Input(SELECTED, "data"),
            "page": Input(PAGE, "data"),
        },
        state={
            "drawn": State(RESULT.drawn, "data"),
            "listed": State(LISTED, "data"),
            "job_drawn": State(JOB_DRAWN, "data"),
            "compared": State(COMPARED, "data"),
        },
    )(partial(show_jobs, workbench))
    app.callback(
        Output(CANCEL, "disabled", allow_duplicate=True),
        Input(CANCEL, "n_clicks"),
        State(CANCEL, "value"),
        prevent_initial_call=True,
    )(partial(cancel, workbench))
    app.callback(
        {"disabled": Output(START, "disabled"), "title": Output(START, "title")},
        {"kind": Input(KIND, "value"), "root": Input(CONTROL["dataset.root"], "value")},
    )(partial(startable, workbench))
    app.clientside_callback(
        ClientsideFunction("pcdash", "elsewhere"),
        Output(POLL, "disabled"),
        Input(LOCATION, "hash"),
        State(POLL, "id"),
    )


# -- callbacks ------------------------------------------------------------------------------------


def start(workbench: Workbench, *, order: Any) -> dict[str, Any]:
    """Queue the training that the text describes."""
    config = order.get("text") if isinstance(order, dict) else None
    try:
        params = training_config.params_of(config, workbench.settings.data_root)
        job = workbench.start_training(params)
    except PcdashError as error:
        complaint = training_config.complain(error, config)
        return {
            "selected": no_update,
            "page": no_update,
            "complaint": complaint_values(complaint),
        }
    tell("The training is in the list.", kind="success")
    return {"selected": job.id, "page": "0", "complaint": complaint_values(None)}


def startable(workbench: Workbench, *, kind: Any, root: Any) -> dict[str, Any]:
    """Say whether there is anything to start, and if not, why."""
    data_root = workbench.settings.data_root
    why = workbench.training_blocked or training_form.blocked(kind, root, data_root)
    return {"disabled": why is not None, "title": why or ""}


def show_jobs(
    workbench: Workbench,
    *,
    selected: Any,
    page: Any,
    drawn: Any,
    listed: Any,
    job_drawn: Any,
    compared: Any,
    **_ticks: Any,
) -> dict[str, Any]:
    """List the trainings and show how far the chosen one is."""
    shown = page_of(page, workbench.count_jobs(TRAIN), PAGE_SIZE)
    on_page = workbench.jobs(PAGE_SIZE, shown.start, TRAIN)
    job = jobs.job_to_show(on_page, selected, workbench.job)
    result = (job.result if job is not None else None) or {}
    scores = result or (job.so_far if job is not None else None) or {}
    key = f"{job.id} {job.state}" if job is not None else "none"
    log = workbench.job_log(job.id) if job is not None else ""
    return {
        "table": unless_drawn(
            [jobs.job_table(on_page, job, SELECTED), *pager(shown, PAGE)], listed
        ),
        "job": unless_drawn(jobs.job_detail(job) if job is not None else [], job_drawn),
        "comparison": unless_drawn(comparison_table(scores.get("candidates")), compared),
        "again": {"value": f"job={job.id}" if job is not None else "", "hidden": job is None},
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
