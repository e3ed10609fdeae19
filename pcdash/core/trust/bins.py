"""Quality bins: scans that are about as hard as one another (Mondrian taxonomy, Vovk et al. 2005).

One threshold for all scans would be right on average and wrong for each: clean clouds would get it
for nothing, and sparse ones would miss it.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

POINTS_EDGE: Final = 100
NOISE_EDGES: Final = (0.04, 0.08, 0.14)
COVERAGE_EDGE: Final = 0.7

FEWEST = 150
"""Calibration clouds without which a bin is pooled with others."""

Key = tuple[int | None, int | None, int | None]
"""Bin of the number of points, of the noise and of the coverage; None: any."""

ALL: Key = (None, None, None)

_TITLES = (
    (f"fewer than {POINTS_EDGE} points", f"at least {POINTS_EDGE} points"),
    ("little noise", "some noise", "much noise", "very much noise"),
    ("seen in part", "seen mostly"),
)

KEYS: tuple[Key, ...] = tuple(product(range(2), range(4), range(2)))
"""The finest bins."""


def title(key: Key) -> str:
    """What the scans of a bin have in common, for people."""
    parts = [_TITLES[axis][place] for axis, place in enumerate(key) if place is not None]
    return ", ".join(parts) or "all scans"


def wider(key: Key) -> tuple[Key, ...]:
    """The bin itself and those that it may be pooled into, the narrowest first."""
    points, noise, _ = key
    return key, (points, noise, None), (None, noise, None), ALL


def assign(points: NDArray[np.int64], estimates: NDArray[np.float32]) -> NDArray[np.int64]:
    """Index into `KEYS` of each of m clouds.

    Parameters
    ----------
    points : (m,) int
    estimates : (m, 4) float32
        See `pcdash.core.trust.quality.Estimator`.
    """
    many = points >= POINTS_EDGE
    noise = np.searchsorted(NOISE_EDGES, estimates[:, 0], side="right")
    seen = estimates[:, 2] >= COVERAGE_EDGE
    return np.asarray(many * 8 + noise * 2 + seen, dtype=np.int64)


def members(index: NDArray[np.int64], key: Key) -> NDArray[np.bool_]:
    """Which of the clouds, given by their finest bins (m,), belong to `key`."""
    belongs = [all(a is None or a == b for a, b in zip(key, fine, strict=True)) for fine in KEYS]
    return np.asarray(belongs)[index]
