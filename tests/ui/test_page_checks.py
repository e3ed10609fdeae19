"""The checks under a prediction: turntable and blame, called as the browser calls them."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from audit_fakes import lying, scored
from dash import Dash
from page_payloads import call, text_of

from pcdash.core.cloud import PointCloud
from pcdash.core.explanations import explain
from pcdash.core.shapes import SHAPES
from pcdash.figures import BLAME
from pcdash.ui import view
from pcdash.ui.tabs import explore

TORUS = SHAPES["torus"](1, 512, np.random.default_rng(3))[0]


def ask(page: Dash, workbench: Any, check: str, points: np.ndarray = TORUS) -> Any:
    kept = workbench.keep(PointCloud(points, "scan.ply"))
    return call(page, (f"explore-{check}-button", "n_clicks"), {(explore.CLOUD, "data"): kept})


def marker(changes: Any) -> dict[str, Any]:
    """What changes of the points' markers."""
    operations = changes[view.GRAPH]["figure"]["operations"]
    assert all(one["location"][:3] == ["data", 0, "marker"] for one in operations)
    return {one["location"][3]: one["params"]["value"] for one in operations}


def colours(changes: Any) -> np.ndarray:
    return np.frombuffer(b64decode(marker(changes)["color"]["bdata"]), "<f4")


def test_the_turntable_says_a_verdict_a_bar_for_each_family_and_what_hurts_most(
    page: Dash, workbench: Any
) -> None:
    changes = ask(page, workbench, "turntable")
    said = text_of(changes["explore-turntable-panel"])
    assert "Torus in all 107 trials: this answer holds." in said
    assert said.count('"bar-track"') == 5
    assert "64 trials, probability" in said
    assert "Hurts most" in said
    assert view.GRAPH not in changes


def test_a_model_that_looks_at_the_pose_is_called_so(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scored(lying)
    monkeypatch.setattr(
        type(workbench), "explained", lambda _, points, names: (None, explain(model, points, names))
    )
    said = text_of(ask(page, workbench, "turntable")["explore-turntable-panel"])
    assert "Here the answer goes by more than the shape" in said
    assert "var(--bs-warning)" in said


def test_blame_colours_the_points_on_view_and_says_whether_to_believe_it(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scored(lambda p: float(np.count_nonzero(p[:, 0] > 0.6) / 10 - 3))
    monkeypatch.setattr(
        type(workbench), "explained", lambda _, points, names: (None, explain(model, points, names))
    )
    changes = ask(page, workbench, "blame")
    said = text_of(changes["explore-blame-panel"])
    assert "Deleting what is marked lowers the odds of torus" in said
    assert "for torus" in said
    marks, painted = marker(changes), colours(changes)
    assert marks["cmin"] == -marks["cmax"] < 0
    assert [colour for _, colour in marks["colorscale"]] == list(BLAME)
    end = TORUS[:, 0] > 0.6
    assert painted.shape == (512,)
    assert painted[end].mean() > 5 * np.abs(painted[~end]).mean()


def test_a_picture_that_means_nothing_is_grey(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scored(lambda p: 3.0)
    monkeypatch.setattr(
        type(workbench), "explained", lambda _, points, names: (None, explain(model, points, names))
    )
    changes = ask(page, workbench, "blame")
    assert "This picture means nothing" in text_of(changes["explore-blame-panel"])
    assert "for torus" not in text_of(changes["explore-blame-panel"])
    assert not colours(changes).any()


def test_without_a_picture_no_figures_are_shown(page: Dash, workbench: Any) -> None:
    changes = ask(page, workbench, "blame", TORUS[:40])
    said = text_of(changes["explore-blame-panel"])
    assert "No picture: 40 points are too few" in said
    assert "Random deletions it beats" not in said
    assert not colours(changes).any()


def test_large_clouds_are_coloured_as_they_are_drawn(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = SHAPES["torus"](1, 30_000, np.random.default_rng(3))[0]
    scores = points[:, 0] - 0.1
    answer = {"means_something": True, "scores": scores, "sentence": "", "predicted_class": "torus"}
    answer |= {"faithfulness": 1.0, "gain": 1.0, "standing": 1.0}
    monkeypatch.setattr(type(workbench), "explained", lambda *_: (None, {"blame": answer}))
    painted = colours(ask(page, workbench, "blame", points))
    (data,) = [
        one["params"]["value"]
        for one in view.show_cloud(PointCloud(points, "x"), "none", 20_000)[0].to_plotly_json()[
            "operations"
        ]
        if one["location"] == ["data"]
    ]
    drawn = np.frombuffer(b64decode(data[0]["x"]["bdata"]), "<f4")
    assert len(painted) == len(drawn) == 20_000
    assert np.corrcoef(painted, drawn)[0, 1] == pytest.approx(1)


def test_sizes_are_not_read_while_others_hold_what_slow_work_may(
    page: Dash, workbench: Any
) -> None:
    with workbench.turns.costing("blame"):
        said = ask(page, workbench, "primitive")
    assert "explore-primitive-panel" not in said
    assert "too many" in text_of(said)
