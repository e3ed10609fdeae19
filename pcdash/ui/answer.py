"""The answer of Explore: what the cloud is, or why nobody can say so yet."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from pcdash.ui.components import empty_state, progress_bar
from pcdash.workbench import Status

PREDICT = "explore-predict-button"
ANSWER = "explore-answer-panel"
WAITING = "explore-waiting-panel"
SAVE = {
    ".ply": "explore-ply-button",
    ".csv": "explore-csv-button",
    ".npy": "explore-npy-button",
}
"""Ending of a saved file -> its button."""


def answer_column(checks: Component) -> Component:
    """Return the column with the button that asks, the place for the answer, and its checks."""
    return html.Section(
        [
            html.Div(
                [
                    html.Button("Predict", id=PREDICT, type="button", className="btn btn-primary"),
                    html.Button(
                        "Change cloud",
                        type="button",
                        className="btn btn-outline-secondary drawer-open",
                        **{"data-tool": "open-drawer"},
                    ),
                ],
                className="answer-actions",
            ),
            html.Div(id=WAITING, className="waiting", **{"aria-live": "polite"}),
            html.Div(not_asked(), id=ANSWER, className="answer", **{"aria-live": "polite"}),
            checks,
            html.Div(
                [
                    html.Span("Save cloud", className="quiet"),
                    *[
                        html.Button(
                            ending.removeprefix(".").upper(),
                            id=id_,
                            type="button",
                            className="btn btn-sm btn-outline-secondary",
                        )
                        for ending, id_ in SAVE.items()
                    ],
                ],
                className="save-row",
            ),
        ],
        className="answer-column",
        **{"aria-label": "Prediction"},
    )


def not_asked() -> Component:
    """Return what stands there before anybody has asked."""
    return empty_state("What is it?", "Press Predict to ask the model about this cloud.")


def waiting(status: Status) -> list[Component]:
    """Say why there is no answer yet, and what is being done about it."""
    if status.job is not None:
        return [
            html.P("Teaching the first model", className="empty-title"),
            progress_bar(status.job),
            html.P(
                "Predictions start by themselves when it is done; look around meanwhile.",
                className="quiet",
            ),
        ]
    if status.state == "loading":
        return [html.P(status.detail, className="quiet")]
    title = "No model to ask" if status.state == "none" else "The model cannot be used"
    link = html.A("Train one", href="#training")
    return [empty_state(title, f"{status.detail} ", link, ".")]
