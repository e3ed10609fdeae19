"""Label sets, strangers, the quality of a scan: every part by itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pcdash.core.corruption import Randomisation
from pcdash.core.corruption.scanning import Defects, Truth, draw_defects, scan
from pcdash.core.descriptor import DIM, SLICES, describe_batch
from pcdash.core.shapes import SHAPES
from pcdash.core.trust.bins import ALL, FEWEST, KEYS, assign, members, title, wider
from pcdash.core.trust.conformal import least_probability, limit, nonconformity
from pcdash.core.trust.expectation import Record
from pcdash.core.trust.judgement import Cell, Judgement, label_set
from pcdash.core.trust.levels import Level
from pcdash.core.trust.novelty import Novelty
from pcdash.core.trust.quality import Estimator, Quality
from pcdash.core.trust.school import known_shapes, recipe_of, strangers
from pcdash.core.trust.strangers import FAMILIES

Lesson = tuple[np.ndarray, np.ndarray, list[Truth], np.ndarray, list[Truth]]
PROBABILITIES = {"cube": 0.7, "cone": 0.25, "torus": 0.05}
CLEAN = Defects(points=400, noise=0.0, outliers=0.0, crop=0.0, view=False, gradient=0.0)


def judgement(wrong: list[float]) -> Judgement:
    """Of calibration clouds where so much of the probability was another class's."""
    scores = nonconformity(1 - np.array(wrong))
    return Judgement(Cell("all scans", np.sort(scores), False), 0.1)


# -- label sets -----------------------------------------------------------------------------------


def test_the_limit_covers_for_three_of_four_calibrations() -> None:
    rng = np.random.default_rng(0)
    held = [limit(np.sort(rng.random(300)), 0.95) >= 0.95 for _ in range(600)]
    # A uniform score is covered with a probability equal to the limit itself.
    assert 0.72 <= np.mean(held) <= 0.86


def test_too_few_scores_rule_nothing_out() -> None:
    assert limit(np.linspace(0, 1, 27), 0.95) == math.inf
    assert limit(np.linspace(0, 1, 28), 0.95) == 1.0


def test_a_higher_level_never_makes_a_set_smaller() -> None:
    scores = np.sort(np.random.default_rng(1).random(500))
    limits = [limit(scores, level) for level in (0.5, 0.8, 0.9, 0.95, 0.99)]
    assert limits == sorted(limits)


@pytest.mark.parametrize(
    ("worst", "expected"),
    [(0.2, ("cube",)), (0.76, ("cube", "cone")), (0.99, ("cube", "cone", "torus"))],
)
def test_a_set_holds_what_was_not_ruled_out(worst: float, expected: tuple[str, ...]) -> None:
    assert label_set(PROBABILITIES, judgement([worst] * 100)) == expected


def test_a_set_is_wider_where_more_is_to_be_expected() -> None:
    cell = judgement([0.5] * 100).cell
    assert label_set(PROBABILITIES, Judgement(cell, 0.1)) == ("cube",)
    assert label_set(PROBABILITIES, Judgement(cell, 0.1, centre=1.2)) == ("cube", "cone")


def test_every_class_conforms_where_nothing_is_known() -> None:
    assert label_set({"cube": 1.0, "cone": 0.0}, judgement([0.5])) == ("cube", "cone")


def test_the_least_probability_is_that_of_the_most_nonconformity() -> None:
    probabilities = np.array([0.9, 0.5, 0.01])
    found = [least_probability(float(most)) for most in nonconformity(probabilities)]
    np.testing.assert_allclose(found, probabilities, rtol=1e-9)


# -- levels ---------------------------------------------------------------------------------------


def test_a_level_follows_quality_and_does_not_extrapolate() -> None:
    rng = np.random.default_rng(0)
    quality = np.hstack([np.ones((4000, 1)), rng.uniform(-1, 1, (4000, 17))]).astype(np.float32)
    scores = 3 + 2 * quality[:, 1] + np.exp(quality[:, 2]) * rng.standard_normal(4000)
    level = Level.fit(quality, scores)
    some = np.zeros((3, 18), np.float32)
    some[:, 0] = 1
    some[1, 1:3] = 0.8
    some[2, 1:3] = 50
    centre, spread = level(some)
    np.testing.assert_allclose(centre, [3, 4.6, 5], atol=0.3)
    assert 1.7 < spread[1] / spread[0] < 2.5
    assert spread[2] / spread[0] < 4


def test_few_scans_have_one_level() -> None:
    rng = np.random.default_rng(0)
    quality = np.hstack([np.ones((60, 1)), rng.uniform(-1, 1, (60, 17))]).astype(np.float32)
    centre, spread = Level.fit(quality, rng.standard_normal(60) + 5)(quality)
    assert np.ptp(centre) == np.ptp(spread) == 0
    assert 4.5 < centre[0] < 5.5


def test_some_scans_have_a_level_that_is_linear_in_the_measures() -> None:
    rng = np.random.default_rng(3)
    quality = np.hstack([np.ones((240, 1)), rng.normal(size=(240, 17))]).astype(np.float32)
    level = Level.fit(quality, 2 * quality[:, 1] + 5 * quality[:, 7])
    assert level.centre[1] == pytest.approx(2, abs=0.8)
    assert not level.centre[6:].any()


def test_the_predicted_class_is_always_in_the_set() -> None:
    assert label_set(PROBABILITIES, judgement([0.0] * 100)) == ("cube",)


def test_without_a_calibration_nothing_is_ruled_out() -> None:
    assert label_set(PROBABILITIES, None) == ("cube", "cone", "torus")


# -- bins -----------------------------------------------------------------------------------------


def test_every_bin_is_reached_and_named() -> None:
    points = np.array([50, 500]).repeat(8)
    estimates = np.zeros((16, 4), np.float32)
    estimates[:, 0] = np.tile(np.repeat([0.01, 0.06, 0.1, 0.2], 2), 2)
    estimates[:, 2] = np.tile([0.4, 0.9], 8)
    assert assign(points, estimates).tolist() == list(range(16))
    assert title(KEYS[0]) == "fewer than 100 points, little noise, seen in part"
    assert title(ALL) == "all scans"


def test_a_bin_is_pooled_with_wider_ones() -> None:
    fine = np.arange(16)
    counts = [int(np.count_nonzero(members(fine, key))) for key in wider(KEYS[7])]
    assert counts == [1, 2, 4, 16]


# -- scans ----------------------------------------------------------------------------------------


def sphere(n: int = 4000) -> np.ndarray:
    return SHAPES["sphere"](1, n, np.random.default_rng(3))[0]


def test_a_clean_scan_is_the_surface_again() -> None:
    one = scan(1000 * sphere(), CLEAN, np.random.default_rng(0))
    assert one.truth == Truth(0.0, 0.0, 1.0, 1.0)
    np.testing.assert_allclose(np.linalg.norm(one.points, axis=1), 1000, rtol=0.05)


def test_defects_are_what_they_say() -> None:
    rng = np.random.default_rng(1)
    bad = Defects(points=300, noise=0.1, outliers=0.2, crop=0.4, view=False, gradient=0.0)
    one = scan(sphere(), bad, rng)
    assert len(one.points) == 300
    assert one.truth.coverage == pytest.approx(0.6, abs=0.01)
    seen = scan(sphere(), Defects(300, 0.0, 0.0, 0.0, True, 0.0), rng)
    assert 0.35 < seen.truth.coverage < 0.75
    steep = scan(sphere(), Defects(300, 0.0, 0.0, 0.0, False, 2.0), rng)
    assert steep.truth.evenness < 0.6


def test_truth_is_read_back_from_its_text() -> None:
    truth = Truth(0.0123456, 0.1, 0.75, 0.5)
    assert Truth.of(truth.text()) == truth


@pytest.mark.parametrize("name", FAMILIES)
def test_strangers_have_a_surface_to_scan(name: str) -> None:
    for seed in range(8):
        points = FAMILIES[name](2000, np.random.default_rng(seed))
        again = FAMILIES[name](2000, np.random.default_rng(seed))
        np.testing.assert_array_equal(points, again)
        assert 400 <= len(points) <= 2000
        assert np.isfinite(points).all()
        assert np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[1] > 1


def test_the_school_is_the_same_every_time_and_names_what_decides_it() -> None:
    chunk = strangers(26)[3]
    first, second = chunk.compute(), chunk.compute()
    np.testing.assert_array_equal(first.features, second.features)
    assert first.digests == second.digests
    assert len(set(chunk.keys())) == chunk.size
    assert chunk.labels == (-1,)


# -- what is learnt -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """Features, labels and truths of known scans; features and truths of strangers."""
    known = [
        (chunk.label, chunk.compute())
        for chunk in known_shapes(tuple(SHAPES), 150, recipe_of_default())
    ]
    foreign = [chunk.compute() for chunk in strangers(104)]
    labels = np.concatenate([np.full(len(found.kept), label) for label, found in known])
    return (
        np.concatenate([found.features for _, found in known]),
        labels,
        [Truth.of(text) for _, found in known for text in found.digests],
        np.concatenate([found.features for found in foreign]),
        [Truth.of(text) for found in foreign for text in found.digests],
    )


def recipe_of_default() -> Randomisation:
    from pcdash.core.params import SyntheticData

    return recipe_of(SyntheticData())


def test_the_quality_of_a_scan_is_told_from_its_descriptor(lesson: Lesson) -> None:
    features, _, truths, foreign, others = lesson
    estimator = Estimator.fit(np.concatenate([features, foreign]), [*truths, *others])
    rng = np.random.default_rng(9)
    surface = SHAPES["cylinder"](1, 4000, rng)[0]
    clean = scan(surface, CLEAN, rng).points
    noisy = scan(surface, Defects(400, 0.15, 0.0, 0.0, False, 0.0), rng).points
    cluttered = scan(surface, Defects(400, 0.0, 0.3, 0.0, False, 0.0), rng).points
    seen = scan(surface, Defects(400, 0.0, 0.0, 0.0, True, 0.0), rng).points
    found = estimator(describe_batch([clean, noisy, cluttered, seen]))
    assert found[1, 0] > 2.5 * found[0, 0]
    assert found[2, 1] > found[0, 1] + 0.1
    assert found[3, 2] < found[0, 2] - 0.15
    assert (found[:, 1:] <= 1).all()
    assert (found >= 0).all()


def test_strangers_are_told_from_known_shapes(lesson: Lesson) -> None:
    features, labels, truths, foreign, others = lesson
    estimator = Estimator.fit(np.concatenate([features, foreign]), [*truths, *others])
    rng = np.random.default_rng(0)
    novelty = Novelty.fit(features, labels, estimator(features), foreign, rng)
    rng = np.random.default_rng(5)
    helix = [scan(FAMILIES["helix"](4000, rng), CLEAN, rng).points for _ in range(6)]
    known = [scan(SHAPES[s](1, 4000, rng)[0], CLEAN, rng).points for s in ("sphere", "cube")]
    rows = describe_batch([*helix, *known])
    scores = novelty.scores(rows, np.tile([0.99, 0.01], (8, 1)), estimator(rows))
    assert scores[:6].min() > scores[6:].max()
    far = [novelty.farthest_block(rows[k : k + 1], estimator(rows[k : k + 1])) for k in range(8)]
    assert {block for block, _ in far} <= SLICES.keys()
    assert np.mean([sigma for _, sigma in far[:6]]) > np.mean([sigma for _, sigma in far[6:]])


def test_expected_accuracy_follows_the_quality() -> None:
    rng = np.random.default_rng(2)
    estimates = np.zeros((1000, 4), np.float32)
    estimates[:, 0] = rng.choice([0.01, 0.2], 1000)
    estimates[:, 2:] = 1
    right = (estimates[:, 0] < 0.1) | (rng.random(1000) < 0.5)
    record = Record.of(np.full(1000, 512), estimates, right)
    clean, noisy = (record.expect(512, np.array([x, 0, 1, 1], np.float32)) for x in (0.01, 0.2))
    assert (clean.accuracy, clean.high) == (1.0, 1.0)
    assert clean.low > 0.9
    assert noisy.high < 0.7
    assert noisy.low > 0.25
    assert clean.clouds == 100


def test_sentences_are_plain() -> None:
    said = Quality(310, 0.04, 0.1, 0.45, 0.6)
    assert said.summary() == (
        "310 points, noise about 4.0 % of the radius, 10 % outliers, 45 % seen"
    )
    assert all(text.endswith(".") for text in said.sentences(310).values())
    assert said.sentences(310)["points"] == "310 points."
    assert said.sentences(31)["points"].startswith("310 points, 31 of them different: ")
    assert Quality(310, 0.0, 0.0, 1.0, 1.0).sentences(310)["noise"] == "Hardly any noise."


def test_defects_fill_every_bin() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_defects(rng) for _ in range(2000)]
    assert {one.view for one in drawn} == {True, False}
    assert min(one.points for one in drawn) < 32 < 1500 < max(one.points for one in drawn)
    assert FEWEST > 27  # what a level of 0.95 needs, see `limit`
    assert max(place.stop for place in SLICES.values()) == DIM


def test_from_near_fewer_sides_of_a_box_are_seen() -> None:
    surface = np.random.default_rng(0).uniform(-1, 1, (4000, 3))
    face = np.arange(4000) % 3
    surface[np.arange(4000), face] = np.sign(surface[np.arange(4000), face])

    def coverage(away: float) -> float:
        view = replace(CLEAN, view=True, away=away)
        seen = [scan(surface, view, np.random.default_rng(k)).truth.coverage for k in range(30)]
        return float(np.mean(seen))

    near, far = coverage(2.0), coverage(20.0)
    assert 0.15 < near < far - 0.05
    assert far < 0.6
