"""Callbacks: what the page does, called as the browser calls them."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from dash import Dash
from page_payloads import ENDPOINT, call, payload, text_of

from pcdash.core.cloud import PointCloud
from pcdash.core.params import CloudParams
from pcdash.ui import answer, ids, links, shell, source, view
from pcdash.ui.tabs import explore

WRONG: tuple[Any, ...] = (None, True, -1, 2.5, 1e308, "", "x", "../../etc", [], [1], {}, {"a": 1})


def generate(page: Dash, **values: Any) -> Any:
    changed = {(source.CONTROL[key], "value"): value for key, value in values.items()}
    return call(page, (source.FORM, "n_submit"), changed)


def follow(page: Dash, link: str, *, shown: str | None = None, opened: bool = True) -> Any:
    """Open the page with a link; `shown` is what the 3D view holds."""
    search = (ids.LOCATION, "search")
    state = {(explore.SHOWN, "data"): shown, (explore.OPENED, "data"): opened or None}
    return call(page, search, {search: link, **state})


# -- explore --------------------------------------------------------------------------------------


def test_generate_shows_keeps_and_links_the_cloud(page: Dash, workbench: Any) -> None:
    changes = generate(page, shape="cone", n_points=64, noise_sigma=0, seed=5)
    link = changes[ids.LOCATION]["search"]
    params = links.from_search(link)
    assert params == CloudParams.model_validate(
        {"shape": "cone", "n_points": 64, "noise_sigma": 0, "seed": 5}
    )
    kept = workbench.cloud(changes[explore.CLOUD]["data"])
    np.testing.assert_array_equal(kept.points, workbench.generate(params).points)
    assert changes[view.CAPTION]["children"] == "cone · 64 of 64 points"


def test_the_view_changes_by_a_patch_that_leaves_the_camera_alone(page: Dash) -> None:
    operations = generate(page)[view.GRAPH]["figure"]["operations"]
    places = {tuple(one["location"]) for one in operations}
    axes = {("layout", "scene", f"{axis}axis", "range") for axis in "xyz"}
    assert places == {("data",), *axes}


def test_the_same_link_gives_the_same_points(page: Dash, workbench: Any) -> None:
    link = generate(page, shape="cube", seed=9)[ids.LOCATION]["search"]
    opened = follow(page, link)
    assert len(workbench.clouds) == 2
    first, second = workbench.clouds.values()
    np.testing.assert_array_equal(first.points, second.points)
    assert opened[source.CONTROL["shape"]]["value"] == "cube"


def test_a_link_to_what_is_on_view_changes_nothing(page: Dash, workbench: Any) -> None:
    link = links.to_search(links.FIRST)
    follow(page, link, shown=link)
    assert workbench.clouds == {}


def test_nothing_is_made_before_explore_is_looked_at(page: Dash, workbench: Any) -> None:
    assert view.GRAPH not in follow(page, "?shape=cube&seed=9", opened=False)
    assert workbench.clouds == {}


def test_a_wrong_link_says_which_field(page: Dash) -> None:
    changes = follow(page, "?n_points=3")
    assert "16" in changes[source.ERROR["n_points"]]["children"]
    assert view.GRAPH not in changes


def test_new_draws_a_seed_and_shows_it(page: Dash) -> None:
    changes = call(page, (source.NEW_SEED, "n_clicks"))
    seed = changes[source.CONTROL["seed"]]["value"]
    assert isinstance(seed, int)
    assert links.from_search(changes[ids.LOCATION]["search"]).seed == seed


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("n_points", 15, "Points: a whole number from 16 to 100,000, not 15"),
        ("n_points", None, "Points: a whole number from 16 to 100,000"),
        ("n_points", "", "Points: a whole number from 16 to 100,000"),
        ("n_points", 20.5, "Points: a whole number from 16 to 100,000, not 20.5"),
        ("noise_sigma", 0.6, "Noise: a number from 0 to 0.5, not 0.6"),
        ("seed", -1, "Seed: a whole number from 0 to 9,007,199,254,740,991, not -1"),
        ("shape", "<b>pyramid</b>", "must be one of sphere, cube"),
    ],
)
def test_a_wrong_value_is_named_at_its_field(page: Dash, key: str, value: Any, words: str) -> None:
    changes = generate(page, **{key: value})
    assert words in changes[source.ERROR[key]]["children"]
    others = [changes[error]["children"] for name, error in source.ERROR.items() if name != key]
    assert set(others) == {""}
    assert view.GRAPH not in changes


def test_predict_shows_class_bars_version_and_time(page: Dash) -> None:
    cloud = generate(page)[explore.CLOUD]["data"]
    shown = text_of(call(page, (answer.PREDICT, "n_clicks"), {(explore.CLOUD, "data"): cloud}))
    for words in ("torus", "97.6 %", "2.0 %", "0.4 %", "20261122-101500", "3.1 ms", "512"):
        assert words in shown
    assert [float(width) for width in re.findall(r'"width": "([\d.]+)%"', shown)] == [97.6, 2, 0.4]


def test_a_cloud_that_is_gone_is_a_message(page: Dash) -> None:
    changes = call(page, (answer.PREDICT, "n_clicks"), {(explore.CLOUD, "data"): "nothing"})
    toast = changes[ids.TOAST]
    assert toast["children"] == "that cloud is gone; generate it again"
    assert toast["is_open"] is True


def test_an_upload_is_shown_and_predicted_at_once(page: Dash, workbench: Any) -> None:
    points = workbench.generate(links.FIRST).points
    workbench.uploads["u1"] = PointCloud(points, "<i>scan</i>.ply")
    changes = call(page, (ids.UPLOAD, "data"), {(ids.UPLOAD, "data"): {"id": "u1"}})
    assert "97.6 %" in text_of(changes[answer.ANSWER])
    assert changes[view.CAPTION]["children"] == "<i>scan</i>.ply · 512 of 512 points"
    assert changes[source.SOURCE]["value"] == "upload"


def test_an_unreadable_upload_says_file_and_line_where_it_was_dropped(page: Dash) -> None:
    changes = call(page, (ids.UPLOAD, "data"), {(ids.UPLOAD, "data"): {"id": "bad"}})
    words = "scan.ply, line 14: expected 3 numbers, found 2"
    assert changes[source.UPLOAD_MESSAGE]["children"] == words
    assert changes[ids.TOAST]["children"] == words
    assert view.GRAPH not in changes


@pytest.mark.parametrize("ending", [".ply", ".csv", ".npy"])
def test_the_cloud_on_view_can_be_saved(page: Dash, ending: str) -> None:
    cloud = generate(page, shape="cone")[explore.CLOUD]["data"]
    changes = call(page, (answer.SAVE[ending], "n_clicks"), {(explore.CLOUD, "data"): cloud})
    content = changes[explore.DOWNLOAD]["data"]
    assert content["filename"] == f"cone{ending}"
    assert content["base64"] is True


def test_a_large_cloud_is_saved_whole(page: Dash, workbench: Any) -> None:
    points = np.random.default_rng(0).normal(size=(1_000_000, 3))
    cloud = workbench.keep(PointCloud(points, "scan.ply"))
    changes = call(page, (answer.SAVE[".npy"], "n_clicks"), {(explore.CLOUD, "data"): cloud})
    content = changes[explore.DOWNLOAD]["data"]
    assert content["filename"] == "scan.npy"
    np.testing.assert_array_equal(np.load(BytesIO(b64decode(content["content"]))), points)


def test_without_a_model_the_progress_stands_in_the_answers_place(
    page: Dash, workbench: Any, a_job: Any
) -> None:
    workbench.ready = False
    workbench.queue = [a_job]
    changes = call(page, (ids.POLL, "n_intervals"), output=answer.WAITING)
    assert changes[answer.ANSWER]["hidden"] is True
    assert changes[answer.PREDICT] == {
        "disabled": True,
        "title": "The first model is being trained.",
    }
    shown = text_of(changes[answer.WAITING])
    assert "Teaching the first model" in shown
    assert "50 %" in shown


def test_without_a_model_or_a_training_the_way_out_is_named(page: Dash, workbench: Any) -> None:
    workbench.ready = False
    changes = call(page, (ids.POLL, "n_intervals"), output=answer.WAITING)
    assert '"href": "#training"' in text_of(changes[answer.WAITING])


# -- the frame ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ready", "colour"), [(True, "good"), (False, "bad")])
def test_the_header_tells_version_and_health(
    page: Dash, workbench: Any, ready: bool, colour: str
) -> None:
    workbench.ready = ready
    changes = call(page, (ids.POLL, "n_intervals"), output=shell.DOT)
    assert changes[shell.DOT]["className"] == f"dot dot-{colour}"
    version = "20261122-101500" if ready else "no model yet"
    assert changes[shell.VERSION]["children"] == version


def test_an_unexpected_error_is_a_plain_sentence(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(cloud_id: str) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(workbench, "predict_stored", broken)
    changes = call(page, (answer.PREDICT, "n_clicks"), {(explore.CLOUD, "data"): "c"})
    assert changes[ids.TOAST]["children"] == shell.UNEXPECTED
    assert "/secret/path" not in text_of(changes)
    assert "/secret/path" in caplog.text


# -- untrusted values -----------------------------------------------------------------------------


def test_wrong_values_give_a_message_and_never_a_500(
    page: Dash, workbench: Any, two_rows: Any, a_job: Any, caplog: pytest.LogCaptureFixture
) -> None:
    workbench.rows, workbench.queue = two_rows, [a_job]
    client = page.server.test_client()
    for name, spec in page.callback_map.items():
        if "callback" not in spec:
            continue
        trigger = (spec["inputs"][0]["id"], spec["inputs"][0]["property"])
        for one in (*spec["inputs"], *spec["state"]):
            for wrong in WRONG:
                body = payload(page, name, {trigger: 1, (one["id"], one["property"]): wrong})
                given = client.post(ENDPOINT, json=body)
                assert given.status_code in (200, 204), (one, wrong)
                assert "Traceback" not in given.get_data(as_text=True)
                assert caplog.records == [], (one, wrong)
