"""NPY and NPZ: nothing unpickled, no shape believed, no bomb unpacked."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from file_samples import POINTS, npy, npz
from numpy.typing import NDArray

from pcdash.errors import PcdashError, TooLarge, UnreadableFile
from pcdash.files import ReadLimits, decode_cloud


def npy_head(text: str, body: bytes = b"", version: bytes = b"\1\0") -> bytes:
    """An NPY file whose header is `text`."""
    size = struct.pack("<H" if version == b"\1\0" else "<I", len(text) + 1)
    return b"\x93NUMPY" + version + size + text.encode() + b"\n" + body


@pytest.mark.parametrize("descr", ["<f4", ">f8", "<f2", "<i4", ">i2", "|u1", "<u8"])
def test_every_real_number_type(descr: str) -> None:
    points = np.abs(POINTS * 9).astype(descr).astype("f8")
    np.testing.assert_array_equal(decode_cloud(npy(points, descr), "a.npy").points, points)


def test_what_numpy_wrote_on_python_2() -> None:
    """Without the warning that numpy has for it: pytest makes errors of warnings."""
    head = npy_head(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (40L, 3L)}", POINTS.tobytes()
    )
    np.testing.assert_array_equal(decode_cloud(head, "a.npy").points, POINTS)


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_numpy_writes(version: tuple[int, int], order: str) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array(POINTS, order=order), version=version)
    np.testing.assert_array_equal(decode_cloud(stream.getvalue(), "a.npy").points, POINTS)


class _Canary:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


def _object_array(canary: _Canary) -> NDArray[np.object_]:
    array = np.empty(3, dtype=object)
    array[:] = canary
    return array


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    canary = _Canary(tmp_path / "loaded")
    array, stream, archive = _object_array(canary), io.BytesIO(), io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    np.savez(archive, points=array)
    for data, name in ((stream.getvalue(), "a.npy"), (archive.getvalue(), "a.npz")):
        with pytest.raises(UnreadableFile, match="pickled Python objects, which are never loaded"):
            decode_cloud(data, name)
    for name in ("a.npy", "a.npz", "a.pkl", "a.joblib", "a.xyz"):
        with pytest.raises(UnreadableFile):
            decode_cloud(pickle.dumps(canary), name)
    assert not canary.path.exists()


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (POINTS.T, r"shape \(3, 40\); expected \(n, 3\); is it transposed\?"),
        (np.hstack([POINTS, POINTS]), r"shape \(40, 6\); expected \(n, 3\); save points\[:, :3\]"),
        (POINTS[:, :2], r"shape \(40, 2\)"),
        (POINTS[None], r"shape \(1, 40, 3\)"),
        (np.float64(3), r"shape \(\)"),
        (POINTS * 1j, "holds complex128; expected integers or floats"),
        (POINTS > 0, "holds bool"),
        (POINTS.astype(str), "holds str"),
        (np.zeros(40, [("x", "f4"), ("y", "f4"), ("z", "f4")]), "holds records"),
        (POINTS[:15], "need at least 16 points, got 15"),
        (POINTS * np.nan, "row 0, column x is not a finite number"),
    ],
)
def test_other_arrays_are_refused(array: NDArray[np.generic], problem: str) -> None:
    stream, archive = io.BytesIO(), io.BytesIO()
    np.save(stream, array)
    np.savez(archive, array)
    for data, name in ((stream.getvalue(), "a.npy"), (archive.getvalue(), "a.npz")):
        with pytest.raises(UnreadableFile, match=problem):
            decode_cloud(data, name)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (npy(POINTS)[:-1], "announces shape (40, 3), 960 bytes; holds 959"),
        (npy(POINTS) + b"x", "announces shape (40, 3), 960 bytes; holds 961"),
        (npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (10**12, 3)}"), "no readable"),
        (npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3)}"), "(-1, 3)"),
        (npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 3)}"), "holds 0"),
        (npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (True, 3)}"), ""),
        (npy_head("{'descr': '<f4'}"), "no readable NPY header"),
        (npy_head("(" * 5000), "no readable NPY header"),
        (npy_head("-" * 9000), "no readable NPY header"),
        (npy_head("[0]" * 3000), "no readable NPY header"),
        (npy_head("__import__('os').getpid()"), "no readable NPY header"),
        (npy_head("x" * 20_000, version=b"\2\0"), "no readable NPY header"),
        (b"\x93NUMPY\2\0\xff\xff\xff\xff", "no readable NPY header"),
        (b"\x93NUMPY\3\0" + npy(POINTS)[8:], "no readable NPY header"),
        (b"\x93NUMPY", "no readable NPY header"),
    ],
)
def test_headers_that_lie(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(data, "a.npy")
    assert problem in str(caught.value)


def test_which_array_of_an_archive_is_read() -> None:
    other = np.zeros((40, 3))
    for arrays in ({"points": POINTS, "a": other}, {"xyz": POINTS, "pos": other}, {"any": POINTS}):
        cloud = decode_cloud(npz(**arrays), "a.npz")
        np.testing.assert_array_equal(cloud.points, POINTS)
        assert cloud.source["array"] == next(iter(arrays))
    with pytest.raises(UnreadableFile, match="one array, or one called 'points'; found 'a, b'"):
        decode_cloud(npz(a=POINTS, b=POINTS), "a.npz")


def test_a_bomb_is_refused_by_what_it_announces() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("points.npy", npy(np.zeros((100_000, 3))))
    with pytest.raises(TooLarge, match="unpacks to 2,400,128 bytes; at most 1,000,000 are read"):
        decode_cloud(stream.getvalue(), "a.npz", limits=ReadLimits(max_unpacked=1_000_000))
    with pytest.raises(TooLarge, match="100,000 points; at most 99,999"):
        decode_cloud(stream.getvalue(), "a.npz", limits=ReadLimits(max_points=99_999))


def test_an_archive_that_lies_about_its_sizes() -> None:
    data = npz(points=POINTS)
    size = struct.pack("<I", len(npy(POINTS)))
    for lie in (1, 500, 2**31):
        with pytest.raises(PcdashError):
            decode_cloud(data.replace(size, struct.pack("<I", lie)), "a.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_the_packings_that_numpy_uses(method: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("points.npy", npy(POINTS))
    with pytest.raises(UnreadableFile, match="packed in a way that numpy does not use"):
        decode_cloud(stream.getvalue(), "a.npz")


def test_an_archive_of_thousands_of_members() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for index in range(100):
            archive.writestr(f"{index:04d}" * 3000, b"")
    with pytest.raises(UnreadableFile, match="directory takes"):
        decode_cloud(stream.getvalue(), "a.npz")


def test_other_archives() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../etc/scan.ply", b"ply")
    with pytest.raises(UnreadableFile, match="expected one array"):
        decode_cloud(stream.getvalue(), "a.npz")
