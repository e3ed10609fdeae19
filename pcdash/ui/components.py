"""Pieces that the tabs share; each a pure function from values to components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from pcdash.core.cloud import Prediction
from pcdash.core.trust.judgement import LEVEL
from pcdash.figures import class_colour
from pcdash.jobs import Job, JobState
from pcdash.ui.wording import counted, duration, percent, remaining

SHOWN_CLASSES = 6
"""Bars to show; the other classes are folded away."""

STATE_COLOURS: dict[JobState, str] = {
    JobState.QUEUED: "secondary",
    JobState.RUNNING: "primary",
    JobState.DONE: "success",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "secondary",
    JobState.INTERRUPTED: "warning",
}


def prediction_panel(prediction: Prediction) -> Component:
    """Return the answer: the class, a bar for each probability, and who gave it how fast."""
    ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    classes = list(prediction.probabilities)
    best = prediction.predicted_class
    bars = [probability_bar(name, p, class_colour(name, classes)) for name, p in ranked]
    folded = bars[SHOWN_CLASSES:]
    rest = [html.Details([html.Summary(f"{len(folded)} more"), *folded])]
    return html.Div(
        [
            html.Div(
                [
                    html.Span(best, className="answer-class"),
                    html.Span(
                        percent(prediction.probabilities[best]), className="answer-probability"
                    ),
                ],
                className="answer-head",
                style={"--class-colour": class_colour(best, classes)},
            ),
            *_doubt(prediction),
            html.Div([*bars[:SHOWN_CLASSES], *(rest if folded else [])], className="bars"),
            facts(
                {
                    "Points": f"{prediction.n_points:,}",
                    "Time": f"{prediction.milliseconds:.1f} ms",
                    "Model": prediction.model_version,
                }
            ),
        ]
    )


def _doubt(prediction: Prediction) -> list[Component]:
    """Say what speaks against taking the answer as it is, where something does."""
    if prediction.judgement is None:
        return []
    others = prediction.label_set()[1:]
    notes = []
    if prediction.unknown:
        notes.append("Like none of the classes: take no answer for granted.")
    if others:
        notes.append(f"Could also be {', '.join(others)} (label set at {100 * LEVEL:g} %).")
    return [html.P(note, className="answer-doubt") for note in notes]


def probability_bar(name: str, probability: float, colour: str) -> Component:
    """Return one labelled bar."""
    return html.Div(
        [
            html.Span(name, className="bar-name"),
            html.Span(percent(probability), className="bar-value"),
            html.Span(
                html.Span(
                    className="bar-fill",
                    style={"width": f"{100 * probability:.2f}%", "background": colour},
                ),
                className="bar-track",
            ),
        ],
        className="bar",
    )


def facts(values: Mapping[str, str | Component]) -> Component:
    """Return a small table of names and values."""
    rows: list[Component] = []
    for name, value in values.items():
        rows += [html.Dt(name), html.Dd(value)]
    return html.Dl(rows, className="facts")


def empty_state(title: str, *action: str | Component) -> Component:
    """Return what stands where there is nothing yet, with the one action that fills it."""
    return html.Div(
        [html.P(title, className="empty-title"), html.P(list(action), className="empty-action")],
        className="empty",
    )


def state_badge(job: Job) -> Component:
    """Return a job's state as a coloured word."""
    word = "stopping" if job.cancelling and job.active else str(job.state)
    return dbc.Badge(word, color=STATE_COLOURS[job.state], className="state")


def progress_bar(job: Job) -> Component:
    """Return a job's progress: stage, share and time left."""
    share = round(100 * job.fraction)
    if job.state is JobState.QUEUED:
        words = ["waiting for its turn"]
    elif job.state is JobState.RUNNING:
        words = [job.stage or "starting", f"{share} %", job.message, remaining(job)]
    else:
        words = [job.stage, f"stopped at {share} %", f"after {duration(job.seconds)}"]
    return html.Div(
        [
            dbc.Progress(
                value=share,
                color=STATE_COLOURS[job.state],
                striped=job.active,
                animated=job.active,
                className="thin",
            ),
            html.P(" · ".join(word for word in words if word), className="quiet"),
        ]
    )


def metric(name: str, value: str) -> Component:
    """Return a figure with its name below."""
    return html.Div(
        [html.Div(value, className="metric-value"), html.Div(name, className="metric-name")],
        className="metric",
    )


def button(words: str, id_: str, kind: str) -> Component:
    """Return a button; `kind` are Bootstrap's classes for it, such as ``btn-primary``."""
    return html.Button(words, id=id_, type="button", className=f"btn {kind}")


def pick_button(text: str, store: str, value: str, *, title: str = "") -> html.Button:
    """Return a button of a list that writes `value` into `store` (assets/page.js)."""
    data: dict[str, Any] = {"data-pick-store": store, "data-pick": value}
    return html.Button(text, type="button", className="pick", title=title or None, **data)


def again_link(version: str) -> html.A:
    """Return a link that puts the settings of a version's training into the form."""
    return html.A(
        "Train again with changes",
        href=f"#training?version={version}",
        title="Put the settings of its training into the form",
        className="btn btn-sm btn-outline-secondary",
    )


def confusion_summary(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """Return a confusion matrix in one sentence, for those who do not see it."""
    wrong = [
        (count, classes[row], classes[column])
        for row, line in enumerate(matrix)
        for column, count in enumerate(line)
        if row != column and count
    ]
    total = sum(map(sum, matrix))
    if not wrong:
        return f"All {counted(total, 'test cloud')} were recognised."
    count, true, predicted = max(wrong)
    missed = sum(item[0] for item in wrong)
    return (
        f"{missed:,} of {counted(total, 'test cloud')} were mistaken; "
        f"most often {true} for {predicted} ({count:,})."
    )
