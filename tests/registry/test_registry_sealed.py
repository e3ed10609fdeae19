"""With a key: what is not sealed by it is not read, whatever its digests say."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from registry_clock import Clock

from pcdash.errors import CorruptArtifact
from pcdash.registry import Registry, read_model_dir, signing

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def sealed(tmp_path: Path, clock: Clock) -> Registry:
    return Registry(tmp_path, key=KEY, clock=clock)


def _forge(folder: Path, model: bytes) -> None:
    """Another model, and metadata that agrees with it."""
    path = folder / "metadata.json"
    about = json.loads(path.read_text())
    about |= {"sha256": hashlib.sha256(model).hexdigest(), "size": len(model)}
    (folder / "model.joblib").write_bytes(model)
    path.write_text(json.dumps(about, sort_keys=True, indent=2))


def test_the_seal_is_an_hmac_of_the_metadata(sealed: Registry, tmp_path: Path) -> None:
    version = sealed.publish(b"model", {"classes": ["a"]}, {})
    folder = tmp_path / "models" / version
    expected = hmac.digest(KEY, (folder / "metadata.json").read_bytes(), "sha256").hex()
    assert (folder / "metadata.hmac").read_text() == expected
    assert sealed.read_model(version)[0] == b"model"
    assert read_model_dir(folder, KEY)[0] == b"model"
    assert KEY.decode() not in "".join(path.read_text() for path in folder.iterdir())


def test_a_forged_model_with_the_right_digest_is_refused(sealed: Registry, tmp_path: Path) -> None:
    good, bad = (sealed.publish(b"model %d" % n, {}, {}) for n in range(2))
    _forge(tmp_path / "models" / bad, b"forged")
    assert Registry(tmp_path).read_model(bad)[0] == b"forged"  # what a digest alone is worth
    for attempt in (sealed.read_model, sealed.metadata, sealed.promote):
        with pytest.raises(CorruptArtifact, match="does not match the metadata and this server"):
            attempt(bad)
    assert [info.problem is None for info in sealed.versions()] == [False, True]
    assert sealed.newest_sound() == good


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about["golden"].update(answer=2),
        lambda about: about["classes"].reverse(),
        lambda about: about.update(created_at="2020-01-01T00:00:00Z"),
        lambda about: about.update(extra=1),
        lambda about: about.pop("classes"),
    ],
)
def test_the_seal_covers_all_of_the_metadata(
    sealed: Registry, tmp_path: Path, change: Callable[[dict[str, object]], object]
) -> None:
    version = sealed.publish(b"m", {"golden": {"answer": 1}, "classes": ["a", "b"]}, {})
    path = tmp_path / "models" / version / "metadata.json"
    about = json.loads(path.read_text())
    change(about)
    path.write_text(json.dumps(about, sort_keys=True, indent=2))
    with pytest.raises(CorruptArtifact, match="does not match the metadata"):
        sealed.read_model(version)


def test_every_flipped_bit_of_metadata_or_seal_is_refused(sealed: Registry, tmp_path: Path) -> None:
    version = sealed.publish(b"m", {"classes": ["a"]}, {})
    for name in ("metadata.json", "metadata.hmac"):
        path = tmp_path / "models" / version / name
        whole = path.read_bytes()
        for place in range(len(whole)):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << (place % 8)
            path.write_bytes(damaged)
            with pytest.raises(CorruptArtifact):
                sealed.read_model(version)
        path.write_bytes(whole)
    assert sealed.read_model(version)[0] == b"m"


def _remove(path: Path) -> None:
    path.unlink()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:63])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [_remove, _truncate, _empty, _folder])
def test_without_a_whole_seal_nothing_is_read(
    sealed: Registry, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    version = sealed.publish(b"m", {}, {})
    assert sealed.versions()[0].problem is None
    change(tmp_path / "models" / version / "metadata.hmac")
    with pytest.raises(CorruptArtifact, match=r"^metadata\.hmac "):
        sealed.read_model(version)
    assert sealed.current() is None
    assert sealed.versions()[0].problem is not None  # the list does not remember better days


def test_a_seal_of_another_version_or_key_does_not_fit(
    sealed: Registry, tmp_path: Path, clock: Clock
) -> None:
    first, second = (sealed.publish(b"model %d" % n, {}, {}) for n in range(2))
    models = tmp_path / "models"
    shutil.copy(models / first / "metadata.hmac", models / second / "metadata.hmac")
    with pytest.raises(CorruptArtifact):
        sealed.read_model(second)
    shutil.rmtree(models / second)
    shutil.copytree(models / first, models / second)  # wholly sealed, under another name
    with pytest.raises(CorruptArtifact, match=f"belongs to version {first}"):
        sealed.read_model(second)
    other = Registry(tmp_path, key=KEY[::-1], clock=clock)
    with pytest.raises(CorruptArtifact):
        other.read_model(first)


def test_versions_from_before_the_key_are_refused_and_without_one_seals_are_not_asked_for(
    registry: Registry, sealed: Registry
) -> None:
    unsealed, new = registry.publish(b"m", {}, {}), sealed.publish(b"n", {}, {})
    with pytest.raises(CorruptArtifact, match=r"metadata\.hmac is missing"):
        sealed.read_model(unsealed)
    assert registry.read_model(new)[0] == b"n"


def test_seals_are_compared_in_constant_time(
    sealed: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = sealed.publish(b"m", {}, {})
    asked = []

    def compare(a: bytes, b: bytes) -> bool:
        asked.append((a, b))
        return False

    monkeypatch.setattr(signing.hmac, "compare_digest", compare)
    with pytest.raises(CorruptArtifact):
        sealed.read_model(version)
    assert len(asked) == 1
    assert asked[0][0] == asked[0][1]
