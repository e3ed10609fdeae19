"""How the candidates of a training compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.ui.specs import label
from pcdash.ui.wording import counted, percent


def comparison_table(comparison: Mapping[str, Any] | None) -> list[Component]:
    """Return the candidates: mean score with a bar, score of each fold, and time.

    The best first; while they are still being tried, in the order in which they are.

    Parameters
    ----------
    comparison : mapping or None
        As `pcdash.core.candidates.Comparison.as_json` gives it; None: there was no choice.
    """
    if comparison is None:
        return []
    rows, chosen = comparison["rows"], comparison["chosen"]
    metric, folds = label(comparison["metric"]), comparison["folds"]
    outcome = " so far."
    if chosen is not None:
        rows = sorted(rows, key=lambda row: -row["mean"])
        outcome = f"; {label(chosen)} was fitted on all of them and measured on the test clouds."
    head = (("Classifier", ""), (metric, "number"), ("Of each fold", "extra"), ("Time", "number"))
    clouds = counted(comparison["clouds"], "training cloud")
    return [
        html.H3("Which classifier is the best?"),
        html.P(
            f"{metric} in {folds}-fold cross-validation on {clouds}{outcome}",
            className="quiet",
        ),
        html.Div(
            html.Table(
                [
                    html.Thead(
                        html.Tr([html.Th(text, className=kind, scope="col") for text, kind in head])
                    ),
                    html.Tbody([_row(row, folds, chosen=chosen) for row in rows]),
                ],
                className="table listing comparison",
            ),
            className="table-frame",
        ),
    ]


def _row(row: Mapping[str, Any], folds: int, *, chosen: str | None) -> Component:
    is_best = row["name"] == chosen
    name: list[Component | str] = [label(row["name"])]
    if is_best:
        name.append(html.Span("chosen", className="service-mark good"))
    mean = html.Span(
        html.Span(className="bar-fill", style={"width": f"{100 * row['mean']:.2f}%"}),
        className="bar-track",
    )
    return html.Tr(
        [
            html.Td(html.Div(name, className="state-cell")),
            html.Td([html.Span(percent(row["mean"])), mean], className="number"),
            html.Td(_folds(row["scores"], folds), className="extra"),
            html.Td(f"{row['seconds']:.1f} s", className="number"),
        ],
        className="chosen" if is_best else "",
    )


def _folds(scores: Sequence[float], folds: int) -> str:
    """The scores, and an ellipsis while some are still to come."""
    shown = [f"{100 * score:.1f}" for score in scores]
    return "  ".join([*shown, *(["…"] if len(shown) < folds else [])])
