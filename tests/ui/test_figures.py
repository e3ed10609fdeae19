"""Figures are pure: everything about them can be read off the dict."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pcdash.errors import InvalidInput
from pcdash.figures import (
    COLOURINGS,
    HOVER_POINTS,
    VIRIDIS,
    cloud_caption,
    cloud_figure,
    confusion_figure,
    morph_figure,
    morph_summary,
    surface_trace,
    view_frame,
)

UTM = np.array([447_000.0, 5_411_000.0, 211.0])


def cloud(n: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(size=(n, 3))


def drawn(figure: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    trace = figure["data"][0]
    return np.stack([typed(trace[axis]) for axis in "xyz"], axis=1)


def typed(array: dict[str, str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    assert array["dtype"] == "f4"
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype="<f4")


def scene_range(figure: dict[str, Any]) -> float:
    scene = figure["layout"]["scene"]
    ranges = {tuple(scene[f"{axis}axis"]["range"]) for axis in "xyz"}
    assert len(ranges) == 1, "true to scale: all axes span the same"
    low, high = ranges.pop()
    assert low == -high
    return float(high)


def test_points_are_drawn_centred_and_true_to_scale() -> None:
    points = cloud(300)
    figure = cloud_figure(points)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    assert_allclose(drawn(figure), points - centre, atol=1e-6)
    assert figure["layout"]["scene"]["aspectmode"] == "data"


def test_a_survey_grid_offset_does_not_eat_the_shape() -> None:
    points = cloud(300) * 1e-3
    assert_allclose(
        drawn(cloud_figure(points + UTM)), drawn(cloud_figure(points)), atol=2e-9 * UTM.max()
    )
    assert "offset x 447,000 y 5,411,000 z 210.9998" in cloud_caption(points + UTM)
    assert "offset" not in cloud_caption(points)


@pytest.mark.parametrize("scale", [1e-90, 1e-12, 1e-5, 1.0, 1e5, 1e12, 1e90])
def test_any_unit_is_drawn_within_what_float32_holds(scale: float) -> None:
    figure = cloud_figure(cloud(200) * scale)
    shown = drawn(figure)
    assert np.isfinite(shown).all()
    assert 1e-6 <= np.ptp(shown, axis=0).max() <= 1e6
    assert 1e-7 < scene_range(figure) < 1e7
    outside = not 1e-6 <= scale <= 1e5
    assert ("unit" in cloud_caption(cloud(200) * scale)) == outside


@pytest.mark.parametrize("squeeze", [(1, 1, 0), (1, 0, 0), (0, 0, 0), (1, 1, 1e-12)])
def test_a_flat_cloud_keeps_a_visible_scene(squeeze: tuple[float, float, float]) -> None:
    figure = cloud_figure(cloud(64) * np.array(squeeze))
    assert scene_range(figure) >= np.linalg.norm(drawn(figure), axis=1).max()
    assert scene_range(figure) > 0


def test_the_whole_cloud_fits_however_it_is_turned() -> None:
    figure = cloud_figure(cloud(500) * [5, 1, 0.2])
    assert np.linalg.norm(drawn(figure), axis=1).max() <= scene_range(figure)


def test_only_the_view_is_thinned_and_the_count_said() -> None:
    points = cloud(1_000)
    figure = cloud_figure(points, max_points=100)
    rows = drawn(figure)
    centred = (points - (points.min(axis=0) + points.max(axis=0)) / 2).astype("f4")
    assert len(rows) == 100
    assert {row.tobytes() for row in rows} <= {row.tobytes() for row in centred}
    assert len({row.tobytes() for row in rows}) == 100, "without replacement"
    assert figure["layout"]["annotations"][0]["text"] == "100 of 1,000 points"
    assert cloud_figure(points, max_points=100) == figure, "the same ones every time"


def test_markers_shrink_as_the_cloud_grows() -> None:
    sizes = [cloud_figure(cloud(n))["data"][0]["marker"]["size"] for n in (16, 256, 4_096, 20_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4


def test_hovering_is_off_above_what_picking_can_bear() -> None:
    few = cloud_figure(cloud(HOVER_POINTS))["data"][0]
    many = cloud_figure(cloud(HOVER_POINTS + 1))["data"][0]
    assert "hovertemplate" in few
    assert "hoverinfo" not in few
    assert many["hoverinfo"] == "skip"


def test_markers_are_not_the_slow_default() -> None:
    assert cloud_figure(cloud(32))["data"][0]["marker"]["symbol"] in ("diamond", "square")


def test_colours_stand_for_height_or_distance_or_nothing() -> None:
    points = cloud(100)
    height = cloud_figure(points, color_by="height")["data"][0]["marker"]["color"]
    assert height == cloud_figure(points)["data"][0]["z"]
    distance = typed(cloud_figure(points, color_by="distance")["data"][0]["marker"]["color"])
    assert_allclose(distance, np.linalg.norm(points - points.mean(axis=0), axis=1), rtol=1e-5)
    assert cloud_figure(points, color_by="none")["data"][0]["marker"]["color"] in VIRIDIS
    assert set(COLOURINGS) == {"height", "distance", "none"}


def test_an_unknown_colouring_is_named() -> None:
    with pytest.raises(InvalidInput, match="height, distance, none") as caught:
        cloud_figure(cloud(20), color_by="rainbow")
    assert caught.value.field == "color_by"


def test_a_title_is_text_whatever_it_holds() -> None:
    title = '<a href="javascript:alert(1)">&amp;</a>'
    shown = cloud_figure(cloud(20), title=title)["layout"]["title"]["text"]
    assert shown == '&lt;a href="javascript:alert(1)"&gt;&amp;amp;&lt;/a&gt;'
    assert "title" not in cloud_figure(cloud(20))["layout"]


def test_backgrounds_let_the_theme_through() -> None:
    for figure in (cloud_figure(cloud(20)), confusion_figure([[1, 0], [0, 1]], ["a", "b"])):
        assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert cloud_figure(cloud(20))["layout"]["scene"]["bgcolor"] == "rgba(0,0,0,0)"


def test_figures_are_json_and_small() -> None:
    text = json.dumps(cloud_figure(cloud(512)), allow_nan=False)
    assert len(text) < 13_000
    json.dumps(confusion_figure([[3, 0], [1, 0]], ["a", "b"]), allow_nan=False)


def test_plotly_accepts_both_figures() -> None:
    import plotly.graph_objects as go

    figure = cloud_figure(cloud(50), title="cloud")
    assert go.Figure(figure).to_dict()["data"][0]["x"] == figure["data"][0]["x"]
    assert len(go.Figure(confusion_figure([[1, 0], [0, 1]], ["a", "b"])).data) == 1


def test_a_confusion_matrix_shows_shares_and_writes_counts() -> None:
    figure = confusion_figure([[3, 1], [0, 0]], ["ball", "box"])
    assert figure["data"][0]["z"] == [[0.75, 0.25], [0.0, 0.0]]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["3", "1", "·", "·"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "predicted"
    assert figure["layout"]["yaxis"]["title"]["text"] == "true"
    assert figure["layout"]["yaxis"]["autorange"] == "reversed", "the first class is on top"


def test_class_names_are_text() -> None:
    figure = confusion_figure([[1]], ["<b>bold</b>"])
    assert figure["layout"]["xaxis"]["ticktext"] == ["&lt;b&gt;bold&lt;/b&gt;"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["&lt;b&gt;bold&lt;/b&gt;"]


def test_a_surface_is_drawn_where_its_cloud_is() -> None:
    points = 1e-9 * cloud(200) + [4.0, 5.0, 2.0]
    shown = drawn(cloud_figure(points))
    faces = np.array([[0, 1, 2], [2, 3, 4]])
    trace = surface_trace(view_frame(points), points[:5], faces, "#0072b2")
    vertices = np.stack([typed(trace[axis]) for axis in "xyz"], axis=1)
    assert_allclose(vertices, shown[:5], rtol=1e-6)
    assert [trace["i"], trace["j"], trace["k"]] == [[0, 2], [1, 3], [2, 4]]


def test_a_morphs_curves_are_labelled_and_its_flips_marked() -> None:
    t = np.linspace(0, 1, 11)
    said = np.stack([1 - t, t, 0 * t], axis=1)
    flips = [{"t": 0.5, "from": "a", "to": "<b>", "value": 0.25}]
    figure = morph_figure(t, said, ("a", "<b>", "c"), flips, ("this", "that"), 0.3)
    assert_allclose(typed(figure["data"][1]["y"]), t, atol=1e-6)
    texts = [one["text"] for one in figure["layout"]["annotations"]]
    assert texts == ["a", "&lt;b&gt;", "0.500"], "what is never likely needs no label"
    assert [line["x0"] for line in figure["layout"]["shapes"]] == [0.3, 0.5]
    assert morph_summary("a", flips, "size") == "a becomes <b> at 0.500 (size 0.25)."
    assert morph_summary("a", [], "size") == "a all the way."
