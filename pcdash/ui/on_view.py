"""What changes on Explore when another cloud comes on view, wherever it comes from."""

from __future__ import annotations

from typing import Any

from dash import no_update
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.errors import ModelUnavailable, PcdashError
from pcdash.ui import isolating
from pcdash.ui.answer import ANSWER, not_asked
from pcdash.ui.components import prediction_panel
from pcdash.ui.ids import LOCATION
from pcdash.ui.shell import tell
from pcdash.ui.view import CAPTION, DEFAULT_COLOURING, GRAPH, show_cloud
from pcdash.workbench import Workbench

CLOUD = "explore-cloud-store"
SHOWN = "explore-shown-store"

VIEW = {
    "figure": (GRAPH, "figure"),
    "caption": (CAPTION, "children"),
    "cloud": (CLOUD, "data"),
    "answer": (ANSWER, "children"),
    "shown": (SHOWN, "data"),
    "link": (LOCATION, "search"),
    **isolating.ABOUT,
}
"""Name -> component and property."""


def on_view(
    workbench: Workbench, cloud: PointCloud, colouring: Any, *, keep: bool = True
) -> dict[str, Any]:
    """Return the scene of a cloud, what is said about it, and its id once it is kept."""
    chosen = colouring if isinstance(colouring, str) else DEFAULT_COLOURING
    removed = isolating.removed_from(workbench, cloud)
    figure, caption = show_cloud(cloud, chosen, workbench.settings.limits.view_points, removed)
    kept = workbench.keep(cloud) if keep else no_update
    return {"figure": figure, "caption": caption, "cloud": kept, **isolating.about(cloud)}


def answer_for(workbench: Workbench, cloud: PointCloud) -> Component:
    """Return the prediction of a cloud, or an empty panel while there is no model."""
    try:
        return prediction_panel(workbench.predict(cloud.points))
    except ModelUnavailable:
        return not_asked()
    except PcdashError as error:
        # The cloud is worth showing even so.
        tell(error.message, kind="danger")
        return not_asked()
