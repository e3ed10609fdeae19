"""What isolating the object keeps, removes and is good for; prints Markdown tables.

    python tests/bench/isolate.py [--model VERSION] [--artifacts DIR] [--scenes 100] [--seed N]

The scenes come from `tests/scenes.py`: an object on a table, among neighbours.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.benchmark.clouds import default, gradient, half, view
from pcdash.core.cloud import MIN_POINTS, Points
from pcdash.core.inference import ActiveModel
from pcdash.core.isolate import isolate
from pcdash.errors import InvalidCloud
from pcdash.settings import load_settings
from pcdash.workbench import Workbench

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from scenes import SHAPES, Scene, scene

SCENES: dict[str, dict[str, Any]] = {
    "table, fused from all sides": {},
    "600 points": {"n": 600},
    "noise 0.05": {"noise": 0.05},
    "noise 0.10": {"noise": 0.1},
    "three neighbours": {"neighbours": 3},
    "three neighbours, 5 % stray points": {"neighbours": 3, "stray": 0.05},
    "from one side": {"view": True},
    "from one side, three neighbours": {"view": True, "neighbours": 3},
    "from one side, three neighbours, noise 0.03": {"view": True, "neighbours": 3, "noise": 0.03},
}
"""Name -> what differs from 4,000 points with noise 0.01 and 1 % stray points."""

LONE: dict[str, Callable[[str, np.random.Generator], Points]] = {
    "512 points, clean": lambda shape, rng: default(shape, rng, noise=0.0, free=True),
    "2,000 points, noise 0.05": lambda shape, rng: default(
        shape, rng, n=2000, noise=0.05, free=True
    ),
    "512 points, noise 0.20": lambda shape, rng: default(shape, rng, noise=0.2),
    "32 points": lambda shape, rng: default(shape, rng, n=32),
    "half cropped": lambda shape, rng: default(shape, rng, keep=half, free=True),
    "density gradient": lambda shape, rng: default(shape, rng, keep=gradient),
    "single view, 40x40 pixels": lambda shape, rng: view(shape, rng),
    "single view, noise 0.02": lambda shape, rng: view(shape, rng, noise=0.02),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="a version; the one in service without it")
    parser.add_argument("--artifacts")
    parser.add_argument("--scenes", type=int, default=100, help="of each kind, over all shapes")
    parser.add_argument("--seed", type=int, default=20_261_124)
    options = parser.parse_args()
    settings = load_settings(command_line={"artifacts_dir": options.artifacts})
    model = Workbench(settings).model(options.model)
    each = -(-options.scenes // len(SHAPES))
    print("\n".join(scene_table(model, each, options.seed)), end="\n\n", flush=True)
    print("\n".join(lone_table(each, options.seed)), end="\n\n", flush=True)
    print("\n".join(cost_table(options.seed)))


def scene_table(model: ActiveModel, each: int, seed: int) -> list[str]:
    """Shares in scenes with a table; accuracy on the scan, on what is isolated, on the truth."""
    lines = [
        "| scene | object, share of points % | of it kept % | of the rest removed % "
        "| right: whole scan % | isolated % | the object alone % |",
        "|---|---|---|---|---|---|---|",
    ]
    for row, (name, about) in enumerate(SCENES.items()):
        made = [
            (shape, scene(shape, np.random.default_rng([seed, row, at, number]), **about))
            for at, shape in enumerate(SHAPES)
            for number in range(each)
        ]
        masks = [_isolated(one) for _, one in made]
        kept = np.mean([m[one.wanted].mean() for (_, one), m in zip(made, masks, strict=True)])
        gone = np.mean([1 - m[~one.wanted].mean() for (_, one), m in zip(made, masks, strict=True)])
        truth = [shape for shape, _ in made]
        scans = {
            "whole": [one.points for _, one in made],
            "isolated": [one.points[m] for (_, one), m in zip(made, masks, strict=True)],
            "alone": [one.points[one.wanted] for _, one in made],
        }
        right = [f"{100 * _accuracy(model, clouds, truth):.0f}" for clouds in scans.values()]
        share = np.mean([one.wanted.mean() for _, one in made])
        figures = [f"{100 * value:.1f}" for value in (share, kept, gone)]
        lines.append(f"| {' | '.join([name, *figures, *right])} |")
    return lines


def lone_table(each: int, seed: int) -> list[str]:
    """What is kept of clouds that hold an object alone."""
    lines = [
        "| lone object | kept, mean % | least % | a plane taken from |",
        "|---|---|---|---|",
    ]
    for row, (name, make) in enumerate(LONE.items()):
        found = [
            isolate(make(shape, np.random.default_rng([seed, row, at, number])))
            for at, shape in enumerate(SHAPES)
            for number in range(each)
        ]
        kept = np.array([one.mask.mean() for one in found])
        eaten = sum(one.steps[0].removed > 0 for one in found)
        figures = f"{100 * kept.mean():.2f} | {100 * kept.min():.1f} | {eaten} of {len(found)}"
        lines.append(f"| {name} | {figures} |")
    return lines


def cost_table(seed: int) -> list[str]:
    """CPU time on one core."""
    lines = ["| points | table and cone, CPU s | lone torus, CPU s |", "|---|---|---|"]
    for n in (2_000, 100_000, 1_000_000, 2_000_000):
        made = scene("cone", np.random.default_rng(seed), n=20_000).points
        rng = np.random.default_rng(seed)
        large = made[rng.integers(0, len(made), n)] + 0.01 * rng.standard_normal((n, 3))
        lone = default("torus", rng, n=min(n, 20_000), noise=0.0)
        lone = lone[rng.integers(0, len(lone), n)] + 0.01 * rng.standard_normal((n, 3))
        lines.append(f"| {n:,} | {_cpu(large):.2f} | {_cpu(lone):.2f} |")
    return lines


def _isolated(made: Scene) -> Any:
    try:
        return isolate(made.points).mask
    except InvalidCloud:  # nothing to classify is left: it counts as wrong
        return np.zeros(len(made.points), np.bool_)


def _accuracy(model: ActiveModel, clouds: list[Points], truth: list[str]) -> float:
    sound = [len(points) >= MIN_POINTS for points in clouds]
    said = model.probabilities([p for p, ok in zip(clouds, sound, strict=True) if ok])
    names = iter([model.classes[i] for i in said.argmax(axis=1)])
    return float(np.mean([ok and next(names) == t for ok, t in zip(sound, truth, strict=True)]))


def _cpu(points: Points) -> float:
    started = time.process_time()
    isolate(points)
    return time.process_time() - started


if __name__ == "__main__":
    main()
