"""The training clouds that are most like this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pcdash.core.classifiers.scaling import Scaling
from pcdash.core.dataset import Chunk, FeatureTable
from pcdash.core.examination.evidence import small

Float32 = NDArray[np.float32]

MOST = 300
"""Training clouds to compare with."""

NEAREST = 6
_THUMBNAIL = 96


@dataclass(frozen=True)
class Neighbour:
    """A training cloud.

    Attributes
    ----------
    label : str
        Its class.
    distance : float
        Root mean square difference of the scaled features; two clouds at random are about 1.4
        apart.
    points : (k, 3) float16
        Some of its points, centred, of rms radius 1.
    """

    label: str
    distance: float
    points: NDArray[np.float16]


@dataclass(frozen=True)
class Neighbours:
    """Some training clouds.

    Attributes
    ----------
    scaling : Scaling
    features : (g, d) float16
        Scaled.
    labels : (g,) str
    points : (g, k, 3) float16
    """

    scaling: Scaling
    features: NDArray[np.float16]
    labels: NDArray[np.str_]
    points: NDArray[np.float16]

    @classmethod
    def of(cls, table: FeatureTable, chunks: Sequence[Chunk], scaling: Scaling) -> Self:
        """Choose among the training clouds, equally many of each class.

        Those of few chunks are taken: the others need not be made or read again.
        """
        each = max(1, MOST // len(table.classes))
        rows: list[int] = []
        for label in range(len(table.classes)):
            mine = np.flatnonzero((table.labels == label) & (table.splits == "train"))
            rows += mine[:each].tolist()
        wanted = {table.places[row]: row for row in rows}
        found = [
            (wanted[number, place], small(cloud)[:_THUMBNAIL])
            for number in sorted({number for number, _ in wanted})
            for place, cloud in chunks[number].clouds(sorted(p for n, p in wanted if n == number))
        ]
        taken = [row for row, _ in found]
        return cls(
            scaling,
            scaling(table.features[taken]).astype(np.float16),
            np.array(table.classes)[table.labels[taken]],
            np.array([points for _, points in found], dtype=np.float16),
        )

    def nearest(self, features: Float32, number: int = NEAREST) -> list[Neighbour]:
        """The nearest ones to a cloud, by its features (DIM,), the nearest first."""
        apart = self.features.astype(np.float32) - self.scaling(features[None])
        distance = np.sqrt((apart * apart).mean(axis=1))
        return [
            Neighbour(str(self.labels[row]), float(distance[row]), self.points[row])
            for row in np.argsort(distance, kind="stable")[:number].tolist()
        ]
