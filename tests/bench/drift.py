"""After how many clouds the drift watch raises its alarm, and how often without a reason.

    python tests/bench/drift.py --artifacts DIR [--clouds 10000] [--streams 100] [--seed N]

Prints Markdown tables for docs/trust.md. The version in service has to be one of synthetic clouds.
Streams are simulated: windows are drawn without replacement from pools of clouds that the training
has not seen, described and classified once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from drift_streams import STREAMS, Pool

from pcdash.core.corruption import Randomisation, draw
from pcdash.core.descriptor import DIM
from pcdash.core.drift import (
    FALSE_ALARMS,
    TOGETHER,
    WINDOW,
    Reference,
    Tally,
    compare,
    reference_of,
)
from pcdash.core.inference import ActiveModel
from pcdash.core.params import TrainParams
from pcdash.registry import Registry
from pcdash.settings import Drift, load_settings
from pcdash.workbench import Workbench
from pcdash.workbench.drift_log import DriftLog
from pcdash.workbench.drift_watch import ATTACHMENT, DriftWatch

SHARES = (1.0, 0.5, 0.2, 0.1)
LONGEST = 20
"""Windows after which a stream counts as never alarmed."""

SMALL = (40, 100, 225, 1000)
"""Clouds of references that are tried beside the version's own."""

CHANGED = 800
"""Clouds of each change."""

Part = tuple[Pool, np.ndarray]


def tally(reference: Reference, *parts: Part) -> Tally:
    """Look at the chosen clouds of some pools."""
    features = np.concatenate([pool.features[rows] for pool, rows in parts])
    said = np.concatenate([pool.said[rows] for pool, rows in parts])
    asked = np.concatenate([pool.unknown[rows] for pool, rows in parts])
    known = parts[0][0].calibrated
    return Tally.of(reference, features, said.tolist(), asked.tolist() if known else ())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", default="artifacts")
    parser.add_argument(
        "--clouds", type=int, default=10_000, help="like the training's, from 3,000 on, in hundreds"
    )
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20_261_126)
    options = parser.parse_args()
    settings = load_settings(command_line={"artifacts_dir": options.artifacts})
    model = Workbench(settings).model()
    registry = Registry(settings.artifacts)
    reference = Reference.from_bytes(registry.attached(model.version, ATTACHMENT))
    config = TrainParams.model_validate(registry.metadata(model.version)["config"])
    if config.dataset.kind != "synthetic":
        raise SystemExit("the streams are simulated for versions of synthetic clouds")
    recipe = config.dataset.randomise or Randomisation()
    like = Pool(model, recipe, None, options.clouds, options.seed)
    print(
        f"Version {model.version}: {reference.clouds:,} clouds, {reference.unknown:.2%} unknown.\n"
    )
    for table in (
        false_alarms(reference, like, options),
        alarms(model, recipe, reference, like, options),
        costs(model, settings.artifacts),
    ):
        print("\n".join(table), end="\n\n")


def false_alarms(reference: Reference, like: Pool, options: argparse.Namespace) -> Iterator[str]:
    """Clouds like the training's, against the version's reference and against smaller ones."""
    yield "| clouds of the reference | windows | judged | false alarms | median | 99 % | largest |"
    yield "|---|---|---|---|---|---|---|"
    rng = np.random.default_rng(options.seed)
    rows = np.arange(len(like))
    name = f"{reference.said.sum():,} (the version's)"
    yield from _distances(
        name, [_stream(reference, like, rows, rng) for _ in range(options.streams)]
    )
    classes = reference.classes.tolist()
    for m in SMALL:
        found = []
        for _ in range(options.streams // 4):
            own, rest = np.split(rng.permutation(len(like)), [m])
            said = np.array([classes.index(name) for name in like.said[own]])
            small = reference_of(like.features[own], classes, said, float(like.unknown[own].mean()))
            assert small is not None
            found.append(_stream(small, like, rest, rng))
        yield from _distances(f"{m:,}", found)
    yield f"\nExpected by the limits: at most {FALSE_ALARMS:g} of the windows, by one of both."


def _stream(
    reference: Reference, like: Pool, rows: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Distances of twenty windows: each by itself, and with those before it (20, 2)."""
    chosen = rng.choice(rows, LONGEST * WINDOW, replace=False).reshape(LONGEST, WINDOW)
    windows = [tally(reference, (like, own)) for own in chosen]
    return np.array(
        [
            [_distance(reference, windows[at : at + 1]), _distance(reference, windows[: at + 1])]
            for at in range(LONGEST)
        ]
    )


def _distance(reference: Reference, windows: list[Tally]) -> float:
    return compare(reference, reduce(add, windows[-TOGETHER:])).distance


def _distances(name: str, found: list[np.ndarray]) -> Iterator[str]:
    for column, how in enumerate(("alone", "together")):
        values = np.concatenate(found)[:, column]
        yield (
            f"| {name} | {len(values):,} | {how} | {np.count_nonzero(values >= 1)} | "
            f"{np.median(values):.2f} | {np.quantile(values, 0.99):.2f} | {values.max():.2f} |"
        )


def alarms(
    model: ActiveModel,
    recipe: Randomisation,
    reference: Reference,
    like: Pool,
    options: argparse.Namespace,
) -> Iterator[str]:
    """After how many clouds: the median stream, and the one in twenty that takes longest."""
    heads = " | ".join(f"{share:.0%} of the clouds" for share in SHARES)
    yield f"| what has changed | {heads} | named first, all changed | unknown, all changed |"
    yield "|---|" + "---|" * (len(SHARES) + 2)
    for number, (name, make) in enumerate(STREAMS.items(), 1):
        pool = Pool(model, recipe, make, CHANGED, options.seed, number)
        cells = []
        for share in SHARES:
            rng = np.random.default_rng([options.seed, number])
            taken = [
                _until(reference, like, pool, share, rng)
                for _ in range(options.streams if share < 1 else options.streams // 5)
            ]
            low, high = np.quantile(taken, [0.5, 0.95], method="higher")
            cells.append(f"{_clouds(low)} ({_clouds(high)})")
        found = compare(reference, tally(reference, (pool, np.arange(WINDOW))))
        first = found.shifts[0].block if found.shifts[0].distance > found.mix else "classes"
        yield f"| {name} | {' | '.join(cells)} | {first} | {pool.unknown.mean():.0%} |"


def _until(
    reference: Reference, like: Pool, pool: Pool, share: float, rng: np.random.Generator
) -> float:
    """Clouds until the alarm; the change begins within the tenth window of a stream."""
    since = rng.integers(WINDOW)
    usual = iter(rng.permutation(len(like)).reshape(-1, WINDOW))
    other = np.tile(rng.permutation(len(pool)), -(-LONGEST * WINDOW // len(pool)))
    windows = [tally(reference, (like, next(usual))) for _ in range(TOGETHER - 1)]
    for window in range(1, LONGEST + 1):
        changed = rng.binomial(WINDOW - (since if window == 1 else 0), share)
        mine, other = np.split(other, [changed])
        windows.append(tally(reference, (like, next(usual)[changed:]), (pool, mine)))
        if max(_distance(reference, windows[-1:]), _distance(reference, windows)) >= 1:
            return window * WINDOW - since
    return np.inf


def _clouds(taken: float) -> str:
    return f"{taken:.0f}" if np.isfinite(taken) else f"> {LONGEST * WINDOW:,}"


def costs(model: ActiveModel, artifacts: Path) -> Iterator[str]:
    """What noting costs a prediction, and the first look at ten thousand clouds, in CPU time."""
    said = model.predict(draw("torus", Randomisation(), np.random.default_rng(0)))
    with tempfile.TemporaryDirectory() as folder:
        for enabled in (False, True):
            watch = DriftWatch(Registry(artifacts), Path(folder), Drift(enabled=enabled))
            spent = []
            for _ in range(2000):
                begin = time.thread_time()
                watch.note(said)
                spent.append(time.thread_time() - begin)
            micro = 1e6 * float(np.median(spent))
            yield f"Noting a prediction, {'on' if enabled else 'off'}: median {micro:.1f} µs."
        log, rng = DriftLog(Path(folder), rows=10_000), np.random.default_rng(1)
        some = [replace(said, descriptor=row) for row in rng.normal(size=(10_000, DIM))]
        begin = time.process_time()
        for number, one in enumerate(some, 1):
            log.note(one)
            if number % 100 == 0:  # two seconds at fifty predictions a second
                log.flush()
        each = (time.process_time() - begin) / len(some)
        watch = DriftWatch(Registry(artifacts), Path(folder), Drift(enabled=True))
        yield f"Noting and writing, a cloud: {1e3 * each:.3f} ms."
        for name in ("first", "second"):
            begin = time.process_time()
            report = watch.report(model.version)
            seconds = time.process_time() - begin
            yield f"A {name} look at {len(report.windows)} windows: {1e3 * seconds:.0f} ms."
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        yield f"The file holds {size / 1e6:.1f} MB."


if __name__ == "__main__":
    main()
