"""What is said of a dataset, against what was planted in it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from labelled import cloud, members, planted, write
from numpy.testing import assert_array_equal

from pcdash.core.progress import Silent
from pcdash.datasets import inspect, inspection, picture_points
from pcdash.datasets.inspection import SHOWN_COPIES
from pcdash.datasets.looking import PICTURE_POINTS, PICTURES, SHOWN_CLASSES
from pcdash.errors import Cancelled
from pcdash.files import ReadLimits, SkippedFile


class Listener(Silent):
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, float, str]] = []

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        self.heard.append((stage, fraction, message))


def test_planted_faults_and_copies_are_found(tmp_path: Path) -> None:
    said = inspect(
        write(tmp_path, planted(8)), Silent(), left_out=[SkippedFile("x.bin", "no ending")]
    )
    assert said["files"] == 2 * 16 + 5
    assert said["is_split"] is True
    assert said["classes"] == [
        {"name": "balls", "train": 9, "test": 9},
        {"name": "rings", "train": 9, "test": 8},
    ]
    assert said["balance"] == {"classes": 2, "least": ["rings", 17], "most": ["balls", 18]}
    assert said["faults"] == {
        "unreadable": 2,
        "left_out": 2,
        "shown": [
            {"file": "rings/test/broken.xyz", "reason": "line 5: expected 3 numbers, found 2"},
            {"file": "rings/test/empty.ply", "reason": "the file is empty"},
            {"file": "x.bin", "reason": "left out: no ending"},
            {"file": "balls/readme.md", "reason": "left out: the ending '.md' is not read"},
        ],
    }
    assert said["duplicates"] == {
        "groups": 2,
        "across": 1,
        "relabelled": 1,
        "shown": [
            {
                "across": False,
                "relabelled": True,
                "files": ["balls/train/002.csv", "balls/train/002.ply", "rings/train/strange.csv"],
                "more": 0,
            },
            {
                "across": True,
                "relabelled": False,
                "files": ["balls/test/copy.ply", "balls/train/001.ply"],
                "more": 0,
            },
        ],
    }
    json.dumps(said, allow_nan=False)


def test_a_copy_in_another_format_is_a_copy(tmp_path: Path) -> None:
    files = members(2)
    points = np.random.default_rng(0).integers(-50, 50, (32, 3)).astype(np.float64)
    np.save(tmp_path / "copy.npy", points)
    files["balls/copy.npy"] = (tmp_path / "copy.npy").read_bytes()
    files["rings/copy.xyz"] = "\n".join(" ".join(map(str, row)) for row in points).encode()
    said = inspect(write(tmp_path / "scans", files), Silent())["duplicates"]
    assert (said["groups"], said["across"], said["relabelled"]) == (1, 0, 1)
    assert said["shown"][0]["files"] == ["balls/copy.npy", "rings/copy.xyz"]


def test_the_histogram_holds_every_cloud_once(tmp_path: Path) -> None:
    sizes = [16, 17, 40, 100, 100, 900, 5000]
    files = {f"balls/{n}.ply": cloud("balls", n, points=size) for n, size in enumerate(sizes)}
    files["rings/0.ply"] = cloud("rings", 0, points=16)
    said = inspect(write(tmp_path, files), Silent())["points"]
    assert (said["low"], said["median"], said["high"]) == (16, 70, 5000)
    assert sum(said["counts"]) == 8
    edges, counts = said["edges"], said["counts"]
    assert len(edges) == len(counts) + 1
    for place, count in enumerate(counts):
        inside = [s for s in [*sizes, 16] if edges[place] <= s < edges[place + 1]]
        if place < len(counts) - 1:
            assert len(inside) == count
    same = write(tmp_path / "same", members(2))
    assert inspect(same, Silent())["points"] == {
        "low": 48,
        "median": 48,
        "high": 48,
        "edges": [48, 49],
        "counts": [4],
    }


def test_pictures_are_small_and_centred(tmp_path: Path) -> None:
    said = inspect(write(tmp_path, members(9)), Silent())["pictures"]
    assert [one["class"] for one in said] == ["balls"] * 4 + ["rings"] * 4
    first = np.frombuffer(base64.b64decode(said[0]["points"]), dtype=np.int8).reshape(-1, 3)
    assert len(first) == 48
    assert abs(first.astype(int)).max() == 127
    points = np.random.default_rng(1).normal(size=(100_000, 3)) * [1, 2, 3] + 1e6
    drawn = picture_points(points)
    assert drawn.shape == (PICTURE_POINTS, 3)
    assert_array_equal(drawn, picture_points(points))
    assert abs(drawn.astype(int)).max() == 127
    assert_array_equal(picture_points(np.ones((500, 3))), np.zeros((PICTURE_POINTS, 3)))


def test_nothing_readable_is_said_too(tmp_path: Path) -> None:
    said = inspect(write(tmp_path, {"a/1.ply": b"x", "b/1.ply": b"y"}), Silent())
    assert said["points"] is None
    assert said["pictures"] == []
    assert said["faults"]["unreadable"] == 2
    assert said["duplicates"]["groups"] == 0


def test_limits_and_progress(tmp_path: Path) -> None:
    heard = Listener()
    root = write(tmp_path, members(20))
    said = inspect(root, heard, limits=ReadLimits(max_points=20), start=0.5)
    assert said["faults"]["unreadable"] == 40
    assert "at most 20 are read" in said["faults"]["shown"][0]["reason"]
    assert {stage for stage, _, _ in heard.heard} == {"look"}
    fractions = [fraction for _, fraction, _ in heard.heard]
    assert fractions == sorted(fractions)
    assert fractions[0] > 0.5
    assert heard.heard[-1] == ("look", 1.0, "40 of 40 files")

    class Stop(Silent):
        def report(self, stage: str, fraction: float, message: str = "") -> None:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        inspect(root, Stop())


def test_however_much_there_is_little_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many classes, faults and copies; a preview is sent to the page as a whole."""
    monkeypatch.setattr(inspection, "SHOWN_FAULTS", 50)
    one = cloud("balls", 1)
    files = {f"class-{number:04d}/1.ply": one for number in range(150)}
    files |= {f"class-0000/bad-{number}.ply": b"x" for number in range(60)}
    said = inspect(write(tmp_path, files), Silent())
    assert said["balance"]["classes"] == 150
    assert len(said["classes"]) == SHOWN_CLASSES
    assert len(said["pictures"]) == SHOWN_CLASSES
    assert said["faults"]["unreadable"] == 60
    assert len(said["faults"]["shown"]) == 50
    (group,) = said["duplicates"]["shown"]
    assert (len(group["files"]), group["more"]) == (SHOWN_COPIES, 150 - SHOWN_COPIES)
    most = PICTURES * (4 * PICTURE_POINTS + 200)
    assert len(json.dumps(said)) < most + 20_000
