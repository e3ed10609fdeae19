"""Models' fold on the clouds of late."""

from __future__ import annotations

from typing import Any

import pytest
from dash import Dash
from drifts import make_report
from page_payloads import call, text_of

from pcdash.errors import ModelUnavailable, NotFound, PcdashError, Refused
from pcdash.figures.drift import drift_figure
from pcdash.ui import drift

VERSION = "20261122-101500"


def look(page: Dash, drawn: str | None = None) -> Any:
    return call(page, (drift.POLL, "n_intervals"), {(drift.DRAWN, "data"): drawn})


def test_an_alarm_is_a_word_a_sentence_a_chart_and_a_table(page: Dash, workbench: Any) -> None:
    workbench.report_on_drift = make_report(VERSION, 0.4, 3.2)
    changes = look(page)
    assert changes[drift.STATE] == {"children": "alarm", "className": "drift-state drift-alarm"}
    assert "not like those of the training" in changes[drift.SAID]["children"]
    assert changes[drift.CHART]["hidden"] is False
    line, points = changes[drift.GRAPH]["figure"]["data"]
    assert (line["y"], points["y"]) == ([None, 0.6], [0.4, 3.2])
    table = text_of(changes[drift.BLOCKS])
    for words in (
        "Newest 100 clouds",
        "planes",
        "3.20",
        "90.0 %",
        "predicted classes",
        "unknown: 3.0 %",
    ):
        assert words in table
    # Nothing new: nothing is drawn again.
    again = look(page, changes[drift.DRAWN]["data"])
    assert drift.GRAPH not in again
    assert again[drift.SAID] == changes[drift.SAID]


def test_an_alarm_of_a_thousand_clouds_shows_theirs(page: Dash, workbench: Any) -> None:
    workbench.report_on_drift = make_report(VERSION, *[0.4] * 10, together=1.5)
    changes = look(page)
    assert changes[drift.STATE]["children"] == "alarm"
    table = text_of(changes[drift.BLOCKS])
    for words in ("Newest 1,000 clouds", "1.50"):
        assert words in table


def test_all_well_and_too_few_are_said(page: Dash, workbench: Any) -> None:
    workbench.report_on_drift = make_report(VERSION, 0.4)
    assert look(page)[drift.STATE]["children"] == "no alarm"
    workbench.report_on_drift = make_report(VERSION, waiting=12)
    changes = look(page)
    assert changes[drift.STATE]["children"] == "too few yet"
    assert changes[drift.CHART]["hidden"] is True
    assert changes[drift.SAID]["children"].startswith("12 different clouds so far")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Refused("the drift watch is off"), "off"),
        (NotFound("version 1 has nothing to compare with"), "unknown"),
        (ModelUnavailable(), ""),
    ],
)
def test_why_nothing_is_known_is_said_in_the_fold(
    page: Dash, workbench: Any, error: PcdashError, state: str
) -> None:
    workbench.report_on_drift = error
    changes = look(page)
    assert changes[drift.STATE]["children"] == state
    said = changes[drift.SAID]["children"]
    assert said.lower() == f"{error.message.lower()}."
    assert changes[drift.CHART]["hidden"] is True


def test_the_chart_has_its_alarm_line_and_shows_what_is_beyond_all_scales() -> None:
    series = make_report(VERSION, 0.001, 1.0, 250.0).as_json()["series"]
    figure = drift_figure(series)
    _line, trace = figure["data"]
    low, high = (10**edge for edge in figure["layout"]["yaxis"]["range"])
    assert all(low < y < high for y in trace["y"])
    assert trace["marker"]["symbol"] == ["circle", "diamond", "diamond"]
    (line,) = figure["layout"]["shapes"]
    assert (line["y0"], line["y1"]) == (1, 1)
    assert [one["x"] for one in drift_figure([])["data"]] == [[], []]
