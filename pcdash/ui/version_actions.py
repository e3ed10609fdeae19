"""What can be done with the chosen version: read and compare it, serve it, roll back, delete it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from pcdash.ui.components import button
from pcdash.ui.ids import BASE
from pcdash.ui.shell import tell
from pcdash.ui.values import text
from pcdash.workbench import ModelRow, Workbench

TITLE = "models-version-text"
ACTIONS = "models-actions-panel"
REPORT = "models-report-link"
COMPARE = "models-compare-link"
PROMOTE = "models-promote-button"
ROLLBACK = "models-rollback-button"
DELETE = "models-delete-button"
DELETE_DIALOG = "models-delete-dialog"


def actions() -> list[Component]:
    """Return the row of buttons, and the question before a version is deleted."""
    return [
        dcc.ConfirmDialog(id=DELETE_DIALOG, message="Delete this version for good?"),
        html.Div(
            [
                html.H3(id=TITLE),
                html.A("Full report", id=REPORT, href="#", className="btn btn-outline-primary"),
                html.A(
                    "Compare with the one in service",
                    id=COMPARE,
                    href="#",
                    className="btn btn-outline-primary",
                    hidden=True,
                ),
                button("Serve this version", PROMOTE, "btn-primary"),
                button("Roll back", ROLLBACK, "btn-outline-secondary"),
                button("Delete", DELETE, "btn-outline-danger"),
            ],
            id=ACTIONS,
            className="detail-head",
            hidden=True,
        ),
    ]


def outputs() -> dict[str, Any]:
    """Return what `values` fills."""
    return {
        "title": Output(TITLE, "children"),
        "report_link": Output(REPORT, "href"),
        "compare_link": Output(COMPARE, "href"),
        "no_compare": Output(COMPARE, "hidden"),
        "no_actions": Output(ACTIONS, "hidden"),
        "promote": {
            "value": Output(PROMOTE, "value"),
            "disabled": Output(PROMOTE, "disabled"),
            "title": Output(PROMOTE, "title"),
        },
        "rollback": {"disabled": Output(ROLLBACK, "disabled"), "title": Output(ROLLBACK, "title")},
        "delete": {"disabled": Output(DELETE, "disabled"), "title": Output(DELETE, "title")},
    }


def values(
    rows: Sequence[ModelRow], row: ModelRow | None, *, blocked: str | None
) -> dict[str, Any]:
    """Return the values of `outputs`; what is disabled says why.

    Parameters
    ----------
    rows : sequence of ModelRow
        All versions.
    row : ModelRow or None
        The chosen one.
    blocked : str or None
        Why this server promotes nothing.
    """
    version = row.version if row is not None else ""
    served = next((one.version for one in rows if one.served), None)
    return {
        "title": f"Version {version}" if row is not None else "",
        "report_link": f"{BASE}models/{version}",
        "compare_link": f"{BASE}compare/{served},{version}",
        "no_compare": row is None or served in (None, version),
        "no_actions": row is None,
        "promote": {"value": version, **_promotion(row, blocked)},
        "rollback": {
            "disabled": blocked is not None or len(rows) < 2,
            "title": blocked or "Serve the version that was in service before this one",
        },
        "delete": _deletion(row, blocked),
    }


def register(app: Dash, workbench: Workbench, selected: str) -> None:
    """Wire the buttons to the use cases; `selected` is the store of the chosen version."""
    app.callback(
        Output(DELETE_DIALOG, "displayed"),
        Output(DELETE_DIALOG, "message"),
        Input(DELETE, "n_clicks"),
        State(PROMOTE, "value"),
        prevent_initial_call=True,
    )(ask_to_delete)
    app.callback(
        Output(selected, "data", allow_duplicate=True),
        Input(DELETE_DIALOG, "submit_n_clicks"),
        State(PROMOTE, "value"),
        prevent_initial_call=True,
    )(partial(delete, workbench))
    app.callback(
        Output(ROLLBACK, "disabled", allow_duplicate=True),
        Input(ROLLBACK, "n_clicks"),
        prevent_initial_call=True,
    )(partial(roll_back, workbench))


def ask_to_delete(_clicks: Any, version: Any) -> tuple[bool, str]:
    """Ask whether the chosen version shall go."""
    version = text(version, "version")
    return True, f"Delete version {version} with its report for good?"


def delete(workbench: Workbench, _clicks: Any, version: Any) -> None:
    """Remove the chosen version."""
    version = text(version, "version")
    workbench.delete(version)
    tell(f"Version {version} is gone.", kind="success")


def roll_back(workbench: Workbench, _clicks: Any) -> bool:
    """Put the version in service that was so before."""
    version = workbench.rollback()
    tell(f"Back to version {version}.", kind="success")
    return True


def _promotion(row: ModelRow | None, blocked: str | None) -> dict[str, Any]:
    why = blocked
    if why is None and row is not None:
        why = row.problem or ("This version is in service." if row.current else None)
    return {
        "disabled": row is None or why is not None,
        "title": why or "Answer with this version from now on",
    }


def _deletion(row: ModelRow | None, blocked: str | None) -> dict[str, Any]:
    why = blocked or ("This version is in service." if row is not None and row.current else None)
    return {
        "disabled": row is None or why is not None,
        "title": why or "Remove it with its report; asks first",
    }
