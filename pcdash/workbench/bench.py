"""The benchmark of one version: accuracy under each condition, and what an answer costs."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pcdash.core.benchmark import CONDITIONS, Condition, default
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
    accuracy : float
        In [0, 1].
    n : int
        Clouds.
    confused : tuple of (str, str, int)
        True class, predicted class and number, the most frequent first.
    """

    condition: str
    accuracy: float
    n: int
    confused: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Benchmark:
    """Everything that was measured."""

    model_version: str
    seed: int
    rows: tuple[Row, ...]
    predict_ms: dict[str, float]
    describe_per_second: float

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)

    def to_markdown(self) -> str:
        """Two tables."""
        lines = ["| condition | accuracy % | clouds | most often confused |", "|---|---|---|---|"]
        for row in self.rows:
            confused = ", ".join(f"{a} as {b} ({n})" for a, b, n in row.confused[:3])
            lines.append(f"| {row.condition} | {100 * row.accuracy:.1f} | {row.n} | {confused} |")
        lines += ["", "| cost, one core | median |", "|---|---|"]
        lines += [
            f"| describe and predict, {int(n):,} points | {ms:.2f} ms |"
            for n, ms in self.predict_ms.items()
        ]
        rate = f"{self.describe_per_second:.0f} clouds/s"
        lines.append(f"| describe in batch, 512 points | {rate} |")
        return "\n".join(lines) + "\n"


def measure(model: ActiveModel, progress: Progress, *, clouds: int, seed: int) -> Benchmark:
    """Measure every condition on at least `clouds` fresh clouds.

    Raises
    ------
    InvalidInput
        If the model does not know the five shapes.
    """
    shapes = [name for name in model.classes if name in SHAPES]
    if len(shapes) < 2:
        raise InvalidInput("the benchmark needs a model of the synthetic shapes", field="model")
    rows = []
    for done, (name, condition) in enumerate(CONDITIONS.items()):
        progress.check()
        progress.report("bench", 0.9 * done / len(CONDITIONS), name)
        rows.append(_row(model, name, condition, shapes, clouds, seed))
    progress.report("bench", 0.9, "costs")
    return Benchmark(model.version, seed, tuple(rows), _costs(model, seed), _throughput(seed))


def _row(
    model: ActiveModel,
    name: str,
    condition: Condition,
    shapes: Sequence[str],
    clouds: int,
    seed: int,
) -> Row:
    wanted = [shape for shape in shapes if shape not in condition.without]
    each = -(-clouds // len(wanted))
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    right = 0
    confused: dict[tuple[str, str], int] = {}
    for shape in wanted:
        made = [condition.make(shape, rng) for _ in range(each)]
        for best in model.probabilities(made).argmax(axis=1):
            said = model.classes[best]
            if said == shape:
                right += 1
            else:
                confused[shape, said] = confused.get((shape, said), 0) + 1
    ordered = sorted(confused.items(), key=lambda item: -item[1])
    total = each * len(wanted)
    return Row(name, right / total, total, tuple((a, b, n) for (a, b), n in ordered))


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
