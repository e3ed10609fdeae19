"""The tabs. A new one is a file beside this one and a line in `TABS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dash import Dash
from dash.development.base_component import Component

from pcdash.ui.tabs import data, explore, models, training
from pcdash.workbench import Workbench


@dataclass(frozen=True)
class Tab:
    """One tab.

    Attributes
    ----------
    name : str
        Its place in the address (``#name``) and the first word of all its ids.
    label : str
    layout : callable
        Returns its components.
    register : callable
        Wires its callbacks.
    """

    name: str
    label: str
    layout: Callable[[Workbench], list[Component]]
    register: Callable[[Dash, Workbench], None]


TABS: tuple[Tab, ...] = (
    Tab("explore", "Explore", explore.layout, explore.register),
    Tab("data", "Data", data.layout, data.register),
    Tab("training", "Training", training.layout, training.register),
    Tab("models", "Models", models.layout, models.register),
)
"""In the order of the header; the first is shown at first."""
