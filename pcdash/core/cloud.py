"""The values that travel through the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pcdash.core.trust.judgement import LEVEL, Judgement, label_set
from pcdash.errors import InvalidCloud

Points = NDArray[np.float64]
"""(n, 3) coordinates in any unit; float64, so that a large offset does not eat the shape."""

MIN_POINTS = 16
"""Fewest points that are worth a classification."""

MAX_POINTS = 2_000_000
"""Most points a cloud may have."""

MAX_COORDINATE = 1e100
"""Largest absolute coordinate; squares and sums of squares stay finite in float64."""

_FACTORS = np.random.default_rng(0).integers(1 << 63, size=3, dtype=np.uint64) * 2 + 1
"""Odd and random: of multiplicative hashing (Dietzfelbinger et al. 1997)."""

_THIN = 1e-6
"""Width over length below which points count as lying on one line."""


@dataclass(frozen=True)
class PointCloud:
    """One object as points.

    Attributes
    ----------
    points : (n, 3) float64
        Coordinates, in the unit and frame of their source.
    name : str
        For display: a file name, or the shape that was generated.
    source : mapping of str to str
        What is known about where it came from (``format``, ``sampled_from``, ``dropped_rows`` ...).
    """

    points: Points
    name: str = "cloud"
    source: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True)
class Prediction:
    """What a model says about one cloud.

    Attributes
    ----------
    predicted_class : str
        The class of the highest probability.
    probabilities : mapping of str to float
        For every class of the model, in [0, 1], summing to 1, in the model's class order.
    model_version : str
        ``YYYYMMDD-HHMMSS`` of the model that answered.
    n_points : int
        Points the cloud held.
    milliseconds : float
        Time spent describing and classifying.
    judgement : Judgement or None
        How far the answer can be trusted; None if the version was never calibrated.
    descriptor : (DIM,) float32 or None
        What the model saw of the cloud; None if its pipeline does not say.
    """

    predicted_class: str
    probabilities: Mapping[str, float]
    model_version: str
    n_points: int
    milliseconds: float
    judgement: Judgement | None = None
    descriptor: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)

    def label_set(self, level: float = LEVEL) -> tuple[str, ...]:
        """The classes that hold the true one with probability `level`, the likeliest first."""
        return label_set(self.probabilities, self.judgement, level)

    @property
    def unknown(self) -> bool:
        """Whether the cloud is like none of the classes."""
        return self.judgement is not None and self.judgement.unknown

    @property
    def unknown_score(self) -> float:
        """In [0, 1]; above 0.5 the cloud is unknown. 0 if the version was never calibrated."""
        return 0.0 if self.judgement is None else self.judgement.unknown_score


def count_different(points: Points) -> int:
    """How many of the points (n, 3), n > 0, are in different places.

    64-bit hashes are counted: sorting rows takes ten times as long, seconds for the largest clouds,
    and of two million random places two share a hash once in ten million clouds.
    """
    bits = np.ascontiguousarray(points + 0.0).view(np.uint64)  # -0 is 0
    bits ^= bits >> np.uint64(32)  # of short numbers the lower half is empty
    found = np.sort((bits * _FACTORS).sum(axis=1, dtype=np.uint64))
    return 1 + int(np.count_nonzero(found[1:] != found[:-1]))


def check_cloud(points: NDArray[np.generic], *, max_points: int = MAX_POINTS) -> Points:
    """Return `points` as (n, 3) float64 if there is a shape in them to classify.

    Parameters
    ----------
    points : (n, 3) array of a real number type, 16 <= n <= `max_points`
        Nothing is coerced: booleans, strings, objects and complex numbers are refused.
    max_points : int
        Upper bound of n.

    Raises
    ------
    InvalidCloud
        If the array has another shape or type, holds NaN or infinities, coordinates beyond 1e100,
        or if all points coincide or lie on one line.
    """
    if points.dtype.kind not in "iuf":
        raise InvalidCloud("points must be numbers", field="points")
    if points.ndim != 2 or points.shape[1] != 3:
        raise InvalidCloud(
            f"points must have 3 columns (x, y, z); got shape {tuple(points.shape)}", field="points"
        )
    n = len(points)
    if n < MIN_POINTS:
        raise InvalidCloud(f"need at least {MIN_POINTS} points, got {n}", field="points")
    if n > max_points:
        raise InvalidCloud(f"at most {max_points:,} points are read, got {n:,}", field="points")
    with np.errstate(invalid="ignore"):  # a signalling NaN is refused below, with its place
        result = np.ascontiguousarray(points, dtype=np.float64)
    rows = np.ascontiguousarray(result.T)
    low, high = rows.min(axis=1), rows.max(axis=1)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        row, column = np.argwhere(~np.isfinite(result))[0]
        raise InvalidCloud(
            f"row {row}, column {'xyz'[column]} is not a finite number",
            field=f"points.{row}.{column}",
        )
    if max(abs(low.min()), abs(high.max())) > MAX_COORDINATE:
        raise InvalidCloud(f"coordinates beyond {MAX_COORDINATE:g} are refused", field="points")
    _check_extent(rows, low, high)
    return result


def _check_extent(rows: Points, low: Points, high: Points) -> None:
    """Refuse points (3, n) on one spot or line; `rows` is worked on in place."""
    size = float((high - low).max())
    resolution = 8 * np.finfo(np.float64).eps * float(max(abs(low).max(), abs(high).max()))
    if size <= resolution:
        raise InvalidCloud("all points coincide: there is no shape to classify", field="points")
    rows -= ((low + high) / 2)[:, None]
    rows /= size
    rows -= rows.mean(axis=1)[:, None]
    spectrum = np.linalg.eigvalsh(scatter(rows))
    if spectrum[1] <= max(_THIN, resolution / size) ** 2 * spectrum[2]:
        raise InvalidCloud(
            "all points lie on one line: there is no shape to classify", field="points"
        )


def scatter(rows: Points) -> Points:
    """Sums of products of the coordinates, ``rows @ rows.T``, four times as fast: (3, n) -> (3, 3).

    A matrix product of so few and so long rows is far from what BLAS is made for.
    """
    x, y, z = rows
    xy, xz, yz = np.dot(x, y), np.dot(x, z), np.dot(y, z)
    return np.array([[np.dot(x, x), xy, xz], [xy, np.dot(y, y), yz], [xz, yz, np.dot(z, z)]])
