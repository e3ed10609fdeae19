"""How good is this scan, and how right is the version on such?"""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.core.explanations import CALIBRATED
from pcdash.figures import class_colour, thumbnail
from pcdash.ui.components import facts
from pcdash.workbench import Workbench

LEVELS = (0.8, 0.9, 0.95, 0.99)
"""Of the label sets that are shown."""

_SETS = "Classes that hold the true one as often as this, if it is one of them:"


def find(workbench: Workbench, cloud: PointCloud) -> list[Component]:
    """Say what the scan is like, what to expect of it, and which training clouds it is like."""
    prediction, said = workbench.explained(cloud.points, CALIBRATED)
    if "note" in said["quality"]:
        return [html.P(said["quality"]["note"], className="quiet")]
    expected, novelty = said["expected_accuracy"], said["neighbours"]
    classes = list(prediction.probabilities)
    return [
        html.P(expected["sentence"], className="check-head"),
        html.Ul([html.Li(text) for text in said["quality"]["sentences"].values()]),
        facts(
            {
                "None of these": f"score {novelty['score']:.2f}, threshold {novelty['threshold']}",
                "Farthest off": novelty["reason"],
                "Held against": f"{expected['clouds']:,} calibration scans of like quality",
            }
        ),
        html.P("Nearest training clouds", className="quiet"),
        html.Div(
            [
                html.Figure(
                    [
                        html.Img(
                            src=thumbnail(one["points"], class_colour(one["label"], classes)),
                            alt=f"a training cloud of class {one['label']}",
                        ),
                        html.Figcaption(one["label"]),
                    ]
                )
                for one in said["neighbours"]["nearest"]
            ],
            className="neighbours",
        ),
        html.P(_SETS, className="quiet"),
        facts({f"{level:.0%}": ", ".join(prediction.label_set(level)) for level in LEVELS}),
    ]
