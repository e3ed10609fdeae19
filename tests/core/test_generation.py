"""Default clouds: reproducible, and with the noise, size and shift that were asked for."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pcdash.core.generation import draw_seed, generate, generate_batch
from pcdash.core.params import MAX_SEED, CloudParams, SyntheticData
from pcdash.core.shapes import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_seed_gives_the_same_bytes(shape: str) -> None:
    params = CloudParams(shape=shape, seed=123)
    assert generate(params).points.tobytes() == generate(params).points.tobytes()
    other = generate(params.model_copy(update={"seed": 124}))
    assert other.points.tobytes() != generate(params).points.tobytes()


def test_scale_and_shift_are_as_asked_without_noise() -> None:
    params = CloudParams(
        shape="sphere", n_points=1000, noise_sigma=0.0, seed=1, scale_range=(2.0, 2.0),
        translation_sigma=0.0,
    )  # fmt: skip
    assert_allclose(np.linalg.norm(generate(params).points, axis=1), 2.0, atol=1e-12)


def test_noise_has_the_asked_for_deviation() -> None:
    params = CloudParams(
        shape="cube", n_points=50_000, noise_sigma=0.05, seed=1, scale_range=(1.0, 1.0),
        translation_sigma=0.0, apply_random_rotation=False,
    )  # fmt: skip
    clean = generate(params.model_copy(update={"noise_sigma": 0.0})).points
    noise = generate(params).points - clean
    assert_allclose(noise.std(axis=0), 0.05, rtol=0.03)
    assert_allclose(noise.mean(axis=0), 0.0, atol=0.001)


def test_rotation_keeps_distances_and_moves_points() -> None:
    still = CloudParams(
        shape="cone", noise_sigma=0.0, seed=5, translation_sigma=0.0, apply_random_rotation=False
    )
    turned = generate(still.model_copy(update={"apply_random_rotation": True})).points
    flat = generate(still).points
    gram = turned @ turned.T
    assert_allclose(gram, flat @ flat.T, atol=1e-12)
    assert np.abs(turned - flat).max() > 0.1


def test_clouds_of_a_batch_differ() -> None:
    batch = generate_batch("torus", 4, SyntheticData(n_points=64), np.random.default_rng(0))
    assert batch.shape == (4, 64, 3)
    assert len({cloud.tobytes() for cloud in batch}) == 4


def test_drawn_seeds_fit_into_json_numbers() -> None:
    seeds = [draw_seed() for _ in range(100)]
    assert all(0 <= seed <= MAX_SEED for seed in seeds)
    assert len(set(seeds)) == 100


def test_a_missing_seed_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="seed"):
        generate(CloudParams(shape="cube"))
