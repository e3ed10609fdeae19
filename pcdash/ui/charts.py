"""Figures that are only looked at, as report and comparison show them."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from pcdash.figures import FAMILIES, Line, curve_figure, curve_summary
from pcdash.ui.results import CONFIG


def curve_grid(lines: dict[str, list[Line]]) -> Component:
    """Return a chart for each family of conditions."""
    return html.Div(
        [
            html.Div(
                [
                    html.H4(about.question),
                    chart(curve_figure(family, lines[family]), 220),
                    *[
                        html.P(curve_summary(family, line.points), className="quiet")
                        for line in lines[family]
                        if len(lines[family]) == 1 and line.points
                    ],
                ]
            )
            for family, about in FAMILIES.items()
            if family in lines
        ],
        className="curves",
    )


def chart(figure: dict[str, Any], height: int) -> Component:
    """Return a figure that is only looked at."""
    return dcc.Graph(
        figure=figure,
        config=CONFIG,
        responsive=True,
        className="chart",
        style={"height": f"{height}px"},  # a class's height would lose against Dash's own
    )
