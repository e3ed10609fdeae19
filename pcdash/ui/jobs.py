"""Background jobs as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain

from dash import html
from dash.development.base_component import Component

from pcdash.errors import PcdashError
from pcdash.jobs import Job, JobState
from pcdash.ui.components import empty_state, pick_button, progress_bar, state_badge
from pcdash.ui.wording import UNKNOWN, duration, moment, percent

_HEAD = (
    ("Training", ""),
    ("State", ""),
    ("Queued", "extra"),
    ("Took", "number extra"),
    ("Accuracy", "number"),
)
"""Title and classes of each column; ``extra`` ones are left out on a phone."""


def job_table(jobs: Sequence[Job], shown: Job | None, store: str) -> Component:
    """Return the list of jobs, newest first; a click on one writes its id into `store`."""
    if not jobs:
        return empty_state(
            "Nothing has been trained here yet",
            "Choose a preset and press Start training.",
        )
    return html.Table(
        [
            html.Thead(
                html.Tr([html.Th(text, className=kind, scope="col") for text, kind in _HEAD])
            ),
            html.Tbody([_row(job, store, chosen=job is shown) for job in jobs]),
        ],
        className="table listing",
    )


def job_to_show(jobs: Sequence[Job], selected: object, look_up: Callable[[str], Job]) -> Job | None:
    """Return the chosen job, on whichever page it stands; else the running, else the newest.

    `look_up` raises NotFound for a job that is forgotten, or was never there.
    """
    if isinstance(selected, str) and all(job.id != selected for job in jobs):
        with suppress(PcdashError):
            return look_up(selected)
    chosen = (job for job in jobs if job.id == selected)
    running = (job for job in jobs if job.state is JobState.RUNNING)
    return next(chain(chosen, running, jobs), None)


def job_detail(job: Job) -> list[Component]:
    """Return what there is to say about one job, besides its result and its log."""
    parts: list[Component] = [
        html.Div([html.H3(job.title), state_badge(job)], className="detail-head")
    ]
    if job.state is not JobState.DONE:
        parts.append(progress_bar(job))
    if job.error:
        parts.append(html.P(job.error, className="refusal"))
    if job.result:
        version = str(job.result.get("version", ""))
        parts.append(
            html.P(
                [
                    f"Version {version}, trained in {duration(job.seconds)}. ",
                    html.A("See it among the models", href="#models"),
                ]
            )
        )
    return parts


def _row(job: Job, store: str, *, chosen: bool) -> Component:
    metrics = (job.result or {}).get("metrics", {})
    state: list[Component] = [state_badge(job)]
    if job.state is JobState.RUNNING:
        state.append(html.Span(f"{100 * job.fraction:.0f} %", className="quiet"))
    cells = (
        pick_button(job.title, store, job.id, title="Show this training"),
        html.Div(state, className="state-cell"),
        moment(job.created_at),
        duration(job.seconds) if job.started_at and not job.active else UNKNOWN,
        percent(metrics.get("accuracy")),
    )
    return html.Tr(
        [html.Td(cell, className=kind) for cell, (_, kind) in zip(cells, _HEAD, strict=True)],
        className="chosen" if chosen else "",
    )
