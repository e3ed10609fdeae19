"""Which parts of the cloud carry the answer, and is that picture to be believed?"""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import Patch, html
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.figures import BLAME, blame_marks
from pcdash.ui.components import facts
from pcdash.ui.wording import percent
from pcdash.workbench import Workbench


def find(workbench: Workbench, cloud: PointCloud) -> tuple[list[Component], Patch]:
    """Colour the points by what they do for the answer; all alike if that means nothing."""
    _, said = workbench.explained(cloud.points, ("blame",))
    found = said["blame"]
    scores = found["scores"] if found["means_something"] else np.zeros(len(cloud))
    patch = Patch()
    marks = blame_marks(scores, max_points=workbench.settings.limits.view_points)
    for key, value in marks.items():
        patch["data"][0]["marker"][key] = value
    return _panel(found), patch


def _panel(found: dict[str, Any]) -> list[Component]:
    sentence = html.P(found["sentence"], className="check-head")
    if found["gain"] is None:  # no picture was made, so nothing was measured
        return [sentence]
    measured = facts(
        {
            "Random deletions it beats": percent(found["faithfulness"]),
            "Log-odds lost beyond theirs": f"{found['gain']:.2f}",
            "Same answer after theirs": percent(found["standing"]),
        }
    )
    if not found["means_something"]:
        return [sentence, measured]
    name = found["predicted_class"]
    legend = html.Div(
        [
            html.Span(f"against {name}"),
            html.Span(
                className="legend-scale",
                style={"background": f"linear-gradient(to right, {', '.join(BLAME)})"},
            ),
            html.Span(f"for {name}"),
        ],
        className="legend",
    )
    return [sentence, legend, measured]
