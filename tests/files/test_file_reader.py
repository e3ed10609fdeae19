"""The door: endings against contents, names that are only names, limits, doubtful paths."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from file_samples import POINTS, SAMPLES, Sample, npy, rows

from pcdash.errors import InvalidInput, TooLarge, UnreadableFile
from pcdash.files import READERS, ReadLimits, decode_cloud, display_name, read_cloud
from pcdash.files.sniff import SIGNATURES

TEXTS = {".xyz", ".txt", ".csv", ".pts"}
_COMPATIBLE = [{".las", ".laz"}, TEXTS]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@pytest.mark.parametrize("ending", READERS)
def test_an_ending_that_does_not_fit_the_content(sample: Sample, ending: str) -> None:
    own = sample.name[-4:]
    if own == ending or any({own, ending} <= group for group in _COMPATIBLE):
        assert decode_cloud(sample.data, "a" + ending).name == "a" + ending
        return
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(sample.data, "a" + ending)
    title, signature = READERS[own].title, READERS[own].signature
    if signature:
        assert str(caught.value) == (
            f"a{ending}: looks like {signature}, not like {READERS[ending].title}"
        ), title


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "PNG"),
        (gzip.compress(rows(POINTS).encode()), "gzip"),
        (b"PK\x03\x04" + bytes(64), "ZIP"),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "HDF5"),
        (b"\x80\x05\x95" + bytes(64), "Python pickle"),
        (b"x\x9c" + bytes(64), "zlib (joblib)"),
        (b"<?xml version='1.0'?>", "HTML or XML"),
        (b"ASTM-E57" + bytes(64), "E57"),
        (b"glTF" + bytes(64), "binary glTF"),
        ("x y z".encode("utf-16"), "UTF-16 text (save it as UTF-8)"),
    ],
)
def test_foreign_content_is_named(data: bytes, kind: str) -> None:
    assert kind in SIGNATURES
    for ending, reader in READERS.items():
        if reader.signature == kind:
            continue
        with pytest.raises(UnreadableFile, match=re.escape(f"looks like {kind}, not like")):
            decode_cloud(data, "a" + ending)


def test_content_without_any_signature() -> None:
    with pytest.raises(UnreadableFile, match=r"^a\.ply: does not begin like a PLY file"):
        decode_cloud(b"hello", "a.ply")


@pytest.mark.parametrize(
    "name", ["a.pkl", "a.joblib", "a", ".ply", "a.ply.exe", "a.ply ", "ply", ""]
)
def test_endings_that_are_not_read(name: str) -> None:
    if name == "a.ply ":
        assert display_name(name) == "a.ply"
        return
    with pytest.raises(UnreadableFile, match=r"the ending is not one of \.ply \.pcd"):
        decode_cloud(npy(POINTS), name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/scan.NPY", "scan.NPY"),
        ("C:\\scans\\scan.npy", "scan.npy"),
        ("scan\0\n\x1b[31m.npy", "scan[31m.npy"),
        ("\u202escan\u2066\u200b.npy", "scan.npy"),
        ("CON.npy", "CON.npy"),
        ("x" * 300 + ".npy", "x" * 39 + "…" + "x" * 36 + ".npy"),
        ("/srv/data/.npy/", ".npy"),
        ("größe 4.npy", "größe 4.npy"),
        ("\n", "file"),
    ],
)
def test_names_are_for_display_only(tmp_path: Path, name: str, shown: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(npy(POINTS))
    assert display_name(name) == shown
    assert len(shown) <= 80
    if Path(shown).suffix:
        assert read_cloud(path, name=name).name == shown
    assert list(tmp_path.iterdir()) == [path]


def test_a_message_never_holds_the_path(tmp_path: Path) -> None:
    path = tmp_path / "scan.ply"
    with pytest.raises(UnreadableFile, match=r"^scan.ply: there is no such file$"):
        read_cloud(path)
    path.mkdir()
    with pytest.raises(UnreadableFile, match=r"^scan.ply: a folder or a device, not a file$"):
        read_cloud(path)
    pipe = tmp_path / "pipe.ply"
    os.mkfifo(pipe)  # reading it would wait for a writer
    with pytest.raises(UnreadableFile, match=r"^pipe.ply: a folder or a device, not a file$"):
        read_cloud(pipe)
    with pytest.raises(UnreadableFile, match=r"^a.ply: the file cannot be opened$"):
        read_cloud(Path("a\0.ply"))
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(UnreadableFile, match=r"^empty.csv: the file is empty$"):
        read_cloud(empty)


def test_more_bytes_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "scan.npy"
    path.write_bytes(npy(POINTS))
    size = path.stat().st_size
    assert len(read_cloud(path, limits=ReadLimits(max_bytes=size))) == 40
    assert len(read_cloud(path, limits=ReadLimits(max_bytes=None))) == 40
    with pytest.raises(TooLarge, match=f"scan.npy: larger than {size - 1:,} bytes"):
        read_cloud(path, limits=ReadLimits(max_bytes=size - 1))


def test_errors_are_invalid_input_of_the_field_file() -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_cloud(b"1 2 3\n" * 40, "a.xyz")
    assert caught.value.message == "a.xyz: all points coincide: there is no shape to classify"
    assert caught.value.field == "file"
    assert caught.value.code == "unreadable_file"


def test_reading_libraries_are_imported_only_when_needed() -> None:
    code = (
        "import sys, pcdash.files;"
        "print(sorted({'laspy', 'lazrs', 'lzf', 'trimesh', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
