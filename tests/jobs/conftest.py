"""A queue of sample jobs and its dispatcher."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import job_samples
import pytest
from job_patience import Patience

from pcdash.jobs import Dispatcher, JobQueue

KINDS = {
    name: f"job_samples:{name}" for name, value in vars(job_samples).items() if callable(value)
}


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobQueue]:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    queue = JobQueue(tmp_path / "artifacts", kinds=KINDS)
    with queue.table.keep_open():
        yield queue


@pytest.fixture
def dispatcher(queue: JobQueue) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(queue, grace_seconds=0.3, poll_seconds=0.02)
    dispatcher.start()
    yield dispatcher
    dispatcher.stop()
