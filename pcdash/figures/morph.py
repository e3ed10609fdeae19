"""What a model says along a morph."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pcdash.figures.curves import share_axis
from pcdash.figures.look import MUTED, Coordinates, Figure, class_colour, plain_look, typed

MOST_LABELS = 6
"""Classes whose curves are labelled: those that are likely somewhere, the likeliest first."""

_LIKELY = 0.2
_APART = 0.1


def morph_figure(
    t: Coordinates,
    probabilities: Coordinates,
    classes: Sequence[str],
    flips: Sequence[Mapping[str, Any]],
    ends: tuple[str, str],
    at: float = 0.0,
) -> Figure:
    """Return the probabilities of all classes along a morph, with the places where they cross.

    Parameters
    ----------
    t : (steps,) float
        From 0 to 1.
    probabilities : (steps, classes) float
    classes : sequence of str
    flips : sequence of mapping
        ``t``, ``from`` and ``to`` of every change of the most probable class.
    ends : (str, str)
        What the shape is at 0 and at 1.
    at : float
        A place to mark: that of the cloud on view.
    """
    marks = [morph_mark(at), *[_line(float(flip["t"]), 1, "dash") for flip in flips]]
    return {
        "data": [
            _curve(t, probabilities[:, k], name, class_colour(name, classes))
            for k, name in enumerate(classes)
        ],
        "layout": {
            "xaxis": {
                "range": [0, 1],
                "tickmode": "array",
                "tickvals": [0, 0.25, 0.5, 0.75, 1],
                "ticktext": [ends[0], "0.25", "0.5", "0.75", ends[1]],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
            "yaxis": share_axis(),
            "shapes": marks,
            "annotations": [
                *_labels(t, probabilities, classes),
                *[_flip_label(flip) for flip in flips],
            ],
            "margin": {"l": 46, "r": 30, "t": 24, "b": 30},
            "showlegend": False,
            "hovermode": "x unified",
            **plain_look(),
        },
    }


def morph_mark(t: float) -> dict[str, Any]:
    """Return the mark at `t`: the first of the figure's shapes."""
    return _line(t, 2, "solid")


def morph_summary(first: str, flips: Sequence[Mapping[str, Any]], quantity: str) -> str:
    """Return the curve in a sentence, for those who do not see it.

    Parameters
    ----------
    first : str
        The most probable class at the beginning.
    flips : sequence of mapping
        ``t``, ``from``, ``to`` and ``value`` of every change of the most probable class.
    quantity : str
        What that value is of.
    """
    if not flips:
        return f"{first} all the way."
    turns = [
        f"{flip['from']} becomes {flip['to']} at {flip['t']:.3f} ({quantity} {flip['value']:.3g})"
        for flip in flips[:MOST_LABELS]
    ]
    more = len(flips) - len(turns)
    return f"{'; '.join(turns)}{f'; and {more} more' if more else ''}."


def _curve(t: Coordinates, p: Coordinates, name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": html.escape(name, quote=False),
        "x": typed(t),
        "y": typed(p),
        "line": {"width": 2, "color": colour},
        "hovertemplate": "%{y:.1%}",
    }


def _line(t: float, width: float, dash: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": t,
        "x1": t,
        "y0": 0,
        "y1": 1,
        "line": {"color": MUTED, "width": width, "dash": dash},
    }


def _labels(t: Coordinates, p: Coordinates, classes: Sequence[str]) -> list[dict[str, Any]]:
    """A label where each curve is highest, if it is high anywhere."""
    peaks = p.max(axis=0)
    shown = [int(k) for k in np.argsort(-peaks)[:MOST_LABELS] if peaks[k] > _LIKELY]
    return [
        {
            "x": float(np.clip(t[p[:, k].argmax()], _APART, 1 - _APART)),
            "y": float(peaks[k]),
            "text": html.escape(classes[k], quote=False),
            "showarrow": False,
            "yshift": -12 if peaks[k] > 1 - _APART else 10,
            "font": {"color": class_colour(classes[k], classes), "size": 13},
        }
        for k in shown
    ]


def _flip_label(flip: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "x": float(flip["t"]),
        "y": 1,
        "yref": "paper",
        "text": f"{flip['t']:.3f}",
        "showarrow": False,
        "yanchor": "bottom",
        "font": {"size": 12},
    }
