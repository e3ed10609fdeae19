"""How far the clouds of late are from those of the training, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import floor, log10
from typing import Any

from pcdash.figures.curves import LINE_COLOURS, grid
from pcdash.figures.look import Figure, plain_look

_LEAST = 0.1
"""What is below this is drawn there: on the logarithmic axis the small differences of clouds that
are alike would fill the chart."""


def drift_figure(series: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the chart: a point for each window of clouds, above the dotted line an alarm.

    A line follows the windows taken together with those before them.

    Parameters
    ----------
    series : sequence of mapping
        ``until`` in Unix seconds; ``distance`` in units of the alarm threshold; ``together``, the
        same with the windows before it, or None; ``alarm``; ``unknown``, a share or None.
    """
    when = [datetime.fromtimestamp(float(one["until"])) for one in series]
    x = [moment.isoformat(timespec="seconds") for moment in when]
    y = [max(_LEAST, float(one["distance"])) for one in series]
    longer = [one["together"] and max(_LEAST, float(one["together"])) for one in series]
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "the last 1,000 clouds",
        "x": x,
        "y": longer,
        "hoverinfo": "skip",
        "line": {"width": 2, "color": LINE_COLOURS[0]},
    }
    points = {
        "type": "scatter",
        "mode": "markers",
        "name": "each hundred",
        "x": x,
        "y": y,
        "text": [_said(one) for one in series],
        "hovertemplate": "%{x}<br>%{text}<extra></extra>",
        "marker": {
            "size": 8,
            "color": [LINE_COLOURS[1] if one["alarm"] else LINE_COLOURS[0] for one in series],
            "symbol": ["diamond" if one["alarm"] else "circle" for one in series],
        },
    }
    high = floor(log10(max([*y, *filter(None, longer), 3.0]))) + 1
    ticks = [10.0**power for power in range(-1, high + 1)]
    return {
        "data": [line, points],
        "layout": {
            "xaxis": {"type": "date", "nticks": 4, "tickangle": 0, **grid()},
            "yaxis": {
                "type": "log",
                "range": [log10(_LEAST) - 0.1, high],
                "tickmode": "array",
                "tickvals": ticks,
                "ticktext": [f"{tick:g}" for tick in ticks],
                **grid(),
            },
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 1,
                    "y1": 1,
                    "line": {"color": LINE_COLOURS[1], "width": 1.5, "dash": "dot"},
                }
            ],
            "margin": {"l": 40, "r": 12, "t": 28, "b": 32},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "hovermode": "closest",
            **plain_look(),
        },
    }


def _said(one: Mapping[str, Any]) -> str:
    words = f"{one['distance']:.2g} times the alarm threshold"
    if one["together"] is not None:
        words += f", {one['together']:.2g} with those before"
    if one["unknown"] is not None:
        words += f", {one['unknown']:.0%} unknown"
    return words
