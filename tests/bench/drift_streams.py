"""Clouds that the drift watch is tried on: like the training's, and changed in one way each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from held_out import HELD_OUT
from joblib import Parallel, delayed

from pcdash.core.benchmark import CONDITIONS
from pcdash.core.cloud import Points, Prediction
from pcdash.core.corruption import Randomisation, clutter, draw
from pcdash.core.corruption.scanning import DENSE, draw_defects, scan
from pcdash.core.drift import halved
from pcdash.core.inference import ActiveModel

Maker = Callable[[str, Points, np.random.Generator], Points]
"""``make(shape, points, rng)``: what becomes of a cloud like the training's."""


def noisy(_shape: str, points: Points, rng: np.random.Generator) -> Points:
    """Noise of a tenth of the rms radius on top."""
    return points + 0.1 * np.sqrt(points.var(axis=0).sum()) * rng.standard_normal(points.shape)


def halved_by_plane(_shape: str, points: Points, rng: np.random.Generator) -> Points:
    """The half on one side of a plane through the middle."""
    side = (points - points.mean(axis=0)) @ rng.standard_normal(3)
    return points[np.argsort(side)[: max(16, len(points) // 2)]]


def cluttered(_shape: str, points: Points, rng: np.random.Generator) -> Points:
    """15 % of the points anywhere."""
    return clutter(points, 0.15, rng)


def thinned(_shape: str, points: Points, rng: np.random.Generator) -> Points:
    """A quarter of the points."""
    return points[rng.permutation(len(points))[: max(16, len(points) // 4)]]


def from_one_side(shape: str, _points: Points, rng: np.random.Generator) -> Points:
    """A depth camera's view."""
    return CONDITIONS["single view, 40x40 pixels, noise 0.02"].make(shape, rng)


def textbook(shape: str, _points: Points, rng: np.random.Generator) -> Points:
    """512 points, even, all around, hardly any noise."""
    return CONDITIONS["default clouds"].make(shape, rng)


def unknown(_shape: str, _points: Points, rng: np.random.Generator) -> Points:
    """Objects of families that nothing was calibrated with, as defective as calibration scans."""
    family = list(HELD_OUT)[rng.integers(len(HELD_OUT))]
    return scan(HELD_OUT[family](DENSE, rng), draw_defects(rng), rng).points


def torus(_shape: str, _points: Points, rng: np.random.Generator) -> Points:
    """Tori alone, otherwise like the training's."""
    return draw("torus", Randomisation(), rng)


STREAMS: dict[str, Maker] = {
    "noise of a tenth of the rms radius on top": noisy,
    "cut in half": halved_by_plane,
    "15 % outliers on top": cluttered,
    "a quarter of the points": thinned,
    "depth camera from one side": from_one_side,
    "textbook shapes without defects": textbook,
    "objects of unknown families": unknown,
    "tori only": torus,
}


class Pool:
    """Clouds of one kind, described and classified.

    Parameters
    ----------
    model : ActiveModel
    recipe : Randomisation
        Of its training.
    make : callable or None
        None: clouds like the training's.
    clouds : int
    seed : sequence of int
    """

    def __init__(
        self,
        model: ActiveModel,
        recipe: Randomisation,
        make: Maker | None,
        clouds: int,
        *seed: int,
    ) -> None:
        starts = range(0, clouds, 16)
        jobs = Parallel(n_jobs=-1)(
            delayed(_block)(model, recipe, make, range(at, min(at + 16, clouds)), seed)
            for at in starts
        )
        answers = [one for block in jobs for one in block]
        self.features = halved(np.stack([one.descriptor for one in answers])).astype(np.float32)
        self.said = np.array([one.predicted_class for one in answers])
        self.unknown = np.array([one.unknown for one in answers])
        self.calibrated = answers[0].judgement is not None

    def __len__(self) -> int:
        return len(self.said)


def _block(
    model: ActiveModel,
    recipe: Randomisation,
    make: Maker | None,
    numbers: range,
    seed: tuple[int, ...],
) -> list[Prediction]:
    clouds = []
    for number in numbers:
        rng = np.random.default_rng([*seed, number])
        shape = model.classes[number % len(model.classes)]
        points = draw(shape, recipe, rng)
        clouds.append(points if make is None else make(shape, points, rng))
    return model.predict_many(clouds)
