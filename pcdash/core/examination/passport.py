"""How right a version is, and how well it knows it, under every condition of a grid."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.evaluation import calibration_error
from pcdash.core.examination.conditions import Condition
from pcdash.core.examination.exam import SEED
from pcdash.core.examination.paired import wilson

FORMAT = 1


def passport(
    conditions: Sequence[Condition],
    probabilities: Sequence[NDArray[np.float64]],
    truth: NDArray[np.int64],
    *,
    classes: Sequence[str],
    grid: str,
    kind: str,
    fingerprint: str,
) -> dict[str, Any]:
    """The passport as JSON values: the same input makes the same bytes.

    Parameters
    ----------
    conditions : (k,) sequence of Condition
    probabilities : (k,) sequence of (m, c) float64
        What the version says of the same m clouds under each condition.
    truth : (m,) int64
    classes : (c,) sequence of str
    grid, kind : str
        Name of the grid; ``synthetic`` or ``folder``.
    fingerprint : str
        Of the examined clouds: versions with the same one can be compared.
    """
    return {
        "passport_format": FORMAT,
        "seed": SEED,
        "grid": grid,
        "classes": list(classes),
        "test": {"fingerprint": fingerprint, "clouds": len(truth), "kind": kind},
        "conditions": [
            _measured(condition, said, truth)
            for condition, said in zip(conditions, probabilities, strict=True)
        ],
    }


def _measured(
    condition: Condition, said: NDArray[np.float64], truth: NDArray[np.int64]
) -> dict[str, Any]:
    right = said.argmax(axis=1) == truth
    hits = int(np.count_nonzero(right))
    low, high = wilson(hits, len(truth))
    return {
        "name": condition.name,
        "family": condition.family,
        "level": condition.level,
        "title": condition.title,
        "n": len(truth),
        "right": hits,
        "accuracy": hits / len(truth),
        "low": low,
        "high": high,
        "ece": calibration_error(said, truth),
        "outcomes": base64.b64encode(np.packbits(right).tobytes()).decode(),
    }


def outcomes(condition: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Which clouds were classified right, (n,) bool, in the order of the examination."""
    packed = np.frombuffer(base64.b64decode(condition["outcomes"]), dtype=np.uint8)
    return np.unpackbits(packed, count=int(condition["n"])).astype(bool)


def curves(passport: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Robustness by family: each curve's points, from the mildest condition on.

    Every curve but that of the view begins with the clean condition.
    """
    keys = ("level", "accuracy", "low", "high", "n", "ece")
    clean, *rest = passport["conditions"]
    result: dict[str, list[dict[str, Any]]] = {}
    for one in rest:
        begin = [{key: clean[key] for key in keys}] if one["family"] != "points" else []
        result.setdefault(one["family"], begin).append({key: one[key] for key in keys})
    return result
