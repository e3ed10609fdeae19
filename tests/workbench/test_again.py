"""Several candidates as one job, asking for a training once more, and stopping one in a fit."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deadlines import AT_ONCE, EVENTUALLY

from pcdash.core import parallel
from pcdash.core.params import TrainParams
from pcdash.core.progress import Silent
from pcdash.errors import NotFound
from pcdash.jobs import Job, JobState
from pcdash.registry import Registry
from pcdash.settings import Settings
from pcdash.workbench import Workbench, train_and_publish
from pcdash.workbench.again import asked_again
from pcdash.workbench.trainings import CANCEL_SECONDS

DATA = {"classes": ["sphere", "cube", "cone"], "n_samples_per_class": 20, "n_points": 64}
PASSPORT = {"grid": "small", "clouds": 10}
SEVERAL = TrainParams.model_validate(
    {
        "seed": 4,
        "dataset": DATA,
        "model": {"name": "extra_trees", "params": {"n_estimators": 10}},
        "candidates": ["extra_trees", "svm_rbf"],
        "folds": 3,
        "passport": PASSPORT,
    }
)


def until(met: Any, seconds: float = EVENTUALLY) -> None:
    """Poll until `met` returns something true."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "waited in vain"
        threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A version that was chosen among two."""
    artifacts = tmp_path_factory.mktemp("artifacts")
    return artifacts, train_and_publish(SEVERAL, artifacts, Silent())


# -- candidates -----------------------------------------------------------------------------------


def test_the_best_candidate_is_published_with_the_comparison(
    compared: tuple[Path, dict[str, Any]],
) -> None:
    artifacts, result = compared
    registry = Registry(artifacts)
    report, metadata = registry.report(result["version"]), registry.metadata(result["version"])
    comparison = result["candidates"]
    assert report["candidates"] == comparison
    means = {row["name"]: row["mean"] for row in comparison["rows"]}
    assert means.keys() == {"extra_trees", "svm_rbf"}
    assert means[comparison["chosen"]] == max(means.values())
    assert report["config"]["model"]["name"] == comparison["chosen"]
    assert metadata["config"] == report["config"]
    assert report["seconds"]["candidates"] > 0
    assert sum(sum(row) for row in result["confusion"]) == result["counts"]["test"] == 9


def test_the_stored_configuration_trains_the_same_model_without_the_comparison(
    compared: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    artifacts, result = compared
    config = Registry(artifacts).metadata(result["version"])["config"]
    again = train_and_publish(TrainParams.model_validate(config), tmp_path, Silent())
    assert again["candidates"] is None
    golden = [
        Registry(folder).metadata(version)["golden"]["probabilities"]
        for folder, version in ((artifacts, result["version"]), (tmp_path, again["version"]))
    ]
    assert golden[0] == golden[1]


def test_without_candidates_there_is_no_comparison(trained: Workbench) -> None:
    report = trained.report(trained.models()[0].version)
    assert report["candidates"] is None
    assert "candidates" not in report["seconds"]


def test_a_job_says_what_it_tries(bench: Workbench) -> None:
    assert bench.start_training(SEVERAL).title == "best of extra_trees, svm_rbf on synthetic"


def test_a_second_classifier_on_the_same_data_fits_at_once(
    trained: Workbench, small: TrainParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_compute", lambda _chunk: pytest.fail("described again"))
    forest = {"name": "extra_trees", "params": {"n_estimators": 10}}
    params = TrainParams.model_validate(small.model_dump(mode="json") | {"model": forest})
    train_and_publish(params, trained.settings.artifacts, Silent())
    assert trained.models()[0].model == "extra_trees"


# -- once more ------------------------------------------------------------------------------------


def test_a_job_and_its_version_can_be_asked_for_again(
    bench: Workbench, compared: tuple[Path, dict[str, Any]]
) -> None:
    artifacts, result = compared
    shutil.copytree(artifacts, bench.settings.artifacts, symlinks=True)
    job = bench.start_training(SEVERAL)
    config = bench.configuration_of_job(job.id)
    assert TrainParams.model_validate(config) == SEVERAL
    assert {"compute", "artifacts_dir"} & config.keys() == set()
    bench.start_training(TrainParams.model_validate(config))  # a stranger may ask for it
    own = TrainParams.model_validate(bench.configuration_of_version(result["version"]))
    assert own.dataset == SEVERAL.dataset
    assert own.model.name == result["candidates"]["chosen"]
    for missing in ("f" * 32, ""):
        with pytest.raises(NotFound):
            bench.configuration_of_job(missing)
    with pytest.raises(NotFound):
        bench.configuration_of_version("20200101-000000")


def test_no_path_of_the_server_is_told(tmp_path: Path) -> None:
    (tmp_path / "scans" / "bolts").mkdir(parents=True)
    settings = Settings(artifacts_dir=str(tmp_path / "a"), data_root=str(tmp_path / "scans"))
    folders = {
        tmp_path / "scans" / "bolts": "bolts",
        tmp_path / "scans" / "bolts.zip": "bolts.zip",
        tmp_path / "a" / "datasets" / "0123abcd": "datasets/0123abcd",
        Path("datasets", "0123abcd" * 8): "datasets/" + "0123abcd" * 8,
        Path("datasets", "0123abcd"): "",
        tmp_path / "a" / "models": "",
        tmp_path / "secret": "",
        tmp_path / "scans-2": "",
        Path("relative/folder"): "",
    }
    for root, told in folders.items():
        params = {"dataset": {"kind": "folder", "root": str(root), "on_error": "skip"}, "seed": 2}
        config = asked_again(params, settings)
        assert config == {
            "dataset": {"kind": "folder", "root": told, "on_error": "skip"}, "seed": 2
        }  # fmt: skip
        assert str(tmp_path) not in json.dumps(config)
        assert params["dataset"]["root"] == str(root), "what is stored stays"
    no_data_root = Settings(artifacts_dir=str(tmp_path / "a"))
    asked = asked_again({"dataset": {"kind": "folder", "root": "/x"}}, no_data_root)
    assert asked["dataset"]["root"] == ""


@pytest.mark.parametrize("params", [None, {}, [], "text"])
def test_a_training_without_settings_is_not_found(params: object, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        asked_again(params, Settings(artifacts_dir=str(tmp_path)))


# -- pages, restarts and stopping -----------------------------------------------------------------


def test_jobs_are_listed_by_the_page(bench: Workbench, small: TrainParams) -> None:
    assert (bench.jobs(2, 2), bench.count_jobs()) == ([], 0)
    ids = [bench.start_training(small).id for _ in range(5)][::-1]
    assert [job.id for job in bench.jobs(2, 0)] == ids[:2]
    assert [job.id for job in bench.jobs(2, 3)] == ids[3:]
    assert bench.jobs(2, 9) == []
    assert bench.jobs(2, -1) == bench.jobs(2)
    assert bench.count_jobs() == 5


@pytest.fixture
def running(bench: Workbench) -> Iterator[Workbench]:
    bench.start()
    yield bench
    bench.close()


def slow_fit() -> TrainParams:
    """A fit of minutes that asks nobody whether to stop."""
    model = {"name": "ensemble", "params": {"steps": 100_000}}
    data = {"classes": ["cube", "cone"], "n_samples_per_class": 20, "n_points": 32}
    return TrainParams.model_validate({"dataset": data, "model": model})


def test_a_training_is_gone_within_two_seconds_also_from_within_a_fit(
    running: Workbench,
) -> None:
    job = running.start_training(slow_fit())
    until(lambda: running.job(job.id).stage == "fit")
    running.cancel_job(job.id)
    until(lambda: not running.job(job.id).active, AT_ONCE)
    assert running.job(job.id).state is JobState.CANCELLED
    assert 2 * CANCEL_SECONDS < 2, "until SIGTERM, and until SIGKILL"
    assert running.models() == []


def test_jobs_and_their_progress_survive_a_restart(bench: Workbench) -> None:
    bench.start()
    job = bench.start_training(slow_fit())
    until(lambda: bench.job(job.id).stage == "fit")
    bench.close()
    after = Workbench(bench.settings)
    kept: Job = after.jobs()[0]
    assert (kept.id, kept.state, kept.stage) == (job.id, JobState.INTERRUPTED, "fit")
    assert TrainParams.model_validate(after.configuration_of_job(job.id)) == slow_fit()
