"""Does the answer hold when the cloud is turned, scaled, moved, thinned and cut?"""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.ui.components import facts, probability_bar
from pcdash.ui.wording import percent
from pcdash.workbench import Workbench

_COLOURS = {True: "var(--bs-success)", False: "var(--bs-warning)"}
"""Whether all trials of a family agree -> the colour of its bar."""


def find(workbench: Workbench, cloud: PointCloud) -> list[Component]:
    """Say the verdict, how many trials of each family agree, and what hurts most."""
    _, said = workbench.explained(cloud.points, ("turntable",))
    found = said["turntable"]
    worst = found["worst"]
    return [
        html.P(found["sentence"], className="check-head"),
        html.P("Share of the trials with the same answer", className="quiet"),
        html.Div([_family(family) for family in found["families"]], className="bars"),
        facts(
            {
                "Hurts most": worst["name"],
                "The answer then": worst["predicted_class"],
                f"Probability of {found['predicted_class']}": percent(worst["probability"]),
            }
        ),
        *[html.P(note, className="quiet") for note in found["notes"]],
    ]


def _family(family: dict[str, Any]) -> Component:
    """Return the share of the trials that agree, and between which bounds they were how sure."""
    low, high = percent(family["lowest"]), percent(family["highest"])
    agree = family["agreement"] == 1
    return html.Div(
        [
            probability_bar(family["title"].capitalize(), family["agreement"], _COLOURS[agree]),
            html.P(
                f"{family['trials']} trials, probability {low}"
                + ("" if low == high else f" to {high}"),
                className="quiet",
            ),
        ]
    )
