"""Where clouds lie that look alike to a classifier."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.figures.look import Figure, class_colour, plain_look, typed

NAMED_CLASSES = 12
"""Of more classes the legend would be longer than the map; hovering still names them."""


def map_figure(
    place: NDArray[np.floating[Any]],
    truth: NDArray[np.integer[Any]],
    said: NDArray[np.integer[Any]],
    classes: Sequence[str],
    names: Sequence[str],
) -> Figure:
    """Return the map: a dot for each cloud in the colour of its class, a cross for a mistake.

    ``customdata`` holds the clouds' numbers, for what is selected.

    Parameters
    ----------
    place : (m, 2) float
    truth, said : (m,) int
        Class indices.
    classes : sequence of str
        Shown as text, whatever they contain.
    names : (m,) sequence of str
        Of the clouds; shown as text.
    """
    traces = []
    for index, name in enumerate(classes):
        for wrong in (False, True):
            rows = np.flatnonzero((truth == index) & ((said != truth) == wrong))
            if len(rows):
                traces.append(_trace(rows, place, said, classes, names, name, wrong))
    # Mistakes lie on top of what they hide among.
    traces.sort(key=lambda trace: trace["marker"]["symbol"] == "x")
    return {
        "data": traces,
        "layout": {
            **{f"{axis}axis": _axis(place[:, i]) for i, axis in enumerate("xy")},
            "dragmode": "lasso",
            "hovermode": "closest",
            "showlegend": len(classes) <= NAMED_CLASSES,
            "legend": {"orientation": "h", "x": 0, "y": -0.02, "yanchor": "top"},
            "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
            "newselection": {"mode": "immediate"},
            **plain_look(),
        },
    }


def _trace(
    rows: NDArray[np.int64],
    place: NDArray[np.floating[Any]],
    said: NDArray[np.integer[Any]],
    classes: Sequence[str],
    names: Sequence[str],
    name: str,
    wrong: bool,
) -> dict[str, Any]:
    shown = html.escape(name, quote=False)
    colour = class_colour(name, classes)
    text = [html.escape(str(names[row]), quote=False) for row in rows]
    if wrong:
        took = [html.escape(classes[said[row]], quote=False) for row in rows]
        pairs = zip(text, took, strict=True)
        text = [f"{own}<br>{shown}, taken for {other}" for own, other in pairs]
    else:
        text = [f"{own}<br>{shown}" for own in text]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": typed(place[rows, 0].astype(np.float64)),
        "y": typed(place[rows, 1].astype(np.float64)),
        "customdata": rows.tolist(),
        "text": text,
        "hovertemplate": "%{text}<extra></extra>",
        "name": f"{shown}, mistaken" if wrong else shown,
        "legendgroup": str(classes.index(name)),
        "showlegend": not wrong,
        "marker": {
            "color": colour,
            "symbol": "x" if wrong else "circle",
            "size": 9 if wrong else 6,
            "opacity": 1 if wrong else 0.65,
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 0.15}},
    }


def _axis(values: NDArray[np.floating[Any]]) -> dict[str, Any]:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    margin = 0.04 * ((high - low) or 1.0)
    return {"visible": False, "range": [low - margin, high + margin], "zeroline": False}
