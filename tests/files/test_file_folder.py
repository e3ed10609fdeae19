"""Labelled folders: two layouts, a fixed order, nothing from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcdash.errors import InvalidInput
from pcdash.files import scan_folder


def build(root: Path, *names: str) -> Path:
    """Empty files below `root`."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_a_folder_that_is_split(tmp_path: Path) -> None:
    names = ("bed/test/b.off", "bed/train/a.npy", "chair/test/d.PLY", "chair/train/c.xyz")
    folder = scan_folder(build(tmp_path, *reversed(names)))
    assert folder.classes == ("bed", "chair")
    assert folder.is_split
    found = [(file.name, file.label, file.part) for file in folder.files]
    assert found == [(name, *name.split("/")[:2]) for name in names]
    assert all(file.path == tmp_path.resolve() / file.name for file in folder.files)
    assert folder.skipped == ()


def test_a_folder_that_is_still_to_be_split(tmp_path: Path) -> None:
    folder = scan_folder(build(tmp_path, "b/2.ply", "b/1.ply", "a/10.csv", "a/9.las"))
    assert [file.name for file in folder.files] == ["a/10.csv", "a/9.las", "b/1.ply", "b/2.ply"]
    assert {file.part for file in folder.files} == {None}
    assert not folder.is_split


def test_what_is_skipped_is_listed_with_its_reason(tmp_path: Path) -> None:
    names = ("a/1.ply", "b/1.ply", "a/notes.md", "a/LICENSE", "b/more/1.ply", "README.md")
    hidden = (".git/config", "a/.DS_Store", "b/.1.ply")
    folder = scan_folder(build(tmp_path, *names, *hidden))
    assert [file.name for file in folder.files] == ["a/1.ply", "b/1.ply"]
    assert {skipped.name: skipped.reason for skipped in folder.skipped} == {
        "README.md": "lies beside the class folders",
        "a/LICENSE": "no ending",
        "a/notes.md": "the ending '.md' is not read",
        "b/more": "expected files, or folders called train and test",
    }


def test_links_must_stay_inside(tmp_path: Path) -> None:
    outside = build(tmp_path / "outside", "secret.ply")
    root = build(tmp_path / "root", "a/1.ply", "b/1.ply")
    (root / "a" / "2.ply").symlink_to(outside / "secret.ply")
    (root / "a" / "3.ply").symlink_to(root / "b" / "1.ply")
    (root / "a" / "4.ply").symlink_to(root / "gone.ply")
    (root / "a" / "5.ply").symlink_to("5.ply")
    (root / "c").symlink_to(outside)
    folder = scan_folder(root)
    assert [file.name for file in folder.files] == ["a/1.ply", "a/3.ply", "b/1.ply"]
    assert folder.files[1].path == (root / "b" / "1.ply").resolve()
    assert [skipped.name for skipped in folder.skipped] == ["a/2.ply", "a/4.ply", "a/5.ply", "c"]
    assert {s.reason for s in folder.skipped} == {"a link that leads out of the folder"}


def test_a_root_that_is_a_link_itself(tmp_path: Path) -> None:
    build(tmp_path / "real", "a/1.ply", "b/1.ply")
    (tmp_path / "link").symlink_to("real")
    assert scan_folder(tmp_path / "link").classes == ("a", "b")


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ((), "expected a folder for each of 2 or more classes"),
        (("a/1.ply",), "classes; found only 'a'"),
        (("1.ply", "2.ply"), "expected a folder for each of 2 or more classes"),
        (("a/1.ply", "b/notes.md"), "class 'b' has no readable file"),
        (("a/train/1.ply", "a/test/1.ply", "b/train/1.ply"), "class 'b' has no file in test"),
        (("a/train/1.ply", "a/test/1.ply", "b/1.ply"), "either all files lie in train and test or"),
    ],
)
def test_folders_that_cannot_be_trained_on(
    tmp_path: Path, names: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        scan_folder(build(tmp_path, *names))
    assert problem in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.field == "root"


def test_a_root_that_is_no_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", build(tmp_path, "file") / "file"):
        with pytest.raises(InvalidInput, match="does not exist or is not a folder"):
            scan_folder(path)


def test_modelnet(shared_data: Path) -> None:
    folder = scan_folder(shared_data / "modelnet10")
    parts = [file.part for file in folder.files]
    assert (len(folder.classes), parts.count("train"), parts.count("test")) == (10, 3991, 908)
    assert folder.skipped == ()
