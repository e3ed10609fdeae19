"""What can be asked about an answer: a visible table, the same for page, JSON and command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pcdash.core.cloud import Points
from pcdash.core.inference import ActiveModel


@dataclass(frozen=True)
class Explanation:
    """Something that can be asked about an answer.

    Attributes
    ----------
    summary : str
        One line for the documentation and ``--help``.
    explain : callable
        ``explain(model, points)`` gives JSON values (numbers, text, lists and objects of them; a
        numpy array where there is a value for each point).
    """

    summary: str
    explain: Callable[[ActiveModel, Points], dict[str, Any]]


EXPLANATIONS: dict[str, Explanation] = {}
"""Name in ``"explain": [...]`` and key of the answer; a new one is a function and a line here."""


def explain(model: ActiveModel, points: Points, names: Sequence[str]) -> dict[str, Any]:
    """Everything in `names` about one accepted cloud, by name.

    Parameters
    ----------
    model : ActiveModel
    points : (n, 3) float64
    names : sequence of str
        Keys of `EXPLANATIONS`.
    """
    return {name: EXPLANATIONS[name].explain(model, points) for name in names}
