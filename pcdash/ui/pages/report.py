"""The report of one version: how right is it, how does it fail, and can it be trusted?"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.core.examination.evidence import Evidence
from pcdash.errors import NotFound
from pcdash.figures import confusion_figure, map_figure
from pcdash.ui import report_parts as parts
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
from pcdash.ui.report_filter import MISTAKES, chosen_clouds
from pcdash.ui.results import CONFIG, MOST_CLASSES
from pcdash.workbench import Workbench
from pcdash.workbench.dossier import Dossier

RULE = "models/<version>"
DOWNLOAD_RULE = RULE + "/report.html"

HEAD = "report-head-panel"
BODY = "report-body-panel"
FIGURES = "report-figures-panel"
CONFUSION = "report-confusion-graph"
CONFUSION_PANEL = "report-confusion-panel"
MISTAKEN = "report-mistaken-panel"
CURVES = "report-curves-panel"
CLOUDS_PANEL = "report-clouds-panel"
FILTER = "report-filter-store"
ALL_MISTAKES = "report-mistakes-button"
MAP = "report-map-graph"
MAP_TEXT = "report-map-text"
ABOUT = "report-about-panel"
GALLERY = GalleryIds("report")

_PATH = re.compile(re.escape(BASE) + r"models/([^/]{1,40})/?")
_KEY = re.compile(r"[0-9]{1,5}")


def address(version: str) -> str:
    """Return where the report of a version is."""
    return f"{BASE}models/{version}"


def layout(_workbench: Workbench) -> list[Component]:
    """Return the page, empty."""
    return [
        dcc.Store(id=FILTER, data=MISTAKES),
        html.Div(id=HEAD),
        html.Div(
            [
                html.Div(
                    [
                        html.Div(id=FIGURES),
                        html.Section(id=ABOUT, className="report-part"),
                    ],
                    className="report-columns",
                ),
                html.Section(
                    [
                        html.H3("Which classes are mistaken for which?"),
                        html.Div(
                            [
                                html.Div(
                                    [
                                        html.P(
                                            "Click a cell to see the clouds in it.",
                                            className="quiet",
                                        ),
                                        dcc.Graph(
                                            id=CONFUSION,
                                            figure={},
                                            config=CONFIG,
                                            responsive=True,
                                            className="confusion clickable",
                                        ),
                                    ],
                                    id=CONFUSION_PANEL,
                                ),
                                html.Div(id=MISTAKEN),
                            ],
                            className="report-columns",
                        ),
                    ],
                    className="report-part",
                ),
                html.Div(id=CURVES),
                html.Section(
                    [
                        html.Div(
                            [
                                html.H3("Which clouds are they?"),
                                html.Button(
                                    "Show all mistakes",
                                    id=ALL_MISTAKES,
                                    type="button",
                                    className="btn btn-sm btn-outline-secondary",
                                ),
                            ],
                            className="detail-head",
                        ),
                        gallery(GALLERY),
                        html.H3("Which clouds look alike to it?"),
                        html.P(id=MAP_TEXT, className="quiet"),
                        dcc.Graph(
                            id=MAP,
                            figure={},
                            config=CONFIG,
                            responsive=True,
                            className="descriptor-map",
                            style={"height": "520px"},
                        ),
                    ],
                    id=CLOUDS_PANEL,
                    className="report-part",
                ),
            ],
            id=BODY,
            hidden=True,
        ),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the page to the use cases."""
    app.callback(
        output={
            "head": Output(HEAD, "children"),
            "hidden": Output(BODY, "hidden"),
            "figures": Output(FIGURES, "children"),
            "about": Output(ABOUT, "children"),
            "mistaken": Output(MISTAKEN, "children"),
            "confusion": Output(CONFUSION, "figure"),
            "confusion_style": Output(CONFUSION, "style"),
            "no_confusion": Output(CONFUSION_PANEL, "hidden"),
            "curves": Output(CURVES, "children"),
            "no_clouds": Output(CLOUDS_PANEL, "hidden"),
            "map": Output(MAP, "figure"),
            "map_text": Output(MAP_TEXT, "children"),
            "filter": Output(FILTER, "data"),
        },
        inputs={"path": Input(LOCATION, "pathname")},
    )(partial(show_report, workbench))
    register_gallery(
        app,
        GALLERY,
        FILTER,
        show_clouds=partial(show_clouds, workbench),
        show_cloud=partial(show_cloud, workbench),
    )
    app.clientside_callback(
        ClientsideFunction("pcdash", "chooseClouds"),
        # The click is used up, so that the same cell can be clicked on again.
        [Output(FILTER, "data", allow_duplicate=True), Output(CONFUSION, "clickData")],
        Input(CONFUSION, "clickData"),
        Input(MAP, "selectedData"),
        Input(ALL_MISTAKES, "n_clicks"),
        prevent_initial_call=True,
    )


# -- callbacks ------------------------------------------------------------------------------------


def show_report(workbench: Workbench, *, path: Any) -> dict[str, Any]:
    """Say everything about the version that the address names."""
    version = version_in(path)
    nothing = dict.fromkeys(
        ("figures", "about", "mistaken", "confusion", "confusion_style", "no_confusion", "curves",
         "no_clouds", "map", "map_text", "filter"),
        no_update,
    )  # fmt: skip
    if version is None:
        return nothing | {"head": no_update, "hidden": no_update}
    try:
        dossier = workbench.dossier(version)
    except NotFound:
        return nothing | {"head": parts.unknown_version(version), "hidden": True}
    evidence, confusion = dossier.evidence, dossier.confusion
    readable = 0 < len(confusion) <= MOST_CLASSES
    return {
        "head": parts.head(dossier, served=workbench.served_version),
        "hidden": False,
        "figures": parts.figures(dossier),
        "about": parts.about(dossier),
        "mistaken": parts.mistaken(dossier, FILTER),
        "confusion": confusion_figure(confusion.tolist(), dossier.classes) if readable else {},
        "confusion_style": {"height": f"{88 + 36 * len(confusion)}px"},
        "no_confusion": not readable,
        "curves": parts.curves(dossier),
        "no_clouds": evidence is None,
        "map": {} if evidence is None else _map(evidence, dossier),
        "map_text": "" if evidence is None else parts.map_text(dossier, evidence),
        "filter": MISTAKES,
    }


def show_clouds(workbench: Workbench, *, chosen: Any, page: Any, path: Any) -> dict[str, Any]:
    """Show a page of the clouds that are asked for, those first that the version was surest of."""
    version = version_in(path)
    if version is None:
        return GALLERY.unchanged()
    try:
        dossier = workbench.dossier(version)
    except NotFound:  # which the head of the page says
        return GALLERY.unchanged()
    evidence = dossier.evidence
    if evidence is None:
        return draw_page(GALLERY, [], 1, "", ())
    rows, caption = chosen_clouds(evidence, dossier, chosen)
    clouds = [Shown(str(row), evidence, int(row)) for row in rows]
    return draw_page(GALLERY, clouds, fresh_page(GALLERY.pager, page), caption, dossier.classes)


def show_cloud(workbench: Workbench, *, key: Any, path: Any, drawn: Any) -> dict[str, Any]:
    """Show the chosen cloud as a scene."""
    version = version_in(path)
    if version is None or not (isinstance(key, str) and _KEY.fullmatch(key)):
        return draw_cloud(None, (), drawn)
    dossier, row = workbench.dossier(version), int(key)
    evidence = dossier.evidence
    if evidence is None or row >= len(evidence.said):
        return draw_cloud(None, (), drawn)
    return draw_cloud(Shown(key, evidence, row), dossier.classes, drawn)


def is_there(workbench: Workbench, path: str) -> bool:
    """Whether the version that an address names is there."""
    version = version_in(path)
    return version is not None and workbench.has_version(version)


def version_in(path: Any) -> str | None:
    """Return the version that an address names; None if it is not that of a report."""
    match = _PATH.fullmatch(path) if isinstance(path, str) else None
    return match[1] if match else None


# -- pieces ---------------------------------------------------------------------------------------


def _map(evidence: Evidence, dossier: Dossier) -> dict[str, Any]:
    return map_figure(
        evidence.place, evidence.truth, evidence.said, dossier.classes, evidence.name.tolist()
    )


def download_name(version: str) -> str:
    """Return the name of the file that holds a version's report."""
    return f"pcdash-{version}.html"
