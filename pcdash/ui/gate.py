"""What asks before a version serves that is worse, or that nobody could compare."""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from pcdash.core.examination.gate import Verdict
from pcdash.ui.components import button
from pcdash.ui.shell import tell
from pcdash.ui.values import text
from pcdash.workbench import Workbench

GATE = "models-gate-panel"
GATE_TEXT = "models-gate-text"
GATE_REASON = "models-gate-input"
GATE_CONFIRM = "models-gate-confirm-button"
GATE_CANCEL = "models-gate-cancel-button"


def panel() -> Component:
    """Return the question, hidden until there is one."""
    return html.Div(
        [
            html.Div(id=GATE_TEXT),
            dbc.Input(
                id=GATE_REASON,
                type="text",
                maxlength=500,
                placeholder="Why all the same? Goes into the log.",
            ),
            html.Div(
                [
                    button("Serve it all the same", GATE_CONFIRM, "btn-primary"),
                    button("Leave it", GATE_CANCEL, "btn-outline-secondary"),
                ],
                className="gate-buttons",
            ),
        ],
        id=GATE,
        className="notice gate",
        role="alertdialog",
        hidden=True,
    )


def register(app: Dash, workbench: Workbench, *, promote: str, selected: str) -> None:
    """Wire the question.

    Parameters
    ----------
    app : Dash
    workbench : Workbench
    promote, selected : str
        Ids of the button that asks for promotion, whose value is the version, and of the store of
        the chosen version: choosing another one closes the question.
    """
    shown = {
        "hidden": Output(GATE, "hidden", allow_duplicate=True),
        "text": Output(GATE_TEXT, "children", allow_duplicate=True),
        "version": Output(GATE_CONFIRM, "value", allow_duplicate=True),
        "no_reason": Output(GATE_REASON, "style", allow_duplicate=True),
        "reason": Output(GATE_REASON, "value", allow_duplicate=True),
    }
    app.callback(
        output=shown,
        inputs={"_clicks": Input(promote, "n_clicks")},
        state={"version": State(promote, "value")},
        prevent_initial_call=True,
    )(partial(ask, workbench))
    app.callback(
        output=shown,
        inputs={"_clicks": Input(GATE_CONFIRM, "n_clicks")},
        state={"version": State(GATE_CONFIRM, "value"), "reason": State(GATE_REASON, "value")},
        prevent_initial_call=True,
    )(partial(confirm, workbench))
    app.callback(
        output=shown,
        inputs={"_clicks": Input(GATE_CANCEL, "n_clicks"), "_selected": Input(selected, "data")},
        prevent_initial_call=True,
    )(close_gate)


def ask(workbench: Workbench, *, version: Any, **_clicks: Any) -> dict[str, Any]:
    """Put the chosen version in service, or ask first: it is worse, or nobody could compare it."""
    version = text(version, "version")
    verdict = workbench.judge(version)
    if verdict.clear:
        return _serve(workbench, version, None)
    return {
        "hidden": False,
        "text": _question(version, verdict),
        "version": version,
        "no_reason": {} if verdict.worse else {"display": "none"},
        "reason": "",
    }


def confirm(workbench: Workbench, *, version: Any, reason: Any, **_clicks: Any) -> dict[str, Any]:
    """Put the version in service that was asked about."""
    return _serve(workbench, text(version, "version"), text(reason or "", "reason") or None)


def close_gate(**_triggers: Any) -> dict[str, Any]:
    """Ask no more."""
    return {"hidden": True, "text": "", "version": "", "no_reason": no_update, "reason": ""}


def _serve(workbench: Workbench, version: str, reason: str | None) -> dict[str, Any]:
    workbench.promote(version, reason="promoted on the page", override=reason)
    tell(f"Version {version} is going into service.", kind="success")
    return close_gate()


def _question(version: str, verdict: Verdict) -> list[Component]:
    if not verdict.worse:
        said = f"Version {version} was {verdict.note}. Nobody knows whether it is better or worse."
        return [html.P(said)]
    return [
        html.P(f"Version {version} is significantly worse than the one in service:"),
        html.Ul([html.Li(str(one)) for one in verdict.worse]),
    ]
