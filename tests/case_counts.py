"""How many cases the generated tests go through: few in `make test`, many in `make soak`."""

from __future__ import annotations

import os

VARIABLE = "PCDASH_TEST_CASES"


def cases(short: int) -> int:
    """`short`, or what the environment asks for instead."""
    return int(os.environ.get(VARIABLE) or short)
