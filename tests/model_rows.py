"""A row of the list of models, for servers and pages over a fake workbench."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pcdash.workbench import ModelRow


def make_row(version: str, **changes: Any) -> ModelRow:
    """A version in service, unless said otherwise."""
    row = ModelRow(
        version=version,
        created_at=1_795_000_000.0,
        model="lda",
        data="synthetic, 3 classes x 20",
        dataset=None,
        n_test=9,
        accuracy=0.8888,
        f1_macro=0.9,
        classes=("sphere", "cube", "torus"),
        served=True,
        current=True,
        bootstrap=False,
        disk=4_200_000,
        problem=None,
    )
    return replace(row, **changes)
