"""A recipe that looks like some scans."""

from __future__ import annotations

import numpy as np
import pytest

from pcdash.core.corruption import Randomisation, draw
from pcdash.core.descriptor import describe_batch
from pcdash.core.trust.likeness import Likeness, likeness, recipe_like
from pcdash.core.trust.quality import Quality
from pcdash.errors import InvalidInput

CLASSES = ("cube", "cylinder")
SEEN = [Quality(300 + 20 * k, 0.02, 0.0, 0.45, 0.9) for k in range(4)]


def test_the_recipe_follows_the_scans() -> None:
    recipe = recipe_like(SEEN)
    assert recipe.camera_share == 1.0
    assert recipe.outlier_share == 0.0
    assert recipe.n_points[0] < 300 < 360 < recipe.n_points[1]
    assert recipe.noise[0] < 0.025 < recipe.noise[1]
    whole = recipe_like([Quality(2000, 0.1, 0.2, 1.0, 0.95)] * 3)
    assert whole.camera_share == 0.0
    assert whole.outlier_share == 1.0
    assert whole.outliers[1] > 0.2
    assert whole.n_points[0] > 1000


@pytest.mark.parametrize("number", [0, 2, 21])
def test_too_few_and_too_many_scans_are_refused(number: int) -> None:
    with pytest.raises(InvalidInput, match=f"3 to 20 scans, not {number}"):
        recipe_like([SEEN[0]] * number)


@pytest.mark.parametrize(
    "scan",
    [
        Quality(16, 0.0, 0.0, 0.01, 0.01),
        Quality(2_000_000, 5.0, 1.0, 1.0, 1.0),
        Quality(100, 0.003, 0.02, 0.74, 0.84),
    ],
)
def test_any_estimates_make_a_recipe_that_can_be_drawn_from(scan: Quality) -> None:
    recipe = recipe_like([scan] * 3)
    again = Randomisation.model_validate(recipe.model_dump(mode="json"))
    assert again == recipe
    rng = np.random.default_rng(0)
    assert len(draw("cube", recipe.model_copy(update={"n_points": (20, 40)}), rng)) >= 16


def test_a_discriminator_tells_what_is_alike() -> None:
    recipe = Randomisation(n_points=(200, 400), few_share=0.0, noise=(0.15, 0.2), plain_share=1.0)
    rng = np.random.default_rng(4)
    real = describe_batch([draw(CLASSES[k % 2], recipe, rng) for k in range(12)])
    same = likeness(real, recipe, CLASSES, 1)
    other = likeness(real, Randomisation(), CLASSES, 1)
    assert 0.25 < same.auc < 0.75
    assert other.auc > 0.85


@pytest.mark.parametrize(
    ("auc", "words"),
    [(0.97, "almost always"), (0.8, "mostly"), (0.62, "often"), (0.55, "hardly"), (0.3, "hardly")],
)
def test_an_auc_is_said_in_words(auc: float, words: str) -> None:
    assert f"can {words} be told" in Likeness(auc, 0.0).sentence()
    assert f"AUC {auc:.2f}" in Likeness(auc, 0.0).sentence()


def test_a_recipe_for_large_scans_is_not_larger_than_what_is_looked_at() -> None:
    recipe = recipe_like([Quality(2_000_000, 0.02, 0.0, 1.0, 1.0)] * 3)
    assert recipe.n_points == (4096, 4096)
