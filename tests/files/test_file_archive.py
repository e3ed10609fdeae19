"""Zips of labelled scans: the same as their folder, and nothing outside of it."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from pcdash.errors import TooLarge, UnreadableFile
from pcdash.files import unpacked


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _content(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_a_folder_is_itself(tmp_path: Path) -> None:
    with unpacked(tmp_path) as root:
        assert root == tmp_path


@pytest.mark.parametrize("top", ["", "scans/"])
def test_a_zip_is_unpacked_and_gone_afterwards(tmp_path: Path, top: str) -> None:
    members = {"a/1.xyz": b"1 2 3", "b/train/2.xyz": b"4 5 6"}
    noise = {"__MACOSX/a/._1.xyz": b"x", "a/.DS_Store": b"x"}
    path = _zip(tmp_path / "s.ZIP", {top + name: data for name, data in (members | noise).items()})
    with unpacked(path) as root:
        assert _content(root) == members
    assert not root.exists()


@pytest.mark.parametrize(
    "name", ["../x.xyz", "a/../../x.xyz", "/etc/x.xyz", "a\\..\\x.xyz", "C:/x.xyz"]
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = _zip(tmp_path / "s.zip", {"a/1.xyz": b"1", name: b"evil"})
    with pytest.raises(UnreadableFile, match="in it leads outside"), unpacked(path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.zip"]


def test_links_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("a/link.xyz")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a/1.xyz", "1")
        archive.writestr("b/1.xyz", "1")
    with unpacked(path) as root:
        assert sorted(_content(root)) == ["a/1.xyz", "b/1.xyz"]


def test_a_bomb_is_refused_by_what_it_announces(tmp_path: Path) -> None:
    path = _zip(tmp_path / "s.zip", {"a/1.xyz": bytes(50_000_000)})
    with pytest.raises(TooLarge, match="50,000,000 bytes"), unpacked(path):
        pass


def test_a_member_that_holds_more_than_it_announces_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "s.zip", {"a/1.xyz": b"1 2 3\n" * 1000})
    raw = path.read_bytes()
    lie = raw.replace((6000).to_bytes(4, "little"), (60).to_bytes(4, "little"))
    assert lie != raw
    path.write_bytes(lie)
    with pytest.raises(UnreadableFile, match="no sound zip"), unpacked(path):
        pass


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"hello"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.zip"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"s\.zip: is no sound zip"), unpacked(path):
        pass


def test_what_a_killed_process_has_left_is_removed_and_what_a_living_one_uses_is_not(
    tmp_path: Path,
) -> None:
    scratch = tmp_path / "scratch"
    archive = _zip(tmp_path / "s.zip", {"a/x.xyz": b"0 0 0", "b/x.xyz": b"0 0 1"})
    left = scratch / "zip-left"
    (left / "files").mkdir(parents=True)
    (left / "lock").touch()
    # Process 1 of another container has the id of a process that lives here as well.
    (scratch / "zip-1-old" / "a").mkdir(parents=True)
    with unpacked(archive, scratch) as first:
        assert list(scratch.glob("zip-*/")) == [first.parent]
        with unpacked(archive, scratch) as second:
            assert second.parent != first.parent
            assert (first / "a" / "x.xyz").read_bytes() == b"0 0 0"
        assert (first / "b" / "x.xyz").exists()
    assert list(scratch.glob("zip-*/")) == []
