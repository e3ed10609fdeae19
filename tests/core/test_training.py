"""What is learnt about a model besides its metrics, from tables made up here."""

from __future__ import annotations

import numpy as np
import pytest

from pcdash.core.dataset import FeatureTable
from pcdash.core.descriptor import BLOCKS, DIM, SLICES
from pcdash.core.descriptor_map import fit_map
from pcdash.core.importance import importance
from pcdash.core.models import MODELS
from pcdash.core.params import TrainParams
from pcdash.core.training import fit
from pcdash.errors import InvalidInput


def _rows(per_class: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features that tell classes apart in the block ``fits`` alone."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    features = rng.normal(size=(len(labels), DIM)).astype(np.float32)
    block = features[:, SLICES["fits"]]
    block[:, ::2] += 4 * labels[:, None]
    block[:, 1::2] += 4 * (labels[:, None] % 2)
    return features, labels


def _table(per_class: int, classes: int) -> FeatureTable:
    features, labels = _rows(per_class, classes)
    names = tuple(f"c{n}" for n in range(classes))
    splits = np.array(["train"] * len(labels))
    places = tuple((0, n) for n in range(len(labels)))
    return FeatureTable(features, labels, splits, names, "f", ("",) * len(labels), places)


@pytest.mark.parametrize(
    ("per_class", "classes", "method"),
    [(2, 2, "pca"), (2, 5, "pca"), (3, 5, "lda"), (4, 3, "lda"), (60, 4, "lda"), (30, 2, "pca")],
)
def test_a_map_can_be_drawn_of_few_clouds_and_many(
    per_class: int, classes: int, method: str
) -> None:
    features, labels = _rows(per_class, classes)
    drawn = fit_map(features, labels)
    places = drawn.place(features)
    assert drawn.method == method
    assert places.shape == (len(labels), 2)
    assert np.isfinite(places).all()
    assert np.array_equal(places, fit_map(features, labels).place(features))


def test_a_map_keeps_classes_apart() -> None:
    features, labels = _rows(60, 4)
    unseen, truth = _rows(20, 4, seed=1)
    drawn = fit_map(features, labels)
    centres = np.stack([drawn.place(features)[labels == k].mean(axis=0) for k in range(4)])
    apart = np.linalg.norm(drawn.place(unseen)[:, None] - centres, axis=2)
    assert (apart.argmin(axis=1) == truth).mean() > 0.9


def test_the_block_that_tells_classes_apart_is_the_important_one() -> None:
    spec = MODELS["random_forest"]
    params = TrainParams.model_validate({"model": {"name": "random_forest"}})
    classifier = spec.build(spec.params.model_validate({"n_estimators": 60}), params.seed)
    features, labels = _rows(60, 4)
    classifier.fit(features, labels)
    unseen, truth = _rows(40, 4, seed=1)
    drops = importance(classifier, unseen, truth)
    assert next(iter(drops)) == "fits"
    assert drops["fits"] > 0.3
    assert set(drops) == set(BLOCKS)
    assert max(drop for name, drop in drops.items() if name != "fits") < 0.1


def test_too_few_clouds_for_a_classifier_are_said_in_words() -> None:
    params = TrainParams.model_validate({"model": {"name": "lda"}})
    with pytest.raises(InvalidInput, match="lda cannot be fitted to so few clouds") as caught:
        fit(params, _table(2, 5))
    assert caught.value.field == "model.name"
    assert fit(params, _table(4, 5)) is not None
