"""Conditions, intervals, paired tests, passports and the gate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from pcdash.core.benchmark import default
from pcdash.core.dataset import Chunk, build_table
from pcdash.core.examination.conditions import CLEAN, FAMILIES, GRIDS, VIEW, Condition
from pcdash.core.examination.evidence import (
    MOST_CLOUDS,
    SHOWN_POINTS,
    Evidence,
    most_telling,
    small,
)
from pcdash.core.examination.exam import made_clouds, spoilt
from pcdash.core.examination.gate import compare
from pcdash.core.examination.paired import holm, mcnemar, wilson, worse
from pcdash.core.examination.passport import curves, outcomes, passport
from pcdash.core.progress import Silent

CLASSES = ("cube", "torus")


def _cloud(shape: str = "torus", n: int = 512) -> np.ndarray[Any, Any]:
    return default(shape, np.random.default_rng(3), n=n)


def _rms(points: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _keys(chunks: Sequence[Chunk]) -> set[str]:
    return set().union(*(chunk.keys() for chunk in chunks))


# -- conditions -----------------------------------------------------------------------------------


def test_the_grids_begin_clean_and_use_every_family() -> None:
    for grid in GRIDS.values():
        assert grid[0] is CLEAN
        assert {condition.family for condition in grid} == set(FAMILIES)
        names = [condition.name for condition in grid]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_noise_is_in_sizes_of_the_cloud(scale: float) -> None:
    points = _cloud() * scale
    noisy = Condition("noise", 0.1, "").apply(points, np.random.default_rng(0))
    assert (noisy - points).std() / _rms(points) == pytest.approx(0.1, rel=0.06)


def test_points_crop_and_outliers_are_counted() -> None:
    points, rng = _cloud(), np.random.default_rng(0)
    assert len(Condition("points", 64, "").apply(points, rng)) == 64
    assert len(Condition("points", 600, "").apply(points, rng)) == 512
    half = Condition("crop", 0.5, "").apply(points, rng)
    assert len(half) == 256
    normal = half.mean(axis=0) - points.mean(axis=0)
    rest = np.array([p for p in points if not (half == p).all(axis=1).any()])
    # A plane parts what is left from what is gone; its normal is near the line of their means.
    assert (half @ normal).mean() > (rest @ normal).mean()
    spoilt_points = Condition("outliers", 0.25, "").apply(points, rng)
    assert np.count_nonzero((spoilt_points != points).any(axis=1)) == 128


def test_a_view_keeps_the_near_half_of_a_sphere() -> None:
    rng = np.random.default_rng(5)
    ball = rng.normal(size=(4000, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    seen = VIEW.apply(ball, rng)
    assert 0.45 < len(seen) / len(ball) < 0.75
    direction = seen.mean(axis=0)
    direction /= np.linalg.norm(direction)
    height = seen @ direction
    assert (height > -0.35).mean() > 0.97  # the far side is gone


def test_what_leaves_nothing_to_classify_is_left_alone() -> None:
    points = _cloud(n=16)
    rng = np.random.default_rng(0)
    for condition in GRIDS["full"]:
        left = condition.apply(points, rng)
        assert len(left) == 16
        assert np.isfinite(left).all()


# -- statistics -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("right", "n"), [(0, 10), (10, 10), (7, 10), (470, 500), (1, 3)])
def test_wilson_agrees_with_scipy(right: int, n: int) -> None:
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson(right, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_counted_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert mcnemar(0, 0) == worse(0, 0) == 1.0


@pytest.mark.parametrize(("first", "second"), [(0, 6), (6, 0), (3, 12), (5, 5), (20, 31)])
def test_paired_tests_agree_with_scipy(first: int, second: int) -> None:
    n = first + second
    assert mcnemar(first, second) == pytest.approx(binomtest(first, n).pvalue, abs=1e-12)
    less = binomtest(first, n, alternative="less").pvalue
    assert worse(first, second) == pytest.approx(less, abs=1e-12)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == [True, False, False, True]
    assert holm([0.2]).tolist() == [False]
    assert holm([0.02, 0.02]).tolist() == [True, True]
    assert holm([0.03, 0.03]).tolist() == [False, False]


# -- examination ----------------------------------------------------------------------------------


def test_an_examination_is_the_same_every_time() -> None:
    tables = []
    for _ in range(2):
        made = made_clouds(CLASSES, 10)
        chunks = [chunk for one in spoilt(made, GRIDS["small"], 10) for chunk in one]
        tables.append(build_table(chunks, CLASSES, Silent()))
    assert tables[0].fingerprint == tables[1].fingerprint
    assert np.array_equal(tables[0].features, tables[1].features)
    assert len(tables[0].labels) == 10 * len(GRIDS["small"])


def test_a_shape_is_examined_on_the_same_clouds_in_any_company() -> None:
    (alone,) = (c for c in made_clouds(["torus", "cube"], 4) if c.shape == "torus")
    (other,) = (c for c in made_clouds(["cube", "cone", "torus"], 6) if c.shape == "torus")
    for (_, one), (_, two) in zip(alone.clouds(), other.clouds(), strict=True):
        assert np.array_equal(one, two)
    assert alone.keys() == other.keys()


def test_only_test_clouds_are_taken_and_no_more_than_asked_for() -> None:
    made = made_clouds(CLASSES, 60)
    taken = spoilt(made, [CLEAN], 25)[0]
    assert sum(len(chunk.labels) for chunk in taken) == 25
    # Which ones does not depend on how they were divided or ordered.
    again = spoilt(made[::-1], [CLEAN], 25)[0]
    assert _keys(taken) == _keys(again)


# -- passport and gate ----------------------------------------------------------------------------


def _passport(right: dict[str, Sequence[bool]], **changes: Any) -> dict[str, Any]:
    """A passport of versions that are right where it is said, one condition of each name."""
    conditions = [CLEAN if name == "clean" else Condition(name, 1.0, name) for name in right]
    n = len(next(iter(right.values())))
    truth = np.zeros(n, np.int64)
    said = [np.where(np.array(r)[:, None], [0.9, 0.1], [0.2, 0.8]) for r in right.values()]
    made = passport(
        conditions, said, truth, classes=CLASSES, grid="x", kind="folder", fingerprint="f"
    )
    return made | changes


def test_a_passport_counts_and_remembers_every_outcome() -> None:
    right = [True] * 7 + [False] * 3
    made = _passport({"clean": right, "view": right[::-1]})
    clean, view = made["conditions"]
    assert (clean["right"], clean["n"], clean["accuracy"]) == (7, 10, 0.7)
    assert (clean["low"], clean["high"]) == wilson(7, 10)
    assert outcomes(clean).tolist() == right
    assert outcomes(view).tolist() == right[::-1]
    # 0.9 sure and always right: 0.1 off; 0.8 sure and always wrong: 0.8 off.
    assert clean["ece"] == pytest.approx(0.7 * 0.1 + 0.3 * 0.8)
    assert json.dumps(made) == json.dumps(_passport({"clean": right, "view": right[::-1]}))


def test_curves_begin_with_the_clean_condition_but_for_points() -> None:
    made = _passport({"clean": [True, False], "noise": [False, False], "points": [True, True]})
    found = curves(made)
    assert [one["accuracy"] for one in found["noise"]] == [0.5, 0.0]
    assert [one["level"] for one in found["noise"]] == [0.0, 1.0]
    assert [one["accuracy"] for one in found["points"]] == [1.0]


def test_the_gate_names_where_a_version_is_worse() -> None:
    good = [True] * 200
    fragile = [True] * 150 + [False] * 50
    served = _passport({"clean": [True] * 190 + [False] * 10, "outliers": good, "crop": good})
    better_but_fragile = _passport({"clean": good, "outliers": fragile, "crop": good})
    verdict = compare(better_but_fragile, served, ("new", "old"))
    assert verdict.comparable
    assert [one.name for one in verdict.worse] == ["outliers 1"]
    assert str(verdict.worse[0]) == "outliers: 75.0 % against 100.0 %"
    assert compare(served, served, ("a", "b")).worse == ()


def test_an_equal_version_is_seldom_refused() -> None:
    """Of versions that are as good everywhere, at most about one in twenty is called worse."""
    rng = np.random.default_rng(8)
    names = ["clean", "noise", "points", "outliers", "crop", "view"]
    refused = 0
    for _ in range(200):
        one, other = ({n: rng.random(100) < 0.9 for n in names} for _ in range(2))
        refused += bool(compare(_passport(one), _passport(other), ("a", "b")).worse)
    assert refused <= 16


@pytest.mark.parametrize(
    ("candidate", "served", "why"),
    [
        (None, {}, "version new has no passport"),
        ({}, None, "version old has no passport"),
        ({"classes": ["a", "b"]}, {}, "version old knows other classes"),
        ({"test": {"fingerprint": "g"}}, {}, "version old was examined on other clouds"),
    ],
)
def test_what_cannot_be_compared_says_why(candidate: Any, served: Any, why: str) -> None:
    right = {"clean": [True] * 10}
    made = [None if one is None else _passport(right) | one for one in (candidate, served)]
    verdict = compare(made[0], made[1], ("new", "old"))
    assert not verdict.comparable
    assert verdict.worse == ()
    assert verdict.note == f"not compared: {why}"


# -- evidence -------------------------------------------------------------------------------------


def test_evidence_survives_the_disk() -> None:
    points = np.stack([small(_cloud(n=n)) for n in (40, 192, 700)])
    one = Evidence(
        np.array([0, 1, 1], np.int16),
        np.array([0, 1, 0], np.int16),
        np.full((3, 2), 0.5, np.float32),
        points,
        np.zeros((3, 2), np.float32),
        np.array(["a", "ü/b.ply", "c"]),
        7,
    )
    read = Evidence.from_bytes(one.to_bytes())
    assert read.total == 7
    assert read.name.tolist() == ["a", "ü/b.ply", "c"]
    assert np.array_equal(read.points, points)
    assert points.shape == (3, SHOWN_POINTS, 3)
    for cloud in points.astype(np.float64):
        assert np.abs(cloud.mean(axis=0)).max() < 1e-2
        assert _rms(cloud) == pytest.approx(1.0, abs=1e-2)


def test_every_mistake_is_kept_before_anything_else() -> None:
    truth = np.zeros(3 * MOST_CLOUDS, np.int64)
    said = truth.copy()
    said[::10] = 1
    kept = most_telling(truth, said)
    assert len(kept) == MOST_CLOUDS == len(set(kept.tolist()))
    assert set(np.flatnonzero(said).tolist()) <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()
