"""Clouds in 3D."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.errors import InvalidInput
from pcdash.figures.look import FAINT, MUTED, TRANSPARENT, Coordinates, Figure, plain_look, typed

VIRIDIS = ("#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
"""Viridis without its darkest sixth, which would drown in a dark scene."""

BLAME = ("#3d8bd4", MUTED, "#f0a500")
"""Against the answer, neither, for it: told apart by the colour-blind, and on white and black."""

EYE = (1.1, 1.1, 0.7)
"""Where the camera stands at first, in units of the scene; assets/page.js returns to it."""

HOVER_POINTS = 5_000
"""Above this many drawn points hovering is off: picking would stall the page."""

_FLOAT32_SAFE = (1e-6, 1e6)
"""Extents that plotly.js, which works in float32 and drops spans below 1e-8, draws faithfully."""


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
    shown = (_drawn(points, removed, max_points) - centre) / unit
    number = min(len(points), max_points)
    traces = [_cloud_trace(shown[:number], color_by)]
    if len(shown) > number:
        traces.append(_faint_trace(shown[number:]))
    layout = _cloud_layout(title, _reach(shown))
    if caption:
        layout["annotations"] = [_note(cloud_caption(points, max_points=max_points))]
    return {"data": traces, "layout": layout}


def view_frame(
    points: NDArray[np.floating[Any]],
    removed: NDArray[np.floating[Any]] | None = None,
    *,
    max_points: int = 20_000,
) -> tuple[Coordinates, float]:
    """Return the centre (3,) and the unit that `cloud_figure` takes out of the coordinates."""
    drawn = points if removed is None else _drawn(points, removed, max_points)
    low, high, centre = _bounds(drawn)
    return centre, _unit(low, high)


def _drawn(
    points: NDArray[np.floating[Any]], removed: NDArray[np.floating[Any]] | None, max_points: int
) -> Coordinates:
    """Return what is drawn: points of the cloud first, then points that were removed."""
    drawn = _thin(points, max_points)
    if removed is None or not len(removed):
        return drawn
    return np.concatenate([drawn, _thin(removed, max_points // 4)])


def cloud_caption(points: NDArray[np.floating[Any]], *, max_points: int = 20_000) -> str:
    """Return one line about a view: the points drawn, and the offset and unit left out of it.

    Examples
    --------
    ``20,000 of 1,000,000 points · centred, offset x 447,000 y 5,411,000 z 211``
    """
    total = len(points)
    low, high, centre = _bounds(points)
    parts = [f"{min(total, max_points):,} of {total:,} points"]
    if float(abs(centre).max()) > float((high - low).max()):
        offset = " ".join(f"{axis} {c:,.7g}" for axis, c in zip("xyz", centre, strict=True))
        parts.append(f"centred, offset {offset}")
    unit = _unit(low, high)
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
        "color": typed(_thin(scores[:, None], max_points)[:, 0]),
        "colorscale": [[place, colour] for place, colour in zip((0, 0.5, 1), BLAME, strict=True)],
        "cmin": -reach,
        "cmax": reach,
    }


def _bounds(points: NDArray[np.floating[Any]]) -> tuple[Coordinates, Coordinates, Coordinates]:
    # Along contiguous rows, thirty times as fast as across the columns.
    rows = np.ascontiguousarray(points.T)
    low = rows.min(axis=1).astype(np.float64)
    high = rows.max(axis=1).astype(np.float64)
    return low, high, low / 2 + high / 2


def _unit(low: Coordinates, high: Coordinates) -> float:
    """Return the power of ten to divide by: 1 unless float32 would lose or overflow the extent."""
    size = float((high - low).max())
    if size == 0 or _FLOAT32_SAFE[0] <= size <= _FLOAT32_SAFE[1]:
        return 1.0
    return float(10.0 ** np.floor(np.log10(size)))


def _reach(shown: Coordinates) -> float:
    """Return the radius of the scene, the same along every axis.

    A sphere around the cloud: however it is turned or proportioned it fits the view, the camera
    keeps its meaning from one cloud to the next, and a flat sheet does not vanish.
    """
    square: Coordinates = np.einsum("nk,nk->n", shown, shown)
    return 1.02 * float(np.sqrt(square.max())) or 1.0


def _thin(points: NDArray[np.floating[Any]], max_points: int) -> Coordinates:
    """Return at most `max_points` rows; at random: a stride makes stripes of raster scans."""
    if len(points) > max_points:
        chosen = np.random.default_rng(0).choice(len(points), max_points, replace=False)
        points = points[np.sort(chosen)]
    return np.asarray(points, dtype=np.float64)


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
