"""Explore's way from a scan to the object in it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud, Points
from pcdash.core.isolate import IsolateParams
from pcdash.errors import InvalidInput, NotFound
from pcdash.ui.answer import not_asked
from pcdash.ui.components import button
from pcdash.ui.shell import tell
from pcdash.ui.values import parse, text
from pcdash.ui.view import CAPTION, COLOURING, DEFAULT_COLOURING, GRAPH, show_cloud
from pcdash.ui.wording import counted, number
from pcdash.workbench import Workbench
from pcdash.workbench.isolating import REMOVED, WHOLE, record_of

ISOLATE = "explore-isolate-button"
UNDO = "explore-isolate-undo-button"
NOTE = "explore-isolate-panel"
BOUNDS = "explore-crop-bounds-text"
STEPS = "explore-isolate-steps-checklist"
CROP = {
    f"{axis}.{side}": f"explore-crop-{axis}-{side}-input"
    for axis in "xyz"
    for side in ("from", "to")
}

ABOUT = {"note": (NOTE, "children"), "no_undo": (UNDO, "hidden"), "bounds": (BOUNDS, "children")}
"""What belongs to the cloud on view besides the view itself; see `about`."""

_STEPS = {"plane": "Remove what it stands on", "cluster": "Keep the largest group only"}


def panel() -> Component:
    """Return the buttons, the fold with the crop box, and the place for what was done."""
    return html.Div(
        [
            html.Div(
                [
                    button("Isolate object", ISOLATE, "btn-sm btn-outline-primary"),
                    html.Button(
                        "Undo",
                        id=UNDO,
                        type="button",
                        className="btn btn-sm btn-outline-secondary",
                        hidden=True,
                        title="Show the whole scan again",
                    ),
                    html.Details([html.Summary("How"), _how()], className="more isolate-how"),
                ],
                className="isolate-row",
            ),
            html.Div(id=NOTE, className="isolate-note", **{"aria-live": "polite"}),
        ],
        className="isolate",
    )


def register(app: Dash, workbench: Workbench, *, cloud: str, answer: str) -> None:
    """Wire the buttons.

    Parameters
    ----------
    app : Dash
    workbench : Workbench
    cloud, answer : str
        Ids of the store with the id of the cloud on view, and of the panel for its prediction.
    """
    view = {
        "figure": Output(GRAPH, "figure", allow_duplicate=True),
        "caption": Output(CAPTION, "children", allow_duplicate=True),
        "cloud": Output(cloud, "data", allow_duplicate=True),
        "answer": Output(answer, "children", allow_duplicate=True),
        **{name: Output(*target, allow_duplicate=True) for name, target in ABOUT.items()},
    }
    shown = {"cloud_id": State(cloud, "data"), "colouring": State(COLOURING, "value")}
    app.callback(
        output=view,
        inputs={"_clicks": Input(ISOLATE, "n_clicks")},
        state={
            **shown,
            "crop": {key: State(id_, "value") for key, id_ in CROP.items()},
            "steps": State(STEPS, "value"),
        },
        prevent_initial_call=True,
        running=[(Output(ISOLATE, "disabled"), True, False)],
    )(partial(isolate, workbench))
    app.callback(
        output=view,
        inputs={"_clicks": Input(UNDO, "n_clicks")},
        state=shown,
        prevent_initial_call=True,
    )(partial(undo, workbench))


# -- callbacks ------------------------------------------------------------------------------------


def isolate(
    workbench: Workbench, *, cloud_id: Any, colouring: Any, crop: Any, steps: Any, **_clicks: Any
) -> dict[str, Any]:
    """Show the object without its surroundings, these in grey."""
    cloud_id = text(cloud_id, "cloud")
    isolated = workbench.isolate_stored(cloud_id, _params(crop, steps))
    if isolated == cloud_id:
        tell("Nothing was removed: the scan seems to hold the object alone.")
    return _shown(workbench, isolated, colouring)


def undo(workbench: Workbench, *, cloud_id: Any, colouring: Any, **_clicks: Any) -> dict[str, Any]:
    """Show the scan as it was before."""
    whole = workbench.cloud(text(cloud_id, "cloud")).source.get(WHOLE)
    if whole is None:
        raise InvalidInput("nothing was removed from this cloud", field="cloud")
    return _shown(workbench, whole, colouring)


# -- pieces ---------------------------------------------------------------------------------------


def about(cloud: PointCloud) -> dict[str, Any]:
    """Return what stands in the outputs of `ABOUT` while `cloud` is on view."""
    record = record_of(cloud)
    return {
        "note": _note(record) if record is not None else [],
        "no_undo": record is None,
        "bounds": _bounds(cloud.points),
    }


def removed_from(workbench: Workbench, cloud: PointCloud) -> Points | None:
    """Return the points that were removed from `cloud`, as long as they are kept."""
    if REMOVED not in cloud.source:
        return None
    try:
        return workbench.cloud(cloud.source[REMOVED]).points
    except NotFound:
        return None


def _shown(workbench: Workbench, cloud_id: str, colouring: Any) -> dict[str, Any]:
    cloud = workbench.cloud(cloud_id)
    chosen = colouring if isinstance(colouring, str) else DEFAULT_COLOURING
    most = workbench.settings.limits.view_points
    figure, caption = show_cloud(cloud, chosen, most, removed_from(workbench, cloud))
    return {
        "figure": figure,
        "caption": caption,
        "cloud": cloud_id,
        "answer": not_asked(),
        **about(cloud),
    }


def _params(crop: Any, steps: Any) -> IsolateParams:
    """Read the fold; nothing of it is believed."""
    given = crop if isinstance(crop, Mapping) else {}
    chosen = steps if isinstance(steps, list) else []
    sides = {axis: [given.get(f"{axis}.{side}") for side in ("from", "to")] for axis in "xyz"}
    data = {"crop": sides, **{step: step in chosen for step in _STEPS}}
    if not any(value is not None for pair in sides.values() for value in pair):
        data["crop"] = None
    return parse(IsolateParams, data)


def _note(record: dict[str, Any]) -> list[Component]:
    total = record["kept"] + record["removed"]
    said = [step["said"] for step in record["steps"] if step["removed"]]
    return [
        html.Strong(f"Isolated: {record['kept']:,} of {counted(total, 'point')}. "),
        html.Span(" ".join(said)),
    ]


def _bounds(points: Points) -> str:
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    parts = [
        f"{axis} {number(float(f'{a:.4g}'))} to {number(float(f'{b:.4g}'))}"
        for axis, a, b in zip("xyz", low, high, strict=True)
    ]
    return f"This cloud: {', '.join(parts)}."


def _how() -> Component:
    limits: list[Component] = []
    for key, id_ in CROP.items():
        axis, side = key.split(".")
        words = f"{axis} {side}" if side == "from" else side
        limits.append(html.Label(words, htmlFor=id_))
        limits.append(dbc.Input(id=id_, type="number", step="any", size="sm"))
    return html.Div(
        [
            dbc.Checklist(
                id=STEPS,
                options=[{"label": words, "value": step} for step, words in _STEPS.items()],
                value=list(_STEPS),
            ),
            html.P("Look only within this box, in the scan's unit:", className="quiet"),
            html.Div(limits, className="crop-box"),
            html.P(id=BOUNDS, className="quiet"),
        ]
    )
