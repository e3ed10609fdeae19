"""Two to five versions side by side: which is better, and is that more than luck?"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dash import Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.errors import InvalidInput, NotFound
from pcdash.ui import compare_parts as parts
from pcdash.ui.components import empty_state
from pcdash.ui.gallery import (
    GalleryIds,
    Shown,
    draw_cloud,
    draw_page,
    fresh_page,
    gallery,
    register_gallery,
)
from pcdash.ui.ids import BASE, LOCATION
from pcdash.ui.wording import counted
from pcdash.workbench import Workbench
from pcdash.workbench.comparison import check_choice

RULE = "compare/<versions>"

BODY = "compare-body-panel"
CLOUDS_PANEL = "compare-clouds-panel"
BUTTONS = "compare-only-panel"
ONLY = "compare-only-store"
GALLERY = GalleryIds("compare")

_PATH = re.compile(re.escape(BASE) + r"compare/([^/]{1,200})/?")
_KEY = re.compile(r"([0-9]{8}-[0-9]{6}) ([0-9]{1,5})")


def layout(_workbench: Workbench) -> list[Component]:
    """Return the page, empty."""
    return [
        dcc.Store(id=ONLY),
        html.Div(id=BODY),
        html.Section(
            [
                html.H3("Which test clouds does only one get right?"),
                html.Div(id=BUTTONS, className="only-buttons"),
                gallery(GALLERY),
            ],
            id=CLOUDS_PANEL,
            hidden=True,
            className="report-part",
        ),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the page to the use cases."""
    app.callback(
        output={
            "body": Output(BODY, "children"),
            "buttons": Output(BUTTONS, "children"),
            "no_clouds": Output(CLOUDS_PANEL, "hidden"),
            "only": Output(ONLY, "data"),
        },
        inputs={"path": Input(LOCATION, "pathname")},
    )(partial(show_comparison, workbench))
    register_gallery(
        app,
        GALLERY,
        ONLY,
        show_clouds=partial(show_clouds, workbench),
        show_cloud=partial(show_cloud, workbench),
    )


# -- callbacks ------------------------------------------------------------------------------------


def show_comparison(workbench: Workbench, *, path: Any) -> dict[str, Any]:
    """Compare the versions that the address names."""
    chosen = versions_in(path)
    if chosen is None:
        return dict.fromkeys(("body", "buttons", "no_clouds", "only"), no_update)
    try:
        comparison = workbench.compare(chosen)
    except (InvalidInput, NotFound) as error:
        why = empty_state(
            "Nothing to compare",
            f"{error.message[:1].upper()}{error.message[1:]}. ",
            html.A("See all versions", href="#models"),
            ".",
        )
        return {"body": why, "buttons": [], "no_clouds": True, "only": no_update}
    return {
        "body": parts.body(comparison),
        "buttons": parts.only_buttons(comparison, ONLY),
        "no_clouds": not comparison.only,
        "only": next((v for v, clouds in comparison.only.items() if clouds), None),
    }


def show_clouds(workbench: Workbench, *, chosen: Any, page: Any, path: Any) -> dict[str, Any]:
    """Show a page of the clouds that only one version classifies right."""
    versions = versions_in(path)
    if versions is None:
        return GALLERY.unchanged()
    try:
        comparison = workbench.compare(versions)
    except (InvalidInput, NotFound):  # which the body of the page says
        return GALLERY.unchanged()
    clouds = comparison.only.get(chosen, ()) if isinstance(chosen, str) else ()
    if not clouds:
        none = "No cloud is classified right by only one of them." if comparison.only else ""
        return draw_page(GALLERY, [], 1, none, ())
    evidence = {one.version: one.evidence for one in comparison.dossiers}
    shown = [
        Shown(f"{version} {row}", found, row)
        for version, row in clouds
        if (found := evidence[version]) is not None
    ]
    right, other = (parts.named(comparison, version) for version in (str(chosen), clouds[0][0]))
    number = counted(len(shown), "cloud")
    caption = f"{number} that only {right} classifies right; below each, what {other} said."
    return draw_page(
        GALLERY, shown, fresh_page(GALLERY.pager, page), caption, comparison.first.classes
    )


def show_cloud(workbench: Workbench, *, key: Any, path: Any, drawn: Any) -> dict[str, Any]:
    """Show the chosen cloud as a scene."""
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    if match is None or match[1] not in (versions_in(path) or ()):
        return draw_cloud(None, (), drawn)
    dossier, row = workbench.dossier(match[1]), int(match[2])
    evidence = dossier.evidence
    cloud = (
        Shown(match[0], evidence, row)
        if evidence is not None and row < len(evidence.said)
        else None
    )
    return draw_cloud(cloud, dossier.classes, drawn)


def is_there(workbench: Workbench, path: str) -> bool:
    """Whether the versions that an address names are there, and can be compared."""
    try:
        return all(map(workbench.has_version, check_choice(versions_in(path) or ())))
    except InvalidInput:
        return False


def versions_in(path: Any) -> tuple[str, ...] | None:
    """Return the versions that an address names; None if it is not that of a comparison."""
    match = _PATH.fullmatch(path) if isinstance(path, str) else None
    return tuple(match[1].replace("%2C", ",").split(",")) if match else None
