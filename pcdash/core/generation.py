"""Default synthetic clouds: sample, scale, rotate, add noise, shift; vectorised over clouds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pcdash.core.cloud import PointCloud
from pcdash.core.params import MAX_SEED, CloudParams, SyntheticData
from pcdash.core.shapes import SHAPES


def draw_seed() -> int:
    """Return a fresh seed in 0..2^53-1 from the operating system's entropy."""
    return int(np.random.default_rng().integers(0, MAX_SEED, endpoint=True))


def generate(params: CloudParams) -> PointCloud:
    """Make the one cloud that `params` describes; same parameters, same bytes.

    Raises
    ------
    ValueError
        If ``params.seed`` is None: a seed is drawn once, at the door (`draw_seed`).
    """
    if params.seed is None:
        raise ValueError("draw a seed before generating")
    rng = np.random.default_rng(params.seed)
    points = generate_batch(params.shape, 1, params, rng)[0]
    return PointCloud(points, name=params.shape, source={"format": "generated"})


def generate_batch(
    shape: str, clouds: int, params: CloudParams | SyntheticData, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Make `clouds` independent clouds of one shape.

    Parameters
    ----------
    shape : str
        A key of `SHAPES`.
    clouds : int
        How many, >= 1.
    params : CloudParams or SyntheticData
        Number of points, noise, rotation, scale and shift.
    rng : numpy.random.Generator

    Returns
    -------
    (clouds, params.n_points, 3) float64
        Half extent about 1; noise is added after scaling, so sigma is in the same unit.
    """
    points = SHAPES[shape](clouds, params.n_points, rng)
    points *= rng.uniform(*params.scale_range, (clouds, 1, 1))
    if params.apply_random_rotation:
        turns = Rotation.random(clouds, rng=rng).as_matrix()
        points = points @ turns.transpose(0, 2, 1)
    if params.noise_sigma > 0:
        points += params.noise_sigma * rng.standard_normal(points.shape)
    if params.translation_sigma > 0:
        points += params.translation_sigma * rng.standard_normal((clouds, 1, 3))
    return points
