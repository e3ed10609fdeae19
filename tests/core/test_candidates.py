"""Choosing among several classifiers: on the train split alone, on the same folds, by the seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.model_selection import StratifiedKFold

from pcdash.core import candidates
from pcdash.core.candidates import Candidate, choose
from pcdash.core.dataset import FeatureTable
from pcdash.core.descriptor import DIM
from pcdash.core.evaluation import accuracy, confusion_matrix, f1_macro
from pcdash.core.models import MODELS
from pcdash.core.params import TrainParams
from pcdash.core.progress import Silent
from pcdash.errors import Cancelled, InvalidInput

WIDTH = 40
KERNEL = {"name": "svm_rbf", "params": {"gamma": 0.3 * DIM / WIDTH}}
"""As wide as by default on all features of a descriptor."""


class Watching(Silent):
    """Keeps what is reported, and asks to stop after some reports."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.reports: list[tuple[str, float, str]] = []
        self._stop_after = stop_after

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        self.reports.append((stage, fraction, message))

    def check(self) -> None:
        if self._stop_after is not None and len(self.reports) >= self._stop_after:
            raise Cancelled("stopped")


def table(train: int = 90, test: int = 30, seed: int = 0, noise: float = 0.6) -> FeatureTable:
    """Three rings around one another; two coordinates fill all of the features."""
    rng = np.random.default_rng(seed)
    labels = np.arange(train + test) % 3
    angle = rng.uniform(0, 2 * np.pi, len(labels))
    features = 0.3 * rng.standard_normal((len(labels), WIDTH)).astype(np.float32)
    for start, side in enumerate((np.cos, np.sin)):
        place = 4 * labels * side(angle) + noise * rng.standard_normal(len(labels))
        features[:, start::2] += place[:, None]
    splits = np.array(["train"] * train + ["test"] * test)
    return FeatureTable(
        features,
        labels,
        splits,
        ("ant", "bee", "cat"),
        "f" * 64,
        ("",) * len(labels),
        tuple((0, n) for n in range(len(labels))),
    )


def small(fewest: int) -> FeatureTable:
    """A table whose last class has this many training rows."""
    data = table()
    labels = data.labels.copy()
    rows = np.flatnonzero((labels == 2) & (data.splits == "train"))[fewest:]
    labels[rows] = 1
    return replace(data, labels=labels)


def params(**values: Any) -> TrainParams:
    given = {"candidates": ["lda", "svm_rbf"], "folds": 3, "model": KERNEL}
    return TrainParams.model_validate(given | values)


def run(given: TrainParams, data: FeatureTable, progress: Any = None) -> Any:
    return choose(given, data, progress or Silent(), since=0.5, upto=0.9)


def test_rings_are_for_the_kernel_and_not_for_lines() -> None:
    chosen, comparison = run(params(), table())
    lda, svm = comparison.candidates
    assert svm.mean > 0.9 > 0.7 > lda.mean
    assert comparison.best == svm
    assert (chosen.model.model_dump(), chosen.candidates) == (KERNEL, ())


def test_the_scores_are_those_of_a_plain_cross_validation() -> None:
    data = table()
    features, labels = data.rows("train")
    for metric, function in (("accuracy", accuracy), ("f1_macro", f1_macro)):
        _, comparison = run(params(metrics=[metric], seed=5), data)
        assert comparison.metric == metric
        assert (comparison.folds, comparison.clouds) == (3, 90)
        split = list(StratifiedKFold(3, shuffle=True, random_state=5).split(features, labels))
        for candidate in comparison.candidates:
            spec = MODELS[candidate.model.name]
            given = spec.params.model_validate(candidate.model.params)
            expected = []
            for fitted_on, held in split:
                # As it is served, temperature and all: that changes no answer.
                model = spec.build(given, 5).fit(features[fitted_on], labels[fitted_on])
                said = model.predict(features[held]).astype(np.int64)
                expected.append(function(confusion_matrix(labels[held], said, 3)))
            assert candidate.scores == pytest.approx(expected)
            assert candidate.mean == pytest.approx(np.mean(expected))
            assert candidate.seconds > 0


def test_scores_are_told_fold_by_fold() -> None:
    told: list[Any] = []
    given = params()
    _, comparison = choose(given, table(), Silent(), since=0.5, upto=0.9, scored=told.append)
    assert [[len(c.scores) for c in one.candidates] for one in told] == [
        [1], [2], [3], [3, 1], [3, 2], [3, 3],
    ]  # fmt: skip
    assert told[-1] == comparison
    on_the_way = told[3].as_json(chosen=False)
    assert on_the_way["chosen"] is None
    assert [row["name"] for row in on_the_way["rows"]] == ["lda", "svm_rbf"]
    assert on_the_way["rows"][1]["scores"] == list(comparison.candidates[1].scores[:1])


def test_test_clouds_are_never_looked_at() -> None:
    data = table()
    poisoned = data.features.copy()
    poisoned[data.splits != "train"] = np.nan
    broken = replace(data, features=poisoned)
    assert scores(run(params(), broken)) == scores(run(params(), data))


def test_the_choice_follows_the_seed() -> None:
    data = table(noise=2.0)
    assert scores(run(params(seed=1), data)) == scores(run(params(seed=1), data))
    assert scores(run(params(seed=1), data)) != scores(run(params(seed=2), data))


def test_of_equals_the_first_is_taken() -> None:
    rings = table()
    apart = rings.features + 50 * rings.labels[:, None].astype(np.float32)
    easy = replace(rings, features=apart)
    for names in (["svm_rbf", "lda"], ["lda", "svm_rbf"]):
        chosen, comparison = run(params(candidates=names), easy)
        assert [candidate.mean for candidate in comparison.candidates] == [1.0, 1.0]
        assert chosen.model.name == names[0]


def test_parameters_count_for_the_candidate_that_they_were_given_for() -> None:
    _, own = run(params(), table())
    _, usual = run(params(model={"name": "mlp", "params": {"epochs": 3}}), table())
    assert [c.model.params for c in own.candidates] == [{}, KERNEL["params"]]
    assert [c.model.params for c in usual.candidates] == [{}, {}]
    assert own.candidates[1].scores != usual.candidates[1].scores
    assert own.candidates[0].scores == usual.candidates[0].scores


@pytest.mark.parametrize(
    ("fewest", "folds", "made"), [(3, 10, 3), (3, 2, 3), (4, 10, 4), (4, 2, 2)]
)
def test_a_small_class_lowers_the_folds(fewest: int, folds: int, made: int) -> None:
    _, comparison = run(params(folds=folds), small(fewest))
    assert comparison.folds == made
    assert [len(candidate.scores) for candidate in comparison.candidates] == [made, made]


def test_a_class_that_is_too_small_to_compare_is_said_so() -> None:
    with pytest.raises(InvalidInput, match="a class has 2 training clouds") as caught:
        run(params(), small(2))
    assert caught.value.field == "candidates"


def test_scores_are_reported_as_they_come_in() -> None:
    progress = Watching()
    _, comparison = run(params(), table(), progress)
    assert {stage for stage, _, _ in progress.reports} == {"candidates"}
    shares = [share for _, share, _ in progress.reports]
    assert shares == pytest.approx([0.5 + 0.4 * n / 6 for n in range(6)])
    messages = [message for _, _, message in progress.reports]
    assert messages[0] == "lda, fold 1 of 3"
    first = f"lda {100 * comparison.candidates[0].scores[0]:.1f} %"
    assert messages[1] == f"lda, fold 2 of 3; accuracy so far: {first}"
    whole = f"lda {100 * comparison.candidates[0].mean:.1f} %"
    assert messages[3] == f"svm_rbf, fold 1 of 3; accuracy so far: {whole}"
    assert messages[5].startswith(f"svm_rbf, fold 3 of 3; accuracy so far: {whole}, svm_rbf ")


def test_the_longest_message_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def perfect(candidate: Candidate, *_given: Any) -> Candidate:
        return replace(candidate, scores=(*candidate.scores, 1.0))

    monkeypatch.setattr(candidates, "_scored", perfect)
    progress = Watching()
    run(params(candidates=list(MODELS), folds=10), table(), progress)
    assert max(len(message) for _, _, message in progress.reports) < 500
    assert all(f"{name} 100.0 %" in progress.reports[-1][2] for name in MODELS)


@pytest.mark.parametrize("after", [1, 4])
def test_it_can_be_stopped_after_each_fold(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = []
    score = candidates._scored
    monkeypatch.setattr(candidates, "_scored", lambda *given: fitted.append(given) or score(*given))
    with pytest.raises(Cancelled):
        run(params(), table(), Watching(stop_after=after))
    assert len(fitted) == after


def test_without_candidates_nothing_is_compared() -> None:
    progress = Watching()
    given = TrainParams.model_validate({"model": {"name": "lda"}})
    assert run(given, table(), progress) == (given, None)
    assert progress.reports == []


def test_the_comparison_is_plain_json() -> None:
    import json

    _, comparison = run(params(), table())
    told = json.loads(json.dumps(comparison.as_json()))
    assert told == comparison.as_json()
    assert told["chosen"] == "svm_rbf"
    assert [row["name"] for row in told["rows"]] == ["lda", "svm_rbf"]
    assert [len(row["scores"]) for row in told["rows"]] == [3, 3]


@pytest.mark.parametrize(
    "values",
    [
        {"candidates": ["lda"]},
        {"candidates": ["lda", "lda"]},
        {"candidates": ["lda", "oracle"]},
        {"candidates": "lda"},
        {"candidates": None},
        {"candidates": ["lda", 5]},
        {"candidates": [*MODELS, "lda"]},
        {"folds": 1},
        {"folds": 11},
        {"folds": 2.0},
    ],
)
def test_nonsense_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TrainParams.model_validate(values)


def scores(outcome: Any) -> list[tuple[float, ...]]:
    return [candidate.scores for candidate in outcome[1].candidates]
