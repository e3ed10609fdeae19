"""Chunks of every kind: what is not wanted is not read, and what is wanted stays the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scans import on_scans, write_scans

from pcdash.core.dataset import Chunk
from pcdash.core.examination.conditions import GRIDS
from pcdash.core.examination.exam import MadeClouds, Spoilt, spoilt
from pcdash.core.params import SplitParams, SyntheticData
from pcdash.core.progress import Silent
from pcdash.core.synthetic import synthetic_chunks
from pcdash.workbench import folders, train_and_publish
from pcdash.workbench.folders import FolderChunk, unseen_chunks
from pcdash.workbench.turned import TurnedChunk

CONDITION = GRIDS["small"][1]


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "scans"
    write_scans(folder)
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were opened to be described, in order."""
    opened: list[str] = []
    real = folders.read_cloud

    def noted(path: Path, **more: Any) -> Any:
        opened.append(more["name"])
        return real(path, **more)

    monkeypatch.setattr(folders, "read_cloud", noted)
    return opened


def files(scans: Path) -> FolderChunk:
    return unseen_chunks(scans)[0][0]


MAKERS: dict[str, Callable[[Path], Chunk]] = {
    "folder": files,
    "turned": lambda scans: TurnedChunk(files(scans), (1, 2)),
    "made": lambda _: MadeClouds("cone", 0, 20, 6),
    "spoilt": lambda scans: Spoilt(files(scans), (0, 2, 3, 5, 7), CONDITION),
    "synthetic": lambda _: synthetic_chunks(
        SyntheticData(n_samples_per_class=10, n_points=64), SplitParams(), 1
    )[0],
    "randomised": lambda _: synthetic_chunks(
        SyntheticData.model_validate({"n_samples_per_class": 10, "randomise": {}}), SplitParams(), 1
    )[0],
}


@pytest.mark.parametrize("kind", MAKERS)
def test_some_clouds_of_a_chunk_are_those_of_all_of_them(kind: str, scans: Path) -> None:
    chunk = MAKERS[kind](scans)
    whole, keys = dict(chunk.clouds()), chunk.keys()
    assert list(whole) == list(range(len(chunk.labels)))
    for places in ((1, 4), (0,), (), tuple(whole)):
        some = dict(chunk.clouds(places))
        assert tuple(some) == places
        assert all(np.array_equal(some[place], whole[place]) for place in places)
        assert chunk.keys(places) == tuple(keys[place] for place in places)


def test_of_a_folder_only_the_wanted_files_are_opened(scans: Path, read: list[str]) -> None:
    chunk = files(scans)
    assert len(list(chunk.clouds((2, 5)))) == 2
    assert read == [chunk.files[2].name, chunk.files[5].name]
    read.clear()
    list(Spoilt(chunk, (1, 3, 6), CONDITION).clouds((0, 2)))
    assert read == [chunk.files[1].name, chunk.files[6].name]


def test_an_examination_reads_its_own_clouds_once_for_each_condition(
    scans: Path, read: list[str]
) -> None:
    chunks, _ = unseen_chunks(scans)
    taken = spoilt(chunks, GRIDS["small"], 3)
    for chunk in (chunk for one in taken for chunk in one):
        chunk.compute()
    names = set(read)
    assert len(names) == 3
    assert all("/test/" in name for name in names)
    assert sorted(read) == sorted([*names] * len(GRIDS["small"]))


def test_a_training_reads_no_training_file_twice(
    scans: Path, tmp_path: Path, read: list[str]
) -> None:
    train_and_publish(on_scans(scans), tmp_path, Silent())
    training = [name for name in read if "/train/" in name]
    assert len(training) == len(set(training)) == 14
    tests = [name for name in read if "/test/" in name]
    assert len(tests) == 8 * (1 + len(GRIDS["small"]) + 1), "features, conditions, evidence"
