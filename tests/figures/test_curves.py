"""Curves, reliability diagrams, maps: everything about them can be read off the dict."""

from __future__ import annotations

import json
from math import log10

import numpy as np
import pytest
from dossiers import make_dossier, make_evidence
from numpy.testing import assert_allclose

from pcdash.core.examination.conditions import FAMILIES as EXAMINED
from pcdash.figures import (
    FAMILIES,
    Figure,
    Line,
    curve_figure,
    curve_summary,
    map_figure,
    reliability_figure,
)
from pcdash.figures.look import plain


def line(label: str, *shares: float, levels: tuple[float, ...] = (0, 0.02, 0.2)) -> Line:
    points = [
        {"level": level, "accuracy": share, "low": share - 0.05, "high": share + 0.04, "n": 100}
        for level, share in zip(levels, shares, strict=True)
    ]
    return Line(label, "#0072b2", points)


def test_every_family_of_the_examination_has_a_chart() -> None:
    assert set(FAMILIES) == set(EXAMINED) - {"clean"}


def test_a_curve_has_its_points_and_the_band_around_them() -> None:
    band, main = curve_figure("noise", [line("A", 0.95, 0.9, 0.5)])["data"]
    assert (main["x"], main["y"]) == ([0, 0.02, 0.2], [0.95, 0.9, 0.5])
    assert band["x"] == [0, 0.02, 0.2, 0.2, 0.02, 0]
    assert_allclose(band["y"], [0.99, 0.94, 0.54, 0.45, 0.85, 0.9])
    assert band["fill"] == "toself"
    assert main["text"][2] == "20 %: 50.0 % (45.0 % to 54.0 %), 100 clouds"


def test_charts_can_be_compared_since_they_show_the_whole_range() -> None:
    low, high = (curve_figure("noise", [line("A", *y)]) for y in ((0.1,) * 3, (0.9,) * 3))
    assert low["layout"]["yaxis"] == high["layout"]["yaxis"]
    first, last = low["layout"]["yaxis"]["range"]
    assert first <= 0 < 1 <= last


def test_levels_too_close_to_write_are_left_out() -> None:
    axis = curve_figure("noise", [line("A", 0.9, 0.8, 0.7)])["layout"]["xaxis"]
    assert axis["ticktext"] == ["0 %", "20 %"]


def test_few_points_are_on_the_right_and_by_factors() -> None:
    figure = curve_figure("points", [line("A", 0.9, 0.8, 0.5, levels=(256, 64, 32))])
    axis = figure["layout"]["xaxis"]
    assert axis["type"] == "log"
    high, low = axis["range"]
    assert low < log10(32) < log10(256) < high
    assert axis["ticktext"] == ["32", "64", "256"]


def test_one_line_needs_no_label_and_several_do_not_cover_one_another() -> None:
    assert curve_figure("noise", [line("A", 1, 1, 1)])["layout"]["annotations"] == []
    for shares in ((1, 1, 1, 1, 1), (0, 0, 0, 0, 0), (0.5, 0.51, 0.52, 0.5, 0.9)):
        lines = [line(name, 1, 1, y) for name, y in zip("ABCDE", shares, strict=True)]
        labels = curve_figure("noise", lines)["layout"]["annotations"]
        assert sorted(label["text"] for label in labels) == list("ABCDE")
        heights = sorted(label["y"] for label in labels)
        assert min(np.diff(heights)) > 0.089
        assert heights[0] >= -1e-9
        assert heights[-1] <= 1 + 1e-9


def test_a_single_level_shows_its_interval_as_well() -> None:
    *_, main = curve_figure("points", [line("A", 0.8, levels=(64,))])["data"]
    assert_allclose(main["error_y"]["array"], [0.04])
    assert_allclose(main["error_y"]["arrayminus"], [0.05])


def test_the_worst_is_said_in_words() -> None:
    points = line("A", 0.9, 0.8, 0.5, levels=(256, 64, 32)).points
    assert curve_summary("points", points) == "At worst, 32 points: 50.0 % (45.0 % to 54.0 %)."
    assert curve_summary("view", line("A", 1, 0.5, levels=(0, 1)).points).startswith(
        "At worst, one side: 50.0 %"
    )


def test_a_reliability_diagram_shows_bins_intervals_and_numbers() -> None:
    bins = make_dossier().reliability
    bars, ideal, found = reliability_figure(bins)["data"]
    assert (ideal["x"], ideal["y"]) == ([0, 1], [0, 1])
    assert found["x"] == [one["confidence"] for one in bins]
    assert found["y"] == [one["accuracy"] for one in bins]
    for one, up, down in zip(
        bins, found["error_y"]["array"], found["error_y"]["arrayminus"], strict=True
    ):
        assert one["accuracy"] + up == pytest.approx(one["high"])
        assert one["accuracy"] - down == pytest.approx(one["low"])
    assert max(bars["y"]) == 0.25
    most = max(one["n"] for one in bins)
    assert_allclose(bars["y"], [0.25 * one["n"] / most for one in bins])


def drawn_map() -> Figure:
    evidence = make_evidence(9, wrong=(1, 4))
    return map_figure(
        evidence.place,
        evidence.truth,
        evidence.said,
        ("<b>a</b>", "b", "c"),
        evidence.name.tolist(),
    )


def test_a_map_holds_every_cloud_once_and_tells_which() -> None:
    evidence = make_evidence(9, wrong=(1, 4))
    rows = []
    for trace in drawn_map()["data"]:
        at = np.array([plain(trace["x"]), plain(trace["y"])]).T
        assert_allclose(at, evidence.place[trace["customdata"]])
        rows += trace["customdata"]
    assert sorted(rows) == list(range(9))


def test_mistakes_are_crosses_on_top_in_their_own_colour() -> None:
    *_, last = drawn_map()["data"]
    assert last["marker"]["symbol"] == "x"
    assert last["customdata"] == [1, 4]
    own = next(t for t in drawn_map()["data"] if t["name"] == "b")
    assert own["marker"]["color"] == last["marker"]["color"]
    assert last["text"] == [
        "box/test/001.ply<br>b, taken for c",
        "box/test/004.ply<br>b, taken for c",
    ]


def test_names_of_classes_are_text_in_a_map() -> None:
    text = json.dumps(drawn_map(), allow_nan=False)
    assert "<b>" not in text
    assert "&lt;b&gt;a&lt;/b&gt;" in text


def test_plotly_accepts_them() -> None:
    import plotly.graph_objects as go

    for figure in (
        curve_figure(
            "points", [line("A", 0.9, 0.8, levels=(64, 32)), line("B", 0.7, levels=(64,))]
        ),
        reliability_figure(make_dossier().reliability),
        drawn_map(),
    ):
        assert len(go.Figure(figure).data) == len(figure["data"])
