"""Whether a training that was fitted to a few unlabelled scans is better on such scans.

    python tests/bench/imitate.py --artifacts DIR [--scans 12] [--each 400] [--clouds 500]

For sensors that are imitated by the benchmark's own generator and camera, which no recipe knows:
the AUC of the discriminator for the default recipe and for the one that was written, and the
accuracy on fresh clouds of that sensor after trainings of the same size by both.  Prints Markdown.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.cli.progress import TerminalProgress
from pcdash.core.benchmark.clouds import default, gradient, half, scan, view
from pcdash.core.cloud import Points
from pcdash.core.corruption import Randomisation
from pcdash.core.descriptor import describe_batch
from pcdash.core.params import SyntheticData, TrainParams
from pcdash.core.synthetic import synthetic_chunks
from pcdash.core.training import train
from pcdash.settings import load_settings
from pcdash.workbench import Workbench
from pcdash.workbench.imitation import imitate

Rng = np.random.Generator


def one_sided(shape: str, rng: Rng, n: int, noise: float) -> Points:
    """What a depth camera sees, thinned to `n` points; noise in half extents."""
    seen = view(shape, rng, fewest=n)
    return scan(seen / np.abs(seen - seen.mean(axis=0)).max(), rng, n=n, noise=noise)


SENSORS: dict[str, Callable[[str, Rng], Points]] = {
    "60 points, one side": lambda s, rng: one_sided(s, rng, 60, 0.02),
    "300 points, one side, noise 0.06": lambda s, rng: one_sided(s, rng, 300, 0.06),
    "40 points, noise 0.06": lambda s, rng: default(s, rng, n=40, noise=0.06, free=True),
    "1,500 points, noise 0.12": lambda s, rng: default(s, rng, n=1500, noise=0.12, free=True),
    "300 points, 20 % outliers": lambda s, rng: default(s, rng, n=300, outliers=0.2, free=True),
    "400 points, half": lambda s, rng: default(s, rng, n=400, keep=half, free=True),
    "200 points, uneven": lambda s, rng: default(s, rng, n=200, keep=gradient, free=True),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", default="artifacts", help="with a calibrated version")
    parser.add_argument("--scans", type=int, default=12, help="without labels, of each sensor")
    parser.add_argument("--each", type=int, default=400, help="training clouds of each class")
    parser.add_argument("--clouds", type=int, default=500, help="fresh ones of each sensor")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    workbench = Workbench(load_settings(command_line={"artifacts_dir": options.artifacts}))
    model = workbench.model()
    plain = fitted(model.classes, Randomisation(), options.each)
    print("| sensor | AUC before | AUC after | accuracy % before | after | s |")
    print("|---|---|---|---|---|---|")
    for number, (name, sensor) in enumerate(SENSORS.items()):
        rng = np.random.default_rng([options.seed, number])
        scans = [sensor(model.classes[k % len(model.classes)], rng) for k in range(options.scans)]
        started = time.perf_counter()
        found = imitate(model, scans)
        seconds = time.perf_counter() - started
        recipe = Randomisation.model_validate(found.config["dataset"]["randomise"])
        own = fitted(model.classes, recipe, options.each)
        truth = np.arange(options.clouds) % len(model.classes)
        fresh = describe_batch([sensor(model.classes[k], rng) for k in truth])
        before, after = (right(one, fresh, truth) for one in (plain, own))
        print(
            f"| {name} | {found.before.auc:.2f} | {found.after.auc:.2f} | {100 * before:.1f} | "
            f"{100 * after:.1f} | {seconds:.1f} |",
            flush=True,
        )


def fitted(classes: tuple[str, ...], recipe: Randomisation, each: int) -> object:
    """A classifier that was trained by a recipe; it takes descriptors."""
    data = SyntheticData(classes=classes, n_samples_per_class=each, randomise=recipe)
    params = TrainParams.model_validate({"trust": {"clouds": 0}, "model": {"name": "lda"}})
    params = params.model_copy(update={"dataset": data})
    chunks = synthetic_chunks(data, params.split, params.seed)
    with TerminalProgress() as progress:
        return train(params, chunks, classes, progress).pipeline[-1]


def right(classifier: Any, features: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """Share of the clouds that are classified right."""
    said = np.asarray(classifier.predict_proba(features))
    return float((said.argmax(axis=1) == truth).mean())


if __name__ == "__main__":
    main()
