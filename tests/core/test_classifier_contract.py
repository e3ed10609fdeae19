"""What others rely on: an invariant description, randomised clouds, probabilities."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pcdash.core.classifiers import perceptron
from pcdash.core.classifiers.network import NetworkRecipe
from pcdash.core.cloud import check_cloud
from pcdash.core.corruption import Randomisation, draw
from pcdash.core.dataset import FeatureTable, build_table
from pcdash.core.descriptor import BLOCKS, DIM, SLICES, describe, describe_batch
from pcdash.core.generation import generate
from pcdash.core.models import MODELS
from pcdash.core.params import CloudParams, SplitParams, SyntheticData, TrainParams
from pcdash.core.progress import Silent
from pcdash.core.shapes import SHAPES
from pcdash.core.synthetic import synthetic_chunks
from pcdash.core.training import fit

SIZES = (24, 64, 300, 2000)


def _cloud(shape: str, n: int) -> NDArray[np.float64]:
    return generate(CloudParams(shape=shape, n_points=n, seed=n)).points


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    data = SyntheticData(n_samples_per_class=40, n_points=128, randomise=Randomisation())
    chunks = synthetic_chunks(data, SplitParams(), 1)
    return build_table(chunks, data.classes, Silent())


@pytest.fixture(scope="module")
def classifier(table: FeatureTable) -> Any:
    return fit(TrainParams.model_validate({"model": {"name": "lda"}}), table)


def test_the_blocks_fill_the_vector() -> None:
    assert list(SLICES) == list(BLOCKS)
    assert [part.stop - part.start for part in SLICES.values()] == [
        block.count for block in BLOCKS.values()
    ]
    assert sum(block.count for block in BLOCKS.values()) == DIM
    assert all(block.definition and block.invariances for block in BLOCKS.values())


@pytest.mark.parametrize("n", [16, *SIZES, 5000])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_cloud_has_a_finite_description_that_repeats(shape: str, n: int) -> None:
    points = _cloud(shape, n)
    features = describe(points)
    assert features.shape == (DIM,)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert np.array_equal(features, describe(points.copy()))


def test_a_batch_describes_each_cloud_as_alone() -> None:
    clouds = [_cloud(shape, n) for n in SIZES for shape in SHAPES]
    batch = describe_batch(clouds)
    for row, cloud in zip(batch, clouds, strict=True):
        np.testing.assert_allclose(row, describe(cloud), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_order_pose_unit_and_place_do_not_matter(shape: str, n: int, classifier: Any) -> None:
    points = _cloud(shape, n)
    rng = np.random.default_rng(7)
    size = np.ptp(points, axis=0).max()
    moved = [
        points[rng.permutation(n)],
        *(points @ turn.T for turn in Rotation.random(64, rng=rng).as_matrix()),
        points * 1e-3,
        points * 1e3,
        points + 1e6 * size,
    ]
    said = classifier.predict_proba(describe_batch([points, *moved]))
    change = np.abs(said[1:] - said[0]).max(axis=1)
    assert change[0] <= 1e-3, "order"
    assert change.max() <= 1e-2  # so no label changes where the margin is above 0.05


@pytest.mark.parametrize(
    "points",
    [
        np.repeat(np.random.default_rng(0).normal(size=(20, 3)), 5, axis=0),
        np.random.default_rng(0).normal(size=(200, 3)) * [1, 1, 0],
        np.random.default_rng(0).integers(0, 3, (200, 3)).astype(float),
    ],
    ids=["duplicates", "plane", "grid"],
)
def test_odd_clouds_are_described(points: NDArray[np.float64]) -> None:
    assert np.isfinite(describe(check_cloud(points))).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_drawn_clouds_are_sound_and_follow_the_seed(shape: str) -> None:
    recipe = Randomisation()
    clouds = [draw(shape, recipe, np.random.default_rng(seed)) for seed in range(40)]
    for seed, points in enumerate(clouds):
        assert len(check_cloud(points)) >= 16
        again = draw(shape, recipe, np.random.default_rng(seed))
        assert points.tobytes() == again.tobytes()
    assert len({len(points) for points in clouds}) > 10


SMALL: dict[str, dict[str, Any]] = {
    "ensemble": {"hidden": [32], "steps": 100},
    "mlp": {"hidden": [32]},
    "random_forest": {"n_estimators": 20},
    "extra_trees": {"n_estimators": 20},
    "hist_gradient_boosting": {"max_iter": 10},
}
"""Enough to know the clouds that were learnt; by default they take a minute together."""


@pytest.mark.parametrize("name", MODELS)
def test_every_classifier_fits_and_gives_probabilities(
    name: str, table: FeatureTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perceptron, "NetworkRecipe", partial(NetworkRecipe, least_steps=100))
    params = TrainParams.model_validate({"model": {"name": name, "params": SMALL.get(name, {})}})
    model = fit(params, table)
    features, labels = table.rows("train")
    said = model.predict_proba(features)
    assert said.shape == (len(labels), len(SHAPES))
    np.testing.assert_allclose(said.sum(axis=1), 1.0, atol=1e-6)
    assert said.min() >= 0
    assert list(model.classes_) == list(range(len(SHAPES)))
    assert (said.argmax(axis=1) == labels).mean() > 0.8
