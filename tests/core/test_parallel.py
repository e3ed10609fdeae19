"""Work through joblib leaves no trace where its results are taken."""

from __future__ import annotations

import pytest
from joblib.parallel import get_active_backend

from pcdash.core.parallel import in_parallel
from pcdash.core.params import ComputeParams


class _Doubled:
    def __init__(self, label: int) -> None:
        self.labels = [label]

    def compute(self) -> int:
        return 2 * self.labels[0]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_who_takes_the_results_keeps_joblibs_own_backend(backend: str) -> None:
    before = type(get_active_backend()[0])
    compute = ComputeParams.model_validate({"backend": backend, "n_jobs": 2})
    results = in_parallel([_Doubled(label) for label in range(5)], compute)
    assert next(results) == 0
    assert type(get_active_backend()[0]) is before, "between two results"
    assert list(results) == [2, 4, 6, 8]
