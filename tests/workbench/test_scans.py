"""A few unlabelled scans, from the page's store to a recipe and to what two versions say."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pcdash.core.cloud import PointCloud
from pcdash.core.generation import generate
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.core.trust import likeness
from pcdash.errors import Busy, InvalidInput, ModelUnavailable, NotFound, QueueFull, Refused
from pcdash.jobs import Job, JobState
from pcdash.settings import Settings
from pcdash.workbench import Workbench, train_and_publish
from pcdash.workbench.scan_jobs import run_imitation, run_rereading
from pcdash.workbench.trainings import DATA_LANE
from pcdash.workbench.turns import Turns

CALIBRATED = {
    "dataset": {"classes": ["sphere", "cube"], "n_samples_per_class": 12, "randomise": {}},
    "model": {"name": "lda"},
    "trust": {"clouds": 120},
    "passport": {"grid": "small", "clouds": 10},
}


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts with a version that knows when not to be trusted: copy them."""
    artifacts = tmp_path_factory.mktemp("calibrated") / "artifacts"
    train_and_publish(TrainParams.model_validate(CALIBRATED), artifacts, Silent())
    return artifacts


@pytest.fixture(autouse=True)
def few_compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The discriminator sees a fifth of the synthetic clouds, in a fifth of the time."""
    monkeypatch.setattr(likeness, "COMPARED", 40)
    likeness._described.cache_clear()
    yield
    likeness._described.cache_clear()


@pytest.fixture
def desk(calibrated: Path, tmp_path: Path) -> Workbench:
    shutil.copytree(calibrated, tmp_path / "artifacts", symlinks=True)
    desk = Workbench(Settings(artifacts_dir=str(tmp_path / "artifacts"), bootstrap=False))
    desk.load_model()
    return desk


def cube(seed: int) -> PointCloud:
    made = generate(CloudParams(shape="cube", n_points=200, noise_sigma=0.1, seed=seed))
    return PointCloud(made.points, f"scan{seed}.ply", {"format": "ply"})


def kept(desk: Workbench, number: int) -> list[str]:
    return [desk.keep(cube(seed)) for seed in range(number)]


def run(job: Job) -> dict[str, Any]:
    """Do a job here and now, as its process would."""
    kinds = {"imitate": run_imitation, "reread": run_rereading}
    return kinds[job.kind](job.payload, Silent())


def finish(desk: Workbench, job: Job, result: dict[str, Any]) -> None:
    """Write into the table what the job's process would."""
    table = desk._trainings.queue.table
    assert table.claim() is not None
    table.finish(job.id, JobState.DONE, result=json.dumps(result), error=None)


def test_a_recipe_is_found_and_can_be_trained(desk: Workbench) -> None:
    clouds = kept(desk, 4)
    job = desk.scans.imitate(clouds)
    assert job.kind in DATA_LANE.kinds, "it need not wait for a training"
    assert desk.scans.imitate(clouds).id == job.id
    said = run(job)
    assert said["clouds"] == clouds
    assert [scan["points"] for scan in said["scans"]] == [200] * 4
    assert said["model_version"] == desk.served_version
    assert 0 <= said["after"]["auc"] <= 1
    params = TrainParams.model_validate(said["config"])
    assert set(params.dataset.classes) == {"cube", "sphere"}
    finish(desk, job, said)
    assert desk.configuration_of_job(job.id) == said["config"]
    again = desk.scans.recipe([desk.cloud(one).points for one in clouds])
    assert again.to_json() == {key: said[key] for key in again.to_json()}


def test_the_version_that_a_recipe_has_trained_is_found(desk: Workbench) -> None:
    recipe = {"n_points": [150, 260], "few_share": 0.0}
    wanted = {"dataset": CALIBRATED["dataset"] | {"randomise": recipe}}
    full = TrainParams.model_validate(wanted).model_dump(mode="json")
    assert desk.scans.trained_with(full) is None
    params = CALIBRATED | wanted | {"trust": {"clouds": 0}, "model": {"name": "svm_rbf"}}
    made = train_and_publish(
        TrainParams.model_validate(params), desk.settings.artifacts, Silent(), promote=False
    )
    assert desk.scans.trained_with(full) == made["version"]


def test_two_versions_are_asked_about_the_same_scans(desk: Workbench, small_version: Path) -> None:
    (row,) = Workbench(Settings(artifacts_dir=str(small_version))).models()
    other = row.version
    target = desk.settings.artifacts / "models" / other
    shutil.copytree(small_version / "models" / other, target)
    served = desk.served_version
    assert served is not None
    job = desk.scans.reread(kept(desk, 2), [other, served])
    said = run(job)
    assert said["versions"] == [other, served]
    assert [row["name"] for row in said["scans"]] == ["scan0.ply", "scan1.ply"]
    before, after = said["scans"][0]["said"]
    assert before["expected_accuracy"] is None, "it was never calibrated"
    assert 0 <= after["expected_accuracy"] <= 1
    assert after["label_set"][0] == after["predicted_class"]
    assert 0.5 <= after["probability"] <= 1


def test_what_cannot_be_is_said_before_it_is_queued(desk: Workbench) -> None:
    with pytest.raises(InvalidInput, match="add 3 to 20 scans, not 2"):
        desk.scans.imitate(kept(desk, 2))
    with pytest.raises(NotFound):
        desk.scans.imitate(["0" * 32, "../../etc/passwd", "x"])
    with pytest.raises(NotFound):
        desk.scans.reread(kept(desk, 1), ["20200101-000000", "20200101-000001"])
    with pytest.raises(InvalidInput, match="1 to 20 scans"):
        desk.scans.reread([], [])
    assert desk.jobs() == []


def test_an_upload_is_no_scan(desk: Workbench) -> None:
    upload = desk.receive_upload(io.BytesIO(b"x"), "scan.ply")
    with pytest.raises(NotFound, match="an upload"):
        desk.scans.imitate([upload] * 3)


def test_a_scan_that_has_gone_is_named(desk: Workbench) -> None:
    job = desk.scans.imitate(kept(desk, 3))
    Path(job.payload["scans"][1]["path"]).unlink()
    with pytest.raises(NotFound, match=r"scan1\.ply is no longer here"):
        run(job)


def test_without_a_model_or_calibration(
    bench: Workbench, trained: Workbench, small_version: Path
) -> None:
    assert bench.scans.quality(cube(0).points) is None
    with pytest.raises(ModelUnavailable):
        bench.scans.imitate(kept(bench, 3))
    trained.load_model()
    assert trained.scans.quality(cube(0).points) is None
    with pytest.raises(Refused, match="never calibrated"):
        trained.scans.recipe([cube(0).points] * 3)


def test_recipes_are_written_one_at_a_time(
    desk: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.scans, "_writing", one := Turns(1, patience=0))
    with one.taken(), pytest.raises(Busy):
        desk.scans.recipe([cube(0).points] * 3)


def test_other_jobs_are_none_of_these(desk: Workbench) -> None:
    job = desk.start_training(TrainParams())
    asked = desk.scans.imitate(kept(desk, 3))
    for find, other in (
        (desk.scans.imitation, job),
        (desk.scans.rereading, job),
        (desk.scans.rereading, asked),
    ):
        with pytest.raises(NotFound):
            find(other.id)
    assert desk.scans.imitation(asked.id).id == asked.id
    for _ in range(desk.settings.limits.queued_jobs - 2):
        desk.scans.imitate(kept(desk, 3))
    with pytest.raises(QueueFull):
        desk.scans.imitate(kept(desk, 3))
