"""What ``predict`` prints of an answer: for people, and as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pcdash.cli.answers import json_text, names_of, print_answer
from pcdash.core.explanations import EXPLANATIONS
from pcdash.errors import ConfigError


def answer(**more: Any) -> dict[str, Any]:
    return {
        "file": "scan.ply",
        "predicted_class": "cone",
        "probabilities": {"cone": 0.9, "cube": 0.1},
        "label_set": ("cone", "cube"),
        "unknown": False,
        "unknown_score": 0.1,
        "model_version": "20261126-000000",
        **more,
    }


def said(capsys: pytest.CaptureFixture[str], **found: Any) -> list[str]:
    """The lines below the first one, without their indent."""
    print_answer(answer(**found), list(found))
    return [line.strip() for line in capsys.readouterr().out.splitlines()[1:]]


def test_what_is_unknown_has_a_label_set_too(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(answer(), [])
    assert capsys.readouterr().out == "scan.ply\tcone\t90.0%\tlabel set: cone, cube\n"
    print_answer(answer(unknown=True, unknown_score=0.934, label_set=("cone",)), [])
    assert capsys.readouterr().out == (
        "scan.ply\tcone\t90.0%\tlabel set: cone\t"
        "like none of the classes (score 0.93, threshold 0.5)\n"
    )


def test_numbers_are_told_in_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    about = {"accuracy": 0.97, "low": 0.94, "sentence": "97 % right. But.", "note": "But."}
    assert said(capsys, expected_accuracy=about) == ["expected_accuracy", "97 % right. But."]
    assert said(
        capsys,
        neighbours={
            "farthest": {"block": "radial_levels", "sigma": 3.21},
            "nearest": [{"label": "cone", "distance": 0.41, "points": np.zeros((9, 3))}],
        },
    ) == [
        "neighbours",
        "most alike (distance): cone (0.41)",
        "farthest from any class: radial levels, 3.21 sigma",
    ]
    assert said(
        capsys,
        primitive={
            "kind": "cone",
            "centre": [5e6, 0.5, -1.25],
            "axis": None,
            "sizes": {"radius": 2.0, "half_angle_deg": 30.0},
            "errors": {"radius": 0.0123, "half_angle_deg": 0.2},
            "ratio": 0.75,
            "residual": {"rms": 0.01, "median": 0.005},
            "inliers": 0.98,
            "coverage": 0.8,
            "caveats": ["Less than 85 % of the surface has points."],
        },
    ) == [
        "primitive",
        "cone",
        "radius 2 +- 0.012",
        "half angle 30 +- 0.2 degrees",
        "centre 5000000, 0.5, -1.25",
        "proportion 0.75",
        "residual 0.01 rms, 0.005 median",
        "98% of the points lie on it, 80% of the surface has points",
        "Less than 85 % of the surface has points.",
    ]


def test_what_is_not_known_is_left_out_and_its_note_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nothing = {"faithfulness": None, "gain": None, "standing": None, "scores": np.zeros(500)}
    told = said(capsys, blame=nothing | {"sentence": "No picture.", "note": "Too few points."})
    assert told == ["blame", "No picture.", "Too few points."]
    told = said(capsys, blame={"faithfulness": 0.9, "gain": 1.5, "standing": None})
    assert told == ["blame", "faithfulness 0.9, gain 1.5 nats"]


@pytest.mark.parametrize("name", [*EXPLANATIONS, "one that is new"])
def test_a_note_alone_is_told(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert said(capsys, **{name: {"note": "Why."}}) == [name, "Why."]


def test_a_new_explanation_is_told_without_a_line_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {"sentence": "It is so.", "how_much": 3, "each": np.zeros(500)}
    assert said(capsys, new=found) == ["new", "It is so.", "how much 3"]


def test_options_add_up() -> None:
    assert names_of(()) == []
    assert names_of(["quality , blame", "quality", " primitive,"]) == [
        "quality",
        "blame",
        "primitive",
    ]
    with pytest.raises(ConfigError, match="--explain all: must be one of quality, "):
        names_of(["quality", "all"])


def test_json_has_a_list_of_numbers_on_one_line() -> None:
    found = [answer(blame={"scores": np.zeros(2000), "families": ({"a": [[1, 2], [3]]},)}, none={})]
    text = json_text(found)
    assert len(text.splitlines()) < 30
    assert json.loads(text)[0]["blame"] == {
        "scores": [0.0] * 2000,
        "families": [{"a": [[1, 2], [3]]}],
    }
    assert json.loads(text)[0]["none"] == {}
    assert json.loads(json_text([answer(file='a "b"\n[')]))[0]["file"] == 'a "b"\n['
