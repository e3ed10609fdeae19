"""Clouds that are not like the training's raise an alarm, and those that are do not."""

from __future__ import annotations

import io
from functools import reduce
from operator import add
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from pcdash.core.dataset import FeatureTable
from pcdash.core.descriptor import DIM, SLICES
from pcdash.core.drift import (
    FALSE_ALARMS,
    TOGETHER,
    WINDOW,
    Comparison,
    Reference,
    Tally,
    compare,
    halved,
    reference_of,
)
from pcdash.core.training import Outcomes, _reference
from pcdash.core.trust.trust import Trust

CLASSES = ("sphere", "cube", "torus")
RNG = np.random.default_rng(0)
MIXING = RNG.normal(size=(12, DIM)) * (RNG.random((12, DIM)) < 0.5)


def clouds(
    rng: np.random.Generator, n: int, shift: float = 0.0, spread: float = 1.0
) -> np.ndarray[Any, Any]:
    """Descriptors of twelve hidden causes, heavy-tailed and skew, the first of them shifted."""
    causes = rng.standard_t(4, (n, 12)) * spread
    causes[:, 0] += shift
    features = causes @ MIXING + 0.3 * rng.exponential(size=(n, DIM))
    return np.asarray(features, dtype=np.float32)


def said(
    rng: np.random.Generator, n: int, shares: tuple[float, ...] = (0.4, 0.4, 0.2)
) -> list[str]:
    return [CLASSES[i] for i in rng.choice(3, n, p=shares)]


@pytest.fixture(scope="module")
def reference() -> Reference:
    rng = np.random.default_rng(1)
    made = reference_of(clouds(rng, 1500), CLASSES, rng.choice(3, 600, p=(0.4, 0.4, 0.2)), 0.02)
    assert made is not None
    return made


def held_against(reference: Reference, *window: Any) -> Comparison:
    return compare(reference, Tally.of(reference, *window))


def judged(reference: Reference, seed: int, **change: float) -> Comparison:
    rng = np.random.default_rng(seed)
    return held_against(reference, clouds(rng, WINDOW, **change), said(rng, WINDOW))


def test_clouds_like_those_of_the_training_raise_no_alarm(reference: Reference) -> None:
    distances = np.array([judged(reference, seed).distance for seed in range(40)])
    assert distances.max() < 1
    # Not because nothing is measured: at that chance the limit is far above what is usual.
    assert 0.2 < np.median(distances) < 0.7
    assert FALSE_ALARMS == 1e-4


def few_changed(reference: Reference, seed: int, n: int) -> Tally:
    """A window of which n clouds are shifted."""
    rng = np.random.default_rng(seed)
    parts = [clouds(rng, WINDOW - n), clouds(rng, n, shift=3.0)]
    return Tally.of(reference, np.concatenate(parts), said(rng, WINDOW))


def test_what_a_window_is_too_short_for_shows_in_ten_together(reference: Reference) -> None:
    windows = [few_changed(reference, seed, 16) for seed in range(TOGETHER)]
    assert sum(compare(reference, one).alarm for one in windows) == 0
    together = compare(reference, reduce(add, windows))
    assert together.clouds == TOGETHER * WINDOW
    assert together.alarm
    alike = [few_changed(reference, seed, 0) for seed in range(TOGETHER)]
    assert not compare(reference, reduce(add, alike)).alarm


def test_a_sum_of_tallies_is_the_tally_of_all(reference: Reference) -> None:
    rng = np.random.default_rng(2)
    features, names = clouds(rng, 90), said(rng, 90)
    whole = Tally.of(reference, features, names, [True, False, True])
    parts = Tally.of(reference, features[:40], names[:40], [True]) + Tally.of(
        reference, features[40:], names[40:], [False, True]
    )
    np.testing.assert_allclose(parts.scores, whole.scores, atol=1e-9)
    assert parts.said.tolist() == whole.said.tolist()
    assert (parts.clouds, parts.asked, parts.unknown) == (90, 3, 2)
    assert (whole.clouds, whole.asked, whole.unknown) == (90, 3, 2)


@pytest.mark.parametrize("change", [{"shift": 2.0}, {"spread": 1.8}, {"spread": 0.5}])
def test_a_shift_and_a_change_of_spread_raise_one(
    reference: Reference, change: dict[str, float]
) -> None:
    found = judged(reference, 7, **change)
    assert found.alarm
    assert found.shifts[0].distance == max(shift.distance for shift in found.shifts) >= 1
    assert {shift.block for shift in found.shifts} == set(SLICES)
    if "shift" in change:
        assert found.shifts[0].separation > 0.65


def test_one_block_alone_is_named(reference: Reference) -> None:
    rng = np.random.default_rng(3)
    features = clouds(rng, WINDOW)
    features[:, SLICES["planes"]] += 3 * reference.scale[SLICES["planes"]]
    found = held_against(reference, features, said(rng, WINDOW))
    assert found.shifts[0].block == "planes"
    assert found.shifts[0].separation > 0.9
    assert found.shifts[1].distance < 1


def test_another_mix_of_classes_raises_one_and_says_which(reference: Reference) -> None:
    rng = np.random.default_rng(4)
    found = held_against(reference, clouds(rng, WINDOW), said(rng, WINDOW, (0.05, 0.05, 0.9)))
    assert found.mix >= 1
    assert found.shifts[0].distance < 1
    assert found.shares["torus"] > 0.8 > 0.3 > found.expected["torus"]
    assert 0.5 < found.variation <= 1


@pytest.mark.parametrize(("number", "alarm"), [(4, False), (15, True)])
def test_many_unknown_ones_raise_one(reference: Reference, number: int, alarm: bool) -> None:
    rng = np.random.default_rng(5)
    unknown = [place < number for place in range(WINDOW)]
    found = held_against(reference, clouds(rng, WINDOW), said(rng, WINDOW), unknown)
    assert found.unknown == number / WINDOW
    assert found.alarm is alarm


def test_where_nobody_asks_for_unknown_ones_nothing_is_said_of_them(reference: Reference) -> None:
    assert judged(reference, 0).unknown is None
    rng = np.random.default_rng(6)
    never = reference_of(clouds(rng, 300), CLASSES, rng.choice(3, 60))
    assert never is not None
    found = held_against(never, clouds(rng, WINDOW), said(rng, WINDOW), [True] * WINDOW)
    assert (found.unknown, found.unknown_distance) == (1.0, None)


def test_rare_classes_do_not_raise_one_by_chance() -> None:
    rng = np.random.default_rng(8)
    names = [f"part {i}" for i in range(60)]
    made = reference_of(clouds(rng, 300), names, rng.choice(60, 600))
    assert made is not None
    found = held_against(made, clouds(rng, WINDOW), [names[i] for i in rng.choice(60, WINDOW)])
    assert found.mix < 1


def test_too_few_clouds_are_no_reference_and_constant_features_no_crash() -> None:
    rng = np.random.default_rng(9)
    assert reference_of(clouds(rng, 39), CLASSES, np.zeros(10, np.int64)) is None
    features = clouds(rng, 60)
    features[:, SLICES["gauss"]] = 0.25
    made = reference_of(features, CLASSES, rng.choice(3, 10))
    assert made is not None
    window = clouds(rng, WINDOW)
    window[:, SLICES["gauss"]] = 0.25
    found = held_against(made, window, said(rng, WINDOW))
    assert np.isfinite([shift.distance for shift in found.shifts]).all()
    assert not found.alarm


def test_it_is_read_back_as_it_was_written_and_holds_no_cloud(reference: Reference) -> None:
    raw = reference.to_bytes()
    again = Reference.from_bytes(raw)
    assert judged(again, 11) == judged(reference, 11)
    assert max(value.shape[0] for value in vars(again).values() if hasattr(value, "shape")) == DIM
    assert len(raw) < 400_000
    with pytest.raises((ValueError, KeyError)):
        Reference.from_bytes(b"PK")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("centre", np.zeros(DIM - 1, np.float32)),
        ("levels", np.zeros((3, 257), np.float32)),
        ("said", np.zeros(3, np.int64)),
        ("classes", np.array(["sphere"], dtype=object)),
        ("clouds", np.array(3)),
    ],
)
def test_what_is_none_is_refused_and_never_unpickled(
    reference: Reference, name: str, value: np.ndarray[Any, Any]
) -> None:
    with np.load(io.BytesIO(reference.to_bytes())) as arrays:
        values = dict(arrays)
    buffer = io.BytesIO()
    np.savez(buffer, **(values | {name: value}), allow_pickle=True)
    with pytest.raises((ValueError, KeyError, TypeError)):
        Reference.from_bytes(buffer.getvalue())


def test_a_feature_that_hardly_varies_does_not_drift_by_being_rounded() -> None:
    rng = np.random.default_rng(12)

    def steady(n: int) -> np.ndarray[Any, Any]:
        features = clouds(rng, n)
        features[:, SLICES["planes"]] = 100 + 0.01 * rng.normal(size=(n, 12))
        return features

    made = reference_of(steady(1500), CLASSES, rng.choice(3, 600, p=(0.4, 0.4, 0.2)))
    assert made is not None
    found = held_against(made, halved(steady(WINDOW)), said(rng, WINDOW))
    assert not found.alarm


@pytest.mark.parametrize("clouds_of_test", [10, 250])
def test_a_training_tells_its_share_of_unknown_ones(clouds_of_test: int) -> None:
    rng = np.random.default_rng(13)
    m = 260
    splits = np.array(["test"] * clouds_of_test + ["train"] * (m - clouds_of_test))
    table = FeatureTable(
        clouds(rng, m), rng.choice(3, m), splits, CLASSES, "f", ("",) * m, ((0, 0),) * m
    )
    rows = np.tile([0.5, 0.3, 0.2], (clouds_of_test, 1))
    test = Outcomes([], table.rows("test")[1], rows, np.zeros((clouds_of_test, 2)), "lda")

    class HalfUnknown:
        def judge(self, features: Any, probabilities: Any) -> list[SimpleNamespace]:
            assert len(features) == len(probabilities) == clouds_of_test
            return [SimpleNamespace(unknown=place % 2 == 0) for place in range(len(features))]

    found = _reference(table, test, cast(Trust, HalfUnknown()))
    assert found is not None
    assert found.clouds == (m if clouds_of_test == 10 else 250) // 2
    assert found.unknown == 0.5
    assert found.said.tolist() == [clouds_of_test, 0, 0]
    without = _reference(table, test, None)
    assert without is not None
    assert np.isnan(without.unknown)
