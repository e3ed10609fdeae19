"""The benchmark of versions: accuracy under each condition, and what an answer costs."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pcdash.core.benchmark import CONDITIONS, Condition, default
from pcdash.core.cloud import Points
from pcdash.core.descriptor import describe_batch
from pcdash.core.inference import ActiveModel
from pcdash.core.progress import Progress
from pcdash.core.shapes import SHAPES
from pcdash.errors import InvalidInput

COST_POINTS = (64, 512, 2048, 100_000)
"""Sizes of the clouds whose cost is measured."""

_COST_CLOUDS = 40
_BATCH_CLOUDS = 400


@dataclass(frozen=True)
class Row:
    """Accuracy under one condition.

    Attributes
    ----------
    condition : str
    accuracy, lowest : float
        Mean and lowest of the versions, in [0, 1].
    by_version : dict of str to float
        Accuracy of each version.
    n : int
        Clouds; every version has seen the same.
    confused : tuple of (str, str, int)
        True class, predicted class and number in all versions, the most frequent first.
    """

    condition: str
    accuracy: float
    lowest: float
    by_version: dict[str, float]
    n: int
    confused: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Benchmark:
    """Everything that was measured; the costs are those of the first version."""

    versions: tuple[str, ...]
    seed: int
    rows: tuple[Row, ...]
    predict_ms: dict[str, float]
    describe_per_second: float

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)

    def to_markdown(self) -> str:
        """Two tables."""
        several = len(self.versions) > 1
        figures = "mean % | lowest %" if several else "accuracy %"
        lines = [f"| condition | {figures} | clouds | most often confused |"]
        lines.append("|---" * (5 if several else 4) + "|")
        for row in self.rows:
            figures = f"{100 * row.accuracy:.1f}"
            if several:
                figures += f" | {100 * row.lowest:.1f}"
            lines.append(f"| {row.condition} | {figures} | {row.n} | {listed(row.confused)} |")
        lines += ["", "| cost, one core | median |", "|---|---|"]
        lines += [
            f"| describe and predict, {int(n):,} points | {ms:.2f} ms |"
            for n, ms in self.predict_ms.items()
        ]
        rate = f"{self.describe_per_second:.0f} clouds/s"
        lines.append(f"| describe in batch, 512 points | {rate} |")
        return "\n".join(lines) + "\n"


def listed(confused: Sequence[tuple[str, str, int]]) -> str:
    """The three most frequent confusions in words."""
    return ", ".join(f"{a} as {b} ({n})" for a, b, n in confused[:3])


def measure(
    models: Sequence[ActiveModel], progress: Progress, *, clouds: int, seed: int
) -> Benchmark:
    """Measure every condition on at least `clouds` fresh clouds, the same for all versions.

    Raises
    ------
    InvalidInput
        If the models do not know at least two of the five shapes, the same ones.
    """
    known = [tuple(name for name in model.classes if name in SHAPES) for model in models]
    shapes = known[0]
    if len(shapes) < 2:
        raise InvalidInput("the benchmark needs a model of the synthetic shapes", field="model")
    for model, others in zip(models, known, strict=True):
        if set(others) != set(shapes):
            raise InvalidInput(
                f"versions {models[0].version} and {model.version} know different shapes",
                field="model",
            )
    steps = len(CONDITIONS) * len(models)
    rows = []
    for number, (name, condition) in enumerate(CONDITIONS.items()):
        made = _clouds(name, condition, shapes, clouds, seed)
        said = []
        for turn, model in enumerate(models):
            progress.check()
            progress.report("bench", 0.9 * (number * len(models) + turn) / steps, name)
            said.append([_classes(model, of_shape) for of_shape in made.values()])
        rows.append(_row(name, list(made), [model.version for model in models], said))
    progress.report("bench", 0.9, "costs")
    versions = tuple(model.version for model in models)
    return Benchmark(versions, seed, tuple(rows), _costs(models[0], seed), _throughput(seed))


def _clouds(
    name: str, condition: Condition, shapes: Sequence[str], clouds: int, seed: int
) -> dict[str, list[Points]]:
    """Clouds of each shape that the condition covers."""
    wanted = [shape for shape in shapes if shape not in condition.without]
    each = -(-clouds // len(wanted))
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return {shape: [condition.make(shape, rng) for _ in range(each)] for shape in wanted}


def _classes(model: ActiveModel, clouds: Sequence[Points]) -> list[str]:
    return [model.classes[best] for best in model.probabilities(clouds).argmax(axis=1)]


def _row(
    condition: str, shapes: Sequence[str], versions: Sequence[str], said: list[list[list[str]]]
) -> Row:
    """Count; `said` holds the answers by version, shape and cloud."""
    counts: Counter[tuple[str, str]] = Counter()
    by_version = {}
    for version, answers in zip(versions, said, strict=True):
        found = Counter(
            (shape, answer)
            for shape, of_shape in zip(shapes, answers, strict=True)
            for answer in of_shape
        )
        by_version[version] = sum(found[shape, shape] for shape in shapes) / found.total()
        counts += found
    confused = tuple((a, b, n) for (a, b), n in counts.most_common() if a != b)
    shares = list(by_version.values())
    n = counts.total() // len(versions)
    return Row(condition, float(np.mean(shares)), min(shares), by_version, n, confused)


def _costs(model: ActiveModel, seed: int) -> dict[str, float]:
    """Median milliseconds of CPU-bound wall time to describe and classify one cloud."""
    rng = np.random.default_rng(seed)
    costs = {}
    for n in COST_POINTS:
        made = [default(shape, rng, n=n) for shape in model.classes for _ in range(2)]
        model.predict(made[0])
        times = []
        for turn in range(_COST_CLOUDS):
            points = made[turn % len(made)]
            started = time.perf_counter()
            model.predict(points)
            times.append(time.perf_counter() - started)
        costs[str(n)] = 1e3 * float(np.median(times))
    return costs


def _throughput(seed: int) -> float:
    rng = np.random.default_rng(seed)
    made = [default("torus", rng) for _ in range(_BATCH_CLOUDS)]
    started = time.perf_counter()
    describe_batch(made)
    return _BATCH_CLOUDS / (time.perf_counter() - started)
