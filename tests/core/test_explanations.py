"""The table of what can be asked about an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from audit_fakes import roundness, scored

from pcdash.core import explanations
from pcdash.core.explanations import EXPLANATIONS, explain


def test_what_is_named_twice_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def costly(*_about: object) -> dict[str, object]:
        asked.append(1)
        return {"note": "dear"}

    one = replace(EXPLANATIONS["turntable"], explain=costly)
    monkeypatch.setitem(explanations.EXPLANATIONS, "turntable", one)
    cloud = np.random.default_rng(0).normal(size=(20, 3))
    said = explain(scored(roundness), cloud, ["turntable"] * 1000)
    assert said == {"turntable": {"note": "dear"}}
    assert len(asked) == 1
