"""The use cases over a real artifacts folder."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from deadlines import EVENTUALLY

from pcdash.core.cloud import Prediction
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.errors import CorruptArtifact, InvalidInput, ModelUnavailable, NotFound, Refused
from pcdash.jobs import JobState
from pcdash.resources import configs_dir
from pcdash.settings import Settings
from pcdash.workbench import Workbench, run_training, train_and_publish, trainings, with_seed
from pcdash.yamlconfig import load_config


def _until(condition: Callable[[], bool], seconds: float = EVENTUALLY) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("did not happen in time")
        time.sleep(0.02)


def _another(bench: Workbench) -> str:
    """A second version, promoted: the first one's model under a new name."""
    registry = bench._registry
    version = registry.publish(*registry.read_model(bench.models()[0].version), {})
    registry.promote(version)
    return version


def _training(**dataset: object) -> TrainParams:
    return TrainParams.model_validate({"dataset": dataset})


def test_without_a_model_there_is_no_answer_but_a_status(bench: Workbench) -> None:
    with pytest.raises(ModelUnavailable, match="Model not available"):
        bench.predict(np.eye(20, 3))
    with pytest.raises(ModelUnavailable):
        bench.load_model()
    status = bench.status()
    assert (status.model_loaded, status.state) == (False, "none")


def test_a_published_version_answers_right(trained: Workbench) -> None:
    trained.load_model()
    version = trained.models()[0].version
    for shape in ("sphere", "cube"):
        cloud = trained.generate(CloudParams(shape=shape, n_points=256, seed=99))
        said = trained.predict_stored(trained.keep(cloud))
        assert said.predicted_class == shape
        assert said.model_version == version
        assert sum(said.probabilities.values()) == pytest.approx(1.0, abs=1e-9)
        assert set(said.probabilities) == {"sphere", "cube"}


def test_the_same_training_gives_the_same_model(trained: Workbench, small: TrainParams) -> None:
    first = trained.models()[0].version
    second = train_and_publish(small, trained.settings.artifacts, Silent())["version"]
    assert first != second
    about = [trained._registry.metadata(version) for version in (first, second)]
    assert about[0]["dataset_fingerprint"] == about[1]["dataset_fingerprint"]
    assert about[0]["golden"] == about[1]["golden"]


def test_a_row_and_a_report_tell_what_was_trained(trained: Workbench) -> None:
    trained.load_model()
    (row,) = trained.models()
    assert (row.model, row.n_test, row.served, row.current) == ("svm_rbf", 6, True, True)
    assert row.data == "synthetic, 2 classes x 20"
    assert row.accuracy == 1.0
    written = trained.settings.artifacts / "models" / row.version / "model.joblib"
    assert row.created_at == pytest.approx(written.stat().st_mtime, abs=60)
    report = trained.report(row.version)
    assert report["confusion"] == [[3, 0], [0, 3]]
    assert report["counts"] == {"train": 28, "val": 6, "test": 6}
    assert report["config"]["dataset"]["n_points"] == 128


def test_promotion_and_rollback_change_what_is_served(trained: Workbench) -> None:
    first = trained.models()[0].version
    second = _another(trained)
    trained.start()
    try:
        _until(lambda: trained.status().model_version == second)
        trained.promote(first)
        _until(lambda: trained.status().model_version == first)
        assert trained.rollback() == second
        _until(lambda: trained.status().model_version == second)
    finally:
        trained.close()
    with pytest.raises(NotFound):
        trained.promote("20000101-000000")


def test_a_damaged_version_is_not_served_and_the_good_one_stays(trained: Workbench) -> None:
    trained.load_model()
    good = trained.models()[0].version
    second = _another(trained)
    model = trained.settings.artifacts / "models" / second / "model.joblib"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    trained.load_model()
    assert trained.status().model_version == good
    assert second in trained.status().detail or "SHA-256" in trained.status().detail
    # A server that starts now falls back to the sound one.
    fresh = Workbench(trained.settings)
    fresh.load_model()
    assert fresh.status().model_version == good


@pytest.mark.parametrize(
    ("change", "reason"),
    [("golden", "golden"), ("libraries", r"was written by scikit-learn 0\.1, this is ")],
)
def test_a_model_that_would_answer_otherwise_is_refused(
    trained: Workbench, change: str, reason: str
) -> None:
    (row,) = trained.models()
    path = trained.settings.artifacts / "models" / row.version / "metadata.json"
    about = json.loads(path.read_text())
    if change == "golden":
        about["golden"]["probabilities"][0][0] += 0.1
    else:
        about["libraries"]["scikit-learn"] = "0.1"
    path.write_text(json.dumps(about))
    with pytest.raises(ModelUnavailable, match=reason):
        trained.load_model()


def test_a_pinned_model_is_served_and_not_promoted(trained: Workbench, tmp_path: Path) -> None:
    (row,) = trained.models()
    pinned = tmp_path / "pinned"
    (trained.settings.artifacts / "models" / row.version).rename(pinned)
    bench = Workbench(Settings(artifacts_dir=str(tmp_path / "other"), model_dir=str(pinned)))
    bench.load_model()
    assert bench.status().model_version == row.version
    for attempt in (bench.rollback, lambda: bench.promote(row.version)):
        with pytest.raises(Refused, match="pinned"):
            attempt()


def test_a_first_start_trains_a_model_and_serves_it(
    tmp_path: Path, small: TrainParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real one takes half a minute; tests/cli/test_cli_measure.py trains and measures it.
    (tmp_path / "quick.yaml").write_text(json.dumps(small.model_dump(mode="json")))
    monkeypatch.setattr(trainings, "configs_dir", lambda: tmp_path)
    bench = Workbench(Settings(artifacts_dir=str(tmp_path / "artifacts")))
    bench.start()
    try:
        _until(lambda: bench.jobs() != [])
        job = bench.jobs()[0]
        assert job.title == "First model (quick.yaml)"
        assert bench.status().state in ("loading", "training")
        _until(lambda: bench.status().model_loaded)
        # It serves already, while it is examined.
        _until(lambda: not bench.job(job.id).active)
        assert bench.job(job.id).result["version"] == bench.status().model_version
        assert bench.passport(bench.status().model_version)["grid"] == "small"
        restarted = Workbench(bench.settings)
        restarted.start()
        _until(lambda: restarted.status().model_loaded)
        restarted.close()
        assert len(restarted.jobs()) == 1
    finally:
        bench.close()


def test_a_request_may_not_choose_where_to_write(bench: Workbench) -> None:
    params = TrainParams(artifacts_dir="elsewhere")
    with pytest.raises(InvalidInput) as caught:
        bench.start_training(params)
    assert caught.value.field == "artifacts_dir"
    assert bench.jobs() == []


def test_a_request_may_not_name_a_folder_without_a_data_root(bench: Workbench) -> None:
    with pytest.raises(Refused, match="data_root"):
        bench.start_training(_training(kind="folder", root="scans"))


@pytest.mark.parametrize(
    "root",
    ["../secret", "link", "/etc", "absent", ".", "a/../../secret", "a\0b", "x" * 3000, "loop"],
)
def test_a_folder_must_lie_below_data_root(tmp_path: Path, root: str) -> None:
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "data" / "loop").symlink_to("loop")
    settings = Settings(artifacts_dir=str(tmp_path / "artifacts"), data_root=str(tmp_path / "data"))
    bench = Workbench(settings)
    if root == ".":
        job = bench.start_training(_training(kind="folder", root=root))
        assert job.payload["params"]["dataset"]["root"] == str((tmp_path / "data").resolve())
        return
    with pytest.raises(InvalidInput, match="below data_root") as caught:
        bench.start_training(_training(kind="folder", root=root))
    assert caught.value.field == "dataset.root"


def test_a_drawn_seed_is_kept() -> None:
    params = with_seed(CloudParams(shape="cube"))
    assert params.seed is not None
    assert with_seed(params) is params


def test_a_broken_golden_field_is_a_corrupt_artifact_not_a_crash(trained: Workbench) -> None:
    from pcdash.workbench.loading import open_model

    version = trained.models()[0].version
    raw, about = trained._registry.read_model(version)
    with pytest.raises(CorruptArtifact):
        open_model(raw, {**about, "golden": 7}, version)
    with pytest.raises(CorruptArtifact):
        open_model(b"no pickle at all", about, version)


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    bench = Workbench(Settings(artifacts_dir=str(tmp_path / "typo")))
    assert bench.models() == []
    with pytest.raises(ModelUnavailable):
        bench.load_model()
    assert not (tmp_path / "typo").exists()


def test_a_pinned_model_that_arrives_late_is_served(trained: Workbench, tmp_path: Path) -> None:
    (row,) = trained.models()
    pinned = tmp_path / "pinned"
    pinned.mkdir()
    late = Workbench(Settings(artifacts_dir=str(tmp_path / "other"), model_dir=str(pinned)))
    source = trained.settings.artifacts / "models" / row.version
    for name in ("metadata.json", "model.joblib"):
        with pytest.raises(ModelUnavailable):
            late.load_model()
        (pinned / name).write_bytes((source / name).read_bytes())
    late.load_model()
    assert late.status().model_version == row.version


def test_a_pinned_server_publishes_without_promoting(
    trained: Workbench, small: TrainParams, tmp_path: Path
) -> None:
    (row,) = trained.models()
    pinned = tmp_path / "pinned"
    shutil.copytree(trained.settings.artifacts / "models" / row.version, pinned)
    bench = Workbench(trained.settings.model_copy(update={"model_dir": str(pinned)}))
    payload = bench.start_training(small).payload
    version = run_training(payload, Silent())["version"]
    assert [(r.version, r.current) for r in bench.models()] == [
        (version, False),
        (row.version, True),
    ]


def test_models_that_cannot_be_loaded_are_replaced_by_a_first_one(trained: Workbench) -> None:
    (row,) = trained.models()
    path = trained.settings.artifacts / "models" / row.version / "metadata.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({**about, "descriptor_version": "another"}))
    bench = Workbench(Settings(artifacts_dir=trained.settings.artifacts_dir))
    bench.start()
    try:
        _until(lambda: bench.status().state == "training")
        job = bench.jobs()[0]
        assert job.title == "First model (quick.yaml)"
        quick = load_config(TrainParams, configs_dir() / "quick.yaml")
        assert TrainParams.model_validate(bench.configuration_of_job(job.id)) == quick
    finally:
        bench.close()


def test_a_place_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, small: TrainParams
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Refused, match="artifacts folder cannot be written"):
        train_and_publish(small, tmp_path / "file", Silent())


def test_where_nothing_can_be_written_answers_are_given_and_trainings_refused(
    trained: Workbench, small: TrainParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.load_model()
    assert trained.training_blocked is None
    monkeypatch.setattr(os, "access", lambda *_: False)  # permissions do not bind root
    reason = trained.training_blocked
    assert reason == "jobs cannot be stored: the artifacts folder cannot be written"
    with pytest.raises(Refused) as caught:
        trained.start_training(small)
    assert caught.value.message == reason
    cloud = trained.generate(CloudParams(shape="sphere", n_points=128, seed=1))
    assert trained.predict(cloud.points).predicted_class == "sphere"


def test_jobs_are_counted_by_state(bench: Workbench, small: TrainParams) -> None:
    jobs = [bench.start_training(small) for _ in range(3)]
    bench.cancel_job(jobs[0].id)
    assert bench.job_counts() == {JobState.QUEUED: 2, JobState.CANCELLED: 1}


def test_what_was_taken_or_refused_is_counted(trained: Workbench) -> None:
    assert trained.served_version is None
    assert trained.reloads == {"ok": 0, "failed": 0}
    trained.load_model()
    assert trained.served_version == trained.models()[0].version
    assert trained.reloads == {"ok": 1, "failed": 0}


def test_a_batch_says_what_single_predictions_say(trained: Workbench) -> None:
    trained.load_model()
    clouds = [
        trained.generate(CloudParams(shape=shape, n_points=n, seed=seed)).points
        for shape in ("sphere", "cube")
        for n in (64, 128, 700)
        for seed in range(4)
    ]
    said = trained.predict_batch([lambda points=points: points for points in clouds])
    for points, one in zip(clouds, said, strict=True):
        alone = trained.predict(points)
        assert isinstance(one, Prediction)
        assert (one.predicted_class, one.model_version, one.n_points) == (
            alone.predicted_class,
            alone.model_version,
            len(points),
        )
        assert one.probabilities == pytest.approx(alone.probabilities, abs=1e-4)
