"""The test clouds of a version, small: what a report shows and lets be looked into."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points

MOST_CLOUDS = 2_000
SHOWN_POINTS = 192
"""Points kept of each cloud."""


@dataclass(frozen=True)
class Evidence:
    """What a version said of m test clouds.

    Attributes
    ----------
    truth, said : (m,) int16
        Class indices.
    probabilities : (m, c) float32
    points : (m, SHOWN_POINTS, 3) float16
        Centred, of rms radius 1; some points of each cloud, repeated where it has fewer.
    place : (m, 2) float32
        Where the descriptor map shows the cloud.
    name : (m,) str
        A file below the data's root, or a class and a number.
    total : int
        Test clouds in all; those beyond `MOST_CLOUDS` were left out, mistakes last.
    """

    truth: NDArray[np.int16]
    said: NDArray[np.int16]
    probabilities: NDArray[np.float32]
    points: NDArray[np.float16]
    place: NDArray[np.float32]
    name: NDArray[np.str_]
    total: int

    def to_bytes(self) -> bytes:
        """As an .npz file; not compressed: points hardly shrink, and a click waits for them."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Evidence:
        """Read what `to_bytes` has written; ValueError or KeyError if it is something else."""
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            values: dict[str, Any] = {field.name: arrays[field.name] for field in fields(cls)}
        return cls(**values | {"total": int(values["total"])})


def small(points: Points) -> NDArray[np.float16]:
    """Some points of a cloud, always the same ones, centred and of rms radius 1."""
    rng = np.random.default_rng(len(points))
    n = len(points)
    few = n < SHOWN_POINTS
    chosen = points[rng.choice(n, SHOWN_POINTS, replace=few)] if n != SHOWN_POINTS else points
    chosen = chosen - chosen.mean(axis=0)
    size = np.sqrt(np.einsum("nk,nk->", chosen, chosen) / len(chosen))
    result: NDArray[np.float16] = (chosen / max(float(size), 1e-300)).astype(np.float16)
    return result


def most_telling(truth: NDArray[np.int64], said: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the clouds to keep, ascending: every mistake before any of the others.

    Of what there are too many, a sample that is always the same.
    """
    rng = np.random.default_rng(0)
    order = rng.permutation(len(truth))
    order = order[np.argsort((truth == said)[order], kind="stable")]
    return np.sort(order[:MOST_CLOUDS])
