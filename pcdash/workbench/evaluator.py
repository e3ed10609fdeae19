"""How right a model is on labelled clouds that it has not seen."""

from __future__ import annotations

import time
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.spatial.transform import Rotation

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
from pcdash.workbench.folders import FolderChunk, digest_of

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
    seen : int or None
        Clouds of files that the model was fitted to: left out, or counted if that was asked for;
        None where nobody knows.
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
    seen: int | None
    model_version: str

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)


class NothingUnseen(InvalidInput):
    """All clouds are of files that the model was fitted to."""


def evaluate(
    model: ActiveModel,
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    progress: Progress,
    *,
    split: str = "test",
    rotate: Rotate = "none",
    seed: int = 0,
    fitted_to: Collection[str] | None = None,
    count_seen: bool = False,
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
    fitted_to : collection of str, optional
        SHA-256 of each file that the model was fitted to; None: nobody knows.  Copies under another
        name are found, those in another format are not.
    count_seen : bool
        Whether clouds of such files are measured on as well.

    Raises
    ------
    NothingUnseen
        If the model was fitted to all there are.
    InvalidInput
        If there is no cloud of a class that the model knows.
    """
    known = {name: index for index, name in enumerate(model.classes)}
    rng = np.random.default_rng(seed)
    truth, rows, seen, seconds = [], [], 0, 0.0
    for chunk, new, old in _chosen(chunks, classes, split, known, fitted_to or (), progress):
        seen += len(old)
        for place, points in chunk.clouds(sorted(new + old) if count_seen else new):
            turned = points @ Rotation.random(rng=rng).as_matrix().T if rotate == "so3" else points
            started = time.perf_counter()
            rows.append(model.probabilities([turned])[0])
            seconds += time.perf_counter() - started
            truth.append(known[classes[chunk.labels[place]]])
    if not rows and seen:
        raise NothingUnseen(
            f"version {model.version} was trained on all {seen:,} of these clouds: "
            "nothing is left to measure it on",
            field="data",
        )
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
        seen=None if fitted_to is None else seen,
        model_version=model.version,
    )


def _chosen(
    chunks: Sequence[Chunk],
    classes: Sequence[str],
    split: str,
    known: Container[str],
    fitted_to: Container[str],
    progress: Progress,
) -> Iterator[tuple[Chunk, list[int], list[int]]]:
    """Yield each chunk with the places to look at: of clouds that are new to the model, and others.

    Nothing is read here but what tells the two apart.
    """
    for done, chunk in enumerate(chunks):
        progress.check()
        progress.report("evaluate", done / len(chunks))
        new: list[int] = []
        old: list[int] = []
        for place, (label, part) in enumerate(zip(chunk.labels, chunk.splits, strict=True)):
            if split in ("all", part) and classes[label] in known:
                (old if _is_of(chunk, place, fitted_to) else new).append(place)
        yield chunk, new, old
    progress.report("evaluate", 1.0)


def _is_of(chunk: Chunk, place: int, fitted_to: Container[str]) -> bool:
    """Whether a cloud comes from one of the files with these digests."""
    if not (fitted_to and isinstance(chunk, FolderChunk)):
        return False
    return digest_of(chunk.files[place].path) in fitted_to
