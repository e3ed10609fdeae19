"""How well sizes are read from clouds, and whether it is said when they are not; Markdown tables.

    python tests/bench/readout.py [--clouds 200] [--points 512] [--seed N]

Shapes are those of the training recipe with all its proportions, in a random pose, unit and place.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.corruption import Randomisation, clutter, rotation
from pcdash.core.corruption.camera import render
from pcdash.core.corruption.solids import SOLIDS, surface_points
from pcdash.core.primitives.distance import Solid
from pcdash.core.primitives.readout import Readout, read_out

Array = NDArray[np.float64]

RECIPE = Randomisation(open_share=0, blunt_share=0)
OPEN = Randomisation(proportions_share=1, open_share=1, blunt_share=0)
BLUNT = Randomisation(proportions_share=1, open_share=0, blunt_share=1)

CASES = {
    "sphere": ("sphere", RECIPE),
    "box": ("cube", RECIPE),
    "cylinder": ("cylinder", RECIPE),
    "cone": ("cone", RECIPE),
    "torus": ("torus", RECIPE),
    "cylinder without discs": ("cylinder", OPEN),
    "cone without disc": ("cone", OPEN),
    "cone without tip": ("cone", BLUNT),
}
"""What is read -> its kind, and what it is drawn from; six in ten have free proportions."""

NOISES = (0.0, 0.02)
"""Standard deviations of the noise; the half extent is 1."""

SCANS = ("whole", "20 % clutter", "64 points", "noise 0.05", "30 % cut off", "one view")

WRONG = 0.05
"""Error of a size from which on a read-out counts as wrong."""


@dataclass(frozen=True)
class Read:
    """One cloud: errors of its sizes as shares, of its axis in degrees, and in standard errors."""

    errors: dict[str, float]
    axis: float | None
    deviations: tuple[float, ...]
    said: Readout


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clouds", type=int, default=200, help="of each shape and noise")
    parser.add_argument("--points", type=int, default=512)
    parser.add_argument("--seed", type=int, default=20_261_124)
    options = parser.parse_args()
    started = time.process_time()
    print(accuracy(options.clouds, options.points, options.seed))
    print(honesty(max(1, options.clouds // 4), options.points, options.seed))
    print(f"{time.process_time() - started:.0f} s of CPU time")


def accuracy(clouds: int, points: int, seed: int) -> str:
    """Errors of all sizes and axes, without and with noise."""
    head = " | ".join(f"sigma {s:g}: mean | 95 % | worst" for s in NOISES)
    lines = [f"| shape | size | {head} | within 2 errors | ms |", "|---" * 10 + "|"]
    for name, (kind, recipe) in CASES.items():
        found, milliseconds = [], 0.0
        for sigma in NOISES:
            rng = np.random.default_rng([seed, round(1e4 * sigma), len(name)])
            began = time.process_time()
            found.append([read(kind, recipe, "whole", points, sigma, rng) for _ in range(clouds)])
            milliseconds = 1e3 * (time.process_time() - began) / clouds
        noisy = np.array([one.deviations for one in found[-1]])
        for column, size in enumerate(found[0][0].errors):
            cells = [shares([one.errors[size] for one in group]) for group in found]
            inside = f"{np.mean(noisy[:, column] < 2):.0%}"
            cost = f"{milliseconds:.0f}" if column == 0 else ""
            lines.append(f"| {name} | {size} | {' | '.join(cells)} | {inside} | {cost} |")
        if found[0][0].axis is not None:
            cells = [degrees([one.axis or 0.0 for one in group]) for group in found]
            lines.append(f"| {name} | axis | {' | '.join(cells)} | | |")
    return "\n".join(lines) + "\n"


def honesty(clouds: int, points: int, seed: int) -> str:
    """How many read-outs are wrong although nothing is said against them."""
    lines = ["| scan | no caveat | of these wrong | caveat | of these wrong |", "|---" * 5 + "|"]
    for scan in SCANS:
        rng = np.random.default_rng([seed, len(scan)])
        found = [
            read(kind, RECIPE, scan, points, 0.01, rng) for kind in SOLIDS for _ in range(clouds)
        ]
        cells = []
        for silent in (True, False):
            some = [one for one in found if silent == (not one.said.caveats)]
            wrong = sum(max(one.errors.values()) > WRONG for one in some)
            cells.append(f"{len(some)} | {wrong}")
        lines.append(f"| {scan} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def read(
    kind: str, recipe: Randomisation, scan: str, n: int, sigma: float, rng: np.random.Generator
) -> Read:
    """Draw a solid, scan it and compare what is read with what it is."""
    solid = SOLIDS[kind](bool(rng.random() < recipe.proportions_share), recipe, rng)
    turn, unit = rotation(rng), float(10 ** rng.uniform(-3, 3))
    place = 100 * unit * rng.standard_normal(3)
    said = read_out(unit * (scanned(solid, scan, n, sigma, rng) @ turn.T) + place, kind)
    true = dict(sizes(kind, solid))
    errors = {size: abs(said.sizes[size] / unit / value - 1) for size, value in true.items()}
    deviations = tuple(
        abs(said.sizes[size] - unit * value) / max(said.errors[size], 1e-12 * unit)
        for size, value in true.items()
    )
    return Read(errors, turned(said, turn), deviations, said)


def scanned(solid: Solid, scan: str, n: int, sigma: float, rng: np.random.Generator) -> Array:
    """Points of a solid in its own frame."""
    if scan == "one view":
        turn = rotation(rng)
        points, rays, _ = render(solid, turn, 40, 3.0)
        return (points + 0.005 * rng.standard_normal((len(points), 1)) * rays) @ turn
    points = surface_points(solid, 64 if scan == "64 points" else n, rng)
    extent = 0.5 * float(np.ptp(points, axis=0).max())
    noise = 0.05 if scan == "noise 0.05" else sigma
    points = points + noise * extent * rng.standard_normal(points.shape)
    if scan == "20 % clutter":
        return clutter(points, 0.2, rng)
    if scan == "30 % cut off":
        side = points @ rotation(rng)[0]
        return np.asarray(points[side <= np.quantile(side, 0.7)])
    return points


def sizes(kind: str, solid: Solid) -> Iterator[tuple[str, float]]:
    """Named as in a read-out."""
    if kind == "cube":
        yield from zip(("length", "width", "height"), sorted(2 * np.array(solid.sizes))[::-1],
                       strict=True)  # fmt: skip
    elif kind == "torus":
        yield from zip(("ring_radius", "tube_radius"), solid.sizes, strict=True)
    else:
        yield "radius", solid.sizes[0]
        if kind != "sphere":
            yield "height", 2 * solid.sizes[2]


def turned(said: Readout, turn: Array) -> float | None:
    """Angle between the axes, in degrees; of a box the largest of the three; None for a sphere."""
    if said.kind == "sphere":
        return None
    if said.kind == "cube":
        cosine = float(np.abs(said.directions @ turn).max(axis=1).min())
    else:
        cosine = float(said.directions[2] @ turn[:, 2])
        cosine = cosine if said.kind == "cone" else abs(cosine)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def shares(errors: list[float]) -> str:
    """Mean, 95th percentile and worst in per cent."""
    values = 100 * np.array([np.mean(errors), np.quantile(errors, 0.95), np.max(errors)])
    return " | ".join(f"{value:.2f} %" for value in values)


def degrees(angles: list[float]) -> str:
    """Mean, 95th percentile and worst in degrees."""
    values = (np.mean(angles), np.quantile(angles, 0.95), np.max(angles))
    return " | ".join(f"{value:.2f}°" for value in values)


if __name__ == "__main__":
    main()
