"""Putting a lost model back: nothing else changes, and no crash leaves it half done."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from registry_clock import Clock
from registry_disk import files_in, temporary_in
from registry_faults import RESTORED, Fault, attempt, open_registry

from pcdash.errors import CorruptArtifact, NotFound, Refused
from pcdash.registry import Registry, is_as_written

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture(params=[None, KEY], ids=["open", "sealed"])
def keyed(tmp_path: Path, clock: Clock, request: pytest.FixtureRequest) -> Registry:
    return Registry(tmp_path, key=request.param, clock=clock)


def _model(folder: Path, version: str) -> Path:
    return folder / "models" / version / "model.joblib"


def _lose(path: Path) -> None:
    path.unlink()


def _damage(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[0] ^= 1
    path.write_bytes(whole)


@pytest.mark.parametrize("harm", [_lose, _damage])
def test_the_same_bytes_change_nothing_but_the_model(
    keyed: Registry, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    version = keyed.publish(b"model", {"n": 1}, {})
    whole = files_in(tmp_path)
    harm(_model(tmp_path, version))
    assert keyed.restore(version, b"model", keyed.metadata(version), {"n": 2}) is True
    assert files_in(tmp_path) == whole
    assert keyed.read_model(version)[0] == b"model"


def test_other_bytes_are_recorded_and_sealed(keyed: Registry, tmp_path: Path) -> None:
    version = keyed.publish(b"model", {"n": 1, "libraries": {"a": "1"}}, {})
    before = keyed.metadata(version)
    _model(tmp_path, version).unlink()
    assert keyed.restore(version, b"other", before, {"libraries": {"a": "2"}}) is True
    model, about = keyed.read_model(version)
    assert model == b"other"
    assert is_as_written(about)
    assert about["sha256"] == hashlib.sha256(b"other").hexdigest()
    assert about["restored"]["sha256"] == before["sha256"]
    changed = {"sha256", "size", "digest", "restored", "libraries"}
    assert {key: about[key] for key in before.keys() - changed} == {
        key: before[key] for key in before.keys() - changed
    }
    seal = tmp_path / "models" / version / "metadata.hmac"
    assert not seal.exists() or len(seal.read_bytes()) == 64
    assert temporary_in(tmp_path) == []


def test_a_sound_model_is_left_alone(keyed: Registry, tmp_path: Path) -> None:
    version = keyed.publish(b"model", {}, {})
    whole = files_in(tmp_path)
    assert keyed.restore(version, b"other", keyed.metadata(version)) is False
    assert files_in(tmp_path) == whole


def test_metadata_that_changed_meanwhile_refuse_it(keyed: Registry, tmp_path: Path) -> None:
    version = keyed.publish(b"model", {"n": 1}, {})
    before = keyed.metadata(version) | {"n": 2}
    _model(tmp_path, version).unlink()
    with pytest.raises(Refused, match=f"version {version} was changed meanwhile"):
        keyed.restore(version, b"model", before)
    assert not _model(tmp_path, version).exists()


def test_a_version_that_is_in_use_gets_its_own_bytes_back_only(
    registry: Registry, tmp_path: Path
) -> None:
    version = registry.publish(b"model", {}, {})
    before = registry.metadata(version)
    release = registry.hold(version)
    _model(tmp_path, version).unlink()
    with pytest.raises(Refused, match="a server answers with it; stop it first"):
        registry.restore(version, b"other", before)
    assert registry.restore(version, b"model", before) is True
    with pytest.raises(Refused):
        registry.delete(version)  # the mark of who uses it is still there
    release()


def test_what_is_not_there_or_not_sealed_is_not_restored(
    registry: Registry, tmp_path: Path
) -> None:
    version = registry.publish(b"model", {}, {})
    with pytest.raises(NotFound):
        registry.restore("20200101-000000", b"m", {})
    with pytest.raises(CorruptArtifact, match=r"metadata\.hmac is missing"):
        Registry(tmp_path, key=KEY).restore(version, b"m", registry.metadata(version))


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_at_any_step_leaves_it_lost_or_back(tmp_path: Path, fault: Fault) -> None:
    template = open_registry(tmp_path / "template")
    version = template.publish(b"model", {"n": 9}, {})
    _model(tmp_path / "template", version).unlink()
    outcomes = []
    for step in range(1, 100):
        place = shutil.copytree(tmp_path / "template", tmp_path / str(step), symlinks=True)
        met, _ = attempt("restore", fault, place, step)
        registry = open_registry(place)  # the next start
        assert temporary_in(place) == []
        about = registry.metadata(version)  # sealed at every moment
        back = registry.versions()[0].problem is None
        assert back or about["n"] == 9
        registry.restore(version, RESTORED, about)
        assert registry.read_model(version)[0] == RESTORED
        assert len(list((place / "models" / version).iterdir())) == 3
        outcomes.append("back" if back else "lost")
        if not met:
            break
    assert outcomes == sorted(outcomes, reverse=True)
    assert set(outcomes) == {"back", "lost"}
    assert len(outcomes) > 12


def test_two_seals_are_no_way_around_the_key(tmp_path: Path, clock: Clock) -> None:
    registry = Registry(tmp_path, key=KEY, clock=clock)
    version = registry.publish(b"model", {"n": 1}, {})
    folder = tmp_path / "models" / version
    good = (folder / "metadata.hmac").read_bytes()
    about = json.loads((folder / "metadata.json").read_text()) | {"n": 2}
    (folder / "metadata.json").write_text(json.dumps(about))
    for forged in (good + b"\n" + b"0" * 64, b"\n", b"", b"\n".join([good] * 50), os.urandom(200)):
        (folder / "metadata.hmac").write_bytes(forged)
        with pytest.raises(CorruptArtifact, match="does not match"):
            registry.read_model(version)
