"""What can be asked about an answer: a visible table, the same for page, JSON and command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.audit.blame import blame
from pcdash.core.audit.turntable import turntable
from pcdash.core.cloud import Points, count_different
from pcdash.core.inference import ActiveModel
from pcdash.core.primitives.fit import KINDS
from pcdash.core.primitives.readout import read_out
from pcdash.core.trust.judgement import UNKNOWN_ABOVE, Judgement

UNCALIBRATED = {"note": "this version was never calibrated: train again to have it say more"}
"""What is answered where nothing is known."""

_STRANGER = "This cloud is like none of them: the figure does not hold for it."

_SEED = 0
"""Of the audits: who asks twice gets the same answer."""


@dataclass
class Subject:
    """What is explained: an answer of a model about one accepted cloud.

    Attributes
    ----------
    model : ActiveModel
    points : (n, 3) float64
    """

    model: ActiveModel
    points: Points

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """The descriptor (DIM,), made once for all that is asked: it is most of what that costs."""
        features: NDArray[np.float32] = self.model.features([self.points])[0]
        return features

    @cached_property
    def judgement(self) -> Judgement | None:
        """What the calibration says of the answer; None if there is none."""
        return None if self.model.trust is None else self.model.judgement(self.features)


@dataclass(frozen=True)
class Explanation:
    """Something that can be asked about an answer.

    Attributes
    ----------
    summary : str
        One line for the documentation and ``--help``.
    explain : callable
        ``explain(subject)`` gives JSON values (numbers, text, lists and objects of them; a numpy
        array where there is a value for each point).
    """

    summary: str
    explain: Callable[[Subject], dict[str, Any]]


def _quality(of: Subject) -> dict[str, Any]:
    trust = of.model.trust
    if trust is None:
        return UNCALIBRATED
    found, cell = trust.quality(of.features, len(of.points)), trust.cell(of.features)
    rests_on = {"bin": cell.title, "scans": len(cell.scores), "pooled": cell.pooled}
    distinct = count_different(of.points)
    sentences = found.sentences(distinct) | {"label_set": cell.sentence()}
    return asdict(found) | {
        "distinct": distinct,
        "label_set_rests_on": rests_on,
        "sentences": sentences,
    }


def _expected_accuracy(of: Subject) -> dict[str, Any]:
    trust = of.model.trust
    if trust is None:
        return UNCALIBRATED
    found, scan = trust.expect(of.features), trust.quality(of.features, len(of.points))
    said = asdict(found) | {"sentence": f"{scan.summary()}: {found.sentence()}"}
    if of.judgement is None or not of.judgement.unknown:
        return said
    return said | {
        "sentence": f"{scan.summary()}: of the known classes {found.sentence()}. {_STRANGER}",
        "note": _STRANGER,
    }


def _neighbours(of: Subject) -> dict[str, Any]:
    trust, found = of.model.trust, of.judgement
    if trust is None or found is None:
        return UNCALIBRATED
    nearest = [asdict(one) for one in trust.neighbours.nearest(of.features)]
    farthest = trust.unlike(of.features)
    block = str(farthest["block"]).replace("_", " ")
    return {
        "score": found.unknown_score,
        "threshold": UNKNOWN_ABOVE,
        "reason": f"{farthest['sigma']:.1f} sigma from any class on {block}",
        "farthest": farthest,
        "nearest": nearest,
    }


def _turntable(of: Subject) -> dict[str, Any]:
    return asdict(turntable(of.model, of.points, _SEED))


def _blame(of: Subject) -> dict[str, Any]:
    return asdict(blame(of.model, of.points, _SEED))


def _primitive(of: Subject) -> dict[str, Any]:
    said = of.model.classes[int(of.model.probabilities([of.points])[0].argmax())]
    return read_out(of.points, said if said in KINDS else None).to_json()


EXPLANATIONS: dict[str, Explanation] = {
    "quality": Explanation(
        "Estimated noise, outliers, coverage and evenness of the scan, with a sentence about each",
        _quality,
    ),
    "expected_accuracy": Explanation(
        "How right the version was on calibration scans of like quality, with a 95 % interval",
        _expected_accuracy,
    ),
    "neighbours": Explanation(
        "The training clouds that are most alike, and the descriptor block that is farthest from "
        "any class",
        _neighbours,
    ),
    "turntable": Explanation(
        "Whether the answer holds when the cloud is turned, scaled, moved, thinned and cut: some "
        "hundred trials",
        _turntable,
    ),
    "blame": Explanation(
        "How much of the answer goes with each point's patch, and whether that picture means "
        "anything: some two hundred deletions",
        _blame,
    ),
    "primitive": Explanation(
        "Radius, height, axis and proportion of the predicted primitive, or of the one that fits "
        "best, in the scan's own unit, with residual, errors and doubts",
        _primitive,
    ),
}
"""Name in ``"explain": [...]`` and key of the answer; a new one is a function and a line here,
and what it answers with is documented by the API's schemas."""


CALIBRATED = ("quality", "expected_accuracy", "neighbours")
"""Those that a version's calibration answers, in milliseconds."""


def explain(model: ActiveModel, points: Points, names: Sequence[str]) -> dict[str, Any]:
    """Everything in `names` about one accepted cloud, by name.

    Parameters
    ----------
    model : ActiveModel
    points : (n, 3) float64
    names : sequence of str
        Keys of `EXPLANATIONS`; one that is named more than once is looked for once.
    """
    subject = Subject(model, points)
    return {name: EXPLANATIONS[name].explain(subject) for name in dict.fromkeys(names)}
