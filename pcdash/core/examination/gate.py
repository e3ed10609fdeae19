"""Whether a version may take another one's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pcdash.core.examination.paired import holm, worse
from pcdash.core.examination.passport import outcomes

LEVEL = 0.05
"""Chance that a version that is nowhere worse is called worse somewhere."""


@dataclass(frozen=True)
class Worse:
    """A condition under which the candidate is significantly worse.

    Attributes
    ----------
    name, title : str
        Of the condition.
    candidate, served : float
        Accuracies on the same clouds, in [0, 1].
    p : float
        One-sided exact p-value (McNemar), before the correction for many conditions.
    """

    name: str
    title: str
    candidate: float
    served: float
    p: float

    def __str__(self) -> str:
        return f"{self.title}: {100 * self.candidate:.1f} % against {100 * self.served:.1f} %"


@dataclass(frozen=True)
class Verdict:
    """What comes of holding a candidate against the version in service.

    Attributes
    ----------
    comparable : bool
        Whether both were examined on the same clouds.
    note : str
        What was compared, or why nothing was.
    worse : tuple of Worse
        Where the candidate is significantly worse; empty where it may serve.
    """

    comparable: bool
    note: str
    worse: tuple[Worse, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether nobody need be asked: they were compared, and the candidate is nowhere worse."""
        return self.comparable and not self.worse


def compare(
    candidate: Mapping[str, Any] | None, served: Mapping[str, Any] | None, names: tuple[str, str]
) -> Verdict:
    """Hold a candidate's passport against that of the version in service.

    Under each condition that both know, a one-sided exact McNemar test on the same clouds; Holm's
    correction over all of them keeps the chance of refusing an equal version at `LEVEL`.

    Parameters
    ----------
    candidate, served : mapping or None
        Passports; None where a version has none.
    names : (str, str)
        The two versions, for the note.
    """
    for passport, name in ((candidate, names[0]), (served, names[1])):
        if passport is None:
            return Verdict(False, f"not compared: version {name} has no passport")
    assert candidate is not None
    assert served is not None
    if candidate["classes"] != served["classes"]:
        return Verdict(False, f"not compared: version {names[1]} knows other classes")
    if candidate["test"]["fingerprint"] != served["test"]["fingerprint"]:
        return Verdict(False, f"not compared: version {names[1]} was examined on other clouds")
    known = {one["name"]: one for one in served["conditions"]}
    pairs = [(one, known[one["name"]]) for one in candidate["conditions"] if one["name"] in known]
    tested = [_tested(one, other) for one, other in pairs]
    rejected = holm([one.p for one in tested], LEVEL)
    found = tuple(one for one, bad in zip(tested, rejected, strict=True) if bad)
    note = f"compared with version {names[1]} under {len(pairs)} conditions"
    return Verdict(True, note, found)


def _tested(candidate: Mapping[str, Any], served: Mapping[str, Any]) -> Worse:
    mine, theirs = outcomes(candidate), outcomes(served)
    only_mine = int(np.count_nonzero(mine & ~theirs))
    only_theirs = int(np.count_nonzero(theirs & ~mine))
    return Worse(
        candidate["name"],
        candidate["title"],
        candidate["accuracy"],
        served["accuracy"],
        worse(only_mine, only_theirs),
    )
