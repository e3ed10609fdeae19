"""Clouds in 3D."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.errors import InvalidInput
from pcdash.figures.frame import bounds, drawn_points, reach_of, thinned, unit_of, view_frame
from pcdash.figures.look import FAINT, MUTED, TRANSPARENT, Coordinates, Figure, plain_look, typed

VIRIDIS = ("#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
"""Viridis without its darkest sixth, which would drown in a dark scene."""

BLAME = ("#3d8bd4", MUTED, "#f0a500")
"""Against the answer, neither, for it: told apart by the colour-blind, and on white and black."""

EYE = (1.1, 1.1, 0.7)
"""Where the camera stands at first, in units of the scene; assets/page.js returns to it."""

HOVER_POINTS = 5_000
"""Above this many drawn points hovering is off: picking would stall the page."""


def _height(centred: Coordinates) -> Coordinates:
    return centred[:, 2]


def _distance(centred: Coordinates) -> Coordinates:
    distance: Coordinates = np.linalg.norm(centred - centred.mean(axis=0), axis=1)
    return distance


COLOURINGS: dict[str, Callable[[Coordinates], Coordinates] | None] = {
    "height": _height,
    "distance": _distance,
    "none": None,
}
"""``color_by`` -> the value of each point that its colour stands for."""


def cloud_figure(
    points: NDArray[np.floating[Any]],
    *,
    title: str = "",
    max_points: int = 20_000,
    color_by: str = "height",
    caption: bool = True,
    removed: NDArray[np.floating[Any]] | None = None,
) -> Figure:
    """Return a 3D view of a cloud: centred, true to scale, light enough for software WebGL.

    Parameters
    ----------
    points : (n, 3) float, n >= 1
        Finite coordinates in any unit and at any offset.
    title : str
        Plain text; what plotly would take for markup is escaped.
    max_points : int
        Draw at most this many, chosen at random but always the same ones.
    color_by : {"height", "distance", "none"}
        What a point's colour stands for, see `COLOURINGS`.
    caption : bool
        Write `cloud_caption` into the figure.
    removed : (m, 3) float, optional
        Points that are not part of the cloud any more: drawn faintly, at most a quarter as many,
        and within the frame.

    Raises
    ------
    InvalidInput
        If `color_by` is not known.
    """
    if color_by not in COLOURINGS:
        known = ", ".join(COLOURINGS)
        raise InvalidInput(f"colour must be one of {known}", field="color_by")
    centre, unit = view_frame(points, removed, max_points=max_points)
    shown = (drawn_points(points, removed, max_points) - centre) / unit
    number = min(len(points), max_points)
    traces = [_cloud_trace(shown[:number], color_by)]
    if len(shown) > number:
        traces.append(_faint_trace(shown[number:]))
    layout = _cloud_layout(title, reach_of(shown))
    if caption:
        layout["annotations"] = [_note(cloud_caption(points, max_points=max_points))]
    return {"data": traces, "layout": layout}


def cloud_caption(points: NDArray[np.floating[Any]], *, max_points: int = 20_000) -> str:
    """Return one line about a view: the points drawn, and the offset and unit left out of it.

    Examples
    --------
    ``20,000 of 1,000,000 points · centred, offset x 447,000 y 5,411,000 z 211``
    """
    total = len(points)
    low, high, centre = bounds(points)
    parts = [f"{min(total, max_points):,} of {total:,} points"]
    if float(abs(centre).max()) > float((high - low).max()):
        offset = " ".join(f"{axis} {c:,.7g}" for axis, c in zip("xyz", centre, strict=True))
        parts.append(f"centred, offset {offset}")
    unit = unit_of(low, high)
    if unit != 1:
        parts.append(f"unit {unit:g}")
    return " · ".join(parts)


def blame_marks(scores: Coordinates, *, max_points: int = 20_000) -> dict[str, Any]:
    """Return what colours the points of `cloud_figure` by what each of them does for an answer.

    Parameters
    ----------
    scores : (n,) float64
        One for each point of the cloud; grey at 0, which is in the middle.
    max_points : int
        As given to `cloud_figure`.

    Returns
    -------
    dict
        Of the trace's marker: ``color``, ``colorscale``, ``cmin`` and ``cmax``.
    """
    reach = float(np.abs(scores).max()) or 1.0
    return {
        "color": typed(thinned(scores[:, None], max_points)[:, 0]),
        "colorscale": [[place, colour] for place, colour in zip((0, 0.5, 1), BLAME, strict=True)],
        "cmin": -reach,
        "cmax": reach,
    }


def _cloud_trace(shown: Coordinates, color_by: str) -> dict[str, Any]:
    value = COLOURINGS[color_by]
    marker: dict[str, Any] = {
        # plotly's default circle takes six times as long to draw as a diamond.
        "symbol": "diamond",
        "size": round(float(np.clip(18 * len(shown) ** -0.25, 1.5, 6)), 1),
        "line": {"width": 0},
        "color": VIRIDIS[4],
    }
    if value is not None:
        marker["color"] = typed(value(shown))
        marker["colorscale"] = [
            [index / (len(VIRIDIS) - 1), colour] for index, colour in enumerate(VIRIDIS)
        ]
        marker["showscale"] = False
    hover = (
        {"hovertemplate": "x %{x:.4g}<br>y %{y:.4g}<br>z %{z:.4g}<extra></extra>"}
        if len(shown) <= HOVER_POINTS
        else {"hoverinfo": "skip"}
    )
    x, y, z = (typed(column) for column in shown.T)
    return {
        "type": "scatter3d",
        "mode": "markers",
        "x": x,
        "y": y,
        "z": z,
        "marker": marker,
        "showlegend": False,
        **hover,
    }


def _faint_trace(shown: Coordinates) -> dict[str, Any]:
    x, y, z = (typed(column) for column in shown.T)
    return {
        "type": "scatter3d",
        "mode": "markers",
        "x": x,
        "y": y,
        "z": z,
        "marker": {"symbol": "diamond", "size": 1.5, "line": {"width": 0}, "color": FAINT},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _cloud_layout(title: str, reach: float) -> dict[str, Any]:
    axis = {"visible": False, "autorange": False, "range": [-reach, reach]}
    layout: dict[str, Any] = {
        "scene": {
            **{f"{name}axis": dict(axis) for name in "xyz"},
            "aspectmode": "data",
            "bgcolor": TRANSPARENT,
            "dragmode": "orbit",
            "camera": {"eye": dict(zip("xyz", EYE, strict=True))},
        },
        "margin": {"l": 0, "r": 0, "t": 40 if title else 0, "b": 0},
        "uirevision": "cloud",
        **plain_look(),
    }
    if title:
        layout["title"] = {"text": html.escape(title, quote=False), "font": {"size": 15}}
    return layout


def _note(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0.01,
        "y": 0.01,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }
