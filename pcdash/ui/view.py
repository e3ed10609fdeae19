"""The 3D view: one scene that stays, whose points change and whose camera does not."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import Patch, dcc, html
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud, Points
from pcdash.figures import COLOURINGS, cloud_caption, cloud_figure

CONFIG = {
    # The default bar has a button that uploads the chart to a public server.
    "displayModeBar": False,
    "showSendToCloud": False,
    "displaylogo": False,
    "plotGlPixelRatio": 1,
    "responsive": True,
    "scrollZoom": True,
}

GRAPH = "explore-view-graph"
CAPTION = "explore-view-caption"
COLOURING = "explore-colour-select"

DEFAULT_COLOURING = "height"


_COLOURS = {
    name: "No colour" if measure is None else f"Colour: {name}"
    for name, measure in COLOURINGS.items()
}


def view_panel(*below: Component) -> Component:
    """Return the scene with its tools, and what else belongs to it."""
    return html.Section(
        [
            html.Div(
                dcc.Graph(id=GRAPH, figure=_empty_scene(), config=CONFIG, className="scene"),
                className="stage",
            ),
            html.Div(
                [
                    html.P(id=CAPTION, className="view-caption", **{"aria-live": "polite"}),
                    dbc.Select(
                        id=COLOURING,
                        value=DEFAULT_COLOURING,
                        options=[{"label": text, "value": name} for name, text in _COLOURS.items()],
                        size="sm",
                        class_name="view-colour",
                    ),
                    _tool("Reset the camera", "reset-camera"),
                    _tool("Full screen", "full-screen"),
                ],
                className="view-bar",
            ),
            *below,
        ],
        className="view",
        **{"aria-label": "3D view"},
    )


def show_cloud(
    cloud: PointCloud, colouring: str, max_points: int, removed: Points | None = None
) -> tuple[Patch, str]:
    """Return the change that puts `cloud` on the scene, and the line below it.

    A patch leaves the rest of the figure alone; `uirevision` alone would not keep the camera.
    """
    figure = cloud_figure(
        cloud.points, max_points=max_points, color_by=colouring, caption=False, removed=removed
    )
    patch = Patch()
    patch["data"] = figure["data"]
    for axis in ("xaxis", "yaxis", "zaxis"):
        patch["layout"]["scene"][axis]["range"] = figure["layout"]["scene"][axis]["range"]
    line = f"{cloud.name} · {cloud_caption(cloud.points, max_points=max_points)}"
    if removed is not None:
        line += f" · {len(removed):,} removed, grey"
    return patch, line


def _empty_scene() -> dict[str, Any]:
    import numpy as np

    figure = cloud_figure(np.zeros((1, 3)), caption=False)
    return figure | {"data": []}


def _tool(name: str, tool: str) -> Component:
    data: dict[str, Any] = {"data-tool": tool, "data-graph": GRAPH, "aria-label": name}
    return html.Button(
        html.Span(className=f"icon icon-{tool}"),
        type="button",
        title=name,
        className="btn btn-sm btn-outline-secondary",
        **data,
    )
