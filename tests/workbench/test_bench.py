"""The benchmark's figures, on models that are too small to be good."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pcdash.core.benchmark import CONDITIONS
from pcdash.core.inference import ActiveModel
from pcdash.core.progress import Silent
from pcdash.errors import InvalidInput
from pcdash.workbench import bench as benchmark
from pcdash.workbench.bench import measure


class _Always:
    """A pipeline that gives every cloud the same probabilities."""

    def __init__(self, *probabilities: float) -> None:
        self._row = probabilities

    def predict_proba(self, clouds: list[np.ndarray]) -> np.ndarray:
        return np.tile(self._row, (len(clouds), 1))


def _model(
    version: str, *probabilities: float, classes: tuple[str, ...] = ("sphere", "cube", "cone")
) -> ActiveModel:
    return ActiveModel(_Always(*probabilities), classes, version)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "COST_POINTS", (64,))
    monkeypatch.setattr(benchmark, "_BATCH_CLOUDS", 4)


class _Watched(Silent):
    def __init__(self) -> None:
        self.seen: list[float] = []

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        self.seen.append(fraction)


def test_one_version_has_one_figure_a_row() -> None:
    progress = _Watched()
    found = measure([_model("a", 0.5, 0.3, 0.2)], progress, clouds=6, seed=1)
    assert [row.condition for row in found.rows] == list(CONDITIONS)
    rows = {row.condition: row for row in found.rows}
    assert rows["default clouds"].accuracy == pytest.approx(1 / 3)
    assert rows["default clouds"].n == 6
    assert rows["default clouds"].confused == (("cube", "sphere", 2), ("cone", "sphere", 2))
    # Without spheres nothing is right.
    assert rows["stretched 0.6 to 1.6"].accuracy == 0
    lines = found.to_markdown().splitlines()
    assert lines[0] == "| condition | accuracy % | clouds | most often confused |"
    assert lines[2] == "| default clouds | 33.3 | 6 | cube as sphere (2), cone as sphere (2) |"
    assert lines[2 + len(CONDITIONS)] == ""
    assert progress.seen == sorted(progress.seen)
    assert progress.seen[-1] == 0.9


def test_several_versions_show_mean_and_lowest_and_sum_what_they_confuse() -> None:
    # The second one takes every cone for a cube, and says nothing of classes in another order.
    first = _model("a", 0.5, 0.3, 0.2)
    second = _model("b", 0.2, 0.5, 0.3, classes=("cone", "cube", "sphere"))
    third = _model("c", 0.2, 0.5, 0.3)
    found = measure([first, second, third], Silent(), clouds=6, seed=1)
    row = next(row for row in found.rows if row.condition == "stretched 0.6 to 1.6")
    assert row.n == 6
    assert row.by_version == {"a": 0.0, "b": 0.5, "c": 0.5}
    assert (row.accuracy, row.lowest) == (pytest.approx(1 / 3), 0.0)
    assert row.confused[0] == ("cone", "cube", 6)
    assert set(row.confused[1:]) == {("cube", "sphere", 3), ("cone", "sphere", 3)}
    lines = found.to_markdown().splitlines()
    assert lines[0] == "| condition | mean % | lowest % | clouds | most often confused |"
    assert lines[1] == "|---|---|---|---|---|"
    assert "| stretched 0.6 to 1.6 | 33.3 | 0.0 | 6 | cone as cube (6)" in "\n".join(lines)
    said = json.loads(json.dumps(found.to_json()))
    assert said["versions"] == ["a", "b", "c"]
    assert said["rows"][0]["by_version"].keys() == {"a", "b", "c"}
    assert said["predict_ms"].keys() == {"64"}


def test_models_of_other_things_are_refused() -> None:
    with pytest.raises(InvalidInput, match="synthetic shapes"):
        measure([_model("a", 0.5, 0.5, classes=("chair", "table"))], Silent(), clouds=6, seed=1)
    pair = [_model("a", 0.5, 0.3, 0.2), _model("b", 0.5, 0.5, classes=("sphere", "cube"))]
    with pytest.raises(InvalidInput, match="versions a and b know different shapes"):
        measure(pair, Silent(), clouds=6, seed=1)
