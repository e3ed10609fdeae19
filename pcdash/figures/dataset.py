"""What is in a dataset, as charts."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from pcdash.figures.look import MUTED, Figure, plain_look

PARTS = {"all": "#0072b2", "train": "#0072b2", "test": "#e69f00"}
"""Part of a split -> the colour of its bars."""

_GRID = "rgba(130,138,147,0.25)"


def counts_figure(classes: Sequence[Mapping[str, Any]]) -> Figure:
    """Return a bar for each class: how many clouds it has.

    Parameters
    ----------
    classes : sequence of mapping
        ``name``, and clouds by part: ``train`` and ``test``, or ``all``.
    """
    parts = [part for part in PARTS if classes and part in classes[0]]
    places = list(range(len(classes)))
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": part,
            "x": [one[part] for one in classes],
            "y": places,
            "text": [f"{one[part]:,}" for one in classes],
            "textposition": "outside",
            "constraintext": "none",
            "cliponaxis": False,
            "marker": {"color": PARTS[part]},
            "hoverinfo": "skip",
        }
        for part in parts
    ]
    names = [html.escape(one["name"], quote=False) for one in classes]
    return {
        "data": traces,
        "layout": {
            "barmode": "group",
            "bargap": 0.25,
            "showlegend": len(parts) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
            "xaxis": {**_axis(), "rangemode": "tozero"},
            "yaxis": {
                **_axis(),
                "showgrid": False,
                "tickmode": "array",
                "tickvals": places,
                "ticktext": names,
                "autorange": "reversed",
                "automargin": True,
            },
            "margin": {"l": 8, "r": 48, "t": 28 if len(parts) > 1 else 8, "b": 24},
            **plain_look(),
        },
    }


def sizes_figure(sizes: Mapping[str, Any]) -> Figure:
    """Return how many clouds have how many points, on a logarithmic axis.

    Parameters
    ----------
    sizes : mapping
        ``edges`` of the bins, ascending and positive, and ``counts``, one less.
    """
    counts = list(sizes["counts"])
    ticks = _size_ticks(sizes["edges"][0], sizes["edges"][-1])
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": list(sizes["edges"]),
        "y": [*counts, counts[-1]],
        "line": {"shape": "hv", "width": 1.5, "color": PARTS["all"]},
        "fill": "tozeroy",
        "fillcolor": "rgba(0,114,178,0.35)",
        "hoverinfo": "skip",
    }
    return {
        "data": [trace],
        "layout": {
            "xaxis": {
                **_axis(),
                "type": "log",
                "tickmode": "array",
                "tickvals": ticks,
                "ticktext": [f"{tick:,}" for tick in ticks],
                "title": {"text": "points of a cloud", "font": {"size": 13}},
            },
            "yaxis": {
                **_axis(),
                "rangemode": "tozero",
                "title": {"text": "clouds", "font": {"size": 13}},
                "automargin": True,
            },
            "showlegend": False,
            "margin": {"l": 8, "r": 16, "t": 8, "b": 44},
            **plain_look(),
        },
    }


def _size_ticks(low: float, high: float) -> list[int]:
    """Return round numbers of points between two; plotly would write 300 as 3 on such an axis."""
    found: list[int] = []
    for steps in ((1,), (1, 2, 5), (1, 2, 3, 4, 5, 6, 8)):
        round_ones = [step * 10**power for power in range(8) for step in steps]
        found = [value for value in round_ones if low <= value <= high]
        if len(found) > 2:
            break
    return found or [round(low)]


def _axis() -> dict[str, Any]:
    return {
        "fixedrange": True,
        "zeroline": False,
        "gridcolor": _GRID,
        "linecolor": MUTED,
        "ticks": "",
    }
