"""How far a version's word about itself holds: prints Markdown tables for docs/trust.md.

    python tests/bench/trust.py --artifacts DIR [--clouds 500] [--seed 7] [--each-bin 10000]

Everything is measured on clouds that no calibration has seen: known shapes come from the
benchmark's own generator and camera, strangers from families that are not among those learnt from
(tests/bench/held_out.py).

With `--each-bin`, conditions are drawn again, all of them equally often, until every bin holds
so many clouds; a condition that gives the bins that still want clouds less than one in two hundred
of its own is left out from then on.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from held_out import HELD_OUT
from joblib import Parallel, delayed
from sklearn.metrics import roc_auc_score

from pcdash.core.benchmark.clouds import default, scan, view
from pcdash.core.cloud import MIN_POINTS, Points
from pcdash.core.descriptor import describe_batch
from pcdash.core.inference import ActiveModel
from pcdash.core.shapes import SHAPES
from pcdash.core.trust.bins import KEYS, assign, title
from pcdash.core.trust.judgement import LEVEL
from pcdash.core.trust.trust import Trust, looked_at
from pcdash.settings import load_settings
from pcdash.workbench import Workbench

Grid = tuple[int, float, str]
Described = tuple[np.ndarray, np.ndarray, np.ndarray]
GRID: tuple[Grid, ...] = tuple(product((40, 80, 160, 320, 640), (0.02, 0.06, 0.12), ("all", "one")))
"""Thirty conditions: points, noise in half extents, seen from all around or from one side."""

_BLOCK = 20
_FEEDS = 0.005


def known(shape: str, grid: Grid, rng: np.random.Generator) -> Points:
    """One cloud of a known shape in free proportions under a condition of the grid."""
    n, noise, side = grid
    if side == "all":
        return default(shape, rng, n=n, noise=noise, free=True)
    seen = view(shape, rng, fewest=min(n, 300))
    return scan(seen / np.abs(seen - seen.mean(axis=0)).max(), rng, n=n, noise=noise)


def stranger(family: str, grid: Grid, rng: np.random.Generator) -> Points:
    """One cloud of a held-out family, seen from all around."""
    n, noise, _ = grid
    points = HELD_OUT[family](4 * max(n, 200), rng)
    points = points - (points.min(axis=0) + points.max(axis=0)) / 2
    return scan(points / np.abs(points).max(), rng, n=max(n, MIN_POINTS), noise=noise)


def described(
    make: Callable[[str, Grid, np.random.Generator], Points],
    names: list[str],
    grids: dict[int, Grid],
    each: int,
    seed: int,
    *,
    first: int = 0,
) -> Described:
    """Features, name and condition of `each` clouds per condition, names taking turns.

    Clouds are numbered from `first` on; that number, the condition's and the seed decide a cloud.
    """

    def block(at: int, start: int) -> tuple[np.ndarray, list[int]]:
        numbers = range(start, min(start + _BLOCK, first + each))
        labels = [number % len(names) for number in numbers]
        clouds = [
            make(names[label], grids[at], np.random.default_rng([seed, at, number]))
            for label, number in zip(labels, numbers, strict=True)
        ]
        return describe_batch(clouds), labels

    starts = range(first, first + each, _BLOCK)
    jobs = [(at, start) for at in grids for start in starts]
    results = Parallel(n_jobs=-1)(delayed(block)(*job) for job in jobs)
    features = np.concatenate([one for one, _ in results])
    labels = np.concatenate([one for _, one in results])
    return features, labels, np.repeat([at for at, _ in jobs], [len(one) for _, one in results])


def filled(trust: Trust, classes: list[str], each: int, seed: int, wanted: int) -> Described:
    """Known clouds, `each` of every condition and then more until each bin holds `wanted`."""
    feeding, parts = dict(enumerate(GRID)), []
    while feeding:
        parts.append(described(known, classes, feeding, each, seed, first=each * len(parts)))
        features, _, at = (np.concatenate(some) for some in zip(*parts, strict=True))
        bins = assign(looked_at(features), trust.estimator(features))
        table = np.histogram2d(at, bins, (range(len(GRID) + 1), range(len(KEYS) + 1)))[0]
        short = (table.sum(axis=0) < wanted) & (table.sum(axis=0) > 0)
        share = table[:, short].sum(axis=1) / table.sum(axis=1)
        feeding = {number: grid for number, grid in feeding.items() if share[number] >= _FEEDS}
    features, labels, at = (np.concatenate(some) for some in zip(*parts, strict=True))
    return features, labels, at


def judged(model: ActiveModel, features: np.ndarray) -> tuple[np.ndarray, list]:
    """Probabilities and judgements."""
    said = np.asarray(model.pipeline[-1].predict_proba(features), np.float64)
    said /= said.sum(axis=1, keepdims=True)
    assert model.trust is not None
    return said, model.trust.judge(features, said)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", default="artifacts")
    parser.add_argument("--clouds", type=int, default=500, help="of every condition")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--each-bin", type=int, default=0, help="clouds of every quality bin")
    options = parser.parse_args()
    workbench = Workbench(load_settings(command_line={"artifacts_dir": options.artifacts}))
    model = workbench.model()
    trust = model.trust
    if trust is None:
        raise SystemExit("that version was never calibrated")
    classes = list(SHAPES)
    order = [model.classes.index(name) for name in classes]
    features, labels, at = filled(trust, classes, options.clouds, options.seed, options.each_bin)
    said, judgements = judged(model, features)
    truth = np.array(order)[labels]
    print(f"Version {model.version}, {len(features):,} known clouds.\n")
    for line in sets(trust, features, said, truth, judgements):
        print(line)
    print()
    for line in expected(trust, features, said, truth, at):
        print(line)
    print()
    for line in strangers(model, options, features, at, judgements):
        print(line)
    print()
    print(extra_time(model))


def sets(trust: Trust, features, said, truth, judgements) -> Iterator[str]:
    """Coverage, size and false alarms by quality bin and by condition of the grid."""
    bins = assign(looked_at(features), trust.estimator(features))
    least = np.array([one.least_probability(LEVEL) for one in judgements])
    inside = said >= least[:, None]
    inside[np.arange(len(said)), said.argmax(axis=1)] = True
    covered, size = inside[np.arange(len(said)), truth], inside.sum(axis=1)
    unknown = np.array([one.unknown for one in judgements])
    right = said.argmax(axis=1) == truth
    heads = "quality bin, clouds, accuracy %, coverage %, mean set size, unknown %, calibration"
    yield f"| {' | '.join(heads.split(', '))} |"
    yield "|---|---|---|---|---|---|---|"
    for number, key in enumerate(KEYS):
        own = bins == number
        if own.any():
            cell = trust.cells[number]
            yield (
                f"| {title(key)} | {own.sum():,} | {100 * right[own].mean():.1f} | "
                f"{100 * covered[own].mean():.1f} | {size[own].mean():.2f} | "
                f"{100 * unknown[own].mean():.1f} | {len(cell.scores):,}"
                f"{' (pooled)' if cell.pooled else ''} |"
            )


def expected(trust: Trust, features, said, truth, at) -> Iterator[str]:
    """Whether what is expected of scans like these comes true, condition by condition."""
    points, estimates = looked_at(features), trust.estimator(features)
    right = said.argmax(axis=1) == truth
    hits = []
    yield "| points | noise | seen | observed % | expected % | stated interval | inside |"
    yield "|---|---|---|---|---|---|---|"
    for number, (n, noise, side) in enumerate(GRID):
        own = np.flatnonzero(at == number)
        found = [trust.record.expect(int(points[i]), estimates[i]) for i in own[:100]]
        mean = np.mean([[one.accuracy, one.low, one.high] for one in found], axis=0)
        seen = right[own].mean()
        hits.append(mean[1] <= seen <= mean[2])
        yield (
            f"| {n} | {noise} | {side} | {100 * seen:.1f} | {100 * mean[0]:.1f} | "
            f"{100 * mean[1]:.1f} to {100 * mean[2]:.1f} | {'yes' if hits[-1] else '**no**'} |"
        )
    yield f"\nInside: {sum(hits)} of {len(hits)}."


def strangers(model: ActiveModel, options, features, at, judgements) -> Iterator[str]:
    """How well strangers are told from known clouds under the same condition."""
    chosen = [(640, 0.02, "all"), (320, 0.06, "all"), (160, 0.02, "all"), (80, 0.06, "all")]
    each = max(12, options.clouds)
    other, family, where = described(
        stranger, list(HELD_OUT), dict(enumerate(chosen)), each, options.seed + 1
    )
    alien = np.array([one.unknown_score for one in judged(model, other)[1]])
    own = np.array([one.unknown_score for one in judgements])
    yield "AUROC of held-out families, and the share that is called unknown:\n"
    yield "| family | " + " | ".join(f"{n} points, noise {noise}" for n, noise, _ in chosen) + " |"
    yield "|---|" + "---|" * len(chosen)
    areas = np.zeros((len(HELD_OUT), len(chosen)))
    for k, name in enumerate(HELD_OUT):
        cells = []
        for c, grid in enumerate(chosen):
            a = own[at == GRID.index(grid)]
            b = alien[(family == k) & (where == c)]
            areas[k, c] = roc_auc_score(np.r_[np.zeros(len(a)), np.ones(len(b))], np.r_[a, b])
            cells.append(f"{areas[k, c]:.3f}, {100 * (b > 0.5).mean():.0f} %")
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield "| **mean** | " + " | ".join(f"{v:.3f}" for v in areas.mean(axis=0)) + " |"
    yield "| **worst** | " + " | ".join(f"{v:.3f}" for v in areas.min(axis=0)) + " |"


def extra_time(model: ActiveModel) -> str:
    """What judging costs a single prediction, in CPU time."""
    rng = np.random.default_rng(0)
    features = describe_batch([default("cone", rng)])
    said = np.asarray(model.pipeline[-1].predict_proba(features), np.float64)
    spent = []
    for _ in range(200):
        begin = time.thread_time()
        assert model.trust is not None
        model.trust.judge(features, said)
        spent.append(time.thread_time() - begin)
    spent.sort()
    median, fastest = 1e3 * spent[100], 1e3 * spent[20]
    return f"Judging one cloud: median {median:.2f} ms, fastest tenth {fastest:.2f} ms of CPU time."


if __name__ == "__main__":
    main()
