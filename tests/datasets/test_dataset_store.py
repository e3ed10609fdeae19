"""Datasets on disk: by content, whole or not at all, within the quota."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from labelled import cloud, members, pack, write

from pcdash.core.progress import Silent
from pcdash.datasets import Dataset, DatasetStore, root_of, stored_hash
from pcdash.errors import Cancelled, InvalidInput, NotFound, Refused, TooLarge, UnreadableFile

MIB = 1 << 20
CLUSTER = 4096


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    ticks = iter(range(1_795_000_000, 1_796_000_000))
    return DatasetStore(tmp_path / "artifacts", quota=MIB, clock=lambda: float(next(ticks)))


def add(store: DatasetStore, source: Path, name: str = "scans", **options: Any) -> Dataset:
    return store.add(source, source.name, name, **options)[0]


def content(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def leftovers(store: DatasetStore) -> list[str]:
    names = [path.name for path in store._folder.iterdir()]
    return [name for name in names if not re.fullmatch("[0-9a-f]{64}", name)]


@pytest.mark.parametrize("parts", [(), ("train", "test")])
def test_a_folder_is_kept_under_its_hash(
    store: DatasetStore, tmp_path: Path, parts: tuple[str, ...]
) -> None:
    files = members(3, parts)
    kept = add(store, write(tmp_path / "scans", files))
    assert (kept.name, kept.classes, kept.n_classes) == ("scans", ("balls", "rings"), 2)
    assert (kept.files, kept.is_split, kept.unreadable) == (len(files), bool(parts), None)
    assert kept.size == len(files) * CLUSTER
    assert kept.root == f"datasets/{kept.hash}"
    assert stored_hash(kept.root) == kept.hash
    with store.opened(kept.hash) as root:
        assert root == tmp_path / "artifacts" / kept.root / "files"
        assert content(root) == files
    assert content(tmp_path / "scans") == files
    assert store.all() == [kept] == [store.get(kept.hash)]
    assert leftovers(store) == [".lock"]


@pytest.mark.parametrize("top", ["", "my scans/"])
def test_the_same_content_is_the_same_dataset(
    store: DatasetStore, tmp_path: Path, top: str
) -> None:
    files = members(3)
    first = add(store, write(tmp_path / "folder", files), "first")
    archive = pack(tmp_path / "scans.zip", files | {"balls/.hidden": b"x", "notes.md": b"x"}, top)
    again, left_out = store.add(archive, "scans.zip", "second")
    assert again == first
    assert [one.name for one in left_out] == ["notes.md"]
    assert store.all() == [first]
    renamed = {name.replace("000", "999"): data for name, data in files.items()}
    moved = {name.replace("balls/000", "rings/zzz"): data for name, data in files.items()}
    damaged = files | {"balls/000.ply": files["balls/000.ply"][:-1] + b"?"}
    for number, other in enumerate((renamed, moved, damaged)):
        assert add(store, write(tmp_path / str(number), other)).hash != first.hash
    assert [one.created_at for one in store.all()] == sorted(
        (one.created_at for one in store.all()), reverse=True
    )


def test_a_zip_may_be_called_otherwise_on_disk(store: DatasetStore, tmp_path: Path) -> None:
    path = pack(tmp_path / "0123.data", members(2))
    kept, _ = store.add(path, "scans.zip", "scans")
    assert kept.files == 4
    assert path.exists()


def test_links_are_followed_inside_and_left_out_beyond(store: DatasetStore, tmp_path: Path) -> None:
    root = write(tmp_path / "scans", members(2))
    (tmp_path / "secret.ply").write_bytes(cloud("balls", 9))
    (root / "balls" / "inside.ply").symlink_to("000.ply")
    (root / "balls" / "outside.ply").symlink_to(tmp_path / "secret.ply")
    kept, left_out = store.add(root, "scans", "scans")
    assert [one.name for one in left_out] == ["balls/outside.ply"]
    with store.opened(kept.hash) as files:
        assert (files / "balls" / "inside.ply").read_bytes() == cloud("balls", 0)
        assert not any(path.is_symlink() for path in files.rglob("*"))


# -- limits ---------------------------------------------------------------------------------------


def test_the_quota_holds_for_all_together(tmp_path: Path) -> None:
    room = 4 * CLUSTER
    store = DatasetStore(tmp_path / "artifacts", quota=room + CLUSTER)
    add(store, write(tmp_path / "a", members(2)))
    before = content(store._folder)
    for source in (
        write(tmp_path / "b", members(1)),  # 2 files: one would fit
        pack(tmp_path / "c.zip", {f"{c}/1.xyz": b"1 2 3\n" * 2000 for c in "ab"}),
    ):
        with pytest.raises(TooLarge):
            add(store, source)
    assert content(store._folder) == before
    assert len(store.all()) == 1


def test_a_bomb_is_refused_and_leaves_nothing(store: DatasetStore, tmp_path: Path) -> None:
    bomb = pack(tmp_path / "bomb.zip", {"a/1.xyz": bytes(50 * MIB), "b/1.xyz": b"1 2 3"})
    with pytest.raises(TooLarge, match="would unpack to"):
        add(store, bomb)
    assert leftovers(store) == [".lock"]
    assert store.all() == []


def test_a_file_too_large_to_be_read_is_left_out(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path / "artifacts", quota=MIB, most_of_a_file=5000)
    files = members(2) | {"balls/huge.xyz": b"1 2 3\n" * 1000}
    kept, left_out = store.add(write(tmp_path / "a", files), "a", "a")
    assert kept.files == 4
    assert [(one.name, "larger than 5,000 bytes" in one.reason) for one in left_out] == [
        ("balls/huge.xyz", True)
    ]
    only = {"balls/huge.xyz": b"1 2 3\n" * 1000, "rings/1.ply": cloud("rings", 1)}
    with pytest.raises(TooLarge, match="no other file"):
        store.add(write(tmp_path / "b", only), "b", "b")


def test_only_so_many_are_kept(
    store: DatasetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pcdash.datasets.store.MAX_DATASETS", 1)
    add(store, write(tmp_path / "a", members(2)))
    with pytest.raises(TooLarge, match="1 datasets are stored already"):
        add(store, write(tmp_path / "b", members(1)))


@pytest.mark.parametrize(
    ("name", "files", "error"),
    [
        ("one", {"balls/1.ply": b"x"}, InvalidInput),
        ("mixed", {"a/train/1.ply": b"x", "a/test/1.ply": b"x", "b/1.ply": b"x"}, InvalidInput),
        ("none", {"readme.md": b"x"}, InvalidInput),
    ],
)
def test_what_is_no_labelled_folder_is_refused(
    store: DatasetStore, tmp_path: Path, name: str, files: dict[str, bytes], error: type[Exception]
) -> None:
    for source in (write(tmp_path / name, files), pack(tmp_path / f"{name}.zip", files)):
        with pytest.raises(error):
            add(store, source)
    assert leftovers(store) == [".lock"]


def test_what_is_no_zip_is_refused(store: DatasetStore, tmp_path: Path) -> None:
    (tmp_path / "scans.zip").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(UnreadableFile, match="no sound zip"):
        add(store, tmp_path / "scans.zip")
    evil = pack(tmp_path / "evil.zip", {"../x.ply": b"x", "a/1.ply": b"x"})
    with pytest.raises(UnreadableFile, match="leads outside"):
        add(store, evil)
    assert leftovers(store) == [".lock"]


# -- faults ---------------------------------------------------------------------------------------


class Stopper(Silent):
    """Stops at the n-th report."""

    def __init__(self, number: int) -> None:
        self.left = number

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("stopped")


@pytest.mark.parametrize("number", range(5))
def test_a_stopped_addition_leaves_nothing(
    store: DatasetStore, tmp_path: Path, number: int
) -> None:
    archive = pack(tmp_path / "scans.zip", members(2))
    with pytest.raises(Cancelled):
        add(store, archive, progress=Stopper(number))
    assert leftovers(store) == [".lock"]
    assert store.all() == []
    assert add(store, archive, progress=Stopper(5)).files == 4


KILLED = """
import json, os, shutil, signal, sys
from pathlib import Path
from pcdash.datasets import DatasetStore

def counted(real, left):
    def step(*args, **kwargs):
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return real(*args, **kwargs)
    return step

def add(artifacts, limit):
    left = [limit]
    for owner, name in ((Path, "rename"), (Path, "mkdir"), (os, "open"), (shutil, "move")):
        setattr(owner, name, counted(getattr(owner, name), left))
    DatasetStore(Path(artifacts), quota=1 << 20).add(Path(sys.argv[1]), "scans.zip", "scans")

ends = []
for artifacts, limit in json.loads(sys.argv[2]):
    if (child := os.fork()) == 0:
        add(artifacts, limit)
        os._exit(0)
    ends.append(os.waitpid(child, 0)[1])
print(json.dumps(ends))
"""


def test_an_addition_killed_at_any_step_is_whole_or_nothing(
    store: DatasetStore, tmp_path: Path
) -> None:
    archive = pack(tmp_path / "scans.zip", members(1))
    whole = add(store, archive).hash
    limits = [*range(0, 28, 2), 99]
    places = [tmp_path / f"killed-{limit}" for limit in limits]
    orders = [(str(place), limit) for place, limit in zip(places, limits, strict=True)]
    script = [sys.executable, "-c", KILLED, str(archive), json.dumps(orders)]
    done = subprocess.run(script, check=True, capture_output=True, text=True)
    ends = json.loads(done.stdout)
    assert ends[0] == signal.SIGKILL
    assert ends[-1] == 0
    assert ends.count(signal.SIGKILL) > 5
    for place in places:
        after = DatasetStore(place, quota=MIB)
        found = [one.hash for one in after.all()]
        assert found in ([], [whole])
        for key in found:
            with after.opened(key) as root:
                assert content(root) == members(1)
        after.sweep()
        if after._folder.is_dir():
            assert [name for name in leftovers(after) if name != ".lock"] == []
        assert add(after, archive).hash == whole


def test_a_full_disk_is_said_and_leaves_nothing(
    store: DatasetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pcdash.datasets.intake.shutil.copyfile", full)
    with pytest.raises(Refused, match="cannot store the dataset: No space left on device"):
        add(store, write(tmp_path / "scans", members(2)))
    assert leftovers(store) == [".lock"]


def test_a_damaged_index_is_passed_over_and_made_anew(store: DatasetStore, tmp_path: Path) -> None:
    kept = add(store, write(tmp_path / "scans", members(2)))
    index = store._folder / kept.hash / "index.json"
    for damage in (b"", b"[]", b"{}", index.read_bytes().replace(b'"files"', b'"f"')):
        index.write_bytes(damage)
        assert store.all() == []
        with pytest.raises(NotFound):
            store.get(kept.hash)
        assert add(store, tmp_path / "scans").hash == kept.hash
        assert len(store.all()) == 1


# -- reading and deleting -------------------------------------------------------------------------


def test_deleting_frees_the_room(store: DatasetStore, tmp_path: Path) -> None:
    kept = add(store, write(tmp_path / "scans", members(2)))
    store.delete(kept.hash)
    assert store.all() == []
    assert len(leftovers(store)) == 2, "to be removed when there is time"
    store.sweep()
    assert leftovers(store) == [".lock"]
    for use in (store.get, store.delete, store.preview):
        with pytest.raises(NotFound, match="no such dataset"):
            use(kept.hash)


def test_what_is_read_is_not_deleted(store: DatasetStore, tmp_path: Path) -> None:
    kept = add(store, write(tmp_path / "scans", members(2)))
    with store.opened(kept.hash), pytest.raises(Refused, match="being read"):
        store.delete(kept.hash)
    store.delete(kept.hash)


@pytest.mark.parametrize(
    "key", ["", "..", "../models", "a" * 63, "A" * 64, "a" * 64 + "\n", "a" * 64, ".lock"]
)
def test_only_hashes_reach_the_disk(store: DatasetStore, tmp_path: Path, key: str) -> None:
    write(tmp_path / "artifacts" / "datasets" / "..", {"index.json": b"{}"})
    for use in (store.get, store.delete, store.preview):
        with pytest.raises(NotFound, match="no such dataset"):
            use(key)
    assert (stored_hash(root_of(key)) == key) == (key == "a" * 64)


def test_a_preview_is_kept_beside_and_counted_in_the_list(
    store: DatasetStore, tmp_path: Path
) -> None:
    kept = add(store, write(tmp_path / "scans", members(2)))
    assert store.preview(kept.hash) is None
    with store.opened(kept.hash):  # whoever reads goes on holding it
        store.keep_preview(kept.hash, {"files": 4}, unreadable=3)
        with pytest.raises(Refused):
            store.delete(kept.hash)
    assert store.preview(kept.hash) == {"files": 4}
    assert store.get(kept.hash).unreadable == 3
    index = json.loads((store._folder / kept.hash / "index.json").read_bytes())
    assert index["index_format"] == 1


def test_an_empty_store_is_empty(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path / "artifacts")
    assert store.all() == []
    store.sweep()
    assert list(tmp_path.iterdir()) == []
