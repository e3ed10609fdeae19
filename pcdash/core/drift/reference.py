"""The training's clouds in a few numbers, none of them a cloud."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor import DIM, SLICES

Float = NDArray[np.float64]

LEAST_REFERENCE = 40
"""Training clouds below which there is nothing to hold a window against."""

_COMPONENTS = 4
_PER_ROW = 10
"""Principal components of a block: at most four, and at most one for ten training clouds."""

_DIRECTIONS = 1000
"""Clouds at most that choose the components; up to twice as many, half of them do."""

_CLIPPED = 5.0
_LEVELS = 257

_SAME = 1e-3
"""In standard deviations: what differs by less is the same.  Where many clouds share a value, its
last bit, which depends on how many are multiplied at a time, must not decide their rank."""

_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Reference:
    """What a window is held against.

    Attributes
    ----------
    centre, scale : (DIM,) float32
        Mean and standard deviation of each feature.
    axes : (DIM, k) float32
        Principal components; each has entries in one block alone.
    block : (k,) int16
        Number of the block of each component, in the order of `SLICES`.
    levels : (k, 257) float32
        Quantiles of each component.
    mean, covariance : (2 k,), (2 k, 2 k) float32
        Of the scores.
    clouds : int
        Training clouds that levels, mean and covariance come from.
    classes : (c,) str
    said : (c,) int64
        How often each class was predicted for the clouds that were held back.
    unknown : float
        Share of those that were called unknown; NaN where the version cannot tell.
    """

    centre: NDArray[np.float32]
    scale: NDArray[np.float32]
    axes: NDArray[np.float32]
    block: NDArray[np.int16]
    levels: NDArray[np.float32]
    mean: NDArray[np.float32]
    covariance: NDArray[np.float32]
    clouds: int
    classes: NDArray[np.str_]
    said: NDArray[np.int64]
    unknown: float

    def to_bytes(self) -> bytes:
        """As an .npz file."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Reference:
        """Read what `to_bytes` has written; nothing is unpickled.

        Raises
        ------
        ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile
            If it is something else, or of another descriptor.
        """
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            values: dict[str, Any] = {field.name: arrays[field.name] for field in fields(cls)}
        plain = {"clouds": int(values["clouds"]), "unknown": float(values["unknown"])}
        found = cls(**values | plain)
        k, c = len(found.block), len(found.classes)
        shapes: dict[str, tuple[int, ...]] = {
            "centre": (DIM,),
            "scale": (DIM,),
            "axes": (DIM, k),
            "block": (k,),
            "levels": (k, _LEVELS),
            "mean": (2 * k,),
            "covariance": (2 * k, 2 * k),
            "classes": (c,),
            "said": (c,),
        }
        for name, shape in shapes.items():
            if values[name].shape != shape:
                raise ValueError(f"{name} has shape {values[name].shape} instead of {shape}")
        if not c or not found.said.sum() or found.clouds < LEAST_REFERENCE // 2:
            raise ValueError("there is nothing to compare with")
        return found


def halved(features: NDArray[np.floating[Any]]) -> NDArray[np.float16]:
    """Features as they are kept, in half precision; what is too large becomes the largest.

    The training's are rounded in the same way: a feature that hardly varies would otherwise drift
    by the rounding alone.
    """
    rounded: NDArray[np.float16] = np.clip(features, -_LARGEST, _LARGEST).astype(np.float16)
    return rounded


def reference_of(
    features: NDArray[np.float32],
    classes: Sequence[str],
    said: NDArray[np.int64],
    unknown: float = float("nan"),
) -> Reference | None:
    """Reduce the clouds of a training; None if they are too few.

    Some clouds choose the components, the others say what is usual along them: the former lie
    farther out there than any other clouds will, and few of them would be an alarm by themselves.

    Parameters
    ----------
    features : (m, DIM) float32
        Of clouds of the training.  A descriptor learns nothing: it may have been fitted to them.
    classes : sequence of str
    said : (n,) int64
        Class index predicted for each cloud that was held back.
    unknown : float
        Share of those that were called unknown; NaN where the version cannot tell.
    """
    if len(features) < LEAST_REFERENCE:
        return None
    # In random order: clouds come class by class, or the classes take turns.
    features = halved(np.random.default_rng(0).permutation(features)).astype(np.float32)
    choosing, features = np.split(features, [min(len(features) // 2, _DIRECTIONS)])
    centre, scale = choosing.mean(axis=0), choosing.std(axis=0)
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    axes, block = _components(
        _standard(choosing, centre, scale), min(_COMPONENTS, len(choosing) // _PER_ROW)
    )
    place = _standard(features, centre, scale) @ axes
    bare = Reference(
        centre=centre,
        scale=scale,
        axes=axes,
        block=block,
        levels=np.quantile(place, np.linspace(0, 1, _LEVELS), axis=0).T.astype(np.float32),
        mean=np.zeros(0, np.float32),
        covariance=np.zeros((0, 0), np.float32),
        clouds=len(features),
        classes=np.array(classes, dtype=np.str_),
        said=np.bincount(said, minlength=len(classes)).astype(np.int64),
        unknown=unknown,
    )
    scores = scores_of(bare, features)
    return replace(
        bare,
        mean=scores.mean(axis=0).astype(np.float32),
        covariance=np.cov(scores, rowvar=False).astype(np.float32),
    )


def _standard(
    features: NDArray[np.floating[Any]], centre: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Features in standard deviations from the mean, no farther than `_CLIPPED`."""
    standard: NDArray[np.float32] = np.clip(
        (features - centre) / scale, -_CLIPPED, _CLIPPED
    ).astype(np.float32)
    return standard


def _components(
    standard: NDArray[np.float32], most: int
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Principal components (DIM, k) of each block, and the number of its block for each."""
    axes, block = [], []
    for number, part in enumerate(SLICES.values()):
        spread = np.cov(standard[:, part].astype(np.float64), rowvar=False)
        values, vectors = np.linalg.eigh(spread)
        # Directions of next to no variance would tell rounding from rounding.
        strong = np.flatnonzero(values > 1e-6 * values[-1])[::-1][:most]
        for column in vectors[:, strong].T:
            axis = np.zeros(standard.shape[1])
            axis[part] = column
            axes.append(axis)
            block.append(number)
    return np.stack(axes, axis=1).astype(np.float32), np.array(block, dtype=np.int16)


def scores_of(reference: Reference, features: NDArray[np.floating[Any]]) -> Float:
    """Rank and spread scores (n, 2 k), of mean 0 for the training's clouds."""
    place = _standard(features, reference.centre, reference.scale) @ reference.axes
    rank = np.empty(place.shape)
    for column, levels in enumerate(reference.levels):
        below = np.searchsorted(levels, place[:, column] - _SAME, side="left")
        upto = np.searchsorted(levels, place[:, column] + _SAME, side="right")
        rank[:, column] = (below + upto) / (2 * _LEVELS)
    return np.concatenate([rank - 0.5, (2 * rank - 1) ** 2 - 1 / 3], axis=1)
