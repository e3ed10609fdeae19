"""How the candidates of a training compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.ui.specs import label
from pcdash.ui.wording import counted, percent


def comparison_table(comparison: Mapping[str, Any] | None) -> list[Component]:
    """Return the candidates, best first: mean score with a bar, score of each fold, and time.

    Parameters
    ----------
    comparison : mapping or None
        As `pcdash.core.candidates.Comparison.as_json` gives it; None: there was no choice.
    """
    if comparison is None:
        return []
    rows = sorted(comparison["rows"], key=lambda row: -row["mean"])
    metric = label(comparison["metric"])
    head = (("Classifier", ""), (metric, "number"), ("Of each fold", "extra"), ("Time", "number"))
    clouds = counted(comparison["clouds"], "training cloud")
    return [
        html.H3("Which classifier is the best?"),
        html.P(
            f"{metric} in {comparison['folds']}-fold cross-validation on {clouds}; "
            f"{label(comparison['chosen'])} was fitted on all of them and measured on the "
            "test clouds.",
            className="quiet",
        ),
        html.Div(
            html.Table(
                [
                    html.Thead(
                        html.Tr([html.Th(text, className=kind, scope="col") for text, kind in head])
                    ),
                    html.Tbody([_row(row, chosen=comparison["chosen"]) for row in rows]),
                ],
                className="table listing comparison",
            ),
            className="table-frame",
        ),
    ]


def _row(row: Mapping[str, Any], *, chosen: str) -> Component:
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
            html.Td(_folds(row["scores"]), className="extra"),
            html.Td(f"{row['seconds']:.1f} s", className="number"),
        ],
        className="chosen" if is_best else "",
    )


def _folds(scores: Sequence[float]) -> str:
    return "  ".join(f"{100 * score:.1f}" for score in scores)
