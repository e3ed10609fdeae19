"""What can be done with the chosen dataset: measure a version on it, look again, delete it."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import Dash, Input, Output, State

from pcdash.ui import own_data
from pcdash.ui.shell import tell
from pcdash.ui.values import text
from pcdash.ui.wording import counted, size
from pcdash.workbench import Workbench

SELECTED = "data-dataset-store"
JOB = "data-job-store"
EVALUATION = "data-evaluation-store"


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the buttons to the use cases."""
    for button, target, handler in (
        (own_data.CANCEL, Output(own_data.CANCEL, "hidden", allow_duplicate=True), cancel),
        (own_data.LOOK, Output(JOB, "data", allow_duplicate=True), look),
    ):
        app.callback(
            target, Input(button, "n_clicks"), State(button, "value"), prevent_initial_call=True
        )(partial(handler, workbench))
    app.callback(
        Output(EVALUATION, "data", allow_duplicate=True),
        Input(own_data.EVALUATE, "n_clicks"),
        State(own_data.EVALUATE, "value"),
        State(own_data.VERSION, "value"),
        prevent_initial_call=True,
    )(partial(evaluate, workbench))
    app.callback(
        {
            "displayed": Output(own_data.DIALOG, "displayed"),
            "message": Output(own_data.DIALOG, "message"),
        },
        Input(own_data.DELETE, "n_clicks"),
        State(own_data.DELETE, "value"),
        prevent_initial_call=True,
    )(partial(ask_to_delete, workbench))
    app.callback(
        Output(SELECTED, "data", allow_duplicate=True),
        Input(own_data.DIALOG, "submit_n_clicks"),
        State(own_data.DELETE, "value"),
        prevent_initial_call=True,
    )(partial(delete, workbench))


def look(workbench: Workbench, _clicks: Any, key: Any) -> str:
    """Look at a dataset that nobody has looked at to the end."""
    return workbench.datasets.look(text(key, "dataset")).id


def cancel(workbench: Workbench, _clicks: Any, job_id: Any) -> bool:
    """Ask the job that runs to stop."""
    workbench.cancel_job(text(job_id, "job"))
    return True


def evaluate(workbench: Workbench, _clicks: Any, key: Any, version: Any) -> str:
    """Measure the chosen version on the chosen dataset."""
    job = workbench.datasets.evaluate(text(key, "dataset"), text(version, "version"))
    return job.id


def ask_to_delete(workbench: Workbench, _clicks: Any, key: Any) -> dict[str, Any]:
    """Ask before a dataset is gone for good."""
    one = workbench.datasets.get(text(key, "dataset"))
    what = f"{one.name}: {counted(one.files, 'file')}, {size(one.size)}"
    return {"displayed": True, "message": f"Delete this dataset for good? {what}"}


def delete(workbench: Workbench, _confirmed: Any, key: Any) -> None:
    """Delete the chosen dataset, which was confirmed."""
    workbench.datasets.delete(text(key, "dataset"))
    tell("The dataset is deleted.", kind="success")
