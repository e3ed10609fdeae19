"""Publishing: atomic, in order, whatever clock, disk and neighbours do."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from registry_clock import Clock
from registry_disk import files_in, start_worker, temporary_in

from pcdash.errors import InvalidInput
from pcdash.registry import Registry


def test_a_version_is_stored_as_the_contract_says(registry: Registry, tmp_path: Path) -> None:
    model = bytes(range(256)) * 10
    version = registry.publish(model, {"classes": ["a", "ß"], "sha256": "mine"}, {"accuracy": 0.5})
    assert version == "20261122-101500"
    metadata = {
        "classes": ["a", "ß"],
        "created_at": "2026-11-22T10:15:00Z",
        "format": 1,
        "sha256": hashlib.sha256(model).hexdigest(),
        "size": len(model),
        "version": version,
    }
    # The digest is over the others as JSON with sorted keys, without blanks to indent.
    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False)
    metadata["digest"] = hashlib.sha256(text.encode()).hexdigest()
    files = files_in(tmp_path)
    assert set(files) == {
        f"models/{version}/model.joblib",
        f"models/{version}/metadata.json",
        f"reports/{version}.json",
        "reports/report.json",
    }
    assert files[f"models/{version}/model.joblib"] == model
    stored = json.loads(files[f"models/{version}/metadata.json"])
    assert stored == metadata
    assert list(stored) == sorted(stored)
    assert files["reports/report.json"] == files[f"reports/{version}.json"]
    assert json.loads(files["reports/report.json"]) == {"accuracy": 0.5}
    assert registry.metadata(version) == metadata
    assert registry.report(version) == {"accuracy": 0.5}
    assert registry.read_model(version) == (model, metadata)
    assert not (tmp_path / "models" / "current").exists()


def test_the_link_is_relative_and_the_issue_s_path_exists(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    assert os.readlink(tmp_path / "models" / "current") == three[2]  # noqa: PTH115  # the text itself, not a path
    assert (tmp_path / "models" / "current" / "model.joblib").read_bytes() == b"model 2"
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    assert Registry(moved).current() == three[2]


def test_two_versions_in_one_second_and_a_clock_going_back(
    registry: Registry, clock: Clock
) -> None:
    versions = [registry.publish(b"m", {}, {}) for _ in range(3)]
    clock.now -= 3600
    versions.append(registry.publish(b"m", {}, {}))
    clock.now += 7200
    versions.append(registry.publish(b"m", {}, {}))
    seconds = ("101500", "101501", "101502", "101503", "111500")
    assert versions == [f"20261122-{second}" for second in seconds]
    assert [info.version for info in registry.versions()] == versions[::-1]


def test_the_name_of_a_deleted_version_is_not_given_again(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    for file in (tmp_path / "models" / three[2]).iterdir():
        file.unlink()
    (tmp_path / "models" / three[2]).rmdir()
    assert registry.publish(b"m", {}, {}) > three[2]


def test_a_folder_named_like_an_impossible_date_is_no_obstacle(
    registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "models" / "20261399-999999").mkdir(parents=True)
    assert registry.publish(b"m", {}, {}) == "20261122-101500"


@pytest.mark.parametrize("bad", [{"x": float("nan")}, {"x": {1}}, {"x": b"bytes"}])
def test_what_json_cannot_say_is_refused_before_anything_is_written(
    registry: Registry, tmp_path: Path, bad: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match="metadata"):
        registry.publish(b"m", bad, {})
    with pytest.raises(InvalidInput, match="report"):
        registry.publish(b"m", {}, bad)
    assert list(tmp_path.iterdir()) == []


def test_threads_publish_distinct_whole_versions(registry: Registry, tmp_path: Path) -> None:
    barrier = threading.Barrier(8)

    def publish(number: int) -> str:
        barrier.wait()
        return registry.publish(b"%d" % number, {"n": number}, {"n": number})

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(publish, range(8)))
    assert len(set(versions)) == 8
    for number, version in enumerate(versions):
        model, metadata = registry.read_model(version)
        assert (model, metadata["n"], registry.report(version)) == (
            b"%d" % number,
            number,
            {"n": number},
        )
    assert temporary_in(tmp_path) == []


def test_processes_publish_and_promote_while_readers_never_see_half_of_it(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.promote(registry.publish(b"first", {"text": "first"}, {}))
    workers = [start_worker(tmp_path, 5) for _ in range(3)]
    while any(worker.poll() is None for worker in workers):
        version = registry.current()
        assert version is not None
        model, metadata = registry.read_model(version)
        assert (metadata["text"], metadata["version"]) == (model.decode(), version)
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert len(registry.versions()) == 16
    assert all(info.problem is None for info in registry.versions())
    live = [entry["version"] for entry in registry.promotions()]
    assert len(live) == len(set(live)) == 16
    assert [entry["previous"] for entry in registry.promotions()] == [None, *live[:-1]]
    assert registry.current() == live[-1]
