"""Errors come back from worker processes as they went."""

from __future__ import annotations

import pickle

import pytest

from pcdash import errors

SAMPLES = [
    errors.InvalidCloud("no shape", field="points.3.1"),
    errors.UnreadableFile("a.xyz", "expected 3 numbers", line=14),
    errors.ConfigError("t.yaml:1: seed: wrong", field="seed"),
    errors.ModelUnavailable(),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_errors_survive_pickling(error: errors.PcdashError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert back.__dict__ == error.__dict__
    assert str(back) == str(error)


def test_codes_tell_the_kinds_apart() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = [kind.code for kind in kinds if issubclass(kind, errors.PcdashError)]
    assert len(codes) > 10
    assert len(set(codes)) == len(codes)


def test_a_file_error_names_its_line() -> None:
    assert str(SAMPLES[1]) == "a.xyz, line 14: expected 3 numbers"
