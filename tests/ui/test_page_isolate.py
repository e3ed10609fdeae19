"""Explore: from a scan to the object in it, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dash import Dash
from page_payloads import call, text_of

from pcdash.core.cloud import PointCloud
from pcdash.ui import answer, ids, isolating, view
from pcdash.ui.tabs import explore

RNG = np.random.default_rng(0)
TABLE = np.column_stack([RNG.uniform(-3, 3, (600, 2)), np.zeros(600)])
BALL = RNG.normal(size=(200, 3))
BALL = 0.5 * BALL / np.linalg.norm(BALL, axis=1, keepdims=True) + np.array([0, 0, 0.7])


@pytest.fixture
def scan(workbench: Any) -> str:
    cloud = PointCloud(np.concatenate([TABLE, BALL]), "scan.ply", {"format": "ply"})
    return str(workbench.keep(cloud))


def press(page: Dash, button: str, cloud: Any, **changed: Any) -> Any:
    values = {(explore.CLOUD, "data"): cloud}
    values |= {(isolating.CROP[key], "value"): value for key, value in changed.items()}
    return call(page, (button, "n_clicks"), values)


def traces(changes: Any) -> list[dict[str, Any]]:
    (data,) = [
        one["params"]["value"]
        for one in changes[view.GRAPH]["figure"]["operations"]
        if one["location"] == ["data"]
    ]
    return list(data)


def test_the_object_is_shown_and_what_was_removed_is_grey(
    page: Dash, workbench: Any, scan: str
) -> None:
    changes = press(page, isolating.ISOLATE, scan)
    isolated = changes[explore.CLOUD]["data"]
    np.testing.assert_array_equal(workbench.cloud(isolated).points, BALL)
    assert len(traces(changes)) == 2
    caption = changes[view.CAPTION]["children"]
    assert caption == "scan.ply · 200 of 200 points · 600 removed, grey"
    note = text_of(changes[isolating.NOTE])
    assert "Isolated: 200 of 800 points. " in note
    assert "The plane below was removed: 600 points" in note
    assert changes[isolating.UNDO]["hidden"] is False
    assert "Press Predict" in text_of(changes[answer.ANSWER])
    # Another colour leaves the grey ones where they are.
    chosen = {(explore.CLOUD, "data"): isolated, (view.COLOURING, "value"): "none"}
    coloured = call(page, (view.COLOURING, "value"), chosen)
    assert len(traces(coloured)) == 2
    # What is asked about from now on is the object.
    said = call(page, (answer.PREDICT, "n_clicks"), {(explore.CLOUD, "data"): isolated})
    assert '"200"' in text_of(said)


def test_undo_shows_the_whole_scan_again(page: Dash, scan: str) -> None:
    isolated = press(page, isolating.ISOLATE, scan)[explore.CLOUD]["data"]
    changes = press(page, isolating.UNDO, isolated)
    assert changes[explore.CLOUD]["data"] == scan
    assert len(traces(changes)) == 1
    assert changes[view.CAPTION]["children"] == "scan.ply · 800 of 800 points"
    assert changes[isolating.NOTE]["children"] == []
    assert changes[isolating.UNDO]["hidden"] is True
    again = press(page, isolating.UNDO, scan)
    assert again[ids.TOAST]["children"] == "nothing was removed from this cloud"


def test_a_crop_box_and_the_steps_are_taken_from_the_fold(
    page: Dash, workbench: Any, scan: str
) -> None:
    cropped = {"x.from": 0, "z.to": 0.1}
    values = {(explore.CLOUD, "data"): scan, (isolating.STEPS, "value"): []}
    values |= {(isolating.CROP[key], "value"): value for key, value in cropped.items()}
    changes = call(page, (isolating.ISOLATE, "n_clicks"), values)
    points = workbench.cloud(changes[explore.CLOUD]["data"]).points
    np.testing.assert_array_equal(points, TABLE[TABLE[:, 0] >= 0])
    assert "The crop box leaves" in text_of(changes[isolating.NOTE])


def test_a_lone_object_stays_and_that_is_said(page: Dash, workbench: Any) -> None:
    alone = workbench.keep(PointCloud(BALL, "ball"))
    changes = press(page, isolating.ISOLATE, alone)
    assert changes[explore.CLOUD]["data"] == alone
    assert changes[isolating.UNDO]["hidden"] is True
    assert "Nothing was removed" in changes[ids.TOAST]["children"]


def test_another_cloud_forgets_what_was_done(page: Dash) -> None:
    changes = call(page, (explore.NEW_SEED, "n_clicks"))
    assert changes[isolating.NOTE]["children"] == []
    assert changes[isolating.UNDO]["hidden"] is True
    assert changes[isolating.BOUNDS]["children"].startswith("This cloud: x -")


@pytest.mark.parametrize(
    ("crop", "words"),
    [
        ({"x.from": 2, "x.to": 1}, "the first limit must not exceed the second"),
        ({"y.to": "far"}, "number"),
        ({"z.from": 100}, "isolating the object leaves 0 of 800 points"),
        ({"z.from": [1]}, "number"),
    ],
)
def test_a_box_that_is_none_is_a_message(
    page: Dash, scan: str, crop: dict[str, Any], words: str
) -> None:
    changes = press(page, isolating.ISOLATE, scan, **crop)
    assert words in changes[ids.TOAST]["children"]
    assert view.GRAPH not in changes
