"""The log of the drift watch: what is kept, for how long, and what it survives."""

from __future__ import annotations

import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drifts import VERSION, make_predictions

from pcdash.core.cloud import Prediction
from pcdash.core.descriptor import DIM
from pcdash.core.trust.judgement import Cell, Judgement
from pcdash.workbench.drift_log import FILE, DriftLog


def test_neither_points_nor_names_are_in_the_log(tmp_path: Path) -> None:
    log = DriftLog(tmp_path, rows=1000)
    for one in make_predictions(np.random.default_rng(9), 3):
        log.note(one)
    log.flush()
    with sqlite3.connect(tmp_path / FILE) as table:
        columns = [row[1] for row in table.execute("PRAGMA table_info(clouds)")]
        size = table.execute("SELECT MAX(LENGTH(descriptor)) FROM clouds").fetchone()[0]
    assert set(columns) == {
        "number", "version", "place", "at", "said", "unknown", "descriptor", "digest",
    }  # fmt: skip
    assert size == 2 * DIM


def test_many_who_write_lose_nothing_and_share_one_numbering(tmp_path: Path) -> None:
    logs = [DriftLog(tmp_path, rows=1000) for _ in range(4)]  # as so many server processes
    made = [list(make_predictions(np.random.default_rng(seed), 60)) for seed in range(4)]

    def write(log: DriftLog, some: list[Prediction]) -> None:
        for start in range(0, 60, 12):
            for one in some[start : start + 12]:
                log.note(one)
            log.flush()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, logs, made))
    assert logs[0].read(VERSION).place.tolist() == list(range(1, 241))


def test_noting_costs_next_to_nothing_and_waits_for_nobody(tmp_path: Path) -> None:
    log = DriftLog(tmp_path, rows=1000)
    some = list(make_predictions(np.random.default_rng(0), 500))
    with log._writing:  # somebody writes
        started = time.process_time()
        for one in some:
            log.note(one)
        each = (time.process_time() - started) / len(some)
    assert each < 2e-4
    for one in some * 20:
        log.note(one)
    assert len(log._gathered) == 4096, "bounded where nobody can write"


def test_where_it_cannot_be_written_answers_go_on_and_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "drift").write_text("in the way")
    log = DriftLog(tmp_path, rows=1000)
    for _ in range(3):
        for one in make_predictions(np.random.default_rng(0), 2):
            log.note(one)
        log.flush()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "not logged for the drift watch" in caplog.text


def test_numbers_of_a_version_go_on_when_all_its_rows_are_gone(tmp_path: Path) -> None:
    log = DriftLog(tmp_path, rows=200)
    rng = np.random.default_rng(0)

    def write(version: str, n: int) -> None:
        for one in make_predictions(rng, n):
            log.note(replace(one, model_version=version))
        log.flush()

    write("a", 150)
    write("b", 200)
    assert len(log.read("a")) == 0
    write("a", 1)
    assert log.read("a").place.tolist() == [151]
    assert len(log.read("b")) == 199


def test_what_a_killed_writer_left_half_done_is_taken_back(tmp_path: Path) -> None:
    log = DriftLog(tmp_path, rows=1000)
    rng = np.random.default_rng(0)
    for one in make_predictions(rng, 300):
        log.note(one)
    log.flush()
    dead = tmp_path / "dead"
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as table:
        table.execute("PRAGMA cache_size = 1")  # so that pages are written before the end
        table.execute("BEGIN IMMEDIATE")
        table.execute("UPDATE clouds SET descriptor = zeroblob(LENGTH(descriptor)), place = -place")
        shutil.copytree(tmp_path / "drift", dead / "drift")  # as the kill would leave it
        table.execute("ROLLBACK")
    assert (dead / f"{FILE}-journal").stat().st_size > 0
    left = DriftLog(dead, rows=1000).read(VERSION)
    assert left.place.tolist() == list(range(1, 301))
    assert left.features.any(axis=1).all()


def test_features_beyond_half_precision_are_kept_as_its_largest(tmp_path: Path) -> None:
    log = DriftLog(tmp_path, rows=1000)
    huge = np.full(DIM, 1e9, np.float32)
    log.note(Prediction("cube", {}, VERSION, 128, 1.0, descriptor=huge))
    log.flush()
    assert log.read(VERSION).features.max() == np.finfo(np.float16).max


def test_that_a_version_cannot_tell_unknown_ones_is_kept_as_such(tmp_path: Path) -> None:
    log = DriftLog(tmp_path, rows=1000)
    cell = Cell("any", np.zeros(1), False)
    rng = np.random.default_rng(0)
    for one, score in zip(make_predictions(rng, 3), (None, 0.9, 0.1), strict=True):
        log.note(replace(one, judgement=None if score is None else Judgement(cell, score)))
    log.flush()
    np.testing.assert_array_equal(log.read(VERSION).unknown, [np.nan, 1, 0])
