"""The outcome of a training: metrics and a confusion matrix, drawn only when they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Output, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.figures import confusion_figure
from pcdash.ui.components import confusion_summary, metric
from pcdash.ui.specs import label
from pcdash.ui.wording import counted, percent

CONFIG = {"displayModeBar": False, "showSendToCloud": False}

MOST_CLASSES = 40
"""A matrix of more classes could not be read; the sentence above it still can."""


class ResultIds:
    """The ids of one result panel.

    Parameters
    ----------
    tab : str
        Their first word.
    """

    def __init__(self, tab: str) -> None:
        self.panel = f"{tab}-result-panel"
        self.metrics = f"{tab}-result-metrics"
        self.graph = f"{tab}-confusion-graph"
        self.summary = f"{tab}-confusion-text"
        self.drawn = f"{tab}-drawn-store"

    def outputs(self) -> dict[str, Output]:
        """Return what `draw_result` fills."""
        return {
            "hidden": Output(self.panel, "hidden"),
            "metrics": Output(self.metrics, "children"),
            "figure": Output(self.graph, "figure"),
            "style": Output(self.graph, "style"),
            "summary": Output(self.summary, "children"),
            "drawn": Output(self.drawn, "data"),
        }


def result_panel(ids: ResultIds) -> Component:
    """Return the panel, empty."""
    return html.Div(
        [
            dcc.Store(id=ids.drawn),
            html.Div(id=ids.metrics, className="metrics"),
            html.H3("Which classes are mistaken for which?"),
            html.P(id=ids.summary, className="quiet"),
            dcc.Graph(
                className="confusion",
                id=ids.graph,
                figure=_no_figure(),
                config=CONFIG,
                responsive=True,
            ),
        ],
        id=ids.panel,
        hidden=True,
        className="result",
    )


def draw_result(ids: ResultIds, result: Mapping[str, Any], key: str, drawn: Any) -> dict[str, Any]:
    """Return the values of ``ids.outputs()``.

    Parameters
    ----------
    ids : ResultIds
    result : mapping
        ``metrics``, ``classes`` and ``confusion`` as a training returns them; empty: no panel.
    key : str
        Names what is to be shown.
    drawn : str or None
        The key of what is shown already: the same one is not drawn again.
    """
    names = ids.outputs()
    if key == drawn:
        return dict.fromkeys(names, no_update)
    classes, confusion = result.get("classes", []), result.get("confusion")
    if not confusion:
        return dict.fromkeys(names, no_update) | {"hidden": True, "drawn": key}
    readable = len(classes) <= MOST_CLASSES
    tested = sum(map(sum, confusion))
    return {
        "hidden": False,
        "metrics": [
            *[metric(label(name), percent(value)) for name, value in result["metrics"].items()],
            metric("Tested on", counted(tested, "cloud")),
        ],
        "figure": confusion_figure(confusion, classes) if readable else _no_figure(),
        "style": {"height": f"{88 + 36 * len(classes)}px"} if readable else {"display": "none"},
        "summary": confusion_summary(confusion, classes),
        "drawn": key,
    }


def _no_figure() -> dict[str, Any]:
    return {"data": [], "layout": confusion_figure([], [])["layout"]}
