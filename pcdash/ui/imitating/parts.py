"""What the fold "Make it look like my scans" shows; plain functions from values to components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from statistics import fmean
from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.core.corruption import Randomisation
from pcdash.core.params import SyntheticData
from pcdash.datasets import picture_points
from pcdash.errors import NotFound
from pcdash.figures import CLASS_COLOURS, thumbnail
from pcdash.jobs import Job, JobState
from pcdash.ui.components import progress_bar
from pcdash.ui.wording import percent
from pcdash.workbench import Workbench
from pcdash.workbench.imitation import said_of

SHOWN = 5
"""Pictures in a row."""

_SCANS, _MADE = CLASS_COLOURS[0], CLASS_COLOURS[2]
_LEVEL = 0.95


def scan_list(scans: Sequence[Mapping[str, str]]) -> list[Component]:
    """Return the scans with what was estimated of each."""
    if not scans:
        return []
    rows = [
        html.Li([html.Strong(scan["name"]), html.Span(scan["said"], className="quiet")])
        for scan in scans
    ]
    return [html.Ul(rows, className="scan-list", tabIndex=0)]


def under_way(job: Job | None) -> list[Component]:
    """Return how far a job is, or why nothing came of it."""
    if job is None or job.state is JobState.DONE:
        return []
    if job.active:
        return [progress_bar(job)]
    return [html.P(job.error or f"It was {job.state}: ask again.", className="refusal")]


def found_panel(
    workbench: Workbench, job_id: str, result: Mapping[str, Any], store: str
) -> list[Component]:
    """Return what came of the search for a recipe.

    Parameters
    ----------
    workbench : Workbench
        Draws clouds by both recipes.
    job_id : str
    result : mapping
        Of that job, see `pcdash.workbench.scan_jobs.run_imitation`.
    store : str
        Where a click on the button writes what to start from.
    """
    config = result["config"]
    default = config["dataset"] | {"randomise": Randomisation().model_dump(mode="json")}
    before, after = result["before"], result["after"]
    parts = [
        _row("Your scans", _kept(workbench, result["clouds"]), _SCANS),
        _row("Default recipe", _drawn(workbench, default), _MADE, before["sentence"]),
        _row(
            "Recipe for your scans", _drawn(workbench, config["dataset"]), _MADE, after["sentence"]
        ),
    ]
    copies = [(one["scan"], one["of"]) for one in result.get("copies", ())]
    if copies:
        parts.append(html.P(f"Counted once: {said_of(copies)}.", className="notice"))
    if after["auc"] >= before["auc"]:
        parts.append(
            html.P(
                "No closer than the default recipe: these scans have something that a recipe "
                "cannot say, or are too few to tell.",
                className="notice",
            )
        )
    take: dict[str, Any] = {"data-pick-store": store, "data-pick": f"job={job_id}"}
    button = html.Button(
        "Put this recipe into the form",
        type="button",
        className="btn btn-outline-primary wide",
        **take,
    )
    note = "Form and YAML below hold it then: change what you like, and start the training."
    return [*parts, button, html.P(note, className="quiet")]


def answers_panel(result: Mapping[str, Any]) -> list[Component]:
    """Return what two versions say of the scans, beside one another.

    Parameters
    ----------
    result : mapping
        See `pcdash.workbench.scan_jobs.run_rereading`.
    """
    before, after = result["versions"]
    rows = result["scans"]
    head = html.Tr(
        [
            html.Th("Before", scope="col", title=before),
            html.Th("After", scope="col", title=after),
        ]
    )
    body = [
        line
        for row in rows
        for line in (
            html.Tr(html.Th(row["name"], colSpan=2, scope="rowgroup"), className="scan-name"),
            html.Tr([*map(_said, row["said"])]),
        )
    ]
    return [
        html.P(_summary(rows), className="check-head"),
        html.Div(
            html.Table([html.Thead(head), html.Tbody(body)], className="table listing answers"),
            className="table-frame",
        ),
        html.P(
            "Nobody knows here what is right. What each version expects of itself comes from its "
            "own calibration.",
            className="quiet",
        ),
    ]


def _row(title: str, pictures: Sequence[Any], colour: str, sentence: str = "") -> Component:
    return html.Div(
        [
            html.H3(title),
            html.Div(
                [html.Img(src=thumbnail(points, colour), alt="") for points in pictures],
                className="scan-pictures",
            ),
            *([html.P(sentence)] if sentence else []),
        ],
        className="scan-row",
    )


def _kept(workbench: Workbench, clouds: Sequence[str]) -> list[Any]:
    """Points to draw of the first scans that are still here."""
    found = []
    for cloud_id in clouds[:SHOWN]:
        with suppress(NotFound):
            found.append(picture_points(workbench.cloud(cloud_id).points))
    return found


def _drawn(workbench: Workbench, dataset: Mapping[str, Any]) -> list[Any]:
    """Points to draw of clouds as a training by the recipe makes them."""
    data = SyntheticData.model_validate(dataset)
    clouds = (workbench.datasets.sample(data, 0, place) for place in range(SHOWN))
    return [picture_points(cloud.points) for cloud in clouds]


def _summary(rows: Sequence[Mapping[str, Any]]) -> str:
    changed = sum(len({said["predicted_class"] for said in row["said"]}) > 1 for row in rows)
    words = f"The answer changes for {changed} of {len(rows)} scans."
    expected = [[said["expected_accuracy"] for said in row["said"]] for row in rows]
    if any(value is None for pair in expected for value in pair):
        return words
    before, after = (fmean(column) for column in zip(*expected, strict=True))
    return f"{words} Expected right: {percent(before)} before, {percent(after)} after."


def _said(said: Mapping[str, Any]) -> Component:
    """One answer: class and probability, what else it could be, how right it expects to be."""
    others = said["label_set"][1:]
    quiet = [f"or {', '.join(others)}"] if others else []
    quiet += ["like none of these"] if said["unknown"] else []
    if said["expected_accuracy"] is not None:
        quiet.append(f"{percent(said['expected_accuracy'])} expected right")
    return html.Td(
        [
            html.Span([f"{said['predicted_class']} {percent(said['probability'])}"]),
            *[html.Span(text, className="quiet") for text in quiet],
        ],
        title=f"Label set at {percent(_LEVEL)}: {', '.join(said['label_set'])}",
    )
