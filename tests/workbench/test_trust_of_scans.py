"""A version for a user's own scans knows when not to be trusted, and what looks like them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from labelled import members, write

from pcdash.core.generation import generate
from pcdash.core.inference import ActiveModel
from pcdash.core.params import CloudParams, SplitParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.core.synthetic import synthetic_chunks
from pcdash.core.training import train
from pcdash.core.trust.fitting import FEWEST_OWN, MOST, clouds_of
from pcdash.core.trust.likeness import COMPARED, Likeness
from pcdash.core.trust.quality import Quality
from pcdash.core.trust.trust import OWN as OWN_CAUTION
from pcdash.errors import InvalidInput, Refused
from pcdash.workbench.folders import folder_chunks
from pcdash.workbench.imitation import Imitation, chance_of, imitate

OWN = {"dataset": {"kind": "folder", "root": "scans"}, "model": {"name": "svm_rbf"}}


def trained(root: Path, **trust: int) -> ActiveModel:
    params = TrainParams.model_validate(OWN | {"trust": trust})
    chunks, classes = folder_chunks(root, "stop", SplitParams(train=0.8, val=0.0, test=0.2), 1)
    found = train(params, chunks, classes, Silent())
    return ActiveModel(found.pipeline, found.classes, "20261126-000000")


def test_scans_are_judged_by_what_the_others_have_taught(tmp_path: Path) -> None:
    root = write(tmp_path / "scans", members(25))
    model = trained(root, clouds=115)
    again = trained(root, clouds=115)
    assert model.trust is not None
    # 40 training clouds in two folds, and two scans more of each.
    assert len(model.trust.record.right) == 120
    assert all(cell.pooled for cell in model.trust.cells)
    ball = generate(CloudParams(shape="sphere", n_points=60, seed=99)).points
    said = model.predict(ball)
    assert said.predicted_class == "balls"
    assert said.label_set(0.8) == ("balls",)
    assert said.unknown_score == again.predict(ball).unknown_score
    # Whole is what these scans show of an object, whatever the strangers look like.
    seen = [model.trust.quality(model.features([ball])[0], len(ball)).coverage]
    seen.append(model.trust.quality(model.features([ball[ball[:, 0] > 0]])[0], 30).coverage)
    assert seen[0] > 0.8 > seen[1]
    assert model.trust.expected == OWN_CAUTION.expected
    with pytest.raises(Refused, match="knows no synthetic shapes"):
        imitate(model, [ball] * 3)


def test_few_files_say_nothing() -> None:
    params = TrainParams.model_validate(OWN)
    assert clouds_of(params, FEWEST_OWN - 1) == 0
    assert clouds_of(params, FEWEST_OWN) == 600
    assert clouds_of(params, 100_000) == MOST


def test_a_recipe_is_written_from_a_few_scans() -> None:
    params = TrainParams.model_validate(
        {
            "dataset": {"classes": ["sphere", "cube"], "n_samples_per_class": 12, "randomise": {}},
            "model": {"name": "lda"},
            "trust": {"clouds": 120},
        }
    )
    chunks = synthetic_chunks(params.dataset, params.split, 0)
    found = train(params, chunks, ("sphere", "cube"), Silent())
    model = ActiveModel(found.pipeline, found.classes, "20261126-000000")
    clouds = [
        generate(CloudParams(shape="cube", n_points=200, noise_sigma=0.1, seed=k)).points
        for k in range(4)
    ]
    made = imitate(model, clouds)
    assert [scan.points for scan in made.scans] == [200] * 4
    again = TrainParams.model_validate(made.config)
    assert again.dataset.randomise.n_points[0] <= 200 <= again.dataset.randomise.n_points[1]
    assert 0.5 <= made.before.auc <= 1
    assert np.isfinite([made.after.auc, made.after.deviation]).all()
    assert made.copies == ()
    said = made.to_json()
    assert said["after"]["chance"] == pytest.approx(0.146, abs=1e-3)
    assert "With 4 scans, chance alone gives 0.50 ± 0.29 in 19 of 20" in said["after"]["sentence"]

    shuffled = clouds[0][::-1]
    again_and_again = imitate(model, [*clouds, shuffled, clouds[2]], names=list("abcdef"))
    assert again_and_again.copies == (("e", "a"), ("f", "c"))
    assert len(again_and_again.scans) == 6
    assert (again_and_again.before, again_and_again.after) == (made.before, made.after)
    assert again_and_again.config == made.config
    assert again_and_again.chance == made.chance
    why = "scan 2 is a copy of scan 1, scan 4 is a copy of scan 3: 2 different scans are left, 3"
    with pytest.raises(InvalidInput, match=why):
        imitate(model, [clouds[0], shuffled, clouds[1], clouds[1]])


def test_chance_is_larger_the_fewer_scans_there_are() -> None:
    assert chance_of(3) == pytest.approx(0.168, abs=1e-3)
    assert chance_of(20) == pytest.approx(0.068, abs=1e-3)
    # Ranks of coin tosses stray as far.
    rng = np.random.default_rng(0)
    areas = [(rng.random((3, 1)) > rng.random(COMPARED)).mean() for _ in range(4000)]
    assert np.std(areas) == pytest.approx(chance_of(3), rel=0.05)


@pytest.mark.parametrize(("auc", "may_be"), [(0.42, True), (0.8, True), (0.9, False)])
def test_what_may_be_chance_is_said(auc: float, may_be: bool) -> None:
    found = Likeness(auc, 0.01)
    scans = (Quality(100, 0.02, 0.0, 0.5, 0.9),) * 3
    said = Imitation(scans, {}, found, found, "1").sentence(found)
    assert said.startswith(found.sentence())
    assert ("this may be chance" in said) is may_be
