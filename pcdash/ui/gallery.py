"""Clouds as small pictures, a page of them at a time, and one of them as a live 3D scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
import numpy as np
from dash import Dash, Input, Output, Patch, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from numpy.typing import NDArray

from pcdash.core.examination.evidence import Evidence
from pcdash.figures import class_colour, cloud_figure, thumbnail
from pcdash.ui.ids import LOCATION
from pcdash.ui.view import CONFIG
from pcdash.ui.wording import counted, percent
from pcdash.workbench.dossier import confidence

PER_PAGE = 24


class GalleryIds:
    """The ids of one gallery.

    Parameters
    ----------
    page : str
        Their first word.
    """

    def __init__(self, page: str) -> None:
        self.chosen = f"{page}-cloud-store"
        self.drawn = f"{page}-drawn-store"
        self.pager = f"{page}-clouds-pager"
        self.clouds = f"{page}-clouds-grid"
        self.caption = f"{page}-clouds-text"
        self.scene = f"{page}-cloud-graph"
        self.scene_panel = f"{page}-cloud-panel"
        self.said = f"{page}-cloud-text"

    def unchanged(self) -> dict[str, Any]:
        """Return the values of `page_outputs` while another page is shown."""
        return dict.fromkeys(self.page_outputs(), no_update)

    def page_outputs(self) -> dict[str, Output]:
        """Return what `draw_page` fills."""
        return {
            "clouds": Output(self.clouds, "children"),
            "caption": Output(self.caption, "children"),
            "page": Output(self.pager, "active_page"),
            "pages": Output(self.pager, "max_value"),
            "pager": Output(self.pager, "style"),
            "chosen": Output(self.chosen, "data"),
        }

    def scene_outputs(self) -> dict[str, Output]:
        """Return what `draw_cloud` fills."""
        return {
            "figure": Output(self.scene, "figure"),
            "said": Output(self.said, "children"),
            "hidden": Output(self.scene_panel, "hidden"),
            "drawn": Output(self.drawn, "data"),
        }


@dataclass(frozen=True)
class Shown:
    """A cloud of a gallery.

    Attributes
    ----------
    key : str
        Names it in the page's stores.
    evidence : Evidence
    row : int
        Its place in there.
    """

    key: str
    evidence: Evidence
    row: int


def gallery(ids: GalleryIds) -> Component:
    """Return the gallery, empty."""
    return html.Div(
        [
            dcc.Store(id=ids.chosen),
            dcc.Store(id=ids.drawn),
            html.Div(
                [
                    html.P(id=ids.caption, className="quiet", **{"aria-live": "polite"}),
                    html.Div(id=ids.clouds, className="thumbnails"),
                    dbc.Pagination(
                        id=ids.pager,
                        active_page=1,
                        max_value=1,
                        fully_expanded=False,
                        previous_next=True,
                        size="sm",
                    ),
                ],
                className="clouds-list",
            ),
            html.Div(
                [
                    html.Div(
                        dcc.Graph(id=ids.scene, figure={}, config=CONFIG, className="scene"),
                        className="stage small-stage",
                    ),
                    html.Div(id=ids.said, **{"aria-live": "polite"}),
                ],
                id=ids.scene_panel,
                className="clouds-scene",
                hidden=True,
            ),
        ],
        className="clouds",
    )


def register_gallery(
    app: Dash,
    ids: GalleryIds,
    store: str,
    *,
    show_clouds: Callable[..., dict[str, Any]],
    show_cloud: Callable[..., dict[str, Any]],
) -> None:
    """Wire a gallery.

    Parameters
    ----------
    app : Dash
    ids : GalleryIds
    store : str
        Id of the store that says which clouds are wanted.
    show_clouds : callable
        ``show_clouds(chosen=, page=, path=)`` returns the values of `GalleryIds.page_outputs`.
    show_cloud : callable
        ``show_cloud(key=, path=, drawn=)`` returns the values of `GalleryIds.scene_outputs`.
    """
    app.callback(
        output=ids.page_outputs(),
        inputs={
            "chosen": Input(store, "data"),
            "page": Input(ids.pager, "active_page"),
            "path": Input(LOCATION, "pathname"),
        },
        prevent_initial_call=True,
    )(show_clouds)
    app.callback(
        output=ids.scene_outputs(),
        inputs={"key": Input(ids.chosen, "data"), "path": Input(LOCATION, "pathname")},
        state={"drawn": State(ids.drawn, "data")},
        prevent_initial_call=True,
    )(show_cloud)


def draw_page(
    ids: GalleryIds, clouds: Sequence[Shown], page: Any, caption: str, classes: Sequence[str]
) -> dict[str, Any]:
    """Return the values of `GalleryIds.page_outputs`; the first cloud of the page is chosen.

    Parameters
    ----------
    ids : GalleryIds
    clouds : sequence of Shown
        All there are to leaf through.
    page : Any
        From the browser: a number from 1 on, or nonsense.
    caption : str
    classes : sequence of str
    """
    pages = max(1, -(-len(clouds) // PER_PAGE))
    number = page if isinstance(page, int) and not isinstance(page, bool) else 1
    start = (min(max(1, number), pages) - 1) * PER_PAGE
    part = clouds[start : start + PER_PAGE]
    return {
        "clouds": [_picture(ids, one, classes, picked=one is part[0]) for one in part],
        "caption": caption,
        "page": start // PER_PAGE + 1,
        "pages": pages,
        "pager": {} if pages > 1 else {"display": "none"},
        "chosen": part[0].key if part else None,
    }


def fresh_page(pager: str, page: Any) -> Any:
    """Return the page to show within a callback: the first one unless `pager` was used."""
    return page if ctx.triggered_id == pager else 1


def draw_cloud(cloud: Shown | None, classes: Sequence[str], drawn: Any) -> dict[str, Any]:
    """Return the values of `GalleryIds.scene_outputs`.

    Parameters
    ----------
    cloud : Shown or None
        None: the scene is hidden.
    classes : sequence of str
    drawn : Any
        Whether there is a scene already: then its points change and its camera stays.
    """
    if cloud is None:
        return {"figure": no_update, "said": [], "hidden": True, "drawn": no_update}
    points = cloud.evidence.points[cloud.row].astype(np.float64)
    figure: Any = cloud_figure(points, caption=False)
    if drawn is True:
        patch = Patch()
        patch["data"] = figure["data"]
        for axis in ("xaxis", "yaxis", "zaxis"):
            patch["layout"]["scene"][axis]["range"] = figure["layout"]["scene"][axis]["range"]
        figure = patch
    return {"figure": figure, "said": _said(cloud, classes), "hidden": False, "drawn": True}


def _picture(ids: GalleryIds, cloud: Shown, classes: Sequence[str], *, picked: bool) -> Component:
    evidence, row = cloud.evidence, cloud.row
    data: dict[str, Any] = {"data-pick-store": ids.chosen, "data-pick": cloud.key}
    colour = class_colour(classes[evidence.truth[row]], classes)
    return html.Button(
        [
            html.Img(src=thumbnail(_without_strays(evidence.points[row]), colour), alt=""),
            html.Span(_verdict(evidence, row, classes), className="thumbnail-said"),
        ],
        type="button",
        title=str(evidence.name[row]),
        className="thumbnail picked" if picked else "thumbnail",
        **data,
    )


def _without_strays(points: NDArray[np.float16]) -> NDArray[np.float64]:
    """Leave out what is far from the rest, which a small picture would shrink to a dot."""
    cloud = points.astype(np.float64)
    apart = np.linalg.norm(cloud - np.median(cloud, axis=0), axis=1)
    near: NDArray[np.float64] = cloud[apart <= 1.3 * np.quantile(apart, 0.95)]
    return near


def _verdict(evidence: Evidence, row: int, classes: Sequence[str]) -> list[str | Component]:
    true, said = classes[evidence.truth[row]], classes[evidence.said[row]]
    sure = percent(float(confidence(evidence)[row]))
    if true == said:
        return [f"{true} ", html.Span(sure, className="quiet")]
    return [f"{true} ", html.B(f"→ {said} "), html.Span(sure, className="quiet")]


def _said(cloud: Shown, classes: Sequence[str]) -> list[Component]:
    """The chosen cloud in words: what it is, what was said, and what else was thought of."""
    evidence, row = cloud.evidence, cloud.row
    likely = np.argsort(-evidence.probabilities[row])[:3]
    shares = evidence.probabilities[row, likely].tolist()
    words = [f"{classes[k]} {percent(share)}" for k, share in zip(likely, shares, strict=True)]
    shown = counted(len(np.unique(evidence.points[row], axis=0)), "point")
    return [
        html.P(_verdict(evidence, row, classes), className="chosen-said"),
        html.P(f"{evidence.name[row]} · {shown} drawn", className="quiet"),
        html.P("Thought of: " + ", ".join(words), className="quiet"),
    ]
