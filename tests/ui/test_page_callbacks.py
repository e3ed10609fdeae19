"""Callbacks: what the page does, called as the browser calls them."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from dash import Dash
from model_rows import make_row
from page_payloads import ENDPOINT, call, payload, text_of

from pcdash.core.cloud import PointCloud
from pcdash.core.examination.gate import Verdict, Worse
from pcdash.core.params import CloudParams
from pcdash.ui import answer, gate, ids, links, shell, source, view
from pcdash.ui.tabs import explore, models

WRONG: tuple[Any, ...] = (None, True, -1, 2.5, 1e308, "", "x", "../../etc", [], [1], {}, {"a": 1})


def generate(page: Dash, **values: Any) -> Any:
    changed = {(source.CONTROL[key], "value"): value for key, value in values.items()}
    return call(page, (source.FORM, "n_submit"), changed)


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
    opened = call(page, (ids.LOCATION, "search"), {(ids.LOCATION, "search"): link})
    assert len(workbench.clouds) == 2
    first, second = workbench.clouds.values()
    np.testing.assert_array_equal(first.points, second.points)
    assert opened[source.CONTROL["shape"]]["value"] == "cube"


def test_a_link_to_what_is_on_view_changes_nothing(page: Dash, workbench: Any) -> None:
    link = links.to_search(links.FIRST)
    call(
        page,
        (ids.LOCATION, "search"),
        {(ids.LOCATION, "search"): link, (explore.SHOWN, "data"): link},
    )
    assert workbench.clouds == {}


def test_a_wrong_link_says_which_field(page: Dash) -> None:
    changes = call(page, (ids.LOCATION, "search"), {(ids.LOCATION, "search"): "?n_points=3"})
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


# -- models ---------------------------------------------------------------------------------------


def test_versions_are_listed_and_the_served_one_reported(
    page: Dash, workbench: Any, two_rows: Any
) -> None:
    workbench.rows = two_rows
    changes = call(page, (models.POLL, "n_intervals"))
    table = text_of(changes[models.LIST])
    for words in ("20261122-101500", "20261121-090000", "88.9 %", "90.0 %", "in service"):
        assert words in table
    assert changes[models.TITLE]["children"] == "Version 20261122-101500"
    assert changes[models.PROMOTE]["disabled"] is True
    assert changes[models.PROMOTE]["title"] == "This version is in service."
    assert changes[models.RESULT.summary]["children"].endswith("most often cube for sphere (1).")


def test_another_version_can_be_promoted(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows = two_rows
    other = two_rows[1].version
    changes = call(
        page, (models.SELECTED, "data"), {(models.SELECTED, "data"): other}, output=models.LIST
    )
    assert changes[models.PROMOTE]["value"] == other
    assert changes[models.PROMOTE]["disabled"] is False
    call(page, (models.PROMOTE, "n_clicks"), {(models.PROMOTE, "value"): other})
    assert workbench.calls == [("promote", other)]


def test_an_empty_list_of_versions_says_how_to_fill_it(page: Dash) -> None:
    assert "#training" in text_of(call(page, (models.POLL, "n_intervals")))


def test_roll_back_says_where_to(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows = two_rows
    changes = call(page, (models.ROLLBACK, "n_clicks"))
    assert workbench.calls == [("rollback",)]
    assert changes[ids.TOAST]["children"] == "Back to version 20261121-090000."


def test_a_worse_version_is_asked_about_and_takes_a_reason(
    page: Dash, workbench: Any, two_rows: Any
) -> None:
    workbench.rows, version = two_rows, two_rows[1].version
    worse = Worse("outliers 0.1", "10 % <b>outliers", 0.5, 0.9, 1e-6)
    workbench.verdict = Verdict(True, "compared", (worse,))
    changes = call(page, (models.PROMOTE, "n_clicks"), {(models.PROMOTE, "value"): version})
    assert changes[gate.GATE]["hidden"] is False
    assert "10 % <b>outliers: 50.0 % against 90.0 %" in text_of(changes[gate.GATE_TEXT])
    assert changes[gate.GATE_REASON]["style"] == {}
    assert workbench.calls == []
    confirm = {(gate.GATE_CONFIRM, "value"): version, (gate.GATE_REASON, "value"): ""}
    said = call(page, (gate.GATE_CONFIRM, "n_clicks"), confirm)
    assert workbench.calls == []
    assert "takes a reason" in text_of(said[ids.TOAST])
    changes = call(
        page, (gate.GATE_CONFIRM, "n_clicks"), confirm | {(gate.GATE_REASON, "value"): "a demo"}
    )
    assert workbench.calls == [("promote", version)]
    assert changes[gate.GATE]["hidden"] is True


def test_what_nobody_compared_is_confirmed_once(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows, version = two_rows, two_rows[1].version
    workbench.verdict = Verdict(False, "not compared: version x has no passport")
    changes = call(page, (models.PROMOTE, "n_clicks"), {(models.PROMOTE, "value"): version})
    assert changes[gate.GATE]["hidden"] is False
    assert changes[gate.GATE_REASON]["style"] == {"display": "none"}
    call(page, (gate.GATE_CONFIRM, "n_clicks"), {(gate.GATE_CONFIRM, "value"): version})
    assert workbench.calls == [("promote", version)]


def test_choosing_another_version_closes_the_question(page: Dash) -> None:
    assert call(page, (gate.GATE_CANCEL, "n_clicks"))[gate.GATE]["hidden"] is True


def test_deleting_asks_first(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows, version = two_rows, two_rows[1].version
    chosen = {(models.PROMOTE, "value"): version}
    changes = call(page, (models.DELETE, "n_clicks"), chosen)
    assert changes[models.DELETE_DIALOG]["displayed"] is True
    assert version in changes[models.DELETE_DIALOG]["message"]
    assert workbench.calls == []
    call(page, (models.DELETE_DIALOG, "submit_n_clicks"), chosen)
    assert workbench.calls == [("delete", version)]


def test_a_thousand_versions_come_in_pages(page: Dash, workbench: Any) -> None:
    names = [f"{20_200_101 + n // 900}-{100_000 + n % 900}" for n in range(1000)]
    workbench.rows = [make_row(name, served=False, current=False) for name in names[::-1]]
    for number, first in ((0, 999), (1, 974), (39, 24), (40, 24), (-1, 999), ("x", 999)):
        shown = {(models.PAGE, "data"): number}
        changes = call(page, (models.PAGE, "data"), shown, output=models.LIST)
        table = text_of(changes[models.LIST])
        assert f'"data-pick": "{names[first]}"' in table
        assert table.count('"data-pick":') == 25
        assert "1,000 versions, 4.2 GB on disk" in changes[models.PLACE]["children"]
        assert changes[models.NEWER]["hidden"] is (first == 999)
        assert changes[models.OLDER]["hidden"] is (first == 24)


def test_the_log_is_shown_as_text(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows = two_rows
    history = text_of(call(page, (models.POLL, "n_intervals"))[models.HISTORY])
    assert "overridden: <b>because</b>" in history


def test_a_pinned_server_says_why_nothing_can_be_promoted(
    page: Dash, workbench: Any, two_rows: Any
) -> None:
    workbench.rows = two_rows
    workbench.promotion_blocked = "this server is pinned"
    changes = call(
        page,
        (models.SELECTED, "data"),
        {(models.SELECTED, "data"): two_rows[1].version},
        output=models.LIST,
    )
    for button in (models.PROMOTE, models.ROLLBACK):
        assert changes[button]["disabled"] is True
        assert changes[button]["title"] == "this server is pinned"


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
