"""What is known of a version, and why the rest is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from dossiers import make_dossier, make_evidence

from pcdash.errors import InvalidInput, NotFound
from pcdash.workbench import Workbench
from pcdash.workbench.dossier import confidence, mix_ups, surest_first, without_paths


@pytest.fixture
def trained(bench: Workbench, small_artifacts: Path) -> Workbench:
    """A workbench with one published version, copied."""
    shutil.copytree(small_artifacts, bench.settings.artifacts, symlinks=True)
    return bench


@pytest.fixture
def version(trained: Workbench) -> str:
    return trained.models()[0].version


def reports(bench: Workbench) -> Path:
    return bench.settings.artifacts / "reports"


def test_a_new_version_lacks_nothing(trained: Workbench, version: str) -> None:
    dossier = trained.dossier(version)
    assert dossier.missing == ()
    assert dossier.classes == ("cone", "torus")
    assert dossier.confusion.sum(axis=1).tolist() == [3, 3]
    assert set(dossier.robustness) == {"noise", "points", "outliers", "crop", "view"}
    assert dossier.evidence is not None
    assert dossier.evidence.total == 6
    assert sum(one["n"] for one in dossier.reliability) == 6
    assert dossier.created_at[:4] == version[:4]
    assert trained.compare([version, version, _copy(trained, version)]).only == {
        version: (),
        _newest(trained): (),
    }


def _copy(bench: Workbench, version: str) -> str:
    registry = bench._registry
    model, about = registry.read_model(version)
    own = ("version", "created_at", "sha256", "size", "format", "digest")
    published = {key: value for key, value in about.items() if key not in own}
    copy = registry.publish(model, published, registry.report(version))
    for name in ("passport.json", "evidence.npz"):
        registry.attach(copy, name, registry.attached(version, name))
    return copy


def _newest(bench: Workbench) -> str:
    return bench.models()[0].version


@pytest.mark.parametrize(
    ("part", "attribute"), [("passport.json", "passport"), ("evidence.npz", "evidence")]
)
def test_what_is_not_there_or_damaged_is_said(
    trained: Workbench, version: str, part: str, attribute: str
) -> None:
    file = reports(trained) / f"{version}.{part}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    dossier = trained.dossier(version)
    (why,) = dossier.missing
    assert getattr(dossier, attribute) is None
    assert why.startswith(f"The {attribute} cannot be read: ")
    file.unlink()
    (why,) = trained.dossier(version).missing
    assert "Train it again" in why
    assert str(trained.settings.artifacts) not in why


def test_without_a_report_the_rest_is_told_all_the_same(trained: Workbench, version: str) -> None:
    (reports(trained) / f"{version}.json").unlink()
    dossier = trained.dossier(version)
    assert dossier.missing[0].startswith("No report")
    assert dossier.classes == ("cone", "torus")
    assert dossier.confusion.shape == (0, 0)
    assert dossier.reliability == []
    assert dossier.passport is not None


def test_without_metadata_too(trained: Workbench, version: str) -> None:
    (trained.settings.artifacts / "models" / version / "metadata.json").write_text("{")
    dossier = trained.dossier(version)
    assert dossier.missing[0].startswith("The metadata cannot be read")
    assert dossier.created_at == ""
    assert 0.5 <= dossier.report["metrics"]["accuracy"] <= 1


def test_an_unknown_version_is_none(trained: Workbench) -> None:
    for name in ("20200101-000000", "../etc", ""):
        with pytest.raises(NotFound):
            trained.dossier(name)
    with pytest.raises(InvalidInput, match="2 to 5"):
        trained.compare([])


def test_where_a_folder_lies_is_not_told() -> None:
    report = {"config": {"dataset": {"kind": "folder", "root": "/secret/place/scans"}}}
    assert json.dumps(without_paths(report)).count("secret") == 0
    assert without_paths(report)["config"]["dataset"]["root"] == "scans"
    assert report["config"]["dataset"]["root"] == "/secret/place/scans", "the caller's is as it was"


def test_those_come_first_of_which_it_was_surest() -> None:
    evidence = make_evidence(9, wrong=(7, 2, 4))
    wrong = evidence.said != evidence.truth
    assert surest_first(evidence, wrong).tolist() == [2, 4, 7]
    assert np.all(np.diff(confidence(evidence)[surest_first(evidence, ~wrong)]) <= 0)
    assert surest_first(evidence, np.zeros(9, dtype=bool)).tolist() == []


def test_the_commonest_mistakes_are_named() -> None:
    confusion = np.array([[9, 2, 0], [5, 9, 0], [0, 1, 9]])
    assert mix_ups(confusion, ("a", "b", "c"), most=2) == [(1, 0, 5), (0, 1, 2)]
    assert mix_ups(np.eye(3, dtype=np.int64), ("a", "b", "c")) == []


def test_bins_without_clouds_are_left_out_and_the_others_have_intervals() -> None:
    bins = make_dossier(number=12, wrong=(1, 4)).reliability
    assert sum(one["n"] for one in bins) == 12
    for one in bins:
        assert one["low"] <= one["accuracy"] <= one["high"]
