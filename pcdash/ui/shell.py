"""The frame around the tabs: header, navigation, served version, messages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, set_props
from dash.development.base_component import Component

from pcdash.errors import PcdashError
from pcdash.ui.ids import BASE, LOCATION, POLL, TOAST
from pcdash.workbench import Workbench

if TYPE_CHECKING:
    from pcdash.ui.pages import SubPage
    from pcdash.ui.tabs import Tab

_log = logging.getLogger(__name__)

DOT = "shell-health-dot"
VERSION = "shell-version-text"
BEAT = "shell-beat-store"

FAST_POLL, SLOW_POLL = 1000, 3000
"""Milliseconds between looks at the status: while a model is on its way, and afterwards."""

UNEXPECTED = "Something went wrong on the server; its log has the details."

_DOTS = {"ready": "good", "loading": "pending", "training": "pending"}
"""State of the service -> colour of the dot; bad is what is not listed."""


def section_id(name: str) -> str:
    """Id of the section of a tab or page."""
    return f"{name}-tab-section"


def link_id(name: str) -> str:
    """Id of a tab's link in the header."""
    return f"{name}-tab-link"


def layout(workbench: Workbench, tabs: Sequence[Tab], pages: Sequence[SubPage]) -> Component:
    """Return the whole page; every tab and page is in it, one is shown."""
    return html.Div(
        [
            dcc.Location(id=LOCATION, refresh=False),
            dcc.Interval(id=POLL, interval=FAST_POLL),
            dcc.Store(id=BEAT),
            _header(tabs),
            html.P(
                "The server does not answer. It may have been stopped; this page goes on by "
                "itself when it is back.",
                className="offline",
                role="alert",
            ),
            html.Main(
                [
                    html.Section(tab.layout(workbench), id=section_id(tab.name), hidden=True)
                    for tab in tabs
                ]
                + [
                    html.Section(
                        page.layout(workbench),
                        id=section_id(page.name),
                        hidden=True,
                        **{"data-place": BASE + page.place, "data-under": page.under},
                    )
                    for page in pages
                ]
            ),
            dbc.Toast(
                id=TOAST,
                header="pcdash",
                is_open=False,
                dismissable=True,
                className="message",
            ),
        ],
        className="page",
    )


def register(
    app: Dash, workbench: Workbench, tabs: Sequence[Tab], pages: Sequence[SubPage]
) -> None:
    """Wire header and navigation."""
    app.callback(
        output={
            "dot": Output(DOT, "className"),
            "title": Output(DOT, "title"),
            "version": Output(VERSION, "children"),
            "interval": Output(POLL, "interval"),
            "beat": Output(BEAT, "data"),
        },
        inputs={"ticks": Input(POLL, "n_intervals")},
    )(partial(show_status, workbench))
    app.clientside_callback(
        ClientsideFunction("pcdash", "showTab"),
        [
            *[Output(section_id(tab.name), "hidden") for tab in tabs],
            *[Output(section_id(page.name), "hidden") for page in pages],
            *[Output(link_id(tab.name), "className") for tab in tabs],
        ],
        Input(LOCATION, "hash"),
        Input(LOCATION, "pathname"),
        Input(LOCATION, "search"),
    )
    app.clientside_callback(
        ClientsideFunction("pcdash", "backOff"),
        Output(POLL, "interval", allow_duplicate=True),
        Input(POLL, "n_intervals"),
        State(BEAT, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("pcdash", "heard"), Input(BEAT, "data"), prevent_initial_call=True
    )
    # Not the toast's own `duration`: that counts from the first of several messages.
    app.clientside_callback(
        ClientsideFunction("pcdash", "leave"),
        Input(TOAST, "children"),
        Input(TOAST, "is_open"),
        prevent_initial_call=True,
    )


def show_status(workbench: Workbench, *, ticks: Any) -> dict[str, Any]:
    """Say which model answers and whether all is well."""
    status = workbench.status()
    colour = _DOTS.get(status.state, "bad")
    waiting = status.state in ("loading", "training")
    return {
        "dot": f"dot dot-{colour}",
        "title": status.detail,
        "version": status.model_version or "no model yet",
        "interval": FAST_POLL if waiting else SLOW_POLL,
        "beat": ticks,
    }


def tell(text: str, *, kind: str = "info") -> None:
    """Show a message from within a callback.

    Parameters
    ----------
    text : str
        Shown as it is, never as markup.
    kind : {"info", "success", "danger"}
    """
    set_props(TOAST, {"children": text, "icon": kind, "is_open": True})


def on_error(error: Exception) -> None:
    """Turn what a callback raises into a message; Dash then leaves its outputs alone."""
    if isinstance(error, PcdashError):
        tell(error.message, kind="danger")
    else:
        _log.error("a callback failed", exc_info=error)
        tell(UNEXPECTED, kind="danger")


def _header(tabs: Sequence[Tab]) -> Component:
    links = [
        html.A(tab.label, id=link_id(tab.name), href=f"#{tab.name}", className="tab-link")
        for tab in tabs
    ]
    return html.Header(
        html.Div(
            [
                html.A("pcdash", href="#" + tabs[0].name, className="brand"),
                html.Nav(links, className="tabs", **{"aria-label": "Tabs"}),
                html.Div(
                    [
                        html.Span(className="dot dot-pending", id=DOT, role="img"),
                        html.Span("connecting", id=VERSION, className="version"),
                    ],
                    className="service",
                    **{"aria-live": "polite"},
                ),
                html.A("API", href="/docs", className="tab-link", title="The JSON routes"),
                html.Button(
                    html.Span(className="theme-icon"),
                    type="button",
                    className="theme-button",
                    **{"data-tool": "theme", "aria-label": "Light or dark"},
                ),
            ],
            className="header-inner",
        ),
        className="header",
        **{"data-home": BASE},
    )
