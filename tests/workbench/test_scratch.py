"""Uploads and clouds on view: bounded in size, number and time; ids are no paths."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pcdash.core.cloud import PointCloud
from pcdash.errors import NotFound, TooLarge
from pcdash.workbench.scratch import Housekeeper, ScratchStore


class _Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def _store(folder: Path, *, quota: int = 10_000_000, clock: _Clock | None = None) -> ScratchStore:
    return ScratchStore(folder, quota=quota, max_age=3600, clock=clock or time.time)


def _cloud(n: int = 100) -> PointCloud:
    return PointCloud(
        np.random.default_rng(n).normal(size=(n, 3)) + 5e6, "a<b>.ply", {"format": "x"}
    )


def test_a_cloud_comes_back_bit_by_bit_in_another_process(tmp_path: Path) -> None:
    cloud = _cloud()
    key = _store(tmp_path).keep_cloud(cloud)
    back = _store(tmp_path).cloud(key)
    assert back.points.tobytes() == cloud.points.tobytes()
    assert (back.name, dict(back.source)) == (cloud.name, dict(cloud.source))


def test_an_upload_keeps_its_bytes_and_its_name_apart_from_its_path(tmp_path: Path) -> None:
    store = _store(tmp_path)
    kept = store.get(store.put(io.BytesIO(b"ply\n"), {"name": "../../x.ply"}, limit=100))
    assert kept.path.read_bytes() == b"ply\n"
    assert kept.path.parent == tmp_path
    assert kept.about["name"] == "../../x.ply"


def test_too_many_bytes_leave_nothing_behind(tmp_path: Path) -> None:
    store = _store(tmp_path)
    with pytest.raises(TooLarge):
        store.put(io.BytesIO(b"x" * 101), {}, limit=100)
    assert list(tmp_path.iterdir()) == []


def test_the_quota_covers_all_uploads(tmp_path: Path) -> None:
    store = _store(tmp_path, quota=150)
    store.put(io.BytesIO(b"x" * 100), {}, limit=100)
    with pytest.raises(TooLarge, match="full"):
        store.put(io.BytesIO(b"x" * 100), {}, limit=100)


def test_clouds_make_room_for_newer_ones(tmp_path: Path) -> None:
    store = _store(tmp_path, quota=10_000)
    keys = []
    for age in range(10):
        keys.append(store.keep_cloud(_cloud(100)))
        data = store.get(keys[-1]).path
        stamp = data.stat().st_mtime - 100 + age
        os.utime(data, (stamp, stamp))
    with pytest.raises(NotFound):
        store.cloud(keys[0])
    assert len(store.cloud(keys[-1])) == 100
    assert sum(path.stat().st_size for path in tmp_path.glob("*.data")) <= 10_000


def test_the_number_of_files_is_bounded_for_uploads_and_makes_room_for_clouds(
    tmp_path: Path,
) -> None:
    assert ScratchStore(tmp_path, quota=1, max_age=1)._max_files == 2000
    store = ScratchStore(tmp_path, quota=10**9, max_age=3600, max_files=5)
    keys = [store.put(io.BytesIO(b"x"), {"name": "x"}, limit=1) for _ in range(5)]
    with pytest.raises(TooLarge, match="full"):
        store.put(io.BytesIO(b"x"), {"name": "x"}, limit=1)
    kept = [store.keep_cloud(_cloud(20 + n)) for n in range(7)]
    assert len(list(tmp_path.glob("*.data"))) == len(list(tmp_path.glob("*.json"))) == 5
    assert len(store.cloud(kept[-1])) == 26
    with pytest.raises(NotFound):
        store.get(keys[0])


def test_a_cloud_finds_room_though_descriptions_take_some_too(tmp_path: Path) -> None:
    store = _store(tmp_path, quota=20_000)
    for number in range(200):  # 608 bytes each, and some 50 more of description
        store.keep_cloud(_cloud(20 + number % 2))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000


def test_files_are_gone_after_their_time(tmp_path: Path) -> None:
    clock = _Clock()
    store = _store(tmp_path, clock=clock)
    key = store.keep_cloud(_cloud())
    clock.now += 3601
    with pytest.raises(NotFound):
        store.cloud(key)
    store.sweep()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["", "../x", "a" * 32, "A" * 32, "0" * 33, "\0" * 32, None, 7])
def test_ids_that_were_not_given_out_are_not_found(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFound):
        _store(tmp_path).get(key)


def test_an_id_leads_to_no_file_outside(tmp_path: Path) -> None:
    store = _store(tmp_path / "scratch")
    store.put(io.BytesIO(b"x"), {"name": "x"}, limit=10)
    (tmp_path / "secret.data").write_bytes(b"secret")
    (tmp_path / "secret.json").write_text('{"name": "secret"}')
    for key in ("../secret", str(tmp_path / "secret"), f"../{tmp_path.name}/secret"):
        with pytest.raises(NotFound):
            store.get(key)


def test_an_upload_is_no_cloud(tmp_path: Path) -> None:
    store = _store(tmp_path)
    key = store.put(io.BytesIO(b"x"), {"name": "x.npy"}, limit=10)
    with pytest.raises(NotFound):
        store.cloud(key)


def test_parallel_uploads_keep_to_the_quota_together(tmp_path: Path) -> None:
    store = _store(tmp_path, quota=5_000_000)
    refused = []

    def upload() -> None:
        try:
            store.put(io.BytesIO(bytes(2_000_000)), {"name": "x"}, limit=3_000_000)
        except TooLarge:
            refused.append(1)

    threads = [threading.Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5_000_000 + 8 * 20
    assert len(refused) >= 6


def test_a_housekeeper_sweeps_while_nobody_asks(tmp_path: Path) -> None:
    clock = _Clock()
    store = _store(tmp_path, clock=clock)
    store.keep_cloud(_cloud())
    clock.now += 3601
    keeper = Housekeeper(store, seconds=0.01)
    keeper.start()
    deadline = time.monotonic() + 10
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    keeper.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_stands_in_is_gone_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = _store(tmp_path / "file")
    path = store.get(store.keep_cloud(_cloud())).path
    assert path.is_file()
    store.close()
    assert not path.parent.exists()
