"""Reading the files of a dataset one by one, and what is noted of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points
from pcdash.errors import PcdashError, UnreadableFile
from pcdash.files import LabelledFile, LabelledFolder, ReadLimits, read_cloud

SHOWN_CLASSES = 40
PICTURES = 96
"""Over all classes; see `pictures_a_class`."""

PICTURES_A_CLASS = 4
PICTURE_POINTS = 240

_FILES_A_PIECE = 16


@dataclass(frozen=True)
class Look:
    """What one file turned out to be.

    Attributes
    ----------
    points : int
        How many; 0 where there is a problem.
    content : str
        SHA-256 of the points.
    problem : str
        Why it cannot be read; empty if it can.
    picture : bytes
        `picture_points`, of those that are to be drawn.
    """

    points: int = 0
    content: str = ""
    problem: str = ""
    picture: bytes = b""


@dataclass(frozen=True)
class Piece:
    """Some files that are looked at together, in whichever process has time."""

    files: tuple[LabelledFile, ...]
    pictured: tuple[bool, ...]
    limits: ReadLimits

    @property
    def labels(self) -> tuple[int, ...]:
        """One for each file."""
        return (0,) * len(self.files)

    def compute(self) -> list[Look]:
        """Read them."""
        return [
            look(file, self.limits, picture=pictured)
            for file, pictured in zip(self.files, self.pictured, strict=True)
        ]


def picture_points(points: Points) -> NDArray[np.int8]:
    """Thin a cloud to what a thumbnail needs.

    Parameters
    ----------
    points : (n, 3) float64

    Returns
    -------
    (k, 3) int8, k <= 240
        Chosen at random but always the same; centred, the largest coordinate is 127.
    """
    if len(points) > PICTURE_POINTS:
        chosen = np.random.default_rng(0).choice(len(points), PICTURE_POINTS, replace=False)
        points = points[chosen]
    low, high = points.min(axis=0), points.max(axis=0)
    centred = points - (low / 2 + high / 2)
    reach = abs(centred).max() or 1.0  # the chosen ones may all lie in one place
    scaled: NDArray[np.int8] = np.rint(127 * centred / reach).astype(np.int8)
    return scaled


def pictured(folder: LabelledFolder) -> set[str]:
    """Names of the files to draw: a few of each class, from its beginning to its end.

    Twice as many as are shown, since some may turn out to be unreadable.
    """
    wanted = 2 * pictures_a_class(folder)
    chosen: set[str] = set()
    for label in folder.classes[:SHOWN_CLASSES]:
        names = [file.name for file in folder.files if file.label == label]
        places = np.linspace(0, len(names) - 1, min(wanted, len(names))).round().astype(int)
        chosen.update(names[place] for place in places)
    return chosen


def pictures_a_class(folder: LabelledFolder) -> int:
    """How many clouds of each class are shown."""
    classes = min(len(folder.classes), SHOWN_CLASSES)
    return min(PICTURES_A_CLASS, max(1, PICTURES // classes))


def pieces(
    files: Sequence[LabelledFile], pictured: set[str], limits: ReadLimits
) -> Iterator[Piece]:
    """Divide the files into pieces of work."""
    for start in range(0, len(files), _FILES_A_PIECE):
        some = tuple(files[start : start + _FILES_A_PIECE])
        yield Piece(some, tuple(file.name in pictured for file in some), limits)


def look(file: LabelledFile, limits: ReadLimits, *, picture: bool) -> Look:
    """Read one file."""
    try:
        points = read_cloud(file.path, name=file.inside.name, limits=limits).points
    except PcdashError as error:
        reason = error.problem if isinstance(error, UnreadableFile) else error.message
        line = error.line if isinstance(error, UnreadableFile) else None
        return Look(problem=f"line {line}: {reason}" if line is not None else reason)
    # The points, not the bytes: a copy in another format is a copy all the same.
    content = hashlib.sha256(points.tobytes()).hexdigest()
    drawn = picture_points(points).tobytes() if picture else b""
    return Look(len(points), content, picture=drawn)
