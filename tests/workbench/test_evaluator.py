"""What `evaluate` says of a model whose answers are known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from pcdash.core.inference import ActiveModel
from pcdash.core.progress import Silent
from pcdash.errors import InvalidInput
from pcdash.workbench.evaluator import NothingUnseen, evaluate
from pcdash.workbench.folders import unseen_chunks


class _BySize:
    """Takes clouds of more than 30 points for boxes, and keeps what it is shown."""

    def __init__(self) -> None:
        self.shown: list[np.ndarray] = []

    def predict_proba(self, clouds: list[np.ndarray]) -> np.ndarray:
        self.shown += clouds
        return np.array([[0.2, 0.8] if len(cloud) > 30 else [0.7, 0.3] for cloud in clouds])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three balls and two boxes to test on, one of each wrong; cans; and others to train with."""
    sizes = {"balls": (20, 20, 40), "boxes": (40, 20), "cans": (20,)}
    for label, several in sizes.items():
        for part in ("train", "test"):
            (tmp_path / label / part).mkdir(parents=True)
            for i, n in enumerate(several):
                points = np.random.default_rng(i).normal(size=(n, 3))
                np.save(tmp_path / label / part / f"{i}.npy", points)
    return tmp_path


def _model() -> ActiveModel:
    return ActiveModel(_BySize(), ("balls", "boxes"), "v")


def test_figures_follow_from_the_confusion(root: Path) -> None:
    said = evaluate(_model(), *unseen_chunks(root), Silent())
    assert said.confusion == ((2, 1), (1, 1))
    assert said.n == 5
    assert said.accuracy == pytest.approx(3 / 5)
    assert said.macro_recall == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert said.f1_macro == pytest.approx((2 * 2 / 6 + 2 * 1 / 4) / 2)
    # Confidence 0.7 three times with 2 right, 0.8 twice with 1 right.
    assert said.ece == pytest.approx((abs(2 - 2.1) + abs(1 - 1.6)) / 5)
    assert said.ignored == ("cans",)
    keys = {"accuracy", "macro_recall", "f1_macro", "confusion", "ece", "ms_per_cloud"}
    assert keys <= json.loads(json.dumps(said.to_json())).keys()


def test_so3_turns_every_cloud_by_a_seeded_rotation(root: Path) -> None:
    models = [_model() for _ in range(4)]
    chunks, classes = unseen_chunks(root)
    for model, (rotate, seed) in zip(
        models, [("none", 0), ("so3", 1), ("so3", 1), ("so3", 2)], strict=True
    ):
        evaluate(model, chunks, classes, Silent(), rotate=rotate, seed=seed)
    plain, first, again, other = (model.pipeline.shown for model in models)
    for a, b, c, d in zip(plain, first, again, other, strict=True):
        assert np.array_equal(b, c)
        assert not np.allclose(a, b)
        assert not np.allclose(b, d)
        np.testing.assert_allclose(a @ a.T, b @ b.T, atol=1e-9)


@pytest.mark.parametrize(("split", "n"), [("train", 5), ("all", 10)])
def test_other_parts_are_looked_at_when_asked_for(root: Path, split: str, n: int) -> None:
    assert evaluate(_model(), *unseen_chunks(root), Silent(), split=split).n == n


def digests(root: Path, pattern: str) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in root.glob(pattern)]


def test_files_that_it_was_fitted_to_are_left_out_and_counted(root: Path) -> None:
    (root / "balls" / "test" / "copy.npy").write_bytes((root / "balls/test/0.npy").read_bytes())
    fitted = digests(root, "balls/test/0.npy")
    model = _model()
    said = evaluate(model, *unseen_chunks(root), Silent(), fitted_to=fitted)
    assert (said.n, said.seen) == (4, 2), "under whichever name"
    assert said.confusion == ((1, 1), (1, 1))
    assert len(model.pipeline.shown) == 4
    everything = evaluate(
        _model(), *unseen_chunks(root), Silent(), fitted_to=fitted, count_seen=True
    )
    assert (everything.n, everything.seen) == (6, 2)
    assert evaluate(_model(), *unseen_chunks(root), Silent(), fitted_to=[]).seen == 0
    assert evaluate(_model(), *unseen_chunks(root), Silent()).seen is None


def test_where_nothing_is_left_it_says_why(root: Path) -> None:
    with pytest.raises(NothingUnseen, match="version v was trained on all 5 of these clouds"):
        evaluate(_model(), *unseen_chunks(root), Silent(), fitted_to=digests(root, "*/test/*.npy"))


def test_nothing_to_look_at_is_said(root: Path) -> None:
    with pytest.raises(InvalidInput, match="no val cloud of balls, boxes was found"):
        evaluate(_model(), *unseen_chunks(root), Silent(), split="val")
