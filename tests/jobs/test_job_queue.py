"""The queue on disk, without a dispatcher."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pcdash.errors import InvalidInput, NotFound, QueueFull, Refused, TooLarge
from pcdash.jobs import Job, JobQueue, JobState, jobqueue


def test_a_submitted_job_reads_back_as_it_was_written(queue: JobQueue) -> None:
    before = time.time()
    job = queue.submit("quick", {"seed": 1, "name": "größe", "nested": {"a": [1, None]}})
    assert before <= job.created_at <= time.time()
    assert len(job.id) == 32
    assert set(job.id) <= set("0123456789abcdef")
    expected = Job(
        id=job.id,
        kind="quick",
        title="quick",
        payload={"seed": 1, "name": "größe", "nested": {"a": [1, None]}},
        state=JobState.QUEUED,
        stage="",
        fraction=0.0,
        message="",
        created_at=job.created_at,
    )
    assert job == queue.get(job.id) == expected
    assert job.active
    assert job.seconds == 0.0
    assert JobQueue(queue.folder, kinds={}).get(job.id) == expected


def test_seconds_count_from_start_to_end() -> None:
    job = Job("1", "k", "t", {}, JobState.DONE, "", 1.0, "", created_at=0.0, started_at=10.0)
    assert dataclasses.replace(job, finished_at=12.5).seconds == 2.5
    assert dataclasses.replace(job, finished_at=9.0).seconds == 0.0  # the clock went back
    running = dataclasses.replace(job, started_at=time.time() - 5)
    assert 5.0 <= running.seconds < 6.0


def test_lists_are_newest_first_and_bounded(queue: JobQueue) -> None:
    ids = [queue.submit("quick", {"n": n}).id for n in range(5)]
    assert [job.id for job in queue.list()] == ids[::-1]
    assert [job.id for job in queue.list(limit=2)] == ids[:2:-1]
    assert queue.list(limit=0) == queue.list(limit=-1) == []
    queue.cancel(ids[4])
    assert [job.id for job in queue.active()] == ids[3::-1]


@pytest.mark.parametrize(
    ("kind", "payload", "error"),
    [
        ("unknown", {}, InvalidInput),
        ("quick", {"x": float("nan")}, InvalidInput),
        ("quick", {"x": {1, 2}}, InvalidInput),
        ("quick", {"x": "y" * 2**20}, TooLarge),
    ],
)
def test_what_cannot_be_queued_is_refused(
    queue: JobQueue, kind: str, payload: dict[str, object], error: type[InvalidInput]
) -> None:
    with pytest.raises(error):
        queue.submit(kind, payload)
    assert queue.list() == []


def test_the_queue_is_bounded_and_a_cancelled_job_makes_room(queue: JobQueue) -> None:
    jobs = [queue.submit("quick", {}) for _ in range(queue.capacity)]
    with pytest.raises(QueueFull):
        queue.submit("quick", {})
    queue.cancel(jobs[3].id)
    queue.submit("quick", {})
    with pytest.raises(QueueFull):
        queue.submit("quick", {})


def test_a_running_job_does_not_count_as_waiting(queue: JobQueue) -> None:
    for _ in range(queue.capacity):
        queue.submit("quick", {})
    assert queue.table.claim() is not None
    queue.submit("quick", {})


def test_a_full_queue_stays_full_under_threads(queue: JobQueue) -> None:
    def submit(_: int) -> bool:
        try:
            queue.submit("quick", {})
        except QueueFull:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        accepted = sum(pool.map(submit, range(40)))
    assert accepted == queue.capacity == len(queue.active())


def test_one_active_job_per_unique_key(queue: JobQueue) -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda n: queue.submit("quick", {"n": n}, unique="boot"), range(16)))
    assert len({job.id for job in jobs}) == len(queue.list()) == 1
    queue.table.claim()
    assert queue.submit("quick", {}, unique="boot").id == jobs[0].id
    assert queue.submit("quick", {}, unique="other").id != jobs[0].id
    queue.table.finish(jobs[0].id, JobState.DONE)
    assert queue.submit("quick", {}, unique="boot").id != jobs[0].id


def test_each_job_is_claimed_once_in_order(queue: JobQueue) -> None:
    queue.capacity = 100
    ids = [queue.submit("quick", {}).id for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: queue.table.claim(), range(48)))
    got = [job for job in claimed if job is not None]
    assert sorted(job.id for job in got) == sorted(ids)
    assert all(job.state is JobState.RUNNING for job in got)
    queue.submit("quick", {})
    second = queue.submit("quick", {})
    queue.table.claim()
    last = queue.table.claim()
    assert last is not None
    assert last.id == second.id


def test_cancelling_a_waiting_job_ends_it_at_once(queue: JobQueue) -> None:
    job = queue.cancel(queue.submit("quick", {}).id)
    assert job.state is JobState.CANCELLED
    assert job.finished_at is not None
    assert not job.cancelling
    assert queue.table.claim() is None
    assert queue.cancel(job.id) == job


def test_cancelling_a_running_job_is_a_wish_and_done_wins(queue: JobQueue) -> None:
    job = queue.submit("quick", {})
    queue.table.claim()
    asked = queue.cancel(job.id)
    assert (asked.state, asked.cancelling) == (JobState.RUNNING, True)
    assert queue.table.save_progress(job.id, "publishing", 0.9, "") is True
    assert queue.table.finish(job.id, JobState.DONE, result='{"ok": true}')
    assert not queue.table.finish(job.id, JobState.CANCELLED)
    final = queue.get(job.id)
    assert (final.state, final.result, final.fraction) == (JobState.DONE, {"ok": True}, 1.0)
    assert not final.cancelling
    assert queue.cancel(job.id) == final


def test_a_running_job_may_show_what_it_has_and_its_end_takes_the_place(queue: JobQueue) -> None:
    for state, result in ((JobState.DONE, '{"a": 2}'), (JobState.FAILED, None)):
        job = queue.submit("quick", {})
        assert queue.table.show(job.id, '{"a": 1}') is False, "it waits"
        queue.table.claim()
        assert queue.table.show(job.id, '{"a": 1}') is True
        seen = queue.get(job.id)
        assert (seen.so_far, seen.result) == ({"a": 1}, None)
        queue.table.finish(job.id, state, result=result)
        ended = queue.get(job.id)
        assert (ended.so_far, ended.result) == (None, {"a": 2} if result else None)
        assert queue.table.show(job.id, '{"a": 3}') is False
        assert queue.get(job.id) == ended


def test_a_job_that_is_not_running_any_more_is_told_to_stop(queue: JobQueue) -> None:
    job = queue.submit("quick", {})
    queue.table.claim()
    assert queue.table.save_progress(job.id, "a", 0.1, "") is False
    assert queue.table.should_stop(job.id) is False
    queue.table.finish(job.id, JobState.INTERRUPTED)
    assert queue.table.save_progress(job.id, "b", 0.2, "") is True
    assert queue.table.should_stop(job.id) is True
    assert queue.get(job.id).stage == "a"


@pytest.mark.parametrize("job_id", ["", "0" * 32, "../../etc/passwd", "%", "x" * 10_000, "\0"])
def test_unknown_ids_are_not_found(queue: JobQueue, job_id: str) -> None:
    queue.submit("quick", {})
    for ask in (queue.get, queue.cancel, queue.log_tail):
        with pytest.raises(NotFound):
            ask(job_id)


def test_old_finished_jobs_go_with_their_logs_and_active_ones_stay(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert jobqueue.KEEP_FINISHED == 200
    monkeypatch.setattr(jobqueue, "KEEP_FINISHED", 10)
    oldest_active = queue.submit("quick", {})
    ids = []
    for _ in range(15):
        job = queue.submit("quick", {})
        queue.log(job.id).append("a line")
        queue.cancel(job.id)
        ids.append(job.id)
    newest = queue.submit("quick", {})
    kept = [job.id for job in queue.list(limit=1000)]
    assert kept == [newest.id, *ids[:4:-1], oldest_active.id]
    logs = {path.name for path in (queue.folder / "job-logs").iterdir()}
    assert logs == {f"{job_id}.log" for job_id in ids[5:]}


def _folder_below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "artifacts"


def _damaged_table(tmp_path: Path) -> Path:
    (tmp_path / "jobs.sqlite").write_bytes(b"not a database, but long enough to look at " * 100)
    return tmp_path


def _table_of_a_newer_format(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "jobs.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    return tmp_path


@pytest.mark.parametrize(
    "prepare", [_folder_below_a_file, _damaged_table, _table_of_a_newer_format]
)
def test_where_jobs_cannot_be_stored_the_server_still_lives(
    tmp_path: Path, prepare: Callable[[Path], Path]
) -> None:
    queue = JobQueue(prepare(tmp_path), kinds={"quick": "job_samples:quick"})
    assert queue.list() == queue.active() == []
    with pytest.raises(Refused) as caught:
        queue.submit("quick", {})
    assert str(tmp_path) not in caught.value.message
    with pytest.raises((NotFound, Refused)):
        queue.get("0" * 32)


def test_a_read_only_folder_is_named_as_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # Permissions do not bind root.
    queue = JobQueue(tmp_path, kinds={"quick": "job_samples:quick"})
    assert queue.list() == []
    with pytest.raises(Refused) as caught:
        queue.submit("quick", {})
    expected = "jobs cannot be stored: the artifacts folder cannot be written"
    assert caught.value.message == expected


def test_a_folder_that_becomes_writable_is_used(tmp_path: Path) -> None:
    folder = _folder_below_a_file(tmp_path)
    queue = JobQueue(folder, kinds={"quick": "job_samples:quick"})
    (tmp_path / "file").unlink()
    job = queue.submit("quick", {})
    assert queue.list() == [job]


_SUBMIT_MANY = """
import sys
from pathlib import Path
from pcdash.jobs import JobQueue
queue = JobQueue(Path(sys.argv[1]), kinds={"quick": "job_samples:quick"}, capacity=1000)
for n in range(10):
    queue.submit("quick", {"n": n})
"""


def test_processes_create_and_fill_one_table_together(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SUBMIT_MANY, str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate(timeout=30)[1] for process in processes]
    assert errors == [b""] * 4
    assert len(JobQueue(tmp_path, kinds={}).list()) == 40
