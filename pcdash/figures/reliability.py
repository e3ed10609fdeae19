"""Whether a model is as often right as it is sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pcdash.figures.curves import LINE_COLOURS, share_axis
from pcdash.figures.look import MUTED, Figure, plain_look
from pcdash.figures.words import percent

_TALLEST = 0.25
"""Height of the fullest bin's bar, of the chart's."""


def reliability_figure(bins: Sequence[Mapping[str, Any]]) -> Figure:
    """Return a reliability diagram (DeGroot & Fienberg 1983): on the dotted line all is well.

    Below it the model is surer than it is right.  The bars at the bottom tell how many answers
    were given with that confidence.

    Parameters
    ----------
    bins : sequence of mapping
        ``confidence`` and ``accuracy``, means in [0, 1]; ``low, high``, its interval; ``n`` > 0.
    """
    x = [float(one["confidence"]) for one in bins]
    y = [float(one["accuracy"]) for one in bins]
    most = max((one["n"] for one in bins), default=1)
    bars = {
        "type": "bar",
        "x": x,
        "y": [_TALLEST * one["n"] / most for one in bins],
        "width": [0.05] * len(x),
        "marker": {"color": "rgba(130,138,147,0.35)"},
        "hoverinfo": "skip",
    }
    ideal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": MUTED, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }
    found = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, one["high"] - one["accuracy"]) for one in bins],
            "arrayminus": [max(0.0, one["accuracy"] - one["low"]) for one in bins],
            "color": LINE_COLOURS[0],
            "thickness": 1.2,
            "width": 3,
        },
        "text": [
            f"sure to {percent(c)}, right in {percent(a)} of {one['n']:,}"
            for c, a, one in zip(x, y, bins, strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": LINE_COLOURS[0], "width": 2},
        "marker": {"color": LINE_COLOURS[0], "size": 7},
    }
    axis = share_axis()
    return {
        "data": [bars, ideal, found],
        "layout": {
            "xaxis": {
                **axis,
                "range": [-0.02, 1.04],
                "title": {"text": "how sure it was", "font": {"size": 12}, "standoff": 6},
            },
            "yaxis": {**axis, "title": {"text": "how often right", "font": {"size": 12}}},
            "margin": {"l": 62, "r": 10, "t": 8, "b": 44},
            "showlegend": False,
            "hovermode": "closest",
            **plain_look(),
        },
    }
