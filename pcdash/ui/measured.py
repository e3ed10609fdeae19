"""How good versions are on a dataset: what was asked for, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.jobs import Job, JobState
from pcdash.ui.components import pick_button, state_badge
from pcdash.ui.specs import label
from pcdash.ui.wording import counted, percent
from pcdash.workbench import ModelRow

MOST_ROWS = 10
MOST_VERSIONS = 100
"""Offered; the newest."""

_FIGURES = ("accuracy", "f1_macro", "ece")
_HEAD = (
    ("Version", ""),
    ("State", ""),
    ("Accuracy", "number"),
    ("F1 (macro)", "number extra"),
    ("Calibration error", "number extra"),
)


def version_options(rows: Sequence[ModelRow]) -> list[dict[str, str]]:
    """Return the versions that may be measured."""
    return [
        {"value": row.version, "label": f"{row.version} · {label(row.model)}{_served(row)}"}
        for row in rows[:MOST_VERSIONS]
        if row.problem is None
    ]


def evaluations(jobs: Sequence[Job], key: str) -> list[Job]:
    """Return the newest evaluations on one dataset."""
    return [job for job in jobs if job.payload.get("hash") == key][:MOST_ROWS]


def evaluation_to_show(jobs: Sequence[Job], selected: object) -> Job | None:
    """Return the chosen one, else the newest that is done, else the newest."""
    chosen = [job for job in jobs if job.id == selected]
    done = [job for job in jobs if job.state is JobState.DONE]
    return next(iter([*chosen, *done, *jobs]), None)


def measured_table(jobs: Sequence[Job], shown: Job | None, store: str) -> list[Component]:
    """Return the evaluations as a table; a click on one writes its job into `store`."""
    if not jobs:
        return []
    head = html.Tr([html.Th(text, className=kind, scope="col") for text, kind in _HEAD])
    rows = [_row(job, store, chosen=job is shown) for job in jobs]
    return [
        html.Div(
            html.Table([html.Thead(head), html.Tbody(rows)], className="table listing"),
            className="table-frame",
        ),
        *([html.P(about(shown), className="quiet")] if shown is not None else []),
    ]


def about(job: Job) -> str:
    """Return on what an evaluation was measured, or what went wrong."""
    result = job.result
    if result is None:
        return job.error or ""
    clouds = counted(result["n"], "cloud")
    if result["held_back"]:
        text = f"Measured on the {clouds} that its own training had held back."
    else:
        text = f"Measured on {clouds}."
    text += _seen(result.get("seen"), held_back=result["held_back"])
    unknown = ", ".join(result["ignored"])
    if unknown:
        text += f" Classes that the version does not know: {unknown}."
    return text


def _seen(seen: int | None, *, held_back: bool) -> str:
    """Say how many clouds an evaluation has left out, since the version was trained on them."""
    if seen is None:
        return "" if held_back else " It may have been trained on some of them: nobody knows."
    if not seen:
        return "" if held_back else " It was trained on none of them."
    was, them = ("was", "it") if seen == 1 else ("were", "them")
    return f" {seen:,} more {was} left out: the version was trained on {them}."


def outcome(job: Job | None) -> Mapping[str, Any]:
    """Return an evaluation as `draw_result` takes it; empty where there is nothing to show."""
    if job is None or job.result is None:
        return {}
    metrics = {name: job.result[name] for name in _FIGURES}
    return {**job.result, "metrics": metrics}


def _row(job: Job, store: str, *, chosen: bool) -> Component:
    result = job.result or {}
    state: list[Component] = [state_badge(job)]
    if job.state is JobState.RUNNING:
        state.append(html.Span(f"{100 * job.fraction:.0f} %", className="quiet"))
    cells = (
        pick_button(str(job.payload.get("version")), store, job.id, title="Show this evaluation"),
        html.Div(state, className="state-cell"),
        *[percent(result.get(name)) for name in _FIGURES],
    )
    return html.Tr(
        [html.Td(cell, className=kind) for cell, (_, kind) in zip(cells, _HEAD, strict=True)],
        className="chosen" if chosen else "",
    )


def _served(row: ModelRow) -> str:
    return " · in service" if row.served else ""
