"""A few labelled scans in a folder, and a training on them that takes a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.generation import generate
from pcdash.core.params import CloudParams, TrainParams


def on_scans(scans: Path, **more: Any) -> TrainParams:
    """Train on the folder `scans`; the trees' leaves are not pure, as those of real forests."""
    return TrainParams.model_validate(
        {
            "dataset": {"kind": "folder", "root": str(scans), **more.pop("dataset", {})},
            "model": {"name": "extra_trees", "params": {"n_estimators": 10, "max_depth": 3}},
            "passport": {"grid": "small", "clouds": 10},
            **more,
        }
    )


def write_scans(scans: Path) -> None:
    """Two classes, seven clouds to train on and four to test with."""
    for shape in ("cube", "sphere"):
        for part, first, count in (("train", 0, 7), ("test", 50, 4)):
            folder = scans / shape / part
            folder.mkdir(parents=True)
            for i in range(count):
                cloud = generate(CloudParams(shape=shape, n_points=60, seed=first + i))
                np.savetxt(folder / f"{i}.xyz", cloud.points)
