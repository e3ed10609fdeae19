"""The pages of one version and of several: what they show, called as the browser calls them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from dash import Dash
from dossiers import make_dossier
from page_payloads import ENDPOINT, payload

from pcdash.ui import gallery, report_filter
from pcdash.ui.ids import LOCATION
from pcdash.ui.pages import PAGES, compare, report

VERSIONS = ("20261122-101500", "20261121-090000")
CLASSES = ("sphere", "cube", "torus")
PATH = (LOCATION, "pathname")
REPORT = f"/demo/models/{VERSIONS[0]}"
COMPARE = f"/demo/compare/{VERSIONS[0]},{VERSIONS[1]}"


def call(page: Dash, output: str, values: dict[tuple[str, str], Any]) -> Any:
    """Send the callback that fills `output`; the first of `values` has started it."""
    (name,) = [n for n, spec in page.callback_map.items() if "callback" in spec and output in n]
    body = payload(page, name, values) | {"changedPropIds": [".".join(next(iter(values)))]}
    answer = page.server.test_client().post(ENDPOINT, json=body)
    assert answer.status_code == 200, answer.data
    return json.loads(answer.data)["response"]


def text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def clouds(page: Dash, chosen: str, *, number: Any = 1, path: str = REPORT) -> Any:
    values = {(report.FILTER, "data"): chosen, (report.GALLERY.pager, "active_page"): number}
    return call(page, report.GALLERY.clouds, values | {PATH: path})


def keys(changes: Any, ids: gallery.GalleryIds) -> list[str]:
    return [one["props"]["data-pick"] for one in changes[ids.clouds]["children"]]


# -- one version ----------------------------------------------------------------------------------


def test_a_report_says_everything_about_its_version(page: Dash) -> None:
    changes = call(page, report.HEAD, {PATH: REPORT})
    text = text_of(changes)
    for words in (
        f"Version {VERSIONS[0]}", "in service", "83.3 %", "55.2 % to 95.3 %", "12.5 %",
        "How was it made?", "dddddddddddddddd", "cccccccccccccccc", "1 min 05 s", "numpy 2.4.6",
        f'"href": "#training?version={VERSIONS[0]}"', "Train again with changes",
        "Where does it break with noise?", "Is one side enough?", "second order", "Precision",
    ):  # fmt: skip
        assert words in text, words
    assert changes[report.BODY]["hidden"] is False
    assert changes[report.CONFUSION]["figure"]["data"][0]["type"] == "heatmap"
    shown = sum(len(trace["customdata"]) for trace in changes[report.MAP]["figure"]["data"])
    assert shown == 12
    assert f"/demo/models/{VERSIONS[0]}/report.html" in text


def test_a_version_that_does_not_serve_can_be_compared_with_the_one_that_does(page: Dash) -> None:
    text = text_of(call(page, report.HEAD, {PATH: f"/demo/models/{VERSIONS[1]}"}))
    assert f"/demo/compare/{VERSIONS[0]},{VERSIONS[1]}" in text
    assert "in service" not in text.replace("Compare with the one in service", "")


def test_an_unknown_version_is_a_sentence_with_a_way_out(page: Dash) -> None:
    changes = call(page, report.HEAD, {PATH: "/demo/models/20200101-000000"})
    assert set(changes) == {report.HEAD, report.BODY}
    assert changes[report.BODY]["hidden"] is True
    assert "There is no such version" in text_of(changes)
    assert '"href": "#models"' in text_of(changes)


@pytest.mark.parametrize(
    "path", ["/demo/", "/demo/models/", "/demo/models/a/b", COMPARE, None, 7, {}]
)
def test_other_addresses_leave_the_report_alone(page: Dash, path: Any) -> None:
    name = next(n for n in page.callback_map if report.HEAD in n)
    body = payload(page, name, {PATH: path})
    answer = page.server.test_client().post(ENDPOINT, json=body)
    assert answer.status_code == 204 or json.loads(answer.data)["response"] == {}


def test_what_a_version_lacks_is_said_and_hidden(page: Dash, workbench: Any) -> None:
    why = ("No passport: it is old.", "No test clouds: it is old.")
    workbench.dossiers[VERSIONS[0]] = replace(
        workbench.dossiers[VERSIONS[0]], passport=None, evidence=None, missing=why
    )
    changes = call(page, report.HEAD, {PATH: REPORT})
    assert all(words in text_of(changes[report.HEAD]) for words in why)
    assert changes[report.CURVES]["children"] == []
    assert changes[report.CLOUDS_PANEL]["hidden"] is True
    assert changes[report.BODY]["hidden"] is False


def test_without_a_report_too(page: Dash, workbench: Any) -> None:
    workbench.dossiers[VERSIONS[0]] = replace(workbench.dossiers[VERSIONS[0]], report={})
    changes = call(page, report.HEAD, {PATH: REPORT})
    assert changes[report.CONFUSION_PANEL]["hidden"] is True
    assert changes[report.FIGURES]["children"] == []
    assert "Train again" not in text_of(changes), "nobody knows how"


def test_a_collapsed_model_raises_an_alarm(page: Dash, workbench: Any) -> None:
    assert "alarm" not in text_of(call(page, report.HEAD, {PATH: REPORT})[report.HEAD])
    workbench.dossiers[VERSIONS[0]].report["alarm"] = "97% of the answers are <i>torus</i>"
    head = text_of(call(page, report.HEAD, {PATH: REPORT})[report.HEAD])
    assert "Do not use it. " in head
    assert "97% of the answers are <i>torus</i>." in head
    assert "notice alarm" in head


# -- its clouds -----------------------------------------------------------------------------------


def test_mistakes_are_shown_surest_first(page: Dash) -> None:
    changes = clouds(page, report_filter.MISTAKES)
    assert keys(changes, report.GALLERY) == ["1", "4"]
    assert changes[report.GALLERY.caption]["children"] == (
        "2 mistakes among 12 test clouds, those it was surest of first."
    )
    assert changes[report.GALLERY.chosen]["data"] == "1"
    pictures = text_of(changes[report.GALLERY.clouds])
    assert pictures.count("data:image/svg+xml;base64,") == 2
    assert "cube" in pictures
    assert "→ torus" in pictures


def test_a_cell_of_the_matrix_shows_its_clouds(page: Dash) -> None:
    changes = clouds(page, "cell 1 2")
    assert keys(changes, report.GALLERY) == ["1", "4"]
    assert changes[report.GALLERY.caption]["children"] == (
        "2 clouds: cube taken for torus. Those it was surest of first."
    )
    assert keys(clouds(page, "cell 0 0"), report.GALLERY) == ["0", "3", "6", "9"]
    empty = clouds(page, "cell 0 1")
    assert keys(empty, report.GALLERY) == []
    assert empty[report.GALLERY.chosen]["data"] is None


def test_what_is_selected_on_the_map_is_shown(page: Dash) -> None:
    changes = clouds(page, "rows 7,3,3,99999")
    assert keys(changes, report.GALLERY) == ["3", "7"]
    assert changes[report.GALLERY.caption]["children"] == "2 clouds selected on the map."


@pytest.mark.parametrize(
    "chosen",
    [None, 3, [], {"a": 1}, "", "cell 1", "cell -1 2", "cell 99 99", "cell ١ ٢", "rows", "rows ,",
     "rows 1,,2", "rows 1e3", "rows 999999", "../../etc", "rows " + "1," * 9 + "x"],
)  # fmt: skip
def test_a_filter_that_is_none_shows_the_mistakes(page: Dash, chosen: Any) -> None:
    assert keys(clouds(page, chosen), report.GALLERY) == ["1", "4"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1, 24), (2, 16), (99, 16), (0, 24), (-5, 24), (True, 24), ("2", 24), (None, 24), (1e300, 24)],
)
def test_many_clouds_are_leafed_through(
    page: Dash, workbench: Any, number: Any, shown: int
) -> None:
    workbench.dossiers[VERSIONS[0]] = make_dossier(number=80, wrong=range(40), classes=CLASSES)
    values = {(report.GALLERY.pager, "active_page"): number, (report.FILTER, "data"): "mistakes"}
    changes = call(page, report.GALLERY.clouds, values | {PATH: REPORT})
    assert len(keys(changes, report.GALLERY)) == shown
    assert changes[report.GALLERY.pager]["max_value"] == 2
    assert changes[report.GALLERY.pager]["active_page"] == (1 if shown == 24 else 2)


def test_another_choice_begins_at_its_first_page(page: Dash, workbench: Any) -> None:
    workbench.dossiers[VERSIONS[0]] = make_dossier(number=80, wrong=range(40), classes=CLASSES)
    changes = clouds(page, report_filter.MISTAKES, number=2)
    assert changes[report.GALLERY.pager]["active_page"] == 1
    assert len(keys(changes, report.GALLERY)) == gallery.PER_PAGE


def scene(page: Dash, key: Any, *, drawn: Any = None, path: Any = REPORT) -> Any:
    values = {(report.GALLERY.chosen, "data"): key, (report.GALLERY.drawn, "data"): drawn}
    return call(page, report.GALLERY.scene_panel, values | {PATH: path})


def test_the_chosen_cloud_is_a_scene_and_the_next_one_keeps_its_camera(page: Dash) -> None:
    first = scene(page, "4")
    assert first[report.GALLERY.scene]["figure"]["data"][0]["type"] == "scatter3d"
    assert "layout" in first[report.GALLERY.scene]["figure"]
    said = text_of(first[report.GALLERY.said])
    assert "cube/test/004.ply · 192 points drawn" in said
    assert "Thought of: torus 79.1 %" in said
    then = scene(page, "1", drawn=first[report.GALLERY.drawn]["data"])
    places = {tuple(one["location"]) for one in then[report.GALLERY.scene]["figure"]["operations"]}
    assert places == {("data",), *(("layout", "scene", f"{axis}axis", "range") for axis in "xyz")}


@pytest.mark.parametrize("key", [None, "", "-1", "12", "99999", "1.0", "x", 4, [4], {}, "١"])
def test_a_cloud_that_is_none_hides_the_scene(page: Dash, key: Any) -> None:
    changes = scene(page, key)
    assert changes[report.GALLERY.scene_panel]["hidden"] is True
    assert report.GALLERY.scene not in changes


# -- several versions -----------------------------------------------------------------------------


def test_a_comparison_says_who_is_better_and_shows_both_curves(page: Dash) -> None:
    changes = call(page, compare.BODY, {PATH: COMPARE})
    text = text_of(changes)
    for words in (
        "2 versions side by side",
        "Is B better than A?",
        "test split, 12 clouds",
        "all 8 conditions together",
        "the same as A",
        "Where do they break?",
    ):
        assert words in text, words
    assert "That cannot be told: 10 differences, none that luck could not explain." in text
    assert changes[compare.CLOUDS_PANEL]["hidden"] is False
    assert changes[compare.ONLY]["data"] == VERSIONS[0]
    assert "Only A: 1" in text
    assert "Only B: 1" in text


def test_what_was_measured_on_other_clouds_is_not_compared_and_it_is_said(
    page: Dash, workbench: Any
) -> None:
    workbench.dossiers[VERSIONS[1]] = make_dossier(
        VERSIONS[1], classes=CLASSES, data="x" * 64, passport=None
    )
    changes = call(page, compare.BODY, {PATH: COMPARE})
    text = text_of(changes[compare.BODY])
    assert "B is not compared with A. Test split: " in text
    assert "was tested on other clouds" in text
    assert f"Conditions: version {VERSIONS[1]} has no passport." in text
    assert "others than A" in text
    for words in ("Is B better than A?", "Where do they break?", "Difference"):
        assert words not in text
    assert changes[compare.CLOUDS_PANEL]["hidden"] is True


def test_the_clouds_that_only_one_gets_right(page: Dash) -> None:
    values = {(compare.ONLY, "data"): VERSIONS[0], PATH: COMPARE}
    changes = call(page, compare.GALLERY.clouds, values)
    (key,) = keys(changes, compare.GALLERY)
    assert key == f"{VERSIONS[1]} 5"
    assert changes[compare.GALLERY.caption]["children"] == (
        f"1 cloud that only A ({VERSIONS[0]}) classifies right; "
        f"below each, what B ({VERSIONS[1]}) said."
    )
    shown = call(
        page, compare.GALLERY.scene_panel, {(compare.GALLERY.chosen, "data"): key, PATH: COMPARE}
    )
    assert "torus/test/005.ply" in text_of(shown)


@pytest.mark.parametrize("key", [None, f"{VERSIONS[1]} 99", "20200101-000000 1", "../.. 1", 5, []])
def test_no_cloud_but_those_of_the_compared_versions(page: Dash, key: Any) -> None:
    values = {(compare.GALLERY.chosen, "data"): key, PATH: COMPARE}
    changes = call(page, compare.GALLERY.scene_panel, values)
    assert changes[compare.GALLERY.scene_panel]["hidden"] is True


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        (VERSIONS[0], "Choose 2 to 5 different versions"),
        (f"{VERSIONS[0]},{VERSIONS[0]}", "Choose 2 to 5 different versions"),
        (",".join(f"2026010{i}-000000" for i in range(6)), "Choose 2 to 5 different versions"),
        (f"{VERSIONS[0]},20200101-000000", "There is no version 20200101-000000"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(page: Dash, versions: str, words: str) -> None:
    changes = call(page, compare.BODY, {PATH: f"/demo/compare/{versions}"})
    assert words in text_of(changes[compare.BODY])
    assert changes[compare.CLOUDS_PANEL]["hidden"] is True


# -- addresses ------------------------------------------------------------------------------------


def loads(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', html)


@pytest.mark.parametrize("path", [REPORT, COMPARE])
def test_each_page_is_served_at_its_address(page: Dash, path: str) -> None:
    client = page.server.test_client()
    answer = client.get(path)
    assert answer.status_code == 200
    assert loads(answer.text) == loads(client.get("/demo/").text) != []


@pytest.mark.parametrize(
    "path",
    ["models/20200101-000000", "models/x", f"models/{'9' * 99}", "models/%00",
     f"compare/{VERSIONS[0]}", f"compare/{VERSIONS[0]},20200101-000000", "compare/,",
     "compare/%00"],
)  # fmt: skip
def test_where_nothing_is_the_page_says_so_with_404(page: Dash, path: str) -> None:
    client = page.server.test_client()
    answer = client.get(f"/demo/{path}")
    assert answer.status_code == 404
    assert answer.content_type.startswith("text/html")
    assert loads(answer.text) == loads(client.get("/demo/").text) != []


def test_every_page_has_a_section_that_knows_its_place(page: Dash) -> None:
    sections = {one.id: one for one in page.layout._traverse() if getattr(one, "data-place", None)}
    places = {name: getattr(one, "data-place") for name, one in sections.items()}
    assert places == {
        "report-tab-section": "/demo/models/",
        "compare-tab-section": "/demo/compare/",
    }
    assert {one.under for one in PAGES} == {"models"}


def test_a_report_can_be_downloaded(page: Dash) -> None:
    answer = page.server.test_client().get(f"{REPORT}/report.html")
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="pcdash-{VERSIONS[0]}.html"'
    )
    assert f"Version {VERSIONS[0]}" in answer.text
