"""What can be asked about the cloud on view, under its prediction.

A new check is a module beside this one and a line in `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.ui.checks import blame, primitive, scan, turntable
from pcdash.ui.values import text
from pcdash.ui.view import GRAPH
from pcdash.workbench import Workbench


@dataclass(frozen=True)
class Finding:
    """What a check has to say.

    Attributes
    ----------
    panel : list of Component
    figure : Any
        What changes on the 3D view, a figure or a patch of it; nothing as a rule.
    """

    panel: list[Component]
    figure: Any = field(default=no_update)


@dataclass(frozen=True)
class Check:
    """Something that can be asked about the cloud on view.

    Attributes
    ----------
    button : str
        What stands on the button that asks.
    summary : str
        One sentence about what it does.
    find : callable
        ``find(workbench, cloud)`` looks.
    """

    button: str
    summary: str
    find: Callable[[Workbench, PointCloud], Finding]


CHECKS: dict[str, Check] = {
    "scan": Check(
        "How good is this scan?",
        "Estimates noise, outliers and coverage, and how right the model is on such scans.",
        lambda workbench, cloud: Finding(scan.find(workbench, cloud)),
    ),
    "turntable": Check(
        "Turntable",
        "Turns, scales, moves, thins and cuts the cloud some hundred times and asks again.",
        lambda workbench, cloud: Finding(turntable.find(workbench, cloud)),
    ),
    "blame": Check(
        "What decides?",
        "Deletes parts of the cloud some two hundred times, asks again, and colours the points.",
        lambda workbench, cloud: Finding(*blame.find(workbench, cloud)),
    ),
    "primitive": Check(
        "What are its sizes?",
        "Fits a primitive to the points, reads radius, height and axis, and draws it.",
        lambda workbench, cloud: Finding(*primitive.find(workbench, cloud)),
    ),
}
"""Name -> check, in the order of the page."""


def layout() -> Component:
    """Return a button for every check, and the places for what they find."""
    return html.Section(
        [
            html.Div(
                [
                    html.Button(
                        check.button,
                        id=_button(name),
                        type="button",
                        title=check.summary,
                        className="btn btn-sm btn-outline-secondary",
                    )
                    for name, check in CHECKS.items()
                ],
                className="check-buttons",
            ),
            *[html.Div(id=_panel(name), className="check", **_LIVE) for name in CHECKS],
        ],
        className="checks",
        **{"aria-label": "Checks of this answer"},
        hidden=not CHECKS,
    )


def register(app: Dash, workbench: Workbench, cloud: str) -> None:
    """Wire every check; a new cloud in the store `cloud` clears what was found about the last."""
    for name, check in CHECKS.items():
        app.callback(
            Output(_panel(name), "children"),
            Output(GRAPH, "figure", allow_duplicate=True),
            Input(_button(name), "n_clicks"),
            State(cloud, "data"),
            prevent_initial_call=True,
            running=[(Output(_button(name), "disabled"), True, False)],
        )(partial(_find, workbench, check))
    if CHECKS:
        app.clientside_callback(
            ClientsideFunction("pcdash", "clear"),
            [Output(_panel(name), "children", allow_duplicate=True) for name in CHECKS],
            Input(cloud, "data"),
            prevent_initial_call=True,
        )


def _find(
    workbench: Workbench, check: Check, _clicks: Any, cloud_id: Any
) -> tuple[list[Component], Any]:
    with workbench.turns.taken():
        found = check.find(workbench, workbench.cloud(text(cloud_id, "cloud")))
    return found.panel, found.figure


def _button(name: str) -> str:
    return f"explore-{name}-button"


def _panel(name: str) -> str:
    return f"explore-{name}-panel"


_LIVE = {"aria-live": "polite"}
