"""Pages below the tabs, each at an address of its own.

They stand in the same layout as the tabs, so that going there and back loses nothing.  A new one
is a file beside this one and a line in `PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dash import Dash
from dash.development.base_component import Component

from pcdash.ui.pages import compare, report
from pcdash.workbench import Workbench


@dataclass(frozen=True)
class SubPage:
    """One page.

    Attributes
    ----------
    name : str
        The first word of all its ids.
    under : str
        The tab that is marked in the header meanwhile.
    rule : str
        Its path below the page's own, as Flask writes it; what stands before the variable names it.
    there : callable
        Whether there is anything at a path; the page says itself that there is not.
    layout : callable
        Returns its components.
    register : callable
        Wires its callbacks.
    """

    name: str
    under: str
    rule: str
    there: Callable[[Workbench, str], bool]
    layout: Callable[[Workbench], list[Component]]
    register: Callable[[Dash, Workbench], None]

    @property
    def place(self) -> str:
        """What its paths begin with."""
        return self.rule.partition("<")[0]


PAGES: tuple[SubPage, ...] = (
    SubPage("report", "models", report.RULE, report.is_there, report.layout, report.register),
    SubPage("compare", "models", compare.RULE, compare.is_there, compare.layout, compare.register),
)
