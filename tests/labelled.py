"""Labelled scans for tests: a folder or a zip of small clouds, with what may be wrong with one."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pcdash.core.generation import generate
from pcdash.core.params import CloudParams
from pcdash.files import encode_cloud

SHAPES = {"balls": "sphere", "rings": "torus"}
"""Class -> what its clouds are."""


def cloud(label: str, number: int, points: int = 48, ending: str = ".ply") -> bytes:
    """A small file; the same label and number give the same bytes."""
    params = CloudParams(shape=SHAPES[label], n_points=points, seed=number)
    return encode_cloud(generate(params).points, ending)


def members(count: int = 8, parts: Sequence[str] = ()) -> dict[str, bytes]:
    """Name -> content: `count` clouds of each class, or of each part of each class."""
    found = {}
    for label in SHAPES:
        for place, part in enumerate(parts or ("",)):
            for number in range(count):
                name = "/".join(filter(None, (label, part, f"{number:03d}.ply")))
                found[name] = cloud(label, 1000 * place + number)
    return found


def planted(count: int = 8) -> dict[str, bytes]:
    """Split clouds with a copy in train and test, a copy under another label, and bad files."""
    found = members(count, ("train", "test"))
    found["balls/test/copy.ply"] = found["balls/train/001.ply"]
    found["rings/train/strange.csv"] = cloud("balls", 2, ending=".csv")
    found["balls/train/002.csv"] = cloud("balls", 2, ending=".csv")
    found["rings/test/broken.xyz"] = b"1 2 3\n" * 4 + b"1 2\n"
    found["rings/test/empty.ply"] = b""
    found["balls/readme.md"] = b"# scans"
    return found


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    """Put files into a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def pack(path: Path, files: Mapping[str, bytes], top: str = "") -> Path:
    """Put files into a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(top + name, content)
    return path
