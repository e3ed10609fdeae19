"""The SO3/SO3 protocol on a folder made up for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pcdash.core.generation import generate
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.errors import Cancelled, InvalidInput, UnreadableFile
from pcdash.resources import configs_dir
from pcdash.workbench.folders import folder_chunks
from pcdash.workbench.so3 import measure_so3
from pcdash.workbench.turned import TurnedChunk, turned_chunks
from pcdash.yamlconfig import load_config

SVM = TrainParams.model_validate({"model": {"name": "svm_rbf"}})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Balls and boxes, 9 to train with and 4 to test on of each."""
    for label, shape in (("balls", "sphere"), ("boxes", "cube")):
        for part, count in (("train", 9), ("test", 4)):
            folder = tmp_path / "data" / label / part
            folder.mkdir(parents=True)
            for i in range(count):
                params = CloudParams(shape=shape, n_points=64, seed=i, apply_random_rotation=False)
                np.save(folder / f"{part}{i}.npy", generate(params).points)
    return tmp_path / "data"


def _points(chunks: list[TurnedChunk]) -> dict[str, np.ndarray]:
    return {
        chunk.chunk.files[index].name: points
        for chunk in chunks
        for index, points in chunk.clouds()
    }


def test_every_cloud_is_turned_by_its_own_rotation(root: Path) -> None:
    chunks, classes = turned_chunks(root, (5, 0))
    assert classes == ("balls", "boxes")
    first = _points(chunks)
    assert len(first) == 26
    turns = []
    for name, points in first.items():
        plain = np.load(root / name)
        turn = np.linalg.lstsq(plain, points, rcond=None)[0]
        assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(turn) == pytest.approx(1)
        turns.append(turn)
    gaps = np.linalg.norm(np.array(turns)[:, None] - np.array(turns), axis=(2, 3))
    assert (gaps + np.eye(len(turns))).min() > 1e-3
    again = _points(turned_chunks(root, (5, 0))[0])
    assert all(np.array_equal(first[name], again[name]) for name in first)
    other = _points(turned_chunks(root, (5, 1))[0])
    assert not any(np.allclose(first[name], other[name]) for name in first)


def test_all_of_train_is_trained_on_and_test_is_left_alone_when_not_asked_for(root: Path) -> None:
    (root / "balls" / "test" / "test0.npy").write_bytes(b"nonsense")
    chunks, _ = turned_chunks(root, (0,), parts=("train",))
    assert {split for chunk in chunks for split in chunk.splits} == {"train"}
    assert sum(len(chunk.labels) for chunk in chunks) == 18
    assert len(_points(chunks)) == 18
    with pytest.raises(UnreadableFile, match="balls/test/test0"):
        _points(turned_chunks(root, (0,))[0])


def test_each_seed_is_measured_on_each_rotation(root: Path) -> None:
    result = measure_so3(root, SVM, Silent(), seeds=2, rotations=3, seed=7)
    assert [(run.rotation, run.seed) for run in result.runs] == [
        (rotation, seed) for rotation in range(3) for seed in range(2)
    ]
    assert (result.n_train, result.n_test) == (18, 8)
    shares = [run.accuracy for run in result.runs]
    assert (result.lowest, result.highest) == (min(shares), max(shares))
    assert result.accuracy == pytest.approx(np.mean(shares))
    assert result.accuracy > 0.9  # balls and boxes are told apart in every pose
    wrong = sum(count for _, _, count in result.confused)
    assert wrong == pytest.approx(8 * sum(1 - share for share in shares))
    assert min(result.feature_seconds, result.fit_seconds) > 0
    assert json.loads(json.dumps(result.to_json()))["model"] == "svm_rbf"
    assert "| clouds | 18 train, 8 test |" in result.to_markdown()
    again = measure_so3(root, SVM, Silent(), seeds=1, rotations=1, seed=7)
    assert again.runs[0] == result.runs[0]


def test_labels_that_mean_nothing_are_confused(root: Path) -> None:
    for i in range(4):
        boxes, balls = (root / label / "test" / f"test{i}.npy" for label in ("boxes", "balls"))
        boxes.write_bytes(balls.read_bytes())
    result = measure_so3(root, SVM, Silent(), seeds=1, rotations=1, seed=7)
    assert result.accuracy == pytest.approx(0.5, abs=0.13)
    assert result.confused[0] == ("boxes", "balls", pytest.approx(4, abs=1))


def test_a_folder_without_given_parts_is_refused(root: Path) -> None:
    for label in ("balls", "boxes"):
        for path in sorted((root / label).glob("*/*")):
            path.rename(root / label / path.name)
        (root / label / "train").rmdir()
        (root / label / "test").rmdir()
    with pytest.raises(InvalidInput, match="the split has to be given") as caught:
        turned_chunks(root, (0,))
    assert caught.value.field == "root"


class _Impatient(Silent):
    def __init__(self) -> None:
        self.seen: list[float] = []

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        self.seen.append(fraction)

    def check(self) -> None:
        if self.seen and self.seen[-1] > 0.7:
            raise Cancelled("stopped")


def test_progress_covers_all_runs_and_can_stop_them(root: Path) -> None:
    progress = _Impatient()
    with pytest.raises(Cancelled):
        measure_so3(root, SVM, progress, seeds=2, rotations=2, seed=7)
    assert progress.seen == sorted(progress.seen)
    assert 0.7 < progress.seen[-1] < 0.8


def test_the_preset_for_folders_wastes_nothing_of_a_given_train_folder(root: Path) -> None:
    params = load_config(TrainParams, configs_dir() / "folder.yaml")
    chunks, _ = folder_chunks(root, "stop", params.split, params.seed)
    splits = [split for chunk in chunks for split in chunk.splits]
    assert (splits.count("train"), splits.count("test")) == (18, 8)
