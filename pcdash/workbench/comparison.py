"""Two to five versions side by side: what differs, and what may not be compared.

The first one is what the others are held against.  Nothing is subtracted from anything that was
measured on other clouds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pcdash.core.evaluation import accuracy
from pcdash.core.examination.evidence import Evidence
from pcdash.core.examination.paired import holm, mcnemar
from pcdash.core.examination.passport import outcomes
from pcdash.errors import InvalidInput
from pcdash.workbench.dossier import Dossier

FEWEST, MOST = 2, 5
LEVEL = 0.05
"""Chance that a comparison of equal versions calls any difference significant."""

Key = tuple[str, str, bytes]
"""Name, true class and shown points of a test cloud: equal for the same cloud alone."""


@dataclass(frozen=True)
class Difference:
    """Two versions on the same clouds.

    Attributes
    ----------
    title : str
        What was done to the clouds.
    first, other : float
        Accuracies, in [0, 1].
    only_first, only_other : int
        Clouds that only the one classifies right; for all conditions together, clouds that it
        classifies right under more of them.
    p : float
        Exact two-sided p-value (McNemar 1947), before the correction.
    significant : bool
        After Holm's correction over all differences of the comparison.
    """

    title: str
    first: float
    other: float
    only_first: int
    only_other: int
    p: float
    significant: bool = False


@dataclass(frozen=True)
class Rival:
    """A version held against the first.

    Attributes
    ----------
    dossier : Dossier
    differences : tuple of Difference
        On the same clouds: the test split, each condition, all conditions together.
    refusals : tuple of str
        What was not compared, and why.
    examined : bool
        Whether both were examined on the same clouds.
    """

    dossier: Dossier
    differences: tuple[Difference, ...]
    refusals: tuple[str, ...]
    examined: bool


@dataclass(frozen=True)
class Comparison:
    """Several versions.

    Attributes
    ----------
    first : Dossier
    rivals : tuple of Rival
    only : dict of str to tuple of (str, int)
        Version -> the test clouds that it alone classifies right, each as a place in the evidence
        of another version.  Only versions with the test split of the first are in it.
    """

    first: Dossier
    rivals: tuple[Rival, ...]
    only: dict[str, tuple[tuple[str, int], ...]]

    @property
    def dossiers(self) -> tuple[Dossier, ...]:
        """All of them, the first one first."""
        return (self.first, *(rival.dossier for rival in self.rivals))


def check_choice(versions: Sequence[str]) -> tuple[str, ...]:
    """The versions to compare, without repetitions; InvalidInput if they are too few or many."""
    chosen = tuple(dict.fromkeys(versions))
    if not FEWEST <= len(chosen) <= MOST:
        raise InvalidInput(f"choose {FEWEST} to {MOST} different versions", field="versions")
    return chosen


def compare(dossiers: Sequence[Dossier]) -> Comparison:
    """Hold all but the first against the first."""
    first, *others = dossiers
    mistakes = {one.version: _mistakes(one) for one in dossiers}
    rivals = _corrected([_rival(first, other, mistakes) for other in others])
    return Comparison(first, rivals, _only_one_right(dossiers, mistakes))


# -- details --------------------------------------------------------------------------------------

Mistakes = Mapping[Key, int] | None
"""Every test cloud that a version gets wrong -> its place in the evidence; None: not all known."""


def _rival(first: Dossier, other: Dossier, mistakes: Mapping[str, Mistakes]) -> Rival:
    refusals, differences = [], []
    why = _other_test(first, other)
    mine, theirs = mistakes[first.version], mistakes[other.version]
    if why is None and mine is not None and theirs is not None:
        n = int(first.confusion.sum())
        shares = accuracy(first.confusion), accuracy(other.confusion)
        wrong = len(theirs.keys() - mine.keys()), len(mine.keys() - theirs.keys())
        differences.append(_difference(f"test split, {n:,} clouds", shares, wrong))
    else:
        refusals.append(f"Test split: {why or 'not all mistakes were kept'}.")
    why = _other_examination(first, other)
    if why is None:
        assert first.passport is not None
        assert other.passport is not None
        differences += _under_conditions(first.passport, other.passport)
    else:
        refusals.append(f"Conditions: {why}.")
    return Rival(other, tuple(differences), tuple(refusals), examined=why is None)


def _other_test(first: Dossier, other: Dossier) -> str | None:
    """Why the test splits' figures may not be compared; None if they may."""
    for one in (first, other):
        if not one.report.get("confusion"):
            return f"version {one.version} has no report"
    if first.classes != other.classes:
        return f"version {other.version} knows other classes"
    # Labels, splits and contents of all clouds: equal means the same test clouds.
    prints = [
        (one.report.get("lineage") or {}).get("dataset_fingerprint") for one in (first, other)
    ]
    if prints[0] is None or prints[0] != prints[1]:
        return f"version {other.version} was tested on other clouds"
    return None


def _other_examination(first: Dossier, other: Dossier) -> str | None:
    """Why the passports may not be compared; None if they may."""
    for one in (first, other):
        if one.passport is None:
            return f"version {one.version} has no passport"
    assert first.passport is not None
    assert other.passport is not None
    if first.passport["classes"] != other.passport["classes"]:
        return f"version {other.version} knows other classes"
    if first.passport["test"]["fingerprint"] != other.passport["test"]["fingerprint"]:
        return f"version {other.version} was examined on other clouds"
    return None


def _under_conditions(first: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    """One difference for each condition that both know, and one for all of them together.

    For the latter each cloud counts once, for the version that classifies it right under more
    conditions (sign test): its outcomes under several conditions are not independent.
    """
    known = {one["name"]: one for one in other["conditions"]}
    pairs = [(one, known[one["name"]]) for one in first["conditions"] if one["name"] in known]
    found, mine, theirs = [], [], []
    for one, same in pairs:
        a, b = outcomes(one), outcomes(same)
        mine.append(a)
        theirs.append(b)
        only = int(np.count_nonzero(a & ~b)), int(np.count_nonzero(b & ~a))
        found.append(_difference(one["title"], (one["accuracy"], same["accuracy"]), only))
    ours, others = np.sum(mine, axis=0), np.sum(theirs, axis=0)
    more = int(np.count_nonzero(ours > others)), int(np.count_nonzero(ours < others))
    means = float(np.mean(mine)), float(np.mean(theirs))
    return [*found, _difference(f"all {len(pairs)} conditions together", means, more)]


def _difference(title: str, shares: tuple[float, float], only: tuple[int, int]) -> Difference:
    return Difference(title, *shares, *only, mcnemar(*only))


def _corrected(rivals: Sequence[Rival]) -> tuple[Rival, ...]:
    """Mark the differences that are significant after the correction over all of them."""
    found = [difference for rival in rivals for difference in rival.differences]
    verdicts = iter(holm([one.p for one in found], LEVEL).tolist())
    return tuple(
        replace(
            rival,
            differences=tuple(
                replace(one, significant=next(verdicts)) for one in rival.differences
            ),
        )
        for rival in rivals
    )


def _mistakes(dossier: Dossier) -> Mistakes:
    """The mistakes of a version, if its evidence holds every single one."""
    evidence = dossier.evidence
    if evidence is None:
        return None
    wrong = np.flatnonzero(evidence.said != evidence.truth)
    counts = dossier.confusion
    if len(wrong) != int(counts.sum() - np.trace(counts)):
        return None
    found = {_key(evidence, dossier.classes, row): row for row in wrong.tolist()}
    return found if len(found) == len(wrong) else None


def _key(evidence: Evidence, classes: Sequence[str], row: int) -> Key:
    content = hashlib.sha256(evidence.points[row].tobytes()).digest()
    return str(evidence.name[row]), classes[evidence.truth[row]], content


def _only_one_right(
    dossiers: Sequence[Dossier], mistakes: Mapping[str, Mistakes]
) -> dict[str, tuple[tuple[str, int], ...]]:
    """What exactly one of the versions with the first one's test split classifies right."""
    first = dossiers[0]
    known = {
        one.version: found
        for one in dossiers
        if (found := mistakes[one.version]) is not None and _other_test(first, one) is None
    }
    if first.version not in known or len(known) < FEWEST:
        return {}
    result = {}
    for version, own in known.items():
        rest = [(name, found) for name, found in known.items() if name != version]
        shown, found = rest[0]
        wrong = set(found).intersection(*(other for _, other in rest[1:])) - own.keys()
        result[version] = tuple(sorted((shown, found[key]) for key in wrong))
    return result
