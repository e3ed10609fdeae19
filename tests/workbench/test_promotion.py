"""From a training to a passport, and through the gate into service."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pcdash.core.examination.conditions import GRIDS
from pcdash.core.generation import generate
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.errors import CorruptArtifact, GateRefused, InvalidInput, NotFound, Refused
from pcdash.registry import Registry
from pcdash.settings import Settings
from pcdash.workbench import Workbench, promotion, train_and_publish
from pcdash.workbench.promotion import promote

ROBUST = {
    "dataset": {"classes": ["sphere", "cube", "torus"], "n_samples_per_class": 40, "randomise": {}},
    "model": {"name": "svm_rbf"},
    "passport": {"grid": "small", "clouds": 60},
}
FRAGILE = ROBUST | {
    "dataset": {
        "classes": ["sphere", "cube", "torus"],
        "n_samples_per_class": 20,
        "noise_sigma": 0.0,
        "n_points": 512,
    }
}
TINY = FRAGILE | {"passport": {"grid": "small", "clouds": 12}}


def _trained(config: dict[str, Any], artifacts: Path, **options: Any) -> dict[str, Any]:
    return train_and_publish(TrainParams.model_validate(config), artifacts, Silent(), **options)


def _bench(artifacts: Path) -> Workbench:
    return Workbench(Settings(artifacts_dir=str(artifacts), bootstrap=False))


@pytest.fixture(scope="module")
def rivals(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, Any]]:
    """A robust version in service, and what became of a fragile one's training."""
    artifacts = tmp_path_factory.mktemp("rivals") / "artifacts"
    robust = _trained(ROBUST, artifacts)
    return artifacts, robust["version"], _trained(FRAGILE, artifacts)


@pytest.fixture(scope="module")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts with one version by `TINY`, in service; to be copied."""
    artifacts = tmp_path_factory.mktemp("tiny") / "artifacts"
    _trained(TINY, artifacts)
    return artifacts


@pytest.fixture
def tiny(tiny_home: Path, tmp_path: Path) -> Path:
    """Artifacts with one version by `TINY`, in service."""
    return Path(shutil.copytree(tiny_home, tmp_path / "artifacts", symlinks=True))


def test_a_fragile_version_is_published_but_not_promoted(
    rivals: tuple[Path, str, dict[str, Any]],
) -> None:
    artifacts, robust, fragile = rivals
    bench = _bench(artifacts)
    assert fragile["promoted"] is False
    assert "significantly worse" in fragile["note"]
    assert Registry(artifacts).current() == robust
    # It is the better one on its own, clean test data.
    accuracy = {row.version: row.accuracy for row in bench.models()}
    assert accuracy[fragile["version"]] >= accuracy[robust]
    verdict = bench.judge(fragile["version"])
    assert {one.name for one in verdict.worse} & {"noise 0.1", "outliers 0.1", "crop 0.5"}
    assert all(str(one) in fragile["note"] for one in verdict.worse)


def test_a_reason_overrides_the_gate_and_is_logged(
    rivals: tuple[Path, str, dict[str, Any]],
) -> None:
    artifacts, robust, fragile = rivals
    bench = _bench(artifacts)
    version = fragile["version"]
    with pytest.raises(GateRefused) as refused:
        bench.promote(version, reason="test")
    assert refused.value.conditions
    for reason in ("", "  ", "x", "y" * 501):
        with pytest.raises(InvalidInput, match="3 to 500"):
            bench.promote(version, reason="test", override=reason)
    for reason in ("red \x1b[31m", "back\x08\x08", "a\u202eb c", "nul \x00 here", "\x9b31m one"):
        with pytest.raises(InvalidInput, match="cannot be printed"):
            bench.promote(version, reason="test", override=reason)
    assert Registry(artifacts).current() == robust
    bench.promote(version, reason="test", override=" for the\nshow ")
    entry = bench.promotion_log()[0]
    assert (entry["version"], entry["previous"], entry["action"]) == (version, robust, "promote")
    assert entry["override"] == "for the show"
    assert refused.value.conditions[0] in entry["note"]
    assert bench.rollback() == robust


def test_a_promotion_that_needs_no_reason_does_not_log_one(
    rivals: tuple[Path, str, dict[str, Any]],
) -> None:
    artifacts, robust, fragile = rivals
    bench = _bench(artifacts)
    bench.promote(fragile["version"], override="for the way back")
    bench.promote(robust, override="not needed")
    entry = bench.promotion_log()[0]
    assert entry["version"] == robust
    assert "override" not in entry
    assert entry["note"].startswith("compared with version")


def test_passport_and_evidence_tell_the_same_story(
    rivals: tuple[Path, str, dict[str, Any]],
) -> None:
    artifacts, robust, _ = rivals
    bench = _bench(artifacts)
    passport = bench.passport(robust)
    assert [one["name"] for one in passport["conditions"]] == [c.name for c in GRIDS["small"]]
    assert all(one["n"] == 60 for one in passport["conditions"])
    report = bench.report(robust)
    assert report["robustness"]["noise"][1]["accuracy"] == passport["conditions"][1]["accuracy"]
    low, high = report["intervals"]["accuracy"]
    assert low <= report["metrics"]["accuracy"] <= high
    evidence = bench.evidence(robust)
    counts = np.zeros_like(report["confusion"])
    np.add.at(counts, (evidence.truth, evidence.said), 1)
    assert counts.tolist() == report["confusion"]
    assert evidence.total == report["counts"]["test"]
    assert np.allclose(evidence.probabilities.sum(axis=1), 1.0, atol=1e-5)
    assert np.array_equal(evidence.probabilities.argmax(axis=1), evidence.said)
    assert sum(one["n"] for one in report["calibration"]["bins"]) == evidence.total
    assert {one["block"] for one in report["importance"]} >= {"fits", "levels"}


def test_the_same_training_gets_the_same_passport_byte_for_byte(
    tiny_home: Path, tmp_path: Path
) -> None:
    _trained(TINY, tmp_path)
    raws = [
        Registry(artifacts).attached(Registry(artifacts).current() or "", "passport.json")
        for artifacts in (tiny_home, tmp_path)
    ]
    assert raws[0] == raws[1]


def test_a_training_that_asks_for_no_promotion_gets_none(
    tmp_path: Path, small: TrainParams
) -> None:
    first = _trained(small.model_dump(mode="json") | {"promote": "never"}, tmp_path)
    assert first["promoted"] is False
    assert _bench(tmp_path).promotion_log() == []


def test_a_first_model_makes_way_for_anything(tmp_path: Path, small: TrainParams) -> None:
    first = _trained(small.model_dump(mode="json"), tmp_path, bootstrap=True)
    registry = Registry(tmp_path)
    other = dict(registry.metadata(first["version"]))
    fragile = registry.publish(b"x", {"classes": other["classes"], "bootstrap": False}, {})
    verdict = promote(registry, fragile, reason="test")
    assert "first model" in verdict.note
    assert registry.current() == fragile


def test_other_classes_are_promoted_with_a_note(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    one = registry.publish(b"1", {"classes": ["a", "b"]}, {})
    other = registry.publish(b"2", {"classes": ["a", "c"]}, {})
    promote(registry, one, reason="test")
    verdict = promote(registry, other, reason="test")
    assert not verdict.comparable
    assert registry.promotions()[-1]["note"] == f"not compared: version {one} knows other classes"


def test_a_damaged_passport_opens_no_gate(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    one, other = (registry.publish(b"%d" % n, {"classes": ["a", "b"]}, {}) for n in range(2))
    promote(registry, one, reason="test")
    for raw in (b"", b"[]", b"{}", b'{"passport_format": 1, "conditions": []}', b"\xff"):
        registry.attach(other, "passport.json", raw)
        with pytest.raises(CorruptArtifact, match="passport"):
            promote(registry, other, reason="test")
    assert registry.current() == one


def test_a_training_leaves_the_newest_versions_and_those_that_are_needed(tiny: Path) -> None:
    registry = Registry(tiny)
    versions = [registry.current()]
    versions += [registry.publish(b"%d" % n, {"classes": []}, {}) for n in range(4)]
    newest = _trained(TINY, tiny, keep=2)["version"]
    left = [info.version for info in registry.versions()]
    assert left == [newest, versions[-1], versions[0]]  # the first one is the way back
    assert not list((tiny / "reports").glob(f"{versions[1]}.*"))


def test_files_of_a_folder_are_written_down_with_their_hashes(tmp_path: Path) -> None:
    import hashlib

    root = tmp_path / "scans"
    for shape in ("sphere", "cube"):
        (root / shape).mkdir(parents=True)
        for seed in range(8):
            cloud = generate(CloudParams(shape=shape, n_points=64, seed=seed))
            np.save(root / shape / f"{seed}.npy", cloud.points)
    (root / "cube" / "broken.npy").write_bytes(b"no")
    config = {
        "dataset": {"kind": "folder", "root": str(root), "on_error": "skip"},
        "model": {"name": "svm_rbf"},
        "passport": {"grid": "small", "clouds": 10},
    }
    result = _trained(config, tmp_path / "artifacts")
    raw = Registry(tmp_path / "artifacts").attached(result["version"], "sources.json")
    sources = {one["name"]: one for one in json.loads(raw)["sources"]}
    assert len(sources) == 16
    for name, one in sources.items():
        assert one["sha256"] == hashlib.sha256((root / name).read_bytes()).hexdigest()
    tested = sorted(name for name, one in sources.items() if one["split"] == "test")
    evidence = _bench(tmp_path / "artifacts").evidence(result["version"])
    assert sorted(evidence.name.tolist()) == tested


def test_versions_in_service_are_not_deleted(rivals: tuple[Path, str, dict[str, Any]]) -> None:
    artifacts, _, _ = rivals
    bench = _bench(artifacts)
    current = next(row.version for row in bench.models() if row.current)
    with pytest.raises(Refused, match="it is live"):
        bench.delete(current)
    with pytest.raises(NotFound):
        bench.delete("20000101-000000")
    assert all(row.disk > 10_000 for row in bench.models())


def test_a_passport_that_cannot_be_read_opens_no_gate(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    one, other = (registry.publish(b"%d" % n, {"classes": ["a", "b"]}, {}) for n in range(2))
    promote(registry, one, reason="test")
    (tmp_path / "reports" / f"{other}.passport.json").mkdir()  # unreadable for root as well
    with pytest.raises(CorruptArtifact, match="cannot be read"):
        promote(registry, other, reason="test")
    assert registry.current() == one


def test_what_is_served_without_an_alias_stays_until_the_gate_says_otherwise(
    rivals: tuple[Path, str, dict[str, Any]], tmp_path: Path
) -> None:
    artifacts, robust, fragile = rivals
    copy = Path(shutil.copytree(artifacts, tmp_path / "copy", symlinks=True))
    Registry(copy).promote(robust)
    (copy / "models" / "current").unlink()
    shutil.rmtree(copy / "models" / fragile["version"])
    for config, promoted in ((FRAGILE, False), (ROBUST | {"promote": "never"}, False)):
        result = _trained(config, copy)
        assert result["promoted"] is promoted
        assert Registry(copy).current() == robust


def test_a_rival_that_comes_between_verdict_and_promotion_is_not_overtaken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(tmp_path)
    one, other, third = (registry.publish(b"%d" % n, {"classes": []}, {}) for n in range(3))
    registry.promote(one)
    judged = promotion._judged

    def slow(*given: Any) -> Any:
        verdict = judged(*given)
        Registry(tmp_path).promote(third)
        return verdict

    monkeypatch.setattr(promotion, "_judged", slow)
    with pytest.raises(Refused, match="meanwhile"):
        promote(registry, other, reason="test")
    assert registry.current() == third


def test_a_version_that_was_not_examined_is_not_promoted_by_its_training(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Registry(tiny).current()

    def fail(*_given: Any, **_named: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("pcdash.workbench.examiner.examine", fail)
    second = _trained(TINY, tiny)
    assert second["promoted"] is False
    assert "not examined to the end" in second["note"]
    assert Registry(tiny).current() == first


def test_a_damaged_passport_of_the_served_version_fails_no_training(tiny: Path) -> None:
    first = Registry(tiny).current()
    assert first is not None
    Registry(tiny).attach(first, "passport.json", b"{}")
    second = _trained(TINY, tiny)
    assert second["promoted"] is False
    assert f"passport of version {first} is damaged" in second["note"]
