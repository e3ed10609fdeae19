"""Versions side by side: what differs, what is luck, and what may not be compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from dossiers import CONDITIONS, make_dossier, make_passport
from scipy.stats import binomtest

from pcdash.errors import InvalidInput
from pcdash.workbench.comparison import check_choice, compare

A, B, C = "20261122-101500", "20261121-090000", "20261120-080000"
TOGETHER = len(CONDITIONS)
OTHER = make_passport(fingerprint="o" * 64)


def rights(*wrong: int, n: int = 20) -> list[Any]:
    """Clouds that are right under each condition: all but the first `wrong` ones."""
    return [np.arange(n) >= number for number in wrong]


def test_a_difference_is_counted_on_the_same_clouds() -> None:
    first = make_dossier(A, passport=make_passport(rights(0, 0, 2, 0, 0, 9, 0, 0)))
    other = make_dossier(B, passport=make_passport(rights(0, 1, 0, 0, 0, 0, 0, 0)))
    test, *conditions = compare([first, other]).rivals[0].differences
    assert test.title == "test split, 12 clouds"
    found = [(one.only_first, one.only_other) for one in conditions[:TOGETHER]]
    assert found == [(0, 0), (1, 0), (0, 2), (0, 0), (0, 0), (0, 9), (0, 0), (0, 0)]
    for one in conditions:
        if one.only_first + one.only_other:
            n = one.only_first + one.only_other
            assert one.p == pytest.approx(binomtest(one.only_first, n).pvalue)
        else:
            assert one.p == 1
    assert (conditions[5].first, conditions[5].other) == (0.55, 1.0)


def test_all_conditions_together_count_each_cloud_once() -> None:
    first = make_dossier(A, passport=make_passport(rights(3, 3, 3, 3, 3, 3, 3, 3)))
    other = make_dossier(B, passport=make_passport(rights(0, 0, 0, 0, 0, 0, 0, 0)))
    last = compare([first, other]).rivals[0].differences[-1]
    assert last.title == "all 8 conditions together"
    assert (last.only_first, last.only_other) == (0, 3), "not 24: a cloud is one cloud"
    assert (last.first, last.other) == (pytest.approx(0.85), 1.0)


def test_significance_is_corrected_over_everything_that_is_compared() -> None:
    # 0 of 7 alone would be significant (p = 0.016), but not as one of 10.
    first = make_dossier(A, passport=make_passport(rights(0, 0, 0, 0, 0, 7, 0, 0)))
    other = make_dossier(B)
    differences = compare([first, other]).rivals[0].differences
    assert min(one.p for one in differences) == pytest.approx(2 / 2**7)
    assert not any(one.significant for one in differences)
    much = make_dossier(A, passport=make_passport(rights(0, 0, 0, 0, 0, 12, 0, 0)))
    marked = [one.title for one in compare([much, other]).rivals[0].differences if one.significant]
    assert marked == ["outliers at 0.3", "all 8 conditions together"]


def test_a_version_is_no_better_than_itself() -> None:
    one = make_dossier(A)
    (rival,) = compare([one, replace(one, version=B)]).rivals
    assert rival.refusals == ()
    assert len(rival.differences) == 2 + len(CONDITIONS)
    assert all((d.p, d.only_first, d.only_other, d.first - d.other) == (1, 0, 0, 0)
               for d in rival.differences)  # fmt: skip


def test_the_test_split_is_compared_by_its_mistakes() -> None:
    first, other = make_dossier(A, wrong=(1, 4)), make_dossier(B, wrong=(1, 5, 7))
    comparison = compare([first, other])
    difference = comparison.rivals[0].differences[0]
    assert (difference.first, difference.other) == (10 / 12, 9 / 12)
    assert (difference.only_first, difference.only_other) == (2, 1)
    assert comparison.only == {A: ((B, 5), (B, 7)), B: ((A, 4),)}


def test_of_three_only_what_exactly_one_gets_right_is_listed() -> None:
    versions = [make_dossier(v, wrong=w) for v, w in ((A, (1, 4)), (B, (1, 5)), (C, (4, 5)))]
    comparison = compare(versions)
    assert comparison.only == {A: ((B, 5),), B: ((A, 4),), C: ((A, 1),)}
    for version, clouds in comparison.only.items():
        for shown, row in clouds:
            known = {one.version: one for one in versions}
            assert version != shown
            evidence = known[shown].evidence
            assert evidence is not None
            assert evidence.said[row] != evidence.truth[row]


def test_nothing_is_compared_on_other_test_clouds_and_it_is_said() -> None:
    first, other = make_dossier(A), make_dossier(B, wrong=(1, 5), data="x" * 64)
    comparison = compare([first, other])
    (rival,) = comparison.rivals
    assert rival.refusals == (f"Test split: version {B} was tested on other clouds.",)
    assert rival.differences[0].title == "clean at 0"
    assert comparison.only == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"passport": None}, f"version {B} has no passport"),
        ({"passport": OTHER}, f"version {B} was examined on other clouds"),
        ({"classes": ("ball", "box", "tube")}, f"version {B} knows other classes"),
    ],
)  # fmt: skip
def test_nothing_is_compared_on_another_examination_and_it_is_said(
    changes: dict[str, Any], words: str
) -> None:
    (rival,) = compare([make_dossier(A), make_dossier(B, **changes)]).rivals
    assert f"Conditions: {words}." in rival.refusals
    assert rival.examined is False
    assert [one for one in rival.differences if "condition" in one.title] == []


def test_where_the_first_lacks_it_nobody_is_compared() -> None:
    first = make_dossier(A, passport=None, report={"confusion": []})
    for rival in compare([first, make_dossier(B), make_dossier(C)]).rivals:
        assert rival.differences == ()
        assert rival.refusals == (
            f"Test split: version {A} has no report.",
            f"Conditions: version {A} has no passport.",
        )


def test_a_third_that_cannot_be_compared_does_not_keep_the_others_from_it() -> None:
    comparison = compare(
        [make_dossier(A), make_dossier(B, data="x" * 64), make_dossier(C, wrong=(5,))]
    )
    strange, other = comparison.rivals
    assert strange.refusals
    assert other.refusals == ()
    assert set(comparison.only) == {A, C}


@pytest.mark.parametrize("lacking", [None, "some"])
def test_where_not_every_mistake_was_kept_none_are_counted(lacking: str | None) -> None:
    other = make_dossier(B, wrong=(1, 5, 7))
    evidence = other.evidence
    assert evidence is not None
    kept = np.arange(12) != 5
    names = ("truth", "said", "probabilities", "points", "place", "name")
    some = replace(evidence, **{name: getattr(evidence, name)[kept] for name in names})
    comparison = compare([make_dossier(A), replace(other, evidence=some if lacking else None)])
    assert comparison.rivals[0].refusals == ("Test split: not all mistakes were kept.",)
    assert comparison.only == {}


@pytest.mark.parametrize("chosen", [[], [A], [A, A], [A, B, C, "d", "e", "f"]])
def test_two_to_five_versions_are_compared(chosen: list[str]) -> None:
    with pytest.raises(InvalidInput, match="2 to 5 different versions"):
        check_choice(chosen)
    assert check_choice([A, B, A]) == (A, B)
