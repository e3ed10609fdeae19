"""Stored datasets as the page lists them, and what is on its way to them."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from pcdash.datasets import Dataset
from pcdash.jobs import Job, JobState
from pcdash.ui.components import empty_state, pick_button, progress_bar, state_badge
from pcdash.ui.wording import counted, size
from pcdash.workbench.datasets import DiskUse

PAGE_ROWS = 8


def dataset_list(
    datasets: Sequence[Dataset], shown: Dataset | None, page: int, store: str, page_store: str
) -> list[Component]:
    """Return one page of the list.

    Parameters
    ----------
    datasets : sequence of Dataset
        All of them, in their order.
    shown : Dataset or None
        The chosen one.
    page : int
        From 0; beyond the end, the last one.
    store, page_store : str
        Where a click writes the chosen dataset's hash, and the page to turn to.
    """
    if not datasets:
        return [
            empty_state("Nothing is stored yet", "Drop a zip with a folder for each class:"),
            html.Pre("bolt/001.ply\nbolt/002.ply\nnut/001.stl", className="layout-example"),
        ]
    last = (len(datasets) - 1) // PAGE_ROWS
    page = min(max(page, 0), last)
    rows = datasets[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
    items = html.Ul(
        [_item(one, store, chosen=shown is not None and one.hash == shown.hash) for one in rows],
        className="dataset-list",
    )
    if not last:
        return [items]
    turn: list[Component | str] = [f"Page {page + 1} of {last + 1}"]
    if page:
        turn.insert(0, pick_button("Newer", page_store, str(page - 1)))
    if page < last:
        turn.append(pick_button("Older", page_store, str(page + 1)))
    return [items, html.Nav(turn, className="pager quiet", **{"aria-label": "Pages"})]


def disk_use(use: DiskUse, count: int) -> list[Component]:
    """Return how full the store is."""
    if not count:
        return []
    return [
        dbc.Progress(value=100 * use.used / use.quota, className="thin"),
        html.P(
            f"{counted(count, 'dataset')} · {size(use.used)} of {size(use.quota)} on disk",
            className="quiet",
        ),
    ]


def under_way(jobs: Sequence[Job]) -> list[Component]:
    """Return the jobs that run or wait, and the newest one if it went wrong."""
    active = [job for job in jobs if job.active]
    newest = jobs[0] if jobs else None
    shown = [*active[::-1]]
    if newest is not None and not newest.active and newest.state is not JobState.DONE:
        shown.append(newest)
    return [part for job in shown for part in _job(job)]


def _job(job: Job) -> list[Component]:
    parts: list[Component] = [
        html.Div([html.Strong(job.title), state_badge(job)], className="detail-head")
    ]
    if job.active:
        parts.append(progress_bar(job))
    if job.error:
        parts.append(html.P(job.error, className="refusal"))
    return parts


def _item(dataset: Dataset, store: str, *, chosen: bool) -> Component:
    about = (
        f"{counted(dataset.files, 'file')} · {dataset.n_classes:,} classes · {size(dataset.size)}"
    )
    parts: list[Component | str] = [about]
    if dataset.unreadable:
        parts.append(html.Span(f" · {counted(dataset.unreadable, 'fault')}", className="refusal"))
    return html.Li(
        [
            pick_button(dataset.name, store, dataset.hash, title="Show what is in it"),
            html.Span(parts, className="quiet"),
        ],
        className="chosen" if chosen else "",
    )
