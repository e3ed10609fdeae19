"""A version made again from what is written down about it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scans import on_scans

from pcdash.core.params import TrainParams
from pcdash.core.progress import Silent
from pcdash.datasets import DatasetStore
from pcdash.errors import Cancelled, InvalidInput, NotFound
from pcdash.registry import Reader, Registry
from pcdash.registry.verify import digest_of
from pcdash.workbench import reproduction, train_and_publish, trainer
from pcdash.workbench.documents import config_fingerprint, libraries, pickled
from pcdash.workbench.loading import open_model
from pcdash.workbench.reproduction import Reproduction, reproduce, restore

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def home(folder_version: tuple[Path, str], tmp_path: Path) -> Path:
    return shutil.copytree(folder_version[0], tmp_path / "home", symlinks=True)


@pytest.fixture
def version(folder_version: tuple[Path, str]) -> str:
    return folder_version[1]


def _again(home: Path, version: str) -> Reproduction:
    return reproduce(home / "artifacts", version, Silent(), data=home / "scans")


def _files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def _rewrite(home: Path, version: str, changes: Mapping[str, Any], *, digest: bool = True) -> None:
    path = home / "artifacts" / "models" / version / "metadata.json"
    about = json.loads(path.read_text()) | changes
    if digest:
        about["digest"] = digest_of(about)
    path.write_text(json.dumps(about, sort_keys=True, indent=2))


def test_it_is_certified_and_nothing_is_written(home: Path, version: str) -> None:
    before = _files(home)
    said = _again(home, version)
    assert _files(home) == before
    assert said.certified
    assert said.largest == 0.0
    assert said.golden == 5
    assert said.differences == ()


def test_synthetic_data_are_made_again(
    tmp_path: Path, small: TrainParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "_attach", lambda *_: None)  # the examination takes far longer
    version = train_and_publish(small, tmp_path, Silent())["version"]
    assert reproduce(tmp_path, version, Silent()).certified
    with pytest.raises(InvalidInput, match="trained on no folder"):
        reproduce(tmp_path, version, Silent(), data=tmp_path)


def test_features_that_another_training_has_left_do_not_matter(home: Path) -> None:
    for seed in (1, 2):  # other orders, hence other batches, of the same files
        said = train_and_publish(on_scans(home / "scans", seed=seed), home / "artifacts", Silent())
        assert _again(home, said["version"]).largest == 0.0


def test_a_stored_dataset_is_found_by_its_name(home: Path) -> None:
    artifacts = home / "artifacts"
    store = DatasetStore(artifacts, quota=1 << 30)
    dataset, _ = store.add(home / "scans", "scans", "scans")
    params = on_scans(Path(f"datasets/{dataset.hash}"))
    version = train_and_publish(params, artifacts, Silent())["version"]
    before = _files(home)
    assert reproduce(artifacts, version, Silent()).certified
    assert _files(home) == before
    store.delete(dataset.hash)
    (one,) = reproduce(artifacts, version, Silent()).differences
    assert (one.what, one.name, one.forbids) == ("dataset", "the clouds", True)
    assert reproduce(artifacts, version, Silent(), data=home / "scans").certified


def test_a_deleted_model_comes_back_as_it_was(home: Path, version: str) -> None:
    registry = Registry(home / "artifacts")
    model = home / "artifacts" / "models" / version / "model.joblib"
    before = _files(home / "artifacts" / "models")
    model.unlink()
    rebuilt = _again(home, version)
    assert rebuilt.certified
    assert not model.exists()
    assert restore(registry, rebuilt) is True
    after = _files(home / "artifacts" / "models")
    assert {k: v[0] for k, v in after.items()} == {k: v[0] for k, v in before.items()}
    assert restore(registry, rebuilt) is False
    open_model(*registry.read_model(version), version)


def test_other_bytes_are_loaded_like_the_first_and_sealed(
    home: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = Registry(home / "artifacts", key=KEY.encode())
    raw, about = Registry(home / "artifacts").read_model(version)
    other = sealed.publish(raw, {k: v for k, v in about.items() if k != "digest"}, {})
    shutil.copy(
        home / "artifacts" / "reports" / f"{version}.sources.json",
        home / "artifacts" / "reports" / f"{other}.sources.json",
    )
    (home / "artifacts" / "models" / other / "model.joblib").write_bytes(b"damaged")
    monkeypatch.setattr(reproduction, "pickled", lambda pipeline: pickled(pipeline) + b"\0")
    monkeypatch.setenv("PCDASH_HMAC_KEY", KEY)
    rebuilt = _again(home, other)
    assert restore(sealed, rebuilt) is True
    model = open_model(*sealed.read_model(other), other)
    golden = [np.asarray(points) for points in about["golden"]["clouds"]]
    expected = np.asarray(about["golden"]["probabilities"])
    assert np.abs(model.probabilities(golden) - expected).max() <= 1e-9
    assert sealed.metadata(other)["restored"]["sha256"] == about["sha256"]
    assert sealed.metadata(other)["libraries"] == libraries()


def _flip(scans: Path) -> None:
    path = scans / "cube" / "train" / "3.xyz"
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(raw)


def _remove(scans: Path) -> None:
    (scans / "sphere" / "test" / "1.xyz").unlink()


def _add(scans: Path) -> None:
    shutil.copy(scans / "cube" / "train" / "0.xyz", scans / "cube" / "train" / "new.xyz")


def _move(scans: Path) -> None:
    (scans / "cube" / "train" / "0.xyz").rename(scans / "cube" / "test" / "0b.xyz")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_flip, [("cube/train/3.xyz", "has changed: SHA-256 ")]),
        (_remove, [("sphere/test/1.xyz", "is missing")]),
        (_add, [("cube/train/new.xyz", "is new")]),
        (_move, [("cube/test/0b.xyz", "is new"), ("cube/train/0.xyz", "is missing")]),
        (shutil.rmtree, [("the clouds", "cannot be read: the folder does not exist")]),
        (lambda scans: shutil.rmtree(scans / "cube"), [("the clouds", "cannot be read: expected")]),
    ],
)
def test_changed_files_are_named_and_nothing_is_trained(
    home: Path,
    version: str,
    change: Callable[[Path], None],
    expected: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reproduction, "train", None)
    change(home / "scans")
    said = _again(home, version)
    assert not said.certified
    assert said.largest is None
    assert [(one.what, one.name) for one in said.differences] == [
        ("dataset", name) for name, _ in expected
    ]
    for one, (_, message) in zip(said.differences, expected, strict=True):
        assert one.message.startswith(message)


def test_files_that_were_left_out_then_are_not_called_new(home: Path) -> None:
    (home / "scans" / "cube" / "train" / "bad.xyz").write_text("not a cloud\n")
    params = on_scans(home / "scans", dataset={"on_error": "skip"})
    said = train_and_publish(params, home / "artifacts", Silent())
    assert said["problems"]
    assert _again(home, said["version"]).certified
    _add(home / "scans")
    assert [one.name for one in _again(home, said["version"]).differences] == ["cube/train/new.xyz"]


@pytest.mark.parametrize(
    ("changes", "digest", "expected"),
    [
        ({"metrics": {}}, False, {"metadata"}),
        ({"config": {"seed": 1}}, True, {"config"}),
        ({"config": None}, False, {"metadata", "config"}),
        ({"descriptor_version": "2"}, True, {"descriptor"}),
    ],
)
def test_changed_metadata_are_named_and_nothing_is_trained(
    home: Path,
    version: str,
    changes: dict[str, Any],
    digest: bool,
    expected: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reproduction, "train", None)
    _rewrite(home, version, changes, digest=digest)
    said = _again(home, version)
    assert not said.certified
    assert {one.what for one in said.differences} == expected


def test_a_configuration_that_this_pcdash_does_not_understand(home: Path, version: str) -> None:
    about = Reader(home / "artifacts").metadata(version)
    config = about["config"] | {"model": {"name": "oracle"}}
    _rewrite(home, version, {"config": config, "config_fingerprint": config_fingerprint(config)})
    (one,) = _again(home, version).differences
    assert str(one).startswith("config: the configuration is not understood: ")
    assert "model.name" in one.message


def test_other_libraries_are_named_but_forgiven(home: Path, version: str) -> None:
    then = libraries() | {"numpy": "1.0"}
    machine = {"system": "Multics", "cores": 1}
    _rewrite(home, version, {"libraries": then, "pcdash": "0.0.1", "machine": machine})
    said = _again(home, version)
    assert said.certified
    assert {(one.what, one.name) for one in said.differences} == {
        ("library", "numpy"),
        ("library", "pcdash"),
        ("machine", "system"),
    }
    assert f"library: numpy 1.0 then, {libraries()['numpy']} now" in map(str, said.differences)


def test_other_predictions_are_refused_with_what_may_have_caused_them(
    home: Path, version: str
) -> None:
    golden = Reader(home / "artifacts").metadata(version)["golden"]
    golden["probabilities"][2][0] += 1e-8
    _rewrite(home, version, {"golden": golden, "libraries": libraries() | {"scipy": "1.0"}})
    said = _again(home, version)
    assert not said.certified
    assert said.largest == pytest.approx(1e-8)
    assert str(said.differences[-1]).endswith("differ by up to 1e-08; changed: library")
    with pytest.raises(ValueError, match="only what is certified"):
        restore(Registry(home / "artifacts"), said)


def test_other_clouds_under_the_same_names_are_noticed(home: Path, version: str) -> None:
    _rewrite(home, version, {"dataset_fingerprint": "0" * 64})
    said = _again(home, version)
    assert not said.certified
    assert [one.name for one in said.differences] == ["sources.json", "the clouds"]


@pytest.mark.parametrize("content", [None, b"{", b'{"sources": [{"label": 0}]}', b"[]"])
def test_without_the_list_of_files_the_fingerprint_still_decides(
    home: Path, version: str, content: bytes | None
) -> None:
    path = home / "artifacts" / "reports" / f"{version}.sources.json"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    said = _again(home, version)
    assert said.certified
    assert [one.name for one in said.differences] == ["sources.json"]
    _flip(home / "scans")
    said = _again(home, version)
    assert not said.certified
    assert said.differences[-1].name == "the clouds"


def test_it_stops_when_told_to(home: Path, version: str) -> None:
    class Impatient(Silent):
        def check(self) -> None:
            raise Cancelled("stopped")

    before = _files(home)
    with pytest.raises(Cancelled):
        reproduce(home / "artifacts", version, Impatient(), data=home / "scans")
    assert _files(home) == before


def test_what_is_not_there_is_said(home: Path) -> None:
    with pytest.raises(NotFound):
        _again(home, "20200101-000000")
