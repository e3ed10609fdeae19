"""Features are computed once; where they are computed makes no difference."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pcdash.core import parallel
from pcdash.core.dataset import ChunkResult, FeatureTable, build_table
from pcdash.core.descriptor import DIM
from pcdash.core.params import ComputeParams, SplitParams, SyntheticData, TrainParams
from pcdash.core.progress import Silent
from pcdash.core.synthetic import synthetic_chunks
from pcdash.errors import InvalidInput
from pcdash.settings import Settings
from pcdash.workbench import Workbench
from pcdash.workbench.features import FeatureCache

DATA = SyntheticData(classes=("sphere", "torus"), n_samples_per_class=30, n_points=64)
CHUNKS = synthetic_chunks(DATA, SplitParams(), 5)


def _table(compute: ComputeParams | None = None, store: FeatureCache | None = None) -> FeatureTable:
    return build_table(CHUNKS, DATA.classes, Silent(), compute=compute, store=store)


def _assert_same(a: FeatureTable, b: FeatureTable) -> None:
    assert np.array_equal(a.features, b.features)
    assert np.array_equal(a.labels, b.labels)
    assert np.array_equal(a.splits, b.splits)
    assert a.fingerprint == b.fingerprint


@pytest.fixture
def no_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, computing a chunk is an error."""

    def refuse(_chunk: object) -> None:
        pytest.fail("computed again")

    monkeypatch.setattr(parallel, "_compute", refuse)


def test_a_second_table_comes_from_the_cache(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = _table(store=FeatureCache(tmp_path))
    request.getfixturevalue("no_computing")
    _assert_same(first, _table(store=FeatureCache(tmp_path)))


def test_another_descriptor_or_recipe_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FeatureCache(tmp_path)
    _table(store=cache)
    keys = CHUNKS[0].keys()
    assert cache.get(keys) is not None
    other = synthetic_chunks(DATA.model_copy(update={"noise_sigma": 0.1}), SplitParams(), 5)
    assert cache.get(other[0].keys()) is None
    assert cache.get(synthetic_chunks(DATA, SplitParams(), 6)[0].keys()) is None
    monkeypatch.setattr("pcdash.workbench.features.DESCRIPTOR_VERSION", "another")
    assert cache.get(keys) is None


def _result(seed: int, clouds: int) -> tuple[tuple[str, ...], ChunkResult]:
    """What a chunk of that many clouds may give."""
    features = np.random.default_rng(seed).normal(size=(clouds, DIM)).astype(np.float32)
    keys = tuple(f"{seed} {number}" for number in range(clouds))
    digests = tuple(hashlib.sha256(key.encode()).hexdigest() for key in keys)
    return keys, ChunkResult(features, tuple(range(clouds)), digests)


def test_the_cache_keeps_to_its_size_and_what_was_not_used_for_longest_goes_first(
    tmp_path: Path,
) -> None:
    now = 0.0
    cache = FeatureCache(tmp_path, max_bytes=2_000_000, clock=lambda: now)
    first, second = _result(1, 8), _result(2, 8)
    cache.put(*first)
    cache.put(*second)
    for seed in range(3, 120):
        now += 1
        cache.put(*_result(seed, 8))
        assert cache.get(first[0]) is not None  # in use all the time
    assert cache.get(second[0]) is None
    last = cache.get(_result(119, 8)[0])
    assert last is not None
    assert np.array_equal(last.features, _result(119, 8)[1].features)
    size = sum(path.stat().st_size for path in tmp_path.glob("features.sqlite"))
    assert 1_000_000 < size <= 2_000_000
    with closing(sqlite3.connect(tmp_path / "features.sqlite")) as database:
        (rows,) = database.execute("SELECT count(*) FROM clouds").fetchone()
    assert rows == 2_000_000 // (4 * DIM + 1024)


def test_a_broken_cache_costs_time_not_the_training(tmp_path: Path) -> None:
    (tmp_path / "features.sqlite").write_bytes(b"this is no database, " * 1000)
    _assert_same(_table(), _table(store=FeatureCache(tmp_path)))


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_every_backend_gives_the_same_table(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "PARALLEL_FROM", 0)
    _assert_same(_table(), _table(ComputeParams(backend=backend, n_jobs=2)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_dask_cluster_gives_the_same_table() -> None:
    from distributed import LocalCluster

    with LocalCluster(  # port 0: any free one, for two test runs may meet on the usual 8787
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        compute = ComputeParams(backend="dask", scheduler=cluster.scheduler_address)
        _assert_same(_table(), _table(compute))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError("nobody there")

    monkeypatch.setattr(distributed, "Client", refuse)
    compute = ComputeParams(backend="dask", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(InvalidInput, match=r"tcp://127\.0\.0\.1:1") as caught:
        _table(compute)
    assert caught.value.field == "compute.scheduler"


@pytest.mark.parametrize(
    "values",
    [{"backend": "dask"}, {"scheduler": "tcp://x:1"}, {"n_jobs": 0}, {"backend": "ssh"}],
)
def test_contradictions_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"compute"):
        TrainParams.model_validate({"compute": values})


def test_a_request_may_not_choose_where_to_compute(tmp_path: Path) -> None:
    bench = Workbench(Settings(artifacts_dir=str(tmp_path)))
    params = TrainParams.model_validate(
        {"compute": {"backend": "dask", "scheduler": "tcp://evil.example:8786"}}
    )
    with pytest.raises(InvalidInput) as caught:
        bench.start_training(params)
    assert caught.value.field == "compute"
