"""A trainer that is killed, fills the disk, or is cancelled too late: what is served is sound."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from deadlines import AT_ONCE
from job_patience import Patience

from pcdash.jobs import Dispatcher, Job, JobLimits, JobQueue, JobState
from pcdash.registry import Registry


@pytest.fixture
def served(queue: JobQueue) -> Registry:
    """A registry beside the queue with one version, promoted."""
    registry = Registry(queue.folder)
    registry.promote(registry.publish(b"old", {}, {}))
    return registry


def _pid(queue: JobQueue, job: Job) -> int:
    with closing(sqlite3.connect(queue.table.path)) as connection:
        query = "SELECT pid FROM jobs WHERE id = ?"
        return int(connection.execute(query, (job.id,)).fetchone()[0])


def _assert_as_before(served: Registry) -> None:
    (info,) = Registry(served._models.parent).versions()
    assert served.current() == info.version
    assert served.read_model(info.version)[0] == b"old"
    assert not [p for p in served._models.parent.rglob("*") if p.name.startswith(".tmp-")]


def test_a_trainer_killed_at_any_of_ten_places_fails_within_two_seconds(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, served: Registry, tmp_path: Path
) -> None:
    for place in range(10):
        go_on = tmp_path / f"go-on-{place}"
        go_on.mkdir()
        for step in range(place):
            (go_on / str(step)).touch()
        payload = {"go_on": str(go_on), "artifacts": str(queue.folder)}
        job = queue.submit("by_steps", payload)
        patience.until_stage(queue, job, f"step {place}")
        os.kill(_pid(queue, job), signal.SIGKILL)
        final = patience.until_final(queue, job, seconds=AT_ONCE)
        assert final.state is JobState.FAILED
        assert final.error == "failed (signal 9): the job's process was killed"
        _assert_as_before(served)
    for step in range(10):
        (go_on / str(step)).touch()
    assert patience.until_final(queue, queue.submit("by_steps", payload)).state is JobState.DONE
    assert served.read_model(str(served.current()))[0] == b"new"


@pytest.mark.parametrize("room", [0, 1, 1000, 999_999, 1_000_010])
def test_a_disk_that_fills_up_fails_the_job_and_nothing_else(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, served: Registry, room: int
) -> None:
    payload = {"artifacts": str(queue.folder), "bytes": 1_000_000, "room": room}
    final = patience.until_final(queue, queue.submit("publishes", payload))
    assert final.state is JobState.FAILED
    assert final.error == "cannot publish: No space left on device"
    _assert_as_before(served)


@pytest.fixture
def narrow(queue: JobQueue) -> Iterator[Dispatcher]:
    """A dispatcher whose jobs may write files of a MiB."""
    limits = JobLimits(file_bytes=2**20)
    dispatcher = Dispatcher(queue, grace_seconds=0.3, poll_seconds=0.02, limits=limits)
    dispatcher.start()
    yield dispatcher
    dispatcher.stop()


def test_a_file_over_the_limit_fails_the_job_and_nothing_else(
    queue: JobQueue, narrow: Dispatcher, patience: Patience, served: Registry
) -> None:
    payload = {"artifacts": str(queue.folder), "bytes": 2**20 + 1, "room": None}
    final = patience.until_final(queue, queue.submit("publishes", payload))
    assert (final.state, final.error) == (JobState.FAILED, "cannot publish: File too large")
    _assert_as_before(served)
    small = queue.submit("publishes", {**payload, "bytes": 2**20})
    assert patience.until_final(queue, small).state is JobState.DONE


def test_a_cancel_before_the_point_of_no_return_wins(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, tmp_path: Path
) -> None:
    job = queue.submit("commits", {"folder": str(tmp_path)})
    patience.until_stage(queue, job, "before")
    assert queue.cancel(job.id).cancelling
    (tmp_path / "commit").touch()
    assert patience.until_final(queue, job).state is JobState.CANCELLED


def test_a_cancel_after_the_point_of_no_return_comes_too_late(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, tmp_path: Path
) -> None:
    (tmp_path / "commit").touch()
    job = queue.submit("commits", {"folder": str(tmp_path)})
    patience.until_stage(queue, job, "after")
    late = queue.cancel(job.id)
    assert (late.state, late.cancelling) == (JobState.RUNNING, False)
    os.kill(_pid(queue, job), signal.SIGTERM)  # ignored from there on
    waiting = queue.cancel(queue.submit("quick", {}).id)
    assert waiting.state is JobState.CANCELLED
    (tmp_path / "end").touch()
    final = patience.until_final(queue, job)
    assert (final.state, final.result) == (JobState.DONE, {"published": True})


def test_of_a_cancel_and_a_commit_exactly_one_wins(queue: JobQueue) -> None:
    first, second = (queue.submit("quick", {}) for _ in range(2))
    for _ in range(2):
        queue.table.claim()
    queue.cancel(first.id)
    assert queue.table.commit(first.id)  # it should stop
    assert not queue.table.commit(second.id)
    assert not queue.cancel(second.id).cancelling
    assert not queue.table.should_stop(second.id)
    assert not queue.table.save_progress(second.id, "publish", 0.9, "")
    queue.table.finish(second.id, JobState.DONE)
    assert queue.table.commit(second.id)  # over already


def test_logs_of_forgotten_jobs_are_swept_at_the_next_start(
    queue: JobQueue, patience: Patience
) -> None:
    known = queue.cancel(queue.submit("quick", {}).id)
    for job_id in (known.id, "0" * 32):
        queue.log(job_id).append("a line")
    (queue.folder / "job-logs" / f"{'1' * 32}.log.1").write_text("older")
    dispatcher = Dispatcher(queue, poll_seconds=0.02)
    dispatcher.start()
    patience.until(lambda: dispatcher.leading)
    dispatcher.stop()
    assert [p.name for p in (queue.folder / "job-logs").iterdir()] == [f"{known.id}.log"]


def test_what_cannot_be_stored_is_said_once(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.table.path.write_bytes(b"not a database, but long enough to look at " * 100)
    for _ in range(3):
        assert queue.list() == []
    assert len(caplog.records) == 1
