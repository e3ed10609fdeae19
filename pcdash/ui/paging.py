"""Long lists, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from pcdash.ui.components import pick_button


@dataclass(frozen=True)
class Page:
    """A part of a list.

    Attributes
    ----------
    number : int
        From 0.
    start, stop : int
        Its entries, as of a slice.
    total : int
        Entries of the whole list.
    """

    number: int
    start: int
    stop: int
    total: int


def page_of(wanted: object, total: int, size: int) -> Page:
    """Return the wanted page, or the nearest there is; `wanted` is what the browser sends."""
    text = str(wanted) if isinstance(wanted, int | str) else ""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    number = min(asked, max(0, (total - 1) // size))
    return Page(number, number * size, min(total, (number + 1) * size), total)


def pager(page: Page, store: str, names: tuple[str, str] = ("Newer", "Older")) -> list[Component]:
    """Return the buttons below a list, which write a page's number into `store`; none for one page.

    The list is newest first.
    """
    if page.stop - page.start == page.total:
        return []
    newer, older = names
    before = pick_button(newer, store, str(page.number - 1))
    after = pick_button(older, store, str(page.number + 1))
    before.disabled = page.start == 0
    after.disabled = page.stop == page.total
    place = f"{page.start + 1:,} to {page.stop:,} of {page.total:,}"
    return [html.Div([before, html.Span(place, className="quiet"), after], className="pager")]
