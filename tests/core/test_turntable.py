"""The turntable: what flags a model, what flags a cloud, and what leaves both alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from audit_fakes import lying, roundness, scored

from pcdash.core.audit.perturbations import FAMILIES, RESAMPLINGS, ROTATIONS
from pcdash.core.audit.turntable import MOST_POINTS, turntable
from pcdash.core.benchmark import default
from pcdash.core.corruption import rotation
from pcdash.core.inference import ActiveModel
from pcdash.core.trust.judgement import Cell, Judgement
from pcdash.errors import InvalidCloud


def _cloud(shape: str = "torus", n: int = 512, seed: int = 3) -> np.ndarray:
    return default(shape, np.random.default_rng(seed), n=n)


def test_what_looks_at_the_shape_alone_is_stable() -> None:
    found = turntable(scored(roundness), _cloud(), seed=0)
    assert found.verdict == "stable"
    assert found.predicted_class == "torus"
    assert found.agreement == 1
    assert found.sentence.startswith("Torus in all ")
    counts = {family.name: family.trials for family in found.families}
    assert counts["rotations"] == ROTATIONS == 64
    assert counts["resamplings"] == RESAMPLINGS == 16
    assert list(counts) == list(FAMILIES)
    for family in found.families[:3]:
        assert family.highest - family.lowest < 1e-6
    assert not found.notes


@pytest.mark.parametrize(
    ("score", "wrong", "words"),
    [
        (0.9, 0.0, "like none of the classes: a stable answer is not a right one."),
        (0.1, 9.0, "could also be cone: a stable answer is not a sure one."),
        (0.1, -9.0, "this answer holds."),
    ],
)
def test_a_stable_answer_that_is_none_is_not_praised(
    score: float, wrong: float, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judgement = Judgement(Cell("any scan", np.full(100, wrong), False), score)
    predict_many = ActiveModel.predict_many
    monkeypatch.setattr(
        ActiveModel,
        "predict_many",
        lambda self, clouds: [replace(p, judgement=judgement) for p in predict_many(self, clouds)],
    )
    found = turntable(scored(roundness), _cloud(), 0)
    assert found.verdict == "stable"
    assert found.sentence.endswith(words)


def test_a_model_of_bounding_boxes_is_flagged() -> None:
    flat = _cloud() * [1.0, 1.0, 0.3]
    found = turntable(scored(lying), flat, seed=0)
    assert found.verdict == "pose-sensitive"
    rotations = found.families[0]
    assert rotations.name == "rotations"
    assert rotations.agreement < 1
    assert "turned about its centre" in found.sentence
    assert found.worst.predicted_class == "cone"
    assert found.worst.probability == min(family.lowest for family in found.families)
    assert found.worst.name.startswith("turned by ")


@pytest.mark.parametrize(
    ("score", "family"),
    [
        (lambda p: float(np.log(np.ptp(p)) + 2), "in another unit"),
        (lambda p: 5 - float(np.abs(p.mean())), "in another place"),
    ],
)
def test_a_model_of_size_or_place_is_flagged(score: object, family: str) -> None:
    found = turntable(scored(score), _cloud(), seed=0)
    assert found.verdict == "pose-sensitive"
    assert family in found.sentence


def test_a_probability_that_turns_with_the_cloud_is_flagged_though_the_label_stays() -> None:
    found = turntable(scored(lambda p: 2 + np.tanh(lying(p))), _cloud("cube"), seed=0)
    assert found.agreement == 1
    assert found.verdict == "pose-sensitive"
    assert "probabilities from" in found.sentence


def test_an_answer_that_hangs_on_a_part_is_fragile() -> None:
    points = _cloud()
    loss = 0.9 * len(points)
    found = turntable(scored(lambda p: float(len(p) - loss)), points, seed=0)
    assert found.verdict == "fragile"
    agreement = {family.name: family.agreement for family in found.families}
    assert agreement == {
        "rotations": 1,
        "scales": 1,
        "offsets": 1,
        "resamplings": 0,
        "quarters": 0,
    }


def test_the_same_seed_says_the_same_and_the_pose_does_not_matter() -> None:
    model, points = scored(roundness), _cloud()
    found = turntable(model, points, seed=5)
    assert found == turntable(model, points, seed=5)
    assert found != turntable(model, points, seed=6)
    turned = turntable(model, points @ rotation(np.random.default_rng(0)).T * 7 + 30, seed=5)
    for one, other in zip(found.families, turned.families, strict=True):
        assert (one.lowest, one.median) == pytest.approx((other.lowest, other.median), abs=1e-6)


def test_sixteen_points_can_be_turned_but_not_thinned() -> None:
    found = turntable(scored(roundness), _cloud(n=16), seed=0)
    assert [family.name for family in found.families] == ["rotations", "scales", "offsets"]
    assert [note.split(":")[0] for note in found.notes] == [
        "Nothing was tried sampled anew",
        "Nothing was tried without a quarter",
    ]


def test_large_clouds_are_sampled_and_the_whole_counts_as_a_trial() -> None:
    points = _cloud(n=100_000)
    sizes = []

    def seen(p: np.ndarray) -> float:
        sizes.append(len(p))
        return roundness(p)

    found = turntable(scored(seen), points, seed=0)
    assert (found.n_points, found.n_used) == (100_000, MOST_POINTS)
    assert sorted(set(sizes))[-2:] == [MOST_POINTS, 100_000]
    assert sizes.count(100_000) == 1
    assert "2,048 of 100,000" in found.notes[0]


def test_what_leaves_no_shape_is_counted_and_other_errors_are_not_hidden() -> None:
    def refusing(p: np.ndarray) -> float:
        if len(p) == 410:
            raise InvalidCloud("too degenerate", field="points")
        return roundness(p)

    found = turntable(scored(refusing), _cloud(), seed=0)
    assert "resamplings" not in [family.name for family in found.families]
    assert found.notes == ("16 trials sampled anew left nothing to classify.",)

    def broken(p: np.ndarray) -> float:
        if len(p) == 410:
            raise ZeroDivisionError
        return roundness(p)

    with pytest.raises(ZeroDivisionError):
        turntable(scored(broken), _cloud(), seed=0)
