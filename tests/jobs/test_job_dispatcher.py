"""Jobs from the queue to their end, in real child processes."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from deadlines import AT_ONCE
from job_patience import Patience

from pcdash.jobs import Dispatcher, Job, JobLimits, JobQueue, JobState, Lane
from pcdash.jobs.process import THREAD_VARIABLES, start_time


def _result(job: Job) -> dict[str, Any]:
    assert job.result is not None
    return job.result


def _pid(queue: JobQueue, job_id: str) -> int:
    with closing(sqlite3.connect(queue.table.path)) as connection:
        query = "SELECT pid FROM jobs WHERE id = ?"
        return int(connection.execute(query, (job_id,)).fetchone()[0])


def test_a_job_runs_in_a_child_and_hands_back_its_result(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job = queue.submit("quick", {"seed": 1}, title="A title")
    final = patience.until_final(queue, job)
    assert final.state is JobState.DONE
    assert final.result == {"payload": {"seed": 1}, "job_id": job.id}
    assert (final.stage, final.message, final.fraction) == ("working", "half way", 1.0)
    assert (final.title, final.error) == ("A title", None)
    assert final.started_at is not None
    assert final.finished_at is not None
    assert job.created_at <= final.started_at <= final.finished_at <= time.time()
    patience.until(lambda: queue.log_tail(job.id) == "to stdout\nto stderr\n")


def test_a_child_starts_light_in_its_own_session_with_few_threads(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job = queue.submit("environment", {"names": list(THREAD_VARIABLES)})
    result = patience.until_final(queue, job).result
    assert result == {
        "variables": dict.fromkeys(THREAD_VARIABLES, "1"),
        "leads_session": True,
        "heavy": [],
    }


@pytest.mark.parametrize(
    ("kind", "error", "in_log"),
    [
        ("refuses", "n_points must be at least 16", "invalid_input"),
        ("breaks", "unexpected error (ValueError); the job's log has the details", "secret detail"),
        (
            "calls_sys_exit",
            "unexpected error (SystemExit); the job's log has the details",
            "enough",
        ),
        ("not_json", "unexpected error (ValueError); the job's log has the details", "Traceback"),
        ("exits", "failed (exit code 3): the job's process ended without a result", "exit code 3"),
    ],
)
def test_failures_are_sentences_and_the_log_has_the_rest(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, kind: str, error: str, in_log: str
) -> None:
    final = patience.until_final(queue, queue.submit(kind, {}))
    assert (final.state, final.error, final.result) == (JobState.FAILED, error, None)
    patience.until(lambda: in_log in queue.log_tail(final.id))


def test_a_kind_that_cannot_be_imported_fails(tmp_path: Path, patience: Patience) -> None:
    queue = JobQueue(tmp_path, kinds={"gone": "no_such_module:run"})
    dispatcher = Dispatcher(queue, poll_seconds=0.02)
    dispatcher.start()
    final = patience.until_final(queue, queue.submit("gone", {}))
    dispatcher.stop()
    assert final.error == "unexpected error (ModuleNotFoundError); the job's log has the details"


def test_two_jobs_run_one_after_the_other(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    jobs = [queue.submit("interval", {}) for _ in range(3)]
    results = [_result(patience.until_final(queue, job)) for job in jobs]
    for before, after in itertools.pairwise(results):
        assert before["end"] < after["begin"]


def test_a_killed_child_is_noticed_within_two_seconds(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job = queue.submit("cooperative", {})
    patience.until_stage(queue, job, "counting")
    os.kill(_pid(queue, job.id), signal.SIGKILL)
    final = patience.until_final(queue, job, seconds=AT_ONCE)
    assert final.state is JobState.FAILED
    assert final.error == "failed (signal 9): the job's process was killed"
    assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE


def test_a_cooperative_job_is_cancelled_at_its_next_report(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job = queue.submit("cooperative", {})
    patience.until_stage(queue, job, "counting")
    assert queue.cancel(job.id).cancelling
    final = patience.until_final(queue, job)
    assert (final.state, final.error, final.result) == (JobState.CANCELLED, None, None)
    patience.until(lambda: "cancelled" in queue.log_tail(job.id))


def test_a_deaf_job_is_told_by_sigterm_and_may_tidy_up(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    job = queue.submit("deaf", {"marker": str(marker)})
    patience.until_stage(queue, job, "deaf")
    queue.cancel(job.id)
    assert patience.until_final(queue, job).state is JobState.CANCELLED
    assert marker.read_text() == "tidy"


def test_a_stubborn_job_is_killed_after_the_grace_times(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job = queue.submit("stubborn", {})
    patience.until_stage(queue, job, "stubborn")
    queue.cancel(job.id)
    begin = time.monotonic()
    assert patience.until_final(queue, job).state is JobState.CANCELLED
    assert time.monotonic() - begin > 0.5


def test_a_job_that_completes_after_the_cancel_is_done(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    job = queue.submit("finishes_anyway", {"marker": str(marker)})
    patience.until_stage(queue, job, "publishing")
    queue.cancel(job.id)
    marker.touch()
    final = patience.until_final(queue, job)
    assert (final.state, final.result) == (JobState.DONE, {"published": True})


@pytest.mark.parametrize(
    ("kind", "limits", "error"),
    [
        ("stubborn", JobLimits(seconds=0.5), "stopped after 0.5 s, the time limit"),
        ("hungry", JobLimits(memory_bytes=2**30), "the job needs more memory than it may use"),
    ],
)
def test_limits_of_time_and_memory(
    queue: JobQueue, patience: Patience, kind: str, limits: JobLimits, error: str
) -> None:
    dispatcher = Dispatcher(queue, grace_seconds=0.2, poll_seconds=0.02, limits=limits)
    dispatcher.start()
    final = patience.until_final(queue, queue.submit(kind, {"bytes": 2**31}))
    dispatcher.stop()
    assert final.state is JobState.FAILED
    if kind == "stubborn" or sys.platform == "linux":
        assert final.error == error


def test_a_flood_of_output_is_bounded_and_blocks_nobody(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job = queue.submit("noisy", {"mebibytes": 48})
    assert patience.until_final(queue, job).state is JobState.DONE
    patience.until(lambda: queue.log_tail(job.id, 8) == "the end\n")
    sizes = [path.stat().st_size for path in (queue.folder / "job-logs").iterdir()]
    assert sum(sizes) <= 2**20


@pytest.mark.parametrize("wait", [True, False])
def test_descendants_end_with_the_job(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience, wait: bool
) -> None:
    job = queue.submit("with_descendant", {"wait": wait})
    descendant = int(patience.until_stage(queue, job, "descendant").message)
    if wait:
        queue.cancel(job.id)
    patience.until_final(queue, job)
    patience.until(lambda: start_time(descendant) is None, seconds=AT_ONCE)


def test_a_process_that_lingers_after_its_job_is_ended(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job = queue.submit("lingers", {})
    final = patience.until_final(queue, job)
    assert final.state is JobState.DONE
    patience.until(lambda: start_time(_result(final)["pid"]) is None, seconds=AT_ONCE)
    assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE


def test_a_full_disk_does_not_end_the_thread(
    queue: JobQueue,
    dispatcher: Dispatcher,
    patience: Patience,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failures = iter([sqlite3.OperationalError("database or disk is full")] * 1)
    claim = queue.table.claim

    def flaky(lane: Lane) -> Job | None:
        for failure in failures:
            raise failure
        return claim(lane)

    monkeypatch.setattr(queue.table, "claim", flaky)
    assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE
    assert "try again" in caplog.text


def test_a_folder_removed_while_serving_is_made_again(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    patience.until_final(queue, queue.submit("quick", {}))
    shutil.rmtree(queue.folder)
    assert queue.list() == queue.active() == []
    assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE
    assert len(queue.list()) == 1


def test_the_package_imports_nothing_heavy() -> None:
    script = (
        "import sys, pcdash.jobs.child;"
        "assert not {'numpy', 'pydantic', 'dash', 'flask', 'pcdash.core'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


def test_jobs_of_another_lane_do_not_wait(queue: JobQueue, patience: Patience) -> None:
    short = Lane("short", ("quick",))
    lanes = [
        Dispatcher(queue, grace_seconds=0.1, poll_seconds=0.02, lane=lane)
        for lane in (short, short.beside("jobs"))
    ]
    for dispatcher in lanes:
        dispatcher.start()
    long = queue.submit("cooperative", {})
    patience.until(lambda: queue.get(long.id).state is JobState.RUNNING)
    assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE
    waiting = queue.submit("deaf", {})
    assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE
    assert queue.get(long.id).state is JobState.RUNNING
    assert queue.get(waiting.id).state is JobState.QUEUED
    assert [job.kind for job in queue.list(kind="quick")] == ["quick", "quick"]
    lanes[0].stop()
    assert queue.get(long.id).state is JobState.RUNNING
    lanes[1].stop()
    assert queue.get(long.id).state is JobState.INTERRUPTED


def test_whoever_takes_a_lane_over_leaves_the_others_alone(
    queue: JobQueue, patience: Patience
) -> None:
    jobs = [queue.submit("quick", {}), queue.submit("cooperative", {})]
    for _ in jobs:
        queue.table.claim()
    dispatcher = Dispatcher(queue, poll_seconds=0.02, lane=Lane("short", ("quick",)))
    dispatcher.start()
    assert patience.until_final(queue, jobs[0]).state is JobState.INTERRUPTED
    assert queue.get(jobs[1].id).state is JobState.RUNNING
    dispatcher.stop()
