"""The measuring data: every scan reads, every broken file ends as it should, in bounded memory."""

from __future__ import annotations

import csv
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pcdash.errors import PcdashError
from pcdash.files import read_cloud

POLICY = {
    "really_ply.pcd": "reject",
    "pcd_nan_rows.pcd": "accept",
    "npy_inf.npy": "reject",
    "npy_transposed.npy": "reject",
    "csv_text_column.csv": "accept",
    "utf16.xyz": "reject",
    "all_collinear.csv": "reject",
    "huge_1e300.csv": "reject",
}
"""Our answer where either would be right."""


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_scan_reads_with_its_points_and_its_size(shared_data: Path) -> None:
    sizes: dict[str, list[float]] = {}
    for row in table(shared_data / "scans" / "labels.csv"):
        cloud = read_cloud(shared_data / "scans" / row["file"], name=row["file"])
        announced = re.search(r"(\d+) points", row["note"])
        if announced:
            assert len(cloud) == int(announced[1]), row["file"]
            assert "sampled_from" not in cloud.source
        else:
            faces = re.search(r"(\d+) faces", row["note"])
            assert faces is not None
            assert cloud.source["sampled_from"] == f"mesh surface ({int(faces[1]):,} faces)"
        # offsets of millions must not melt points into one another; duplicates are chance
        assert len(np.unique(cloud.points, axis=0)) > 0.95 * len(cloud), row["file"]
        unit = {"m": 1.0, "mm": 0.001}[row["unit"]]
        extent = float(np.linalg.norm(np.ptp(cloud.points, axis=0))) * unit
        sizes.setdefault(row["note"].partition(";")[0], []).append(extent)
    assert sum(map(len, sizes.values())) == 52
    for thing, extents in sizes.items():  # the same object, whatever the format and the offset
        assert max(extents) / min(extents) < 1.03, thing


def test_every_broken_file_ends_as_it_should(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    try:
        for row in table(shared_data / "broken" / "cases.csv"):
            path = shared_data / "broken" / row["file"]
            tracemalloc.reset_peak()
            outcome, message = "accept", row["file"]
            try:
                read_cloud(path)
            except PcdashError as error:
                outcome, message = "reject", error.message
            assert message.startswith(row["file"])
            assert str(shared_data) not in message
            expected = row["expected"] if row["firm"] == "yes" else POLICY[row["file"]]
            assert outcome == expected, row["file"]
            peak = tracemalloc.get_traced_memory()[1]
            assert peak < 8 * path.stat().st_size + 4 * 2**20, (row["file"], peak)
    finally:
        tracemalloc.stop()
    assert list(tmp_path.iterdir()) == []
