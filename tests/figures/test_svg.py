"""The figures without plotly: as SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from dossiers import make_dossier, make_evidence

from pcdash.figures import (
    FAMILIES,
    Line,
    curve_figure,
    map_figure,
    reliability_figure,
    svg,
)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def numbers(path: str) -> list[float]:
    return [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_points_are_put_where_the_axes_say() -> None:
    points = [
        {"level": level, "accuracy": y, "low": y, "high": y, "n": 10}
        for level, y in ((0.0, 1.0), (0.2, 0.0))
    ]
    figure = curve_figure("noise", [Line("A", "#123456", points)])
    margin = figure["layout"]["margin"]
    picture = parsed(svg(figure, width=400, height=300, title="x"))
    (way,) = [
        path.get("d")
        for path in picture.iter("path")
        if path.get("stroke") == "#123456" and path.get("stroke-width") == "2"
    ]
    x1, y1, x2, y2 = numbers(str(way))
    width, height = 400 - margin["l"] - margin["r"], 300 - margin["t"] - margin["b"]
    left, right = figure["layout"]["xaxis"]["range"]
    low, high = figure["layout"]["yaxis"]["range"]
    assert x1 == pytest.approx(margin["l"] + width * (0 - left) / (right - left), abs=0.1)
    assert x2 == pytest.approx(margin["l"] + width * (0.2 - left) / (right - left), abs=0.1)
    assert y1 == pytest.approx(margin["t"] + height * (high - 1) / (high - low), abs=0.1)
    assert y2 == pytest.approx(margin["t"] + height * high / (high - low), abs=0.1)


def test_everything_drawn_stays_in_the_picture() -> None:
    dossier, evidence = make_dossier(), make_evidence(40, wrong=(3, 4))
    figures = [
        *(curve_figure(f, [Line("A", "#123456", dossier.robustness[f])]) for f in FAMILIES),
        reliability_figure(dossier.reliability),
        map_figure(evidence.place, evidence.truth, evidence.said, "abc", evidence.name.tolist()),
    ]
    assert len(figures) == 7
    for figure in figures:
        picture = parsed(svg(figure, width=400, height=300, title="x"))
        at = [n for path in picture.iter("path") for n in numbers(str(path.get("d")))]
        assert len(at) > 8
        assert max(at) <= 400


def test_a_picture_says_what_it_is_and_text_stays_text() -> None:
    figure = curve_figure("noise", [])
    figure["layout"]["xaxis"]["title"]["text"] = "&lt;script&gt; & \"'"
    text = svg(figure, width=400, height=300, title="<b>&")
    assert "<script" not in text
    picture = parsed(text)
    assert picture.findtext("title") == "<b>&"
    assert "<script> & \"'" in [one.text for one in picture.iter("text")]


def test_crosses_and_labels_on_a_logarithmic_axis() -> None:
    points = [{"level": n, "accuracy": 0.5, "low": 0.4, "high": 0.6, "n": 9} for n in (256, 32)]
    lines = [Line("A", "#111111", points), Line("B", "#222222", points)]
    picture = parsed(svg(curve_figure("points", lines), width=400, height=300, title="x"))
    labels = {one.text: one for one in picture.iter("text") if one.text in ("A", "B")}
    ticks = {one.text: float(str(one.get("x"))) for one in picture.iter("text")}
    for label in labels.values():
        assert float(str(label.get("x"))) == pytest.approx(ticks["32"] + 8, abs=0.2)
