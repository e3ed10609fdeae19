"""Does the answer hold when the cloud is turned, measured in another unit, moved, thinned, cut?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pcdash.core.audit.perturbations import FAMILIES, Perturbed
from pcdash.core.cloud import Points, Prediction
from pcdash.core.inference import ActiveModel
from pcdash.errors import InvalidCloud

Verdict = Literal["stable", "fragile", "pose-sensitive"]

MOST_POINTS = 2048
"""Larger clouds are sampled before they are turned: a hundred answers would take long."""

POSE_SPREAD = 0.05
"""Spread of the probability over poses, units and places that rounding does not explain."""


@dataclass(frozen=True)
class Trial:
    """What was said of one perturbed cloud.

    Attributes
    ----------
    name : str
        What was done to it.
    predicted_class : str
    probability : float
        Of the class that was first said of the cloud as it is, in [0, 1].
    """

    name: str
    predicted_class: str
    probability: float


@dataclass(frozen=True)
class FamilyResult:
    """The trials of one family.

    Attributes
    ----------
    name, title : str
        Key and words of `FAMILIES`.
    trials : int
    agreement : float
        Share of the trials with the same predicted class, in [0, 1].
    lowest, median, highest : float
        Probability of the first predicted class over the trials, in [0, 1].
    worst : Trial
        One of another class if there is any, of these the one of the lowest probability.
    sentence : str
    """

    name: str
    title: str
    trials: int
    agreement: float
    lowest: float
    median: float
    highest: float
    worst: Trial
    sentence: str


@dataclass(frozen=True)
class Turntable:
    """The audit of one answer.

    Attributes
    ----------
    predicted_class : str
        Of the cloud as it is, or as it was sampled.
    probability : float
    n_points, n_used : int
        Points of the cloud, and those that were turned.
    verdict : {"stable", "fragile", "pose-sensitive"}
        ``pose-sensitive``: pose, unit or place change the class, or its probability by more than
        `POSE_SPREAD`: the model is at fault.  ``fragile``: another sampling or a missing quarter
        changes the class: this cloud is near a boundary.
    sentence : str
        The verdict for people.
    agreement : float
        Share of all trials with the same predicted class.
    worst : Trial
        The perturbation that hurts most.
    families : tuple of FamilyResult
        Those of `FAMILIES` that could be tried.
    notes : tuple of str
        What was left out, and why.
    """

    predicted_class: str
    probability: float
    n_points: int
    n_used: int
    verdict: Verdict
    sentence: str
    agreement: float
    worst: Trial
    families: tuple[FamilyResult, ...]
    notes: tuple[str, ...]


def turntable(model: ActiveModel, points: Points, seed: int) -> Turntable:
    """Ask the model about some hundred variants of one cloud.

    Parameters
    ----------
    model : ActiveModel
        Any classifier.
    points : (n, 3) float64
        Accepted by `pcdash.core.cloud.check_cloud`.  Of more than `MOST_POINTS` a random sample is
        turned; what is said of all of them counts among the re-samplings.
    seed : int
        Of rotations and samples: same cloud, same seed, same answer.
    """
    rng = np.random.default_rng(seed)
    used, notes = points, []
    if len(points) > MOST_POINTS:
        used = points[np.sort(rng.choice(len(points), MOST_POINTS, replace=False))]
        notes.append(f"{MOST_POINTS:,} of {len(points):,} points were turned, drawn at random.")
    first = model.predict(used)
    families = []
    for name, family in FAMILIES.items():
        perturbed = family.make(used, rng)
        if name == "resamplings" and used is not points:
            perturbed.append(Perturbed(f"all {len(points):,} points", points))
        trials = _ask(model, perturbed, first.predicted_class)
        if len(trials) < len(perturbed):
            gone = len(perturbed) - len(trials)
            notes.append(f"{gone} trials {family.title} left nothing to classify.")
        if not perturbed:
            notes.append(f"Nothing was tried {family.title}: too few points would be left.")
        if trials:
            families.append(_sum_up(name, trials, first.predicted_class))
    return _judged(first, len(points), len(used), families, notes)


def _ask(model: ActiveModel, perturbed: Sequence[Perturbed], first: str) -> list[Trial]:
    """One trial for each perturbed cloud in which there still is a shape."""
    trials = []
    answers = model.predict_each([each.points for each in perturbed]) if perturbed else []
    for each, answer in zip(perturbed, answers, strict=True):
        if isinstance(answer, Prediction):
            said = answer.probabilities[first]
            trials.append(Trial(each.name, answer.predicted_class, float(said)))
        elif not isinstance(answer, InvalidCloud):
            raise answer
    return trials


def _sum_up(name: str, trials: Sequence[Trial], first: str) -> FamilyResult:
    title = FAMILIES[name].title
    said = np.array([trial.probability for trial in trials])
    others = Counter(t.predicted_class for t in trials if t.predicted_class != first)
    count = len(trials) - others.total()
    if not others:
        sentence = f"{title.capitalize()}: {first} in all {len(trials)} trials."
    else:
        rest = ", ".join(f"{other} {n} times" for other, n in others.most_common())
        sentence = f"{title.capitalize()}: {first} in {count} of {len(trials)} trials, {rest}."
    return FamilyResult(
        name=name,
        title=title,
        trials=len(trials),
        agreement=count / len(trials),
        lowest=float(said.min()),
        median=float(np.median(said)),
        highest=float(said.max()),
        worst=min(trials, key=lambda trial: _hurt(trial, first)),
        sentence=sentence,
    )


def _hurt(trial: Trial, first: str) -> tuple[bool, float]:
    """Sorts trials, the worst first."""
    return trial.predicted_class == first, trial.probability


def _judged(
    first: Prediction, n_points: int, n_used: int, families: list[FamilyResult], notes: list[str]
) -> Turntable:
    said = first.predicted_class
    total = sum(family.trials for family in families)
    agreeing = sum(round(family.agreement * family.trials) for family in families)
    posed = [family for family in families if FAMILIES[family.name].same_object]
    others = [family for family in families if not FAMILIES[family.name].same_object]
    verdict, sentence = _verdict(said, total, posed, others)
    if verdict == "stable":
        sentence += _but(first)
    return Turntable(
        predicted_class=said,
        probability=float(first.probabilities[said]),
        n_points=n_points,
        n_used=n_used,
        verdict=verdict,
        sentence=sentence,
        agreement=agreeing / total,
        worst=min((family.worst for family in families), key=lambda trial: _hurt(trial, said)),
        families=tuple(families),
        notes=tuple(notes),
    )


def _verdict(
    said: str, total: int, posed: Sequence[FamilyResult], others: Sequence[FamilyResult]
) -> tuple[Verdict, str]:
    for family in sorted(posed, key=lambda family: family.agreement):
        if family.agreement < 1:
            return "pose-sensitive", (
                f"Here the answer goes by more than the shape: {family.title}, the same cloud is "
                f"{said} in {family.agreement:.0%} of the trials only. Take no answer for granted."
            )
        if family.highest - family.lowest > POSE_SPREAD:
            return "pose-sensitive", (
                f"Here the answer goes by more than the shape: {family.title}, the same cloud has "
                f"probabilities from {family.lowest:.0%} to {family.highest:.0%}."
            )
    for family in sorted(others, key=lambda family: family.agreement):
        if family.agreement < 1:
            worst = family.worst
            return "fragile", (
                f"Pose, unit and place do not matter, but the answer hangs on few points: "
                f"{worst.name} it is {worst.predicted_class}, and {said} in "
                f"{family.agreement:.0%} of the trials {family.title}."
            )
    return "stable", f"{said.capitalize()} in all {total} trials: this answer holds."


def _but(first: Prediction) -> str:
    """What speaks against an answer that does not change, where something does."""
    others = first.label_set()[1:] if first.judgement is not None else ()
    if first.unknown:
        return " But the cloud is like none of the classes: a stable answer is not a right one."
    if others:
        return f" But it could also be {', '.join(others)}: a stable answer is not a sure one."
    return ""
