"""Explore: a cloud on the way from one shape to another, and what a cloud measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dash import Dash
from page_payloads import call, text_of

from pcdash.core.cloud import PointCloud
from pcdash.core.morph import morph as cloud_of
from pcdash.ui import answer, ids, morph, source, view
from pcdash.ui.checks.primitive import SURFACE
from pcdash.ui.tabs import explore

MORPH = {(source.SOURCE, "value"): "morph"}
FOLLOWED = {"morph": "sphere-cube", "steps": 21, "n_points": 64, "noise_sigma": 0.0, "seed": 5}


def follow(page: Dash, trigger: tuple[str, str] = (morph.FORM, "n_submit"), **values: Any) -> Any:
    """Send the form."""
    held = {(morph.CONTROL[key], "value"): value for key, value in values.items()}
    return call(page, trigger, held=MORPH | held, output=morph.CURVE)


def test_follow_shows_the_cloud_the_curve_and_the_flips(page: Dash, workbench: Any) -> None:
    changes = follow(page, morph="cylinder-cone", n_points=64, noise_sigma=0, seed=5)
    kept = workbench.cloud(changes[explore.CLOUD]["data"])
    np.testing.assert_array_equal(kept.points, cloud_of("cylinder-cone", 0.5, 64, 5))
    assert changes[view.CAPTION]["children"].startswith("cylinder to cone, 0.500 · 64 of 64 points")
    figure = changes[morph.CURVE]["figure"]
    assert [one["name"] for one in figure["data"]] == ["sphere", "cube", "torus"]
    assert [line["x0"] for line in figure["layout"]["shapes"]] == [0.5, pytest.approx(2 / 3)]
    assert "sphere becomes cube at 0.667" in changes[morph.SUMMARY]["children"]
    assert "torus" in text_of(changes[answer.ANSWER])
    assert changes[ids.LOCATION]["search"] == ""


def test_it_is_followed_once_somebody_looks(page: Dash, workbench: Any) -> None:
    changes = call(page, (source.SOURCE, "value"), MORPH, output=morph.CURVE)
    assert workbench.calls == [("follow", morph.FIRST.morph)]
    assert changes[morph.FOLLOWED]["data"] == morph.FIRST.model_dump()
    other = {(source.SOURCE, "value"): "upload"}
    assert morph.CURVE not in call(page, (source.SOURCE, "value"), other, output=morph.CURVE)


def test_the_slider_moves_the_cloud_and_the_mark_alone(page: Dash, workbench: Any) -> None:
    held = MORPH | {(morph.FOLLOWED, "data"): FOLLOWED}
    moved = {(morph.SLIDER, "value"): 0.8}
    changes = call(page, (morph.SLIDER, "value"), moved, held=held, output=morph.CURVE)
    kept = workbench.cloud(changes[explore.CLOUD]["data"])
    np.testing.assert_array_equal(kept.points, cloud_of("sphere-cube", 0.8, 64, 5))
    (operation,) = changes[morph.CURVE]["figure"]["operations"]
    assert operation["location"] == ["layout", "shapes", 0]
    assert operation["params"]["value"]["x0"] == 0.8
    assert workbench.calls == [], "nothing is followed again"
    assert morph.SUMMARY not in changes


def test_new_draws_a_seed_and_shows_it(page: Dash) -> None:
    changes = follow(page, (morph.NEW_SEED, "n_clicks"))
    seed = changes[morph.CONTROL["seed"]]["value"]
    assert isinstance(seed, int)
    assert seed == changes[morph.FOLLOWED]["data"]["seed"]


def test_a_wrong_value_is_named_at_its_field(page: Dash, workbench: Any) -> None:
    changes = follow(page, n_points=5000)
    assert "from 16 to 4,096, not 5000" in changes[morph.ERROR["n_points"]]["children"]
    assert workbench.clouds == {}


def test_a_forged_store_without_a_seed_is_given_one(page: Dash, workbench: Any) -> None:
    held = MORPH | {(morph.FOLLOWED, "data"): FOLLOWED | {"seed": None}}
    moved = {(morph.SLIDER, "value"): 0.8}
    changes = call(page, (morph.SLIDER, "value"), moved, held=held, output=morph.CURVE)
    assert len(workbench.cloud(changes[explore.CLOUD]["data"])) == 64


@pytest.mark.parametrize("forged", ["x", 7, [], {"morph": "../../etc"}, {"n_points": 10**9}])
def test_a_forged_store_makes_nothing(page: Dash, workbench: Any, forged: Any) -> None:
    held = MORPH | {(morph.FOLLOWED, "data"): forged}
    moved = {(morph.SLIDER, "value"): 0.8}
    changes = call(page, (morph.SLIDER, "value"), moved, held=held, output=morph.CURVE)
    assert workbench.clouds == {}
    assert morph.CURVE not in changes


@pytest.mark.parametrize("t", [None, "x", True, -0.1, 1.1, [0.5]])
def test_a_forged_place_makes_nothing(page: Dash, workbench: Any, t: Any) -> None:
    moved = {(morph.SLIDER, "value"): t}
    changes = call(page, (morph.SLIDER, "value"), moved, held=MORPH, output=morph.CURVE)
    assert "t must be a number from 0 to 1" in text_of(changes)
    assert workbench.clouds == {}


def test_without_a_model_the_cloud_is_shown(page: Dash, workbench: Any) -> None:
    workbench.ready = False
    changes = follow(page, n_points=32)
    assert len(workbench.clouds) == 1
    assert "nobody to ask" in changes[morph.SUMMARY]["children"]


# -- sizes ----------------------------------------------------------------------------------------


def measure(page: Dash, workbench: Any, points: Any) -> Any:
    cloud = workbench.keep(PointCloud(points))
    held = {(explore.CLOUD, "data"): cloud}
    return call(page, ("explore-primitive-button", "n_clicks"), held=held)


def test_the_sizes_are_read_and_the_surface_is_drawn(page: Dash, workbench: Any) -> None:
    torus = 100 * cloud_of("thick-thin-torus", 0.5, 300, 1) + 5000
    changes = measure(page, workbench, torus)
    text = text_of(changes["explore-primitive-panel"])
    for part in ("Read as a torus", "Ring radius", "Tube radius", "Axis", "Surface seen"):
        assert part in text
    ring = 100 / (1 + (0.9 * 0.05) ** 0.5)
    assert f"{ring:.3f}" in text
    (operation,) = changes[view.GRAPH]["figure"]["operations"]
    assert operation["location"] == ["data", SURFACE]
    drawn = operation["params"]["value"]
    assert drawn["type"] == "mesh3d"
    assert max(map(max, (drawn["i"], drawn["j"], drawn["k"]))) < 1500


def test_what_does_not_fit_is_doubted(page: Dash, workbench: Any) -> None:
    box = cloud_of("sphere-cube", 1.0, 300, 1)
    text = text_of(measure(page, workbench, box)["explore-primitive-panel"])
    assert "the points about as well." in text
