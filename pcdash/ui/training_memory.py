"""What was typed into a training's form outlives a reload of the page, in the browser alone.

Both ways are callbacks of the browser: the text is remembered whenever it changes, and comes back
once after the page has loaded; the form then follows it as it follows any text.
"""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output, State, dcc
from dash.development.base_component import Component

from pcdash.ui.ids import LOCATION

MEMORY = "training-memory-store"
"""``{"text", "from"}``: the text, and the link that the page had when it was written.

A page that is loaded by another link shows what that link asks for.
"""


def store() -> Component:
    """Return the memory; it ends with the browser's tab."""
    return dcc.Store(id=MEMORY, storage_type="session")


def register(app: Dash, editor: str) -> None:
    """Wire the memory to the text of the control `editor`."""
    app.clientside_callback(
        ClientsideFunction("pcdash", "remember"),
        Output(MEMORY, "data"),
        Input(editor, "value"),
        State(LOCATION, "hash"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("pcdash", "recall"),
        Output(editor, "value", allow_duplicate=True),
        Input(MEMORY, "modified_timestamp"),
        State(MEMORY, "data"),
        State(editor, "value"),
        State(LOCATION, "hash"),
        prevent_initial_call=True,
    )
