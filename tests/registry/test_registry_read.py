"""Reading: nothing damaged, forged or from elsewhere is handed on."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcdash.errors import CorruptArtifact, NotFound
from pcdash.registry import Registry, is_version, read_model_dir


def test_every_random_corruption_of_a_model_is_refused(registry: Registry, tmp_path: Path) -> None:
    rng = np.random.default_rng(61)
    model = rng.bytes(20_000)
    version = registry.publish(model, {}, {})
    path = tmp_path / "models" / version / "model.joblib"
    for round_ in range(200):
        damaged = bytearray(model)
        begin = int(rng.integers(len(model)))
        if round_ % 3 == 0:
            damaged[begin] ^= 1 << int(rng.integers(8))
        elif round_ % 3 == 1:
            del damaged[begin:]
        else:
            damaged[begin : begin + 512] = bytes(len(damaged[begin : begin + 512]))
        path.write_bytes(damaged)
        with pytest.raises(CorruptArtifact, match=r"^model\.joblib "):
            registry.read_model(version)
    path.write_bytes(model)
    assert registry.read_model(version)[0] == model


def _without(key: str) -> Callable[[dict[str, object]], object]:
    return lambda metadata: {name: value for name, value in metadata.items() if name != key}


def _with(**changes: object) -> Callable[[dict[str, object]], object]:
    return lambda metadata: {**metadata, **changes}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: [1], "metadata.json must hold one JSON object"),
        (lambda _: None, "metadata.json must hold one JSON object"),
        (_without("format"), "metadata.json: format is missing"),
        (_with(format=2), "metadata.json: format must be the number 1"),
        (_without("sha256"), "metadata.json: sha256 is missing"),
        (_with(sha256="0" * 63), "metadata.json: sha256 must be 64 hexadecimal digits"),
        (_with(sha256=7), "metadata.json: sha256 must be 64 hexadecimal digits"),
        (_with(sha256="0" * 64), "model.joblib does not match the SHA-256 in metadata.json"),
        (_with(size=10**15), "model.joblib has 7 bytes instead of 1,000,000,000,000,000"),
        (_with(size=-1), "metadata.json: size must be a number of bytes"),
        (_with(size=True), "metadata.json: size must be a number of bytes"),
        (_with(version="<script>"), "metadata.json: version must be YYYYMMDD-HHMMSS"),
        (_with(version="20200101-000000"), "metadata.json belongs to version 20200101-000000"),
    ],
)
def test_changed_metadata_is_refused_with_the_reason(
    registry: Registry, tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    version = registry.publish(b"model 0", {}, {})
    path = tmp_path / "models" / version / "metadata.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(CorruptArtifact) as caught:
        registry.read_model(version)
    assert caught.value.message == message
    assert len(registry.versions()) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b'{"format": NaN}', b"[" * 100_000, b'{"a":' * 100_000, b"{}\0"],
)
def test_metadata_that_is_not_json_is_refused_and_listed(
    registry: Registry, tmp_path: Path, content: bytes
) -> None:
    version = registry.publish(b"m", {}, {})
    (tmp_path / "models" / version / "metadata.json").write_bytes(content)
    for ask in (registry.read_model, registry.metadata):
        with pytest.raises(CorruptArtifact, match=r"^metadata\.json is not valid JSON$"):
            ask(version)
    (info,) = registry.versions()
    assert (info.version, info.problem) == (version, "metadata.json is not valid JSON")
    (tmp_path / "reports" / f"{version}.json").write_bytes(content)
    with pytest.raises(CorruptArtifact):
        registry.report(version)


def test_truncated_metadata_is_refused_at_every_length(registry: Registry, tmp_path: Path) -> None:
    version = registry.publish(b"m", {"classes": ["a"]}, {})
    path = tmp_path / "models" / version / "metadata.json"
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CorruptArtifact):
            registry.read_model(version)


@pytest.mark.parametrize("name", ["model.joblib", "metadata.json"])
def test_missing_files_are_refused_listed_and_passed_over(
    registry: Registry, three: list[str], tmp_path: Path, name: str
) -> None:
    (tmp_path / "models" / three[2] / name).unlink()
    with pytest.raises(CorruptArtifact, match=f"^{name} is missing$"):
        registry.read_model(three[2])
    problems = [info.problem for info in registry.versions()]
    assert problems[0] is not None
    assert name in problems[0]
    assert problems[1:] == [None, None]
    assert registry.newest_sound() == three[1]
    with pytest.raises(CorruptArtifact):
        Registry(tmp_path).promote(three[2])


def test_a_file_larger_than_metadata_ever_is_is_not_read(
    registry: Registry, tmp_path: Path
) -> None:
    version = registry.publish(b"m", {}, {})
    path = tmp_path / "models" / version / "metadata.json"
    os.truncate(path, 2**40)
    with pytest.raises(CorruptArtifact, match="larger than 16 MiB"):
        registry.metadata(version)


def test_a_folder_anywhere_is_read_through_links_resolved_once(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    assert read_model_dir(tmp_path / "models" / "current")[0] == b"model 2"
    copy = shutil.copytree(tmp_path / "models" / three[0], tmp_path / "elsewhere" / "my model")
    model, metadata = read_model_dir(copy)
    assert (model, metadata["version"]) == (b"model 0", three[0])
    assert hashlib.sha256(model).hexdigest() == metadata["sha256"]


def test_a_folder_that_is_none_is_not_found_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("missing", "file", "loop"):
        with pytest.raises(NotFound) as caught:
            read_model_dir(tmp_path / name)
        assert str(tmp_path) not in caught.value.message


NOT_VERSIONS = st.one_of(
    st.text(max_size=20),
    st.from_regex(r"\A\d{8}-\d{6}\Z").filter(lambda name: not name.isascii()),
    st.from_regex(r"\A[0-9]{8}-[0-9]{6}\n\Z"),
    st.sampled_from(["current", "..", "../reports", "20261122-101500/..", "20261122-101500\0", ""]),
)


@given(name=NOT_VERSIONS)
def test_only_names_of_versions_ever_reach_the_disk(name: str) -> None:
    registry = Registry(Path("/proc/self"))
    assert not is_version(name)
    for ask in (registry.read_model, registry.metadata, registry.report, registry.promote):
        with pytest.raises(NotFound, match="a version is named"):
            ask(name)


def test_an_unknown_version_is_not_found(registry: Registry, three: list[str]) -> None:
    for ask in (registry.read_model, registry.metadata, registry.report, registry.promote):
        with pytest.raises(NotFound, match="there is no version 20200101-000000"):
            ask("20200101-000000")
    assert registry.current() == three[2]


def test_a_version_without_a_report_says_so(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    (tmp_path / "reports" / f"{three[0]}.json").unlink()
    with pytest.raises(NotFound, match="has no report"):
        registry.report(three[0])


def test_the_list_shows_what_was_published_and_notices_changes(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    infos = registry.versions()
    assert [(info.version, info.metadata["n"], info.size) for info in infos] == [
        (three[2], 2, 7),
        (three[1], 1, 7),
        (three[0], 0, 7),
    ]
    assert {info.created_at for info in infos} == {"2026-11-22T10:15:00Z"}
    assert {info.problem for info in infos} == {None}
    (tmp_path / "models" / three[1] / "metadata.json").write_text("{}")
    shutil.rmtree(tmp_path / "models" / three[0])
    assert [info.problem for info in registry.versions()] == [
        None,
        "metadata.json: format is missing",
    ]


def test_a_thousand_versions_are_listed_quickly(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    models = tmp_path / "models"
    metadata = json.loads((models / three[0] / "metadata.json").read_text())
    for number in range(1000):
        version = f"20250101-{number // 60:04d}{number % 60:02d}"
        (models / version).mkdir()
        (models / version / "model.joblib").write_bytes(b"model 0")
        text = json.dumps({**metadata, "version": version})
        (models / version / "metadata.json").write_text(text)
    assert len(registry.versions()) == 1003
    begin = time.process_time()
    infos = registry.versions()
    assert time.process_time() - begin < 0.2
    assert all(info.problem is None for info in infos)


def test_what_a_version_takes_on_disk_follows_its_files(registry: Registry, tmp_path: Path) -> None:
    old, version = (registry.publish(b"model" * n, {}, {"a": n}) for n in (10, 20))

    def disk(name: str) -> int:
        (info,) = (one for one in registry.versions() if one.version == name)
        return info.disk + registry.report_sizes()[name]

    def found(name: str) -> int:
        own = [*(tmp_path / "models" / name).iterdir(), *(tmp_path / "reports").glob(f"{name}.*")]
        return sum(path.stat().st_size for path in own)

    reports = tmp_path / "reports"
    assert disk(version) == found(version) > 50
    os.utime(reports, ns=(0, 1))  # long ago: what is found now will be remembered
    assert registry.report_sizes() is registry.report_sizes()
    registry.attach(version, "passport.json", b"x" * 1000)
    assert disk(version) == found(version) > 1000
    os.utime(reports, ns=(0, 2))
    registry.delete(old)
    assert old not in registry.report_sizes()
    with (tmp_path / "models" / version / "metadata.json").open("ab") as stream:
        stream.write(b" " * 77)
    assert disk(version) == found(version)
