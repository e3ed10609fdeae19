"""The list of versions and the log of what served when, as pieces of the Models tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.datasets import root_of
from pcdash.ui.components import empty_state, pick_button
from pcdash.ui.specs import label
from pcdash.ui.version_choice import box
from pcdash.ui.wording import UNKNOWN, moment, percent, size
from pcdash.workbench import ModelRow

PAGE = 25
"""Versions on a page."""

LOGGED = 50
"""Changes of what is in service that are shown."""

_HEAD = (
    ("", ""),
    ("Version", "version"),
    ("Made", "extra"),
    ("Classifier", ""),
    ("Data", "extra"),
    ("Tested on", "number extra"),
    ("Accuracy", "number"),
    ("F1 (macro)", "number extra"),
    ("Disk", "number extra"),
    ("", ""),
)
"""Title and classes of each column; ``extra`` ones are left out on a phone."""

_LOG_HEAD = (("When", ""), ("Version", "version"), ("Before", "extra"), ("Why", ""))


def version_table(
    rows: Sequence[ModelRow], shown: ModelRow | None, ticked: Sequence[str], store: str
) -> Component:
    """Return a page of the list of versions.

    Parameters
    ----------
    rows : sequence of ModelRow
        Those on the page, newest first.
    shown : ModelRow or None
        The chosen one.
    ticked : sequence of str
        Versions that are to be compared.
    store : str
        Where a click on a version goes.
    """
    if not rows:
        link = html.A("Train the first one", href="#training")
        return empty_state("There is no model yet", link, ".")
    head = [html.Th(text, className=kind, scope="col") for text, kind in _HEAD]
    body = [_row(row, store, ticked, chosen=row is shown) for row in rows]
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table listing")


def disk_note(rows: Sequence[ModelRow]) -> str:
    """Return how many versions there are and what they take; empty without any."""
    if not rows:
        return ""
    number = "1 version" if len(rows) == 1 else f"{len(rows):,} versions"
    return f"{number}, {size(sum(row.disk for row in rows))} on disk"


def log_table(entries: Sequence[Mapping[str, Any]]) -> Component:
    """Return the newest changes of what is in service; `entries` are newest first."""
    if not entries:
        return html.P("Nothing has been put in service yet.", className="quiet")
    head = [html.Th(text, className=kind, scope="col") for text, kind in _LOG_HEAD]
    body = [_logged(entry) for entry in entries[:LOGGED]]
    more = len(entries) - LOGGED
    note = f"{more:,} older: python -m pcdash models log" if more > 0 else ""
    return html.Div(
        [
            html.Table(
                [html.Thead(html.Tr(head)), html.Tbody(body)], className="table listing log-list"
            ),
            html.P(note, className="quiet"),
        ]
    )


def _logged(entry: Mapping[str, Any]) -> Component:
    why = [str(entry[key]) for key in ("reason", "note") if entry.get(key)]
    if entry.get("override"):
        why.append(f"overridden: {entry['override']}")
    cells = (
        moment(float(entry["at"])),
        str(entry["version"]),
        str(entry.get("previous") or UNKNOWN),
        "; ".join(why) or str(entry["action"]),
    )
    return html.Tr(
        [html.Td(cell, className=kind) for cell, (_, kind) in zip(cells, _LOG_HEAD, strict=True)]
    )


def _row(row: ModelRow, store: str, ticked: Sequence[str], *, chosen: bool) -> Component:
    cells = (
        box(row.version, ticked),
        pick_button(row.version, store, row.version, title="Show its report"),
        moment(row.created_at),
        label(row.model),
        data_of(row),
        UNKNOWN if row.n_test is None else f"{row.n_test:,}",
        percent(row.accuracy),
        percent(row.f1_macro),
        size(row.disk),
        _mark(row),
    )
    return html.Tr(
        [html.Td(cell, className=kind) for cell, (_, kind) in zip(cells, _HEAD, strict=True)],
        className="chosen" if chosen else "",
    )


def data_of(row: ModelRow) -> Component:
    """Return what a version was trained on; a stored dataset's hash is a detail."""
    title = root_of(row.dataset) if row.dataset is not None else None
    return html.Span(row.data, title=title)


def _mark(row: ModelRow) -> Component:
    if row.problem:
        return html.Span("damaged", className="service-mark bad", title=row.problem)
    if row.served:
        return html.Span("in service", className="service-mark good")
    return html.Span("loading" if row.current else "", className="service-mark")
