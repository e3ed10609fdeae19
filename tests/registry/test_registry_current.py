"""The promoted version, whatever became of the link."""

from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path

import pytest

from pcdash.errors import NotFound, PcdashError
from pcdash.registry import Registry


def _relink(models: Path, target: str | None) -> None:
    (models / "current").unlink()
    if target is not None:
        (models / "current").symlink_to(target)


@pytest.mark.parametrize(
    "target",
    [
        None,
        "20200101-000000",
        "current",
        "/etc",
        "../../outside",
        "..",
        ".",
        "20261122-101500/..",
        "x",
    ],
)
def test_a_broken_link_falls_back_to_the_newest_sound_version(
    registry: Registry,
    three: list[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    target: str | None,
) -> None:
    models = tmp_path / "models"
    registry.promote(three[0])
    (models / three[2] / "model.joblib").write_bytes(b"garbage")
    shutil.copytree(models / three[0], tmp_path / "outside")
    _relink(models, target)
    with caplog.at_level(logging.WARNING):
        assert registry.current() == three[1]
        assert registry.current() == three[1]
    assert len(caplog.records) == 1  # once, not at every look
    assert three[1] in caplog.text


def test_that_nothing_was_promoted_yet_is_no_fault(
    registry: Registry, three: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert registry.current() == three[2]
    assert not caplog.records


def test_an_absolute_link_into_the_registry_is_not_trusted_either(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    _relink(tmp_path / "models", str(tmp_path / "models" / three[0]))
    assert registry.current() == three[2]


@pytest.mark.parametrize("form", ["{}", "./{}", "{}/"])
def test_a_link_made_by_hand_counts(
    registry: Registry, three: list[str], tmp_path: Path, form: str
) -> None:
    _relink(tmp_path / "models", form.format(three[0]))
    assert registry.current() == three[0]


def test_a_folder_in_place_of_the_link_is_survived_and_explained(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    _relink(tmp_path / "models", None)
    shutil.copytree(tmp_path / "models" / three[0], tmp_path / "models" / "current")
    assert registry.current() == three[2]
    with pytest.raises(PcdashError, match="models/current is a folder, not a link"):
        registry.promote(three[1])
    assert not [path for path in (tmp_path / "models").iterdir() if path.name.startswith(".tmp")]


def test_a_version_that_is_a_link_to_elsewhere_is_none(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    outside = shutil.copytree(tmp_path / "models" / three[0], tmp_path / "outside")
    (tmp_path / "models" / "20300101-000000").symlink_to(outside)
    _relink(tmp_path / "models", "20300101-000000")
    assert registry.current() == three[2]
    assert [info.version for info in registry.versions()] == three[::-1]
    with pytest.raises(NotFound):
        registry.read_model("20300101-000000")


def test_the_fallback_is_not_hashed_again_until_files_change(
    registry: Registry, three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _relink(tmp_path / "models", None)
    assert registry.current() == three[2]
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "sha256", None)
        assert registry.current() == three[2]
    (tmp_path / "models" / three[2] / "model.joblib").write_bytes(b"model X")
    assert registry.current() == three[1]
