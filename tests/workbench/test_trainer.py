"""Training on labelled folders, and stopping in the middle."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from scans import on_scans

from pcdash.core.generation import generate
from pcdash.core.params import CloudParams, SplitParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.errors import Cancelled, InvalidInput, UnreadableFile
from pcdash.jobs import JobLimits
from pcdash.registry import Registry
from pcdash.settings import Limits, Settings
from pcdash.workbench import run_training, train_and_publish
from pcdash.workbench.folders import folder_chunks
from pcdash.workbench.trainings import Trainings


def _folder(root: Path, per_class: int = 10, parts: tuple[str, ...] = ("",)) -> Path:
    for label, shape in (("balls", "sphere"), ("boxes", "cube")):
        for part in parts:
            for i in range(per_class):
                points = generate(CloudParams(shape=shape, n_points=64, seed=i)).points
                path = root / label / part / f"{i:03}.npy"
                path.parent.mkdir(parents=True, exist_ok=True)
                np.save(path, points * 40 + 5e6)
    return root


def _params(root: Path, **dataset: object) -> TrainParams:
    return on_scans(root, dataset=dataset)


def test_a_folder_of_classes_becomes_a_model(tmp_path: Path) -> None:
    params = _params(_folder(tmp_path / "data"))
    result = train_and_publish(params, tmp_path / "artifacts", Silent())
    assert result["classes"] == ["balls", "boxes"]
    assert result["counts"] == {"train": 12, "val": 4, "test": 4}
    assert result["metrics"]["accuracy"] == 1.0
    assert Registry(tmp_path / "artifacts").current() == result["version"]


def test_a_given_test_folder_is_kept_apart(tmp_path: Path) -> None:
    root = _folder(tmp_path, parts=("train", "test"))
    chunks, _ = folder_chunks(root, "stop", SplitParams(), 0)
    seen = {file.name: file.split for chunk in chunks for file in chunk.files}
    assert len(seen) == 40
    for name, split in seen.items():
        assert (split == "test") == ("/test/" in name)
    assert sum(split == "val" for split in seen.values()) == 4


def test_the_split_follows_the_seed_and_is_stratified(tmp_path: Path) -> None:
    root = _folder(tmp_path)

    def assigned(seed: int) -> dict[str, str]:
        chunks, _ = folder_chunks(root, "stop", SplitParams(), seed)
        return {file.name: file.split for chunk in chunks for file in chunk.files}

    assert assigned(1) == assigned(1)
    assert assigned(1) != assigned(2)
    for label in ("balls", "boxes"):
        splits = [s for name, s in assigned(1).items() if name.startswith(label)]
        assert sorted(splits) == ["test"] * 2 + ["train"] * 6 + ["val"] * 2


def test_an_unreadable_file_stops_or_is_listed(tmp_path: Path) -> None:
    root = _folder(tmp_path / "data")
    (root / "balls" / "bad.npy").write_bytes(b"\x93NUMPY nonsense")
    with pytest.raises(UnreadableFile, match=r"bad\.npy"):
        train_and_publish(_params(root), tmp_path / "a", Silent())
    result = train_and_publish(_params(root, on_error="skip"), tmp_path / "a", Silent())
    assert [problem.split(":")[0] for problem in result["problems"]] == ["balls/bad.npy"]


def test_a_class_that_is_too_small_is_named(tmp_path: Path) -> None:
    root = _folder(tmp_path / "data")
    for path in sorted((root / "boxes").iterdir())[1:]:
        path.unlink()
    with pytest.raises(InvalidInput, match="boxes"):
        train_and_publish(_params(root), tmp_path / "a", Silent())


class _Impatient(Silent):
    """Asks to stop at a stage."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._now = ""

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        assert 0 <= fraction <= 1
        self._now = stage

    def check(self) -> None:
        if self._now == self._stage:
            raise Cancelled("stopped")


@pytest.mark.parametrize("stage", ["features", "fit", "publish"])
def test_a_stopped_training_publishes_nothing(
    tmp_path: Path, small: TrainParams, stage: str
) -> None:
    payload = {"params": small.model_dump(mode="json"), "artifacts": str(tmp_path)}
    with pytest.raises(Cancelled):
        run_training(payload, _Impatient(stage))
    assert Registry(tmp_path).versions() == []


def test_parameters_survive_the_job_table(tmp_path: Path, small: TrainParams) -> None:
    assert TrainParams.model_validate(small.model_dump(mode="json")) == small


def test_a_zip_of_classes_trains_as_its_folder_does(tmp_path: Path) -> None:
    root = _folder(tmp_path / "data" / "scans")
    archive = shutil.make_archive(str(tmp_path / "scans"), "zip", tmp_path / "data")
    results = [
        train_and_publish(_params(source), tmp_path / "a", Silent())
        for source in (root, Path(archive))
    ]
    prints = [
        Registry(tmp_path / "a").metadata(result["version"])["dataset_fingerprint"]
        for result in results
    ]
    assert prints[0] == prints[1]
    assert results[1]["classes"] == ["balls", "boxes"]


def test_many_complaints_are_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcdash.workbench.documents._MOST_PROBLEMS", 2)
    root = _folder(tmp_path / "data")
    for number in range(5):
        (root / "balls" / f"bad{number}.npy").write_bytes(b"nonsense")
    result = train_and_publish(_params(root, on_error="skip"), tmp_path / "a", Silent())
    report = Registry(tmp_path / "a").report(result["version"])
    assert len(result["problems"]) == 3
    assert result["problems"] == report["problems"]
    assert result["problems"][2] == "... and 3 more"


def test_the_limits_of_the_settings_reach_the_trainer(tmp_path: Path) -> None:
    limits = Limits(trainer_minutes=0.5, trainer_memory_mib=2048, trainer_file_mib=7)
    for given, expected in (
        (limits, JobLimits(30.0, 2 << 30, 7 << 20)),
        (Limits(trainer_minutes=None, trainer_memory_mib=None, trainer_file_mib=None), JobLimits()),
    ):
        trainings = Trainings(Settings(artifacts_dir=str(tmp_path), limits=given))
        assert trainings.dispatcher._limits == expected
