"""Labelled scans from an upload to a version and back: kept, looked at, measured on, deleted."""

from __future__ import annotations

import io
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labelled import members, pack, planted, write
from numpy.testing import assert_array_equal

from pcdash.core.params import SyntheticData, TrainParams
from pcdash.core.progress import Silent
from pcdash.datasets import DatasetStore
from pcdash.errors import InvalidInput, NotFound, Refused, UnreadableFile
from pcdash.jobs import Job
from pcdash.report import facts_of
from pcdash.settings import Limits, Settings
from pcdash.workbench import Workbench, run_training
from pcdash.workbench.dataset_jobs import run_dataset, run_evaluation

LDA: dict[str, Any] = {
    "model": {"name": "lda"},
    "passport": {"grid": "small", "clouds": 10},
}


def run(bench: Workbench, job: Job) -> dict[str, Any]:
    """Do a job here and now, as its process would, and end it in the table."""
    kinds = {"train": run_training, "dataset": run_dataset, "evaluate": run_evaluation}
    try:
        return kinds[job.kind](job.payload, Silent())
    finally:
        bench.cancel_job(job.id)


def upload(bench: Workbench, files: dict[str, bytes], tmp_path: Path, name: str) -> str:
    path = pack(tmp_path / "made.zip", files)
    return bench.receive_upload(io.BytesIO(path.read_bytes()), name)


def stored(bench: Workbench, files: dict[str, bytes], tmp_path: Path) -> str:
    """The hash of a dataset with these files."""
    added = bench.datasets.add_upload(upload(bench, files, tmp_path, "scans.zip"))
    return str(run(bench, added)["hash"])


def on(root: str, **changes: Any) -> TrainParams:
    """A training of a second on the clouds in `root`."""
    return TrainParams.model_validate(
        {
            "dataset": {"kind": "folder", "root": root, **changes},
            "model": {"name": "svm_rbf"},
            "passport": {"grid": "small", "clouds": 10},
            "seed": 3,
        }
    )


def train(bench: Workbench, key: str, **changes: Any) -> str:
    """A version, trained on a stored dataset as a request would."""
    job = bench.start_training(on(f"datasets/{key}", **changes))
    return str(run(bench, job)["version"])


def test_an_upload_becomes_a_dataset_and_is_forgotten(bench: Workbench, tmp_path: Path) -> None:
    upload_id = upload(bench, planted(4), tmp_path, "my scans.zip")
    job = bench.datasets.add_upload(upload_id)
    assert (job.kind, job.title) == ("dataset", "Add my scans")
    assert bench.datasets.add_upload(upload_id).id == job.id, "pressed twice"
    said = run(bench, job)
    (dataset,) = bench.datasets.all()
    assert said == {"hash": dataset.hash, "name": "my scans"}
    assert (dataset.files, dataset.unreadable) == (21, 3)
    preview = bench.datasets.preview(dataset.hash)
    assert preview is not None
    assert preview["duplicates"]["across"] == preview["duplicates"]["relabelled"] == 1
    assert bench.datasets.disk_use().used == dataset.size
    with pytest.raises(NotFound):
        bench.datasets.add_upload(upload_id)
    again = bench.datasets.add_upload(upload(bench, planted(4), tmp_path, "b.zip"), " Other name ")
    assert again.title == "Add Other name"
    assert run(bench, again) == said


def test_a_folder_below_data_root_becomes_the_same(tmp_path: Path) -> None:
    write(tmp_path / "data" / "scans", members(4))
    settings = Settings(artifacts_dir=str(tmp_path / "a"), data_root=str(tmp_path / "data"))
    bench = Workbench(settings)
    said = run(bench, bench.datasets.add_folder("scans"))
    assert said["name"] == "scans"
    assert stored(bench, members(4), tmp_path) == said["hash"]
    for outside in ("..", "../a", "/etc", "nothing", "scans/balls/000.ply", "a\0b", "x" * 5000):
        with pytest.raises(InvalidInput, match="below data_root") as caught:
            bench.datasets.add_folder(outside)
        assert caught.value.field == "folder"


def test_without_data_root_no_folder_is_read(bench: Workbench) -> None:
    with pytest.raises(Refused, match="has no data_root"):
        bench.datasets.add_folder("scans")
    assert bench.jobs() == []


def test_what_is_no_zip_is_refused_at_once(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="expected a zip"):
        bench.datasets.add_upload(bench.receive_upload(io.BytesIO(b"x"), "scan.ply"))
    for unknown in ("a" * 32, "../x", ""):
        with pytest.raises(NotFound):
            bench.datasets.add_upload(unknown)
    job = bench.datasets.add_upload(bench.receive_upload(io.BytesIO(b"x"), "scans.zip"))
    with pytest.raises(UnreadableFile, match="no sound zip"):
        run(bench, job)
    job = bench.datasets.add_upload(upload(bench, members(2), tmp_path, "late.zip"))
    Path(job.payload["source"]["path"]).unlink()
    with pytest.raises(UnreadableFile, match=r"late\.zip: is no longer here"):
        run(bench, job)
    assert bench.datasets.all() == []


def test_the_quota_of_the_settings_holds(tmp_path: Path) -> None:
    limits = Limits(dataset_quota_mib=1)
    bench = Workbench(Settings(artifacts_dir=str(tmp_path / "a"), limits=limits))
    big = {f"{name}/1.xyz": b"1 2 3\n" * 100_000 for name in "ab"}
    with pytest.raises(Exception, match=r"at most .* are taken"):
        stored(bench, big, tmp_path)
    assert bench.datasets.disk_use().quota == 1 << 20


def test_an_interrupted_look_is_taken_up(bench: Workbench, tmp_path: Path) -> None:
    store = DatasetStore(bench.settings.artifacts, quota=1 << 20)
    dataset, _ = store.add(write(tmp_path / "scans", members(2)), "scans", "scans")
    assert bench.datasets.preview(dataset.hash) is None
    job = bench.datasets.look(dataset.hash)
    assert bench.datasets.look(dataset.hash).id == job.id
    run(bench, job)
    assert bench.datasets.get(dataset.hash).unreadable == 0
    with pytest.raises(NotFound):
        bench.datasets.look("a" * 64)


# -- training, measuring, deleting ----------------------------------------------------------------


def test_a_stored_dataset_trains_as_its_folder_does(bench: Workbench, tmp_path: Path) -> None:
    key = stored(bench, members(8), tmp_path)
    version = train(bench, key)
    plain = on(str(write(tmp_path / "scans", members(8))))
    other = run(bench, bench.start_training(plain, trusted=True))["version"]
    reports = [bench.report(one) for one in (version, other)]
    prints = [report["lineage"]["dataset_fingerprint"] for report in reports]
    assert prints[0] == prints[1]
    assert reports[0]["config"]["dataset"]["root"] == f"datasets/{key}"
    assert (bench.models()[-1].data, bench.models()[-1].dataset) == ("scans", key)
    assert bench.models()[0].dataset is None
    assert [bench.dossier(one).dataset for one in (version, other)] == ["scans", None]
    assert facts_of(bench.dossier(version))["Data"] == f"scans (dataset {key[:16]})"
    # Gone by hand: the page deletes none that a version needs.
    shutil.rmtree(bench.settings.artifacts / "datasets" / key)
    assert (bench.models()[-1].data, bench.models()[-1].dataset) == (f"dataset {key[:12]}", key)
    assert facts_of(bench.dossier(version))["Data"] == f"dataset {key[:16]}"
    assert bench.jobs(kind="train")[-1].title == "svm_rbf on scans"


def test_a_dataset_that_is_not_there_is_refused_at_its_field(bench: Workbench) -> None:
    for root in ("datasets/" + "a" * 64, "datasets/../models", "datasets/x"):
        with pytest.raises((InvalidInput, Refused)) as caught:
            bench.start_training(on(root))
        assert caught.value.field == "dataset.root"


def test_a_version_is_measured_on_what_it_was_not_fitted_on(
    bench: Workbench, tmp_path: Path
) -> None:
    key = stored(bench, members(8), tmp_path)
    version = train(bench, key)
    job = bench.datasets.evaluate(key, version)
    assert (job.kind, job.title) == ("evaluate", f"{version} on scans")
    said = run(bench, job)
    report = bench.report(version)
    assert said["held_back"] is True
    assert (
        said["confusion"] == report["confusion"]
        or list(map(list, said["confusion"])) == (report["confusion"])
    )
    assert said["n"] == report["n_test"] < 16

    other = stored(bench, members(5, ("train", "test")), tmp_path)
    elsewhere = run(bench, bench.datasets.evaluate(other, version))
    assert (elsewhere["held_back"], elsewhere["n"]) == (False, 10), "its test folders"
    unsplit = stored(bench, members(6) | {"zebras/1.ply": members(1)["balls/000.ply"]}, tmp_path)
    whole = run(bench, bench.datasets.evaluate(unsplit, version))
    assert (whole["n"] + whole["seen"], whole["ignored"]) == (12, ["zebras"])
    assert whole["seen"] > 0, "some are the files that it was trained on"
    assert set(whole) >= {"accuracy", "f1_macro", "ece", "confusion", "classes", "name", "hash"}
    for missing in ("20200101-000000", "../x"):
        with pytest.raises(NotFound):
            bench.datasets.evaluate(key, missing)


def test_a_copy_of_what_it_was_trained_on_is_not_counted(bench: Workbench, tmp_path: Path) -> None:
    files = members(8)
    version = train(bench, stored(bench, files, tmp_path))
    n_train = bench.report(version)["counts"]["train"]
    renamed = {f"{Path(name).parent}/again-{Path(name).name}": raw for name, raw in files.items()}
    said = run(bench, bench.datasets.evaluate(stored(bench, renamed, tmp_path), version))
    assert (said["held_back"], said["seen"]) == (False, n_train)
    assert said["n"] == len(files) - n_train

    sources = bench.settings.artifacts / "reports" / f"{version}.sources.json"
    trained = {one["name"] for one in json.loads(sources.read_bytes())["sources"]
               if one["split"] == "train"}  # fmt: skip
    only = {name: raw for name, raw in renamed.items() if name.replace("again-", "") in trained}
    with pytest.raises(InvalidInput, match=f"trained on all {n_train} of these clouds"):
        run(bench, bench.datasets.evaluate(stored(bench, only, tmp_path), version))
    sources.write_bytes(sources.read_bytes().replace(b'"train"', b'"test"', 1))
    assert bench.fitted_to(version) is None, "damaged: it is not what the metadata vouch for"
    sources.unlink()
    assert bench.fitted_to(version) is None
    assert bench.fitted_to("20200101-000000") is None


def test_a_version_of_a_skipping_training_holds_the_same_files_back(
    bench: Workbench, tmp_path: Path
) -> None:
    key = stored(bench, members(8) | {"balls/bad.ply": b"x"}, tmp_path)
    version = train(bench, key, on_error="skip")
    said = run(bench, bench.datasets.evaluate(key, version))
    assert said["n"] == bench.report(version)["n_test"]
    assert [list(row) for row in said["confusion"]] == bench.report(version)["confusion"]


def test_a_dataset_is_kept_for_jobs_and_versions(bench: Workbench, tmp_path: Path) -> None:
    key = stored(bench, members(8), tmp_path)
    job = bench.start_training(on(f"datasets/{key}"))
    with pytest.raises(Refused, match="needed by the job 'svm_rbf on scans'"):
        bench.datasets.delete(key)
    bench.cancel_job(job.id)
    assert bench.datasets.kept_for(key) is None
    versions = [train(bench, key), train(bench, key)]
    with pytest.raises(Refused, match=f"version {versions[1]} and 1 more could not be reproduced"):
        bench.datasets.delete(key)
    for version in versions:
        bench._registry.promote(version)
    other = stored(bench, members(4), tmp_path)
    bench.datasets.delete(other)
    assert [one.hash for one in bench.datasets.all()] == [key]
    with pytest.raises(NotFound):
        bench.datasets.delete(other)


def test_while_a_training_reads_it_nobody_deletes_it(bench: Workbench, tmp_path: Path) -> None:
    key = stored(bench, members(8), tmp_path)
    refused = []

    class Deleting(Silent):
        def report(self, stage: str, fraction: float, message: str = "") -> None:
            if stage == "features":
                with pytest.raises(Refused, match="being read") as caught:
                    bench.datasets.delete(key)
                refused.append(caught.value)

    params = on(f"datasets/{key}").model_dump(mode="json")
    run_training({"params": params, "artifacts": str(bench.settings.artifacts)}, Deleting())
    assert refused


def test_leftovers_are_swept_at_the_start(bench: Workbench) -> None:
    left = bench.settings.artifacts / "datasets" / ".tmp-dead" / "zip"
    left.mkdir(parents=True)
    bench.datasets.start()
    for thread in threading.enumerate():
        if thread.name == "dataset-sweeper":
            thread.join(30)
    assert not left.parent.exists()


def test_samples_are_those_of_a_training(bench: Workbench) -> None:
    recipe = SyntheticData.model_validate({"randomise": {}})
    drawn = [bench.datasets.sample(recipe, 7, number) for number in range(10)]
    assert [one.name for one in drawn] == list(recipe.classes) * 2
    for number in (0, 9):
        assert_array_equal(bench.datasets.sample(recipe, 7, number).points, drawn[number].points)
    other = bench.datasets.sample(recipe, 8, 0).points
    assert other.shape != drawn[0].points.shape or not np.array_equal(other, drawn[0].points)
