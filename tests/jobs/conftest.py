"""A queue of sample jobs, and patience with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import job_samples
import pytest

from pcdash.jobs import Dispatcher, Job, JobQueue

KINDS = {
    name: f"job_samples:{name}" for name, value in vars(job_samples).items() if callable(value)
}


class Patience:
    """Polls until something holds; fails the test when the deadline has passed."""

    def until(self, holds: Callable[[], bool], *, seconds: float = 20.0) -> float:
        begin = time.monotonic()
        while not holds():
            if time.monotonic() - begin > seconds:
                pytest.fail(f"did not happen within {seconds:g} s")
            time.sleep(0.01)
        return time.monotonic() - begin

    def until_final(self, queue: JobQueue, job: Job, *, seconds: float = 20.0) -> Job:
        self.until(lambda: not queue.get(job.id).active, seconds=seconds)
        return queue.get(job.id)

    def until_stage(self, queue: JobQueue, job: Job, stage: str) -> Job:
        self.until(lambda: queue.get(job.id).stage == stage)
        return queue.get(job.id)


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobQueue:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return JobQueue(tmp_path / "artifacts", kinds=KINDS)


@pytest.fixture
def dispatcher(queue: JobQueue) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(queue, grace_seconds=0.3, poll_seconds=0.02)
    dispatcher.start()
    yield dispatcher
    dispatcher.stop()
