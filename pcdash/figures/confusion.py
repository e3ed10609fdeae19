"""Confusion matrices."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from pcdash.figures.look import MUTED, Figure, plain_look


def confusion_figure(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """Return a confusion matrix: rows are true classes, columns predicted ones.

    Parameters
    ----------
    matrix : (k, k) int, >= 0
        Clouds of row's class that were taken for column's class.
    classes : sequence of k str
        Labels in the matrix' order; shown as text, whatever they contain.
    """
    counts = np.asarray(matrix, dtype=np.float64).reshape(len(classes), len(classes))
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    labels = [html.escape(name, quote=False) for name in classes]
    positions = list(range(len(labels)))
    ticks = {
        "tickmode": "array",
        "tickvals": positions,
        "ticktext": labels,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
    }
    trace = {
        "type": "heatmap",
        "x": positions,
        "y": positions,
        "z": share.tolist(),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "rgba(130,138,147,0.10)"], [1, "#0072b2"]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "none",  # nothing to show, but a cell can be clicked on
    }
    return {
        "data": [trace],
        "layout": {
            "annotations": [
                _cell(row, column, int(counts[row, column]), float(share[row, column]))
                for row in positions
                for column in positions
            ],
            "xaxis": {**ticks, "title": {"text": "predicted", "font": {"size": 13}}},
            "yaxis": {
                **ticks,
                "title": {"text": "true", "font": {"size": 13}, "standoff": 10},
                "autorange": "reversed",
            },
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            **plain_look(),
        },
    }


def _cell(row: int, column: int, count: int, share: float) -> dict[str, Any]:
    return {
        "x": column,
        "y": row,
        "text": f"{count:,}" if count else "·",
        "showarrow": False,
        "font": {"color": "#ffffff" if share > 0.5 else MUTED, "size": 13},
    }
