"""What does this scan measure? The fitted primitive, with its sizes and doubts."""

from __future__ import annotations

from typing import Any

from dash import Patch, html
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.core.primitives.fit import KINDS
from pcdash.core.primitives.readout import Readout, read_out
from pcdash.errors import ModelUnavailable
from pcdash.figures import class_colour, surface_trace, view_frame
from pcdash.ui.components import facts
from pcdash.ui.isolating import removed_from
from pcdash.ui.view import GRAPH
from pcdash.ui.wording import measured, percent
from pcdash.workbench import Workbench

SURFACE = 1
"""Place of the surface among the scene's traces; one later where removed points are shown."""

_NAMES = {"half_angle_deg": "Half angle"}


def find(workbench: Workbench, cloud: PointCloud) -> tuple[list[Component], Patch]:
    """Measure the primitive that was predicted, or else the one that fits best, and draw it."""
    try:
        said = workbench.predict(cloud.points).predicted_class
    except ModelUnavailable:
        said = ""
    with workbench.turns.costing("primitive", points=len(cloud)):
        found = read_out(cloud.points, said if said in KINDS else None)
    removed = removed_from(workbench, cloud)
    frame = view_frame(cloud.points, removed, max_points=workbench.settings.limits.view_points)
    place = SURFACE if removed is None or not len(removed) else SURFACE + 1
    patch = Patch()
    patch["data"][place] = surface_trace(frame, *found.surface(), class_colour(found.kind, ()))
    return _panel(found, said), patch


def _panel(found: Readout, said: str) -> list[Component]:
    article = "Read as a" if found.kind == said else "Best explained by a"
    tool: dict[str, Any] = {"data-tool": "toggle-surface", "data-graph": GRAPH}
    return [
        html.P(f"{article} {found.kind}", className="check-head"),
        facts(_sizes(found) | _place(found) | _fit(found)),
        html.Ul([html.Li(text) for text in found.caveats]),
        html.Button(
            "Hide or show the surface",
            type="button",
            className="btn btn-sm btn-outline-secondary",
            **tool,
        ),
    ]


def _sizes(found: Readout) -> dict[str, str | Component]:
    shown: dict[str, str | Component] = {}
    for name, value in found.sizes.items():
        if name == "top_radius" and value == 0:
            continue
        text = measured(value, found.errors[name])
        caption = _NAMES.get(name, name.replace("_", " ").capitalize())
        shown[caption] = f"{text}°" if name.endswith("_deg") else text
    return shown


def _place(found: Readout) -> dict[str, str | Component]:
    """Centre and axis; of a box the direction of its longest edge."""
    step = found.rms or max(found.sizes.values()) * 1e-4
    shown: dict[str, str | Component] = {
        "Centre": ", ".join(measured(value, step, bare=True) for value in found.centre)
    }
    if found.axis is not None:
        shown["Axis"] = ", ".join(f"{value:.3f}" for value in found.axis)
    if found.turn_error:
        shown["Turned by at most"] = f"{max(2 * found.turn_error, 0.01):.2g}°"
    return shown


def _fit(found: Readout) -> dict[str, str | Component]:
    return {
        "Distance, rms": f"{found.rms:.2g}",
        "Points on it": percent(found.inliers),
        "Surface seen": percent(found.coverage),
    }
