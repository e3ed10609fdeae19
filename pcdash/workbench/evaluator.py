"""How right a model is on labelled clouds that it has not seen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.spatial.transform import Rotation

from pcdash.core.cloud import Points
from pcdash.core.dataset import Chunk
from pcdash.core.evaluation import (
    accuracy,
    calibration_error,
    confusion_matrix,
    f1_macro,
    macro_recall,
)
from pcdash.core.inference import ActiveModel
from pcdash.core.progress import Progress
from pcdash.errors import InvalidInput

Rotate = Literal["none", "so3"]


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes
    ----------
    accuracy, macro_recall, f1_macro : float
        In [0, 1].
    ece : float
        Expected calibration error of the winning class, in [0, 1].
    ms_per_cloud : float
        Milliseconds to describe and classify one cloud, reading not included.
    n : int
        Clouds looked at.
    classes : tuple of str
        Rows and columns of `confusion`.
    confusion : tuple of tuple of int
        Rows are the true classes.
    ignored : tuple of str
        Classes of the data that the model does not know; their clouds were not looked at.
    model_version : str
    """

    accuracy: float
    macro_recall: float
    f1_macro: float
    ece: float
    ms_per_cloud: float
    n: int
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    ignored: tuple[str, ...]
    model_version: str

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)


def evaluate(
    model: ActiveModel,
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    progress: Progress,
    *,
    split: str = "test",
    rotate: Rotate = "none",
    seed: int = 0,
) -> Evaluation:
    """Classify every cloud of one split, one at a time, as a server would.

    Parameters
    ----------
    model : ActiveModel
    chunks : sequence of Chunk
    classes : sequence of str
        Names of the chunks' labels; matched with the model's by name.
    progress : Progress
    split : {"train", "val", "test", "all"}
    rotate : {"none", "so3"}
        ``so3`` turns each cloud by its own rotation, uniform on SO(3), drawn from `seed`.
    seed : int

    Raises
    ------
    InvalidInput
        If no cloud of a class that the model knows is left.
    """
    known = {name: index for index, name in enumerate(model.classes)}
    rng = np.random.default_rng(seed)
    truth, rows, seconds = [], [], 0.0
    for label, points in _chosen(chunks, classes, split, known, progress):
        turned = points @ Rotation.random(rng=rng).as_matrix().T if rotate == "so3" else points
        started = time.perf_counter()
        rows.append(model.probabilities([turned])[0])
        seconds += time.perf_counter() - started
        truth.append(known[classes[label]])
    if not rows:
        raise InvalidInput(f"no {split} cloud of {', '.join(known)} was found", field="data")
    probabilities, labels = np.array(rows), np.array(truth, dtype=np.int64)
    said = probabilities.argmax(axis=1)
    confusion = confusion_matrix(labels, said, len(known))
    return Evaluation(
        accuracy=accuracy(confusion),
        macro_recall=macro_recall(confusion),
        f1_macro=f1_macro(confusion),
        ece=calibration_error(probabilities, labels),
        ms_per_cloud=1e3 * seconds / len(rows),
        n=len(rows),
        classes=model.classes,
        confusion=tuple(map(tuple, confusion.tolist())),
        ignored=tuple(name for name in classes if name not in known),
        model_version=model.version,
    )


def _chosen(
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    split: str,
    known: dict[str, int],
    progress: Progress,
) -> Iterator[tuple[int, Points]]:
    """Yield label and points of the clouds to look at; others are not even read."""
    for done, chunk in enumerate(chunks):
        progress.check()
        progress.report("evaluate", done / len(chunks))
        places = [
            place
            for place, (label, part) in enumerate(zip(chunk.labels, chunk.splits, strict=True))
            if split in ("all", part) and classes[label] in known
        ]
        for place, points in chunk.clouds(places):
            yield chunk.labels[place], points
    progress.report("evaluate", 1.0)
