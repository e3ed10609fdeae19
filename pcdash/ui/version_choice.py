"""Choosing versions in the list, to hold them against one another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from pcdash.ui.compare_parts import LETTERS
from pcdash.ui.components import pick_button
from pcdash.ui.ids import BASE
from pcdash.workbench.comparison import FEWEST, MOST

CHOSEN = "models-chosen-store"
"""The versions that are chosen, in the order in which they were."""

TOGGLE = "models-toggle-store"
"""A version to choose, or to choose no more; empty: none at all."""

PANEL = "models-chosen-panel"


def stores() -> list[Component]:
    """Return what remembers the choice."""
    return [dcc.Store(id=CHOSEN, data=[]), dcc.Store(id=TOGGLE)]


def register(app: Dash) -> None:
    """Wire the boxes to the choice, in the browser."""
    app.clientside_callback(
        ClientsideFunction("pcdash", "toggle"),
        [Output(CHOSEN, "data"), Output(TOGGLE, "data")],  # used up: the same box may come again
        Input(TOGGLE, "data"),
        State(CHOSEN, "data"),
        prevent_initial_call=True,
    )


def known(chosen: Any, versions: Collection[str]) -> list[str]:
    """Return those of the chosen versions that are there; `chosen` is what the browser sends."""
    listed = chosen[: 4 * MOST] if isinstance(chosen, list) else []
    there = [one for one in listed if isinstance(one, str) and one in versions]
    return list(dict.fromkeys(there))[:MOST]


def box(version: str, chosen: Sequence[str]) -> Component:
    """Return the box in a version's row."""
    checked = version in chosen
    full = len(chosen) >= MOST and not checked
    title = f"At most {MOST} versions are compared." if full else f"Compare version {version}"
    return html.Button(
        LETTERS[chosen.index(version)] if checked else "",
        type="button",
        role="checkbox",
        disabled=full,
        className="choice",
        title=title,
        **{
            "aria-checked": str(checked).lower(),
            "aria-label": title,
            "data-pick-store": TOGGLE,
            "data-pick": version,
        },
    )


def panel(chosen: Sequence[str], total: int) -> list[Component]:
    """Return what can be done with the chosen ones of `total` versions."""
    if total < FEWEST:
        return []
    if chosen:
        named = ", ".join(f"{letter} {one}" for letter, one in zip(LETTERS, chosen, strict=False))
        missing = "" if len(chosen) >= FEWEST else "; choose one more"
        said = f"{named}{missing}"
    else:
        said = f"Tick {FEWEST} to {MOST} versions to hold them against the first of them."
    return [
        _link(chosen),
        html.Span(said, className="quiet", **{"aria-live": "polite"}),
        *([pick_button("Choose none", TOGGLE, "")] if chosen else []),
    ]


def _link(chosen: Sequence[str]) -> Component:
    look = "btn btn-sm btn-outline-primary"
    if len(chosen) < FEWEST:
        why = f"Choose {FEWEST} to {MOST} versions first."
        return html.Button(
            "Compare chosen", type="button", disabled=True, title=why, className=look
        )
    return dcc.Link("Compare chosen", href=f"{BASE}compare/{','.join(chosen)}", className=look)
