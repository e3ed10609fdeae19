"""What the turntable and the point blame say of good and of senseless models; Markdown tables.

    python tests/bench/audit.py [--model VERSION] [--artifacts DIR] [--clouds 140] [--seed N]

The version is held against models that are made here: one of bounding boxes, which looks at the
pose, and some of the descriptor whose labels were shuffled, which have learnt nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pcdash.core.audit.blame import LEAST_GAIN, blame
from pcdash.core.audit.turntable import turntable
from pcdash.core.benchmark import CONDITIONS
from pcdash.core.cloud import Points
from pcdash.core.corruption import Randomisation, draw
from pcdash.core.describe_step import Describe
from pcdash.core.inference import ActiveModel
from pcdash.core.models import MODELS
from pcdash.core.shapes import SHAPES
from pcdash.settings import load_settings
from pcdash.workbench import Workbench

CLASSES = tuple(SHAPES)
ROWS = (
    "default clouds",
    "free proportions",
    "half cropped",
    "single view, 40x40 pixels, noise 0.005",
    "10 % outliers",
    "noise 0.10",
    "128 points",
)
"""Of the benchmark: what the clouds are drawn from, in turns."""

TRAINED_ON = 1500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="a version; the one in service without it")
    parser.add_argument("--artifacts")
    parser.add_argument("--clouds", type=int, default=140, help="for each row of a table")
    parser.add_argument("--seed", type=int, default=20_261_126)
    options = parser.parse_args()
    settings = load_settings(command_line={"artifacts_dir": options.artifacts})
    served = Workbench(settings).model(options.model)
    clouds = made(options.clouds, options.seed)
    training, labels = learnt(options.seed)
    boxes = {"discriminants of bounding boxes": of_boxes(training, labels)}
    print(turned({"the version": served} | boxes, clouds))
    features = Describe().transform(training)
    shuffled = np.random.default_rng(options.seed).permutation(labels)
    models = {"the version": served, "lda": fitted("lda", features, labels)}
    models |= {f"{name}, labels shuffled": fitted(name, features, shuffled) for name in _SENSELESS}
    models["the same, not calibrated"] = bare(models["lda, labels shuffled"])
    print(blamed(models, clouds), end="")


_SENSELESS = ("random_forest", "ensemble", "lda")


def made(clouds: int, seed: int) -> list[Points]:
    """Clouds of all shapes and of `ROWS` in turns."""
    rng = np.random.default_rng(seed)
    return [
        CONDITIONS[ROWS[i // len(CLASSES) % len(ROWS)]].make(CLASSES[i % len(CLASSES)], rng)
        for i in range(clouds)
    ]


def learnt(seed: int) -> tuple[list[Points], np.ndarray]:
    """Training clouds of the default recipe, and their classes."""
    rng = np.random.default_rng([seed, 1])
    labels = np.arange(TRAINED_ON) % len(CLASSES)
    return [draw(CLASSES[label], Randomisation(), rng) for label in labels], labels


def of_boxes(clouds: Sequence[Points], labels: np.ndarray) -> ActiveModel:
    """A model of extents and places along the axes of the scan."""
    pipeline = make_pipeline(FunctionTransformer(_boxes), LinearDiscriminantAnalysis())
    return ActiveModel(pipeline.fit(clouds, labels), CLASSES, "boxes")


def _boxes(clouds: Sequence[Points]) -> np.ndarray:
    rows = [[*np.ptp(p, axis=0), *p.std(axis=0), *p.mean(axis=0)] for p in clouds]
    return np.array(rows)


def fitted(name: str, features: np.ndarray, labels: np.ndarray) -> ActiveModel:
    """A classifier of descriptors."""
    spec = MODELS[name]
    classifier = spec.build(spec.params(), 0).fit(features, labels)
    return ActiveModel(make_pipeline(Describe(), classifier), CLASSES, name)


def bare(model: ActiveModel) -> ActiveModel:
    """The same without its temperature: sure of what it has not learnt."""
    calibrated: Any = model.pipeline[-1]
    return ActiveModel(make_pipeline(Describe(), calibrated.estimator_), model.classes, "bare")


def turned(models: dict[str, ActiveModel], clouds: Sequence[Points]) -> str:
    """The turntable's verdicts."""
    lines = [
        "| turntable | clouds | one label over 64 rotations % | pose-sensitive % | fragile % | "
        "largest spread over poses | CPU s a cloud |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, model in models.items():
        started = time.process_time()
        found = [turntable(model, points, seed) for seed, points in enumerate(clouds)]
        seconds = (time.process_time() - started) / len(clouds)
        held = [one.families[0].agreement == 1 for one in found]
        spread = max(f.highest - f.lowest for one in found for f in one.families[:3])
        verdicts = [one.verdict for one in found]
        lines.append(
            f"| {name} | {len(clouds)} | {_share(held)} | "
            f"{_share([v == 'pose-sensitive' for v in verdicts])} | "
            f"{_share([v == 'fragile' for v in verdicts])} | {spread:.4f} | {seconds:.2f} |"
        )
    return "\n".join(lines) + "\n"


def blamed(models: dict[str, ActiveModel], clouds: Sequence[Points]) -> str:
    """How the pictures do against random deletions."""
    lines = [
        f"| blame | clouds | better than most random % | by {LEAST_GAIN:g} nats and more % | "
        "says it means something % | nats better, median | random curves beaten, median % | "
        "same answer after random deletions, median % | CPU s a cloud |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, model in models.items():
        started = time.process_time()
        found = [blame(model, points, seed) for seed, points in enumerate(clouds)]
        seconds = (time.process_time() - started) / len(clouds)
        gains = _measured([one.gain for one in found])
        faithful = _measured([one.faithfulness for one in found])
        standing = _measured([one.standing for one in found])
        lines.append(
            f"| {name} | {len(clouds)} | {_share(faithful > 0.5)} | "
            f"{_share(gains >= LEAST_GAIN)} | "
            f"{_share([one.means_something for one in found])} | {np.median(gains):.3f} | "
            f"{100 * np.median(faithful):.0f} | "
            f"{100 * np.median(standing):.0f} | {seconds:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _measured(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Those of the clouds that a picture was made of."""
    return np.array([value for value in values if value is not None])


def _share(what: Any) -> str:
    return f"{100 * np.mean(what):.1f}"


if __name__ == "__main__":
    main()
