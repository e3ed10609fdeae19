"""Labelled folders: which files belong to which class. No cloud is read here.

Two layouts are understood, one for the whole folder::

    ROOT/<class>/<train|test>/files     the split is given (as in ModelNet)
    ROOT/<class>/files                  the split is still to be made

Names that begin with a dot are passed over. Everything is sorted, so the same folder always gives
the same list. Symlinks are followed as long as they stay inside ROOT.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pcdash.errors import InvalidInput
from pcdash.files.raw import display_name
from pcdash.files.reader import READERS

Part = Literal["train", "test"]
PARTS: tuple[Part, ...] = ("train", "test")
MAX_FILES = 1_000_000
"""Most files a folder may hold."""

_FEWEST_CLASSES = 2


@dataclass(frozen=True)
class LabelledFile:
    """One file and the class it belongs to.

    Attributes
    ----------
    path : Path
        Inside the root, symlinks resolved.
    inside : Path
        Path from the root as it is on disk, links not resolved.
    name : str
        The same with forward slashes and fit to be shown, for messages.
    label : str
        The class: the name of the folder right below the root.
    part : {'train', 'test'} or None
        The given part of the split; None where the split is still to be made.
    """

    path: Path
    inside: Path
    name: str
    label: str
    part: Part | None


@dataclass(frozen=True)
class SkippedFile:
    """A file or folder that is left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class LabelledFolder:
    """All files of a labelled folder.

    Attributes
    ----------
    classes : tuple of str
        Sorted; each has at least one file.
    files : tuple of LabelledFile
        Sorted by name.
    skipped : tuple of SkippedFile
        Sorted by name.
    """

    classes: tuple[str, ...]
    files: tuple[LabelledFile, ...]
    skipped: tuple[SkippedFile, ...]

    @property
    def is_split(self) -> bool:
        """Whether the folder says itself which files are for training and which for testing."""
        return self.files[0].part is not None


def scan_folder(root: Path) -> LabelledFolder:
    """List the files of a labelled folder.

    Parameters
    ----------
    root : Path
        The folder that holds one folder per class.

    Returns
    -------
    LabelledFolder
        With two or more classes, all of them split or none.

    Raises
    ------
    InvalidInput
        If `root` is no folder, the layouts are mixed, a class has no readable file (or, where the
        split is given, none in one of its parts), or there are fewer than two classes.
    """
    if not root.is_dir():
        raise InvalidInput("the folder does not exist or is not a folder", field="root")
    scan = _Scan(root.resolve())
    for folder in scan.entries(scan.root):
        if not folder.is_dir():
            scan.skip(folder, "lies beside the class folders")
            continue
        before = len(scan.files)
        scan.class_folder(folder)
        if len(scan.files) == before:
            raise InvalidInput(f"class '{scan.name(folder)}' has no readable file", field="root")
    return _checked(scan)


class _Scan:
    """A walk through one folder, and what it found so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[LabelledFile] = []
        self.skipped: list[SkippedFile] = []

    def name(self, path: Path) -> str:
        return "/".join(display_name(part) for part in path.relative_to(self.root).parts)

    def skip(self, path: Path, reason: str) -> None:
        self.skipped.append(SkippedFile(self.name(path), reason))

    def entries(self, folder: Path) -> list[Path]:
        """What lies in a folder, sorted, without hidden names and links that lead outside."""
        try:
            with os.scandir(folder) as listing:
                names = sorted(entry.name for entry in listing if not entry.name.startswith("."))
        except OSError:
            self.skip(folder, "cannot be opened")
            return []
        inside = []
        for path in (folder / name for name in names):
            if path.is_symlink() and not _resolves_below(path, self.root):
                self.skip(path, "a link that leads out of the folder")
            else:
                inside.append(path)
        return inside

    def class_folder(self, folder: Path) -> None:
        for path in self.entries(folder):
            if not path.is_dir():
                self.file(path, folder.name, None)
            elif path.name in PARTS:
                for inner in self.entries(path):
                    self.file(inner, folder.name, path.name)
            else:
                self.skip(path, "expected files, or folders called train and test")

    def file(self, path: Path, label: str, part: Part | None) -> None:
        ending = path.suffix.lower()
        if path.is_dir():
            self.skip(path, "a folder where a file was expected")
        elif not path.is_file():
            self.skip(path, "not a regular file")
        elif ending not in READERS:
            self.skip(path, f"the ending {ending[:20]!a} is not read" if ending else "no ending")
        else:
            inside = path.relative_to(self.root)
            self.files.append(LabelledFile(path.resolve(), inside, self.name(path), label, part))
            if len(self.files) > MAX_FILES:
                raise InvalidInput(f"the folder holds more than {MAX_FILES:,} files", field="root")


def _resolves_below(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # dangling, or links in a circle
        return False


def _checked(scan: _Scan) -> LabelledFolder:
    """The result, if all classes are complete and of one layout."""
    classes = tuple(sorted({file.label for file in scan.files}))
    if len(classes) < _FEWEST_CLASSES:
        found = f"; found only '{display_name(classes[0])}'" if classes else ""
        problem = f"expected a folder for each of {_FEWEST_CLASSES} or more classes{found}"
        raise InvalidInput(problem, field="root")
    loose = next((file for file in scan.files if file.part is None), None)
    given = next((file for file in scan.files if file.part is not None), None)
    if loose and given:
        problem = f"either all files lie in train and test or none: '{loose.name}', '{given.name}'"
        raise InvalidInput(problem, field="root")
    for label in classes if given else ():
        parts = {file.part for file in scan.files if file.label == label}
        for part in PARTS:
            if part not in parts:
                shown = display_name(label)
                raise InvalidInput(f"class '{shown}' has no file in {part}", field="root")
    skipped = sorted(scan.skipped, key=lambda one: one.name)
    return LabelledFolder(classes, tuple(scan.files), tuple(skipped))
