"""Measuring versions on the chosen dataset: which may be, which were, and what came out."""

from __future__ import annotations

from typing import Any

from dash import Output, State, no_update

from pcdash.ui import measured, own_data
from pcdash.ui.dataset_actions import EVALUATION
from pcdash.ui.own_data import RESULT
from pcdash.ui.redraw import drawn_into, unless_drawn
from pcdash.ui.results import draw_result
from pcdash.workbench import Workbench

DRAWN = "data-measured-store"


def outputs() -> dict[str, Any]:
    """Return what `values` fills."""
    return {
        "versions": {
            "options": Output(own_data.VERSION, "options"),
            "value": Output(own_data.VERSION, "value"),
        },
        "evaluate": {
            name: Output(own_data.EVALUATE, name) for name in ("value", "disabled", "title")
        },
        "table": drawn_into(own_data.MEASURED, DRAWN),
        "result": RESULT.outputs(),
    }


def states() -> dict[str, State]:
    """Return what `values` has to know of the page: its `before`."""
    return {
        "version": State(own_data.VERSION, "value"),
        "table": State(DRAWN, "data"),
        "result": State(RESULT.drawn, "data"),
    }


def values(
    workbench: Workbench, key: str, evaluation: Any, before: dict[str, Any]
) -> dict[str, Any]:
    """Return the values of `outputs`.

    Parameters
    ----------
    workbench : Workbench
    key : str
        The dataset's hash; empty: there is none.
    evaluation : Any
        The job that is to be shown, as the browser sends it.
    before : dict
        The values of `states`.
    """
    options = measured.version_options(workbench.models())
    known = [one["value"] for one in options]
    served = workbench.served_version
    first = served if served in known else next(iter(known), None)
    jobs = measured.evaluations(workbench.datasets.jobs("evaluate"), key)
    job = measured.evaluation_to_show(jobs, evaluation)
    shown = f"{job.id} {job.state}" if job is not None else f"none {key}"
    table = measured.measured_table(jobs, job, EVALUATION)
    return {
        "versions": {
            "options": options,
            "value": no_update if before["version"] in known else first,
        },
        "evaluate": {
            "value": key,
            "disabled": not options or not key,
            "title": "" if options else "There is no version yet: train one.",
        },
        "table": unless_drawn(table, before["table"]),
        "result": draw_result(RESULT, measured.outcome(job), shown, before["result"]),
    }
