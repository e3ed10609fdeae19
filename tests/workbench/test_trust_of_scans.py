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
from pcdash.core.trust.trust import OWN as OWN_CAUTION
from pcdash.errors import Refused
from pcdash.workbench.folders import folder_chunks
from pcdash.workbench.imitation import imitate

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
