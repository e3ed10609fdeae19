"""How a version does on single views of a depth camera; prints Markdown tables.

    python tests/bench/camera.py [--model VERSION] [--artifacts DIR] [--clouds 500] [--seed N]

The views come from `tests/camera.py`, which intersects rays with the equations of the shapes: a
third camera beside those of the training data and of `python -m pcdash bench`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from pcdash.core.evaluation import Confusion, accuracy, confusion_matrix
from pcdash.core.inference import ActiveModel
from pcdash.settings import load_settings
from pcdash.workbench import Workbench

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import camera

SENSORS = {
    "40x40 pixels, noise 0.005": (40, 0.005),
    "40x40 pixels, noise 0.02": (40, 0.02),
    "16x16 pixels, noise 0.01": (16, 0.01),
}
"""Pixels along a side, and noise along the ray in radii of the bounding sphere."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="a version; the one in service without it")
    parser.add_argument("--artifacts")
    parser.add_argument("--clouds", type=int, default=500, help="of each sensor, over all shapes")
    parser.add_argument("--seed", type=int, default=20_261_123)
    options = parser.parse_args()
    settings = load_settings(command_line={"artifacts_dir": options.artifacts})
    print(table(Workbench(settings).model(options.model), options.clouds, options.seed), end="")


def table(model: ActiveModel, clouds: int, seed: int) -> str:
    """Accuracy and all confusions under each sensor."""
    shapes = [name for name in model.classes if name in camera.SHAPES]
    lines = ["| single view | accuracy % | clouds | confused |", "|---|---|---|---|"]
    for name, (pixels, noise) in SENSORS.items():
        confusion = measure(model, clouds, seed, pixels=pixels, noise=noise)
        confused = ", ".join(
            f"{model.classes[a]} as {model.classes[b]} ({confusion[a, b]})"
            for a, b in np.argwhere(confusion).tolist()
            if a != b
        )
        share = f"{100 * accuracy(confusion):.1f}"
        lines.append(
            f"| {name} | {share} | {-(-clouds // len(shapes)) * len(shapes)} | {confused} |"
        )
    return "\n".join(lines) + "\n"


def measure(model: ActiveModel, clouds: int, seed: int, *, pixels: int, noise: float) -> Confusion:
    """At least `clouds` views, as many of each shape."""
    shapes = [name for name in model.classes if name in camera.SHAPES]
    rng = np.random.default_rng([seed, pixels, round(1e6 * noise)])
    made = [
        (model.classes.index(shape), camera.look(shape, rng, pixels=pixels, noise=noise))
        for shape in shapes
        for _ in range(-(-clouds // len(shapes)))
    ]
    said = model.probabilities([points for _, points in made]).argmax(axis=1)
    truth = np.array([label for label, _ in made])
    return confusion_matrix(truth, said.astype(np.int64), len(model.classes))


if __name__ == "__main__":
    main()
