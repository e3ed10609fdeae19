"""What becomes of jobs when servers stop, die, or are several."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

from deadlines import AT_ONCE
from job_patience import Patience

from pcdash.jobs import Dispatcher, JobQueue, JobState
from pcdash.jobs.process import start_time


def _pid(queue: JobQueue, job_id: str) -> int:
    with closing(sqlite3.connect(queue.table.path)) as connection:
        query = "SELECT pid FROM jobs WHERE id = ?"
        return int(connection.execute(query, (job_id,)).fetchone()[0])


def test_stopping_the_dispatcher_interrupts_its_job_and_starting_it_goes_on(
    queue: JobQueue, dispatcher: Dispatcher, patience: Patience
) -> None:
    job, waiting = queue.submit("stubborn", {}), queue.submit("quick", {})
    patience.until_stage(queue, job, "stubborn")
    pid = _pid(queue, job.id)
    dispatcher.stop()
    final = queue.get(job.id)
    assert final.state is JobState.INTERRUPTED
    assert final.error == "the server ended while the job ran"
    assert start_time(pid) is None
    assert queue.get(waiting.id).state is JobState.QUEUED
    dispatcher.start()
    assert patience.until_final(queue, waiting).state is JobState.DONE


SERVER = """
import sys, time
from pathlib import Path
from pcdash.jobs import Dispatcher, JobQueue
kinds = {name: f"job_samples:{name}" for name in ("stubborn", "quick")}
dispatcher = Dispatcher(JobQueue(Path(sys.argv[1]), kinds=kinds), poll_seconds=0.02)
dispatcher.start()
while not dispatcher.leading:
    time.sleep(0.01)
sys.stdout.write("leading\\n")
sys.stdout.flush()
time.sleep(60)
"""


def _server(queue: JobQueue) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SERVER, str(queue.folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_server_takes_its_child_along_and_the_next_one_says_interrupted(
    queue: JobQueue, patience: Patience
) -> None:
    with _server(queue) as first:
        job = queue.submit("stubborn", {})
        patience.until_stage(queue, job, "stubborn")
        pid = _pid(queue, job.id)
        first.kill()
        patience.until(lambda: start_time(pid) is None, seconds=AT_ONCE)
    assert queue.get(job.id).state is JobState.RUNNING
    dispatcher = Dispatcher(queue, poll_seconds=0.02)
    dispatcher.start()
    final = patience.until_final(queue, job, seconds=AT_ONCE)
    dispatcher.stop()
    assert final.state is JobState.INTERRUPTED


def test_one_of_two_servers_dispatches_and_the_other_takes_over(
    queue: JobQueue, patience: Patience
) -> None:
    with _server(queue) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "leading\n"
        second = Dispatcher(queue, poll_seconds=0.02)
        second.start()
        assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE
        assert not second.leading
        first.kill()
        patience.until(lambda: second.leading, seconds=AT_ONCE)
    assert patience.until_final(queue, queue.submit("quick", {})).state is JobState.DONE
    second.stop()
    assert not second.leading


def test_a_take_over_ends_a_leftover_but_never_a_stranger(
    queue: JobQueue, patience: Patience
) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    leftover, stranger = (subprocess.Popen(sleep, start_new_session=True) for _ in range(2))
    jobs = [queue.submit("quick", {}) for _ in range(3)]
    for _ in jobs:
        queue.table.claim()
    queue.table.set_process(jobs[0].id, leftover.pid, start_time(leftover.pid))
    queue.table.set_process(jobs[1].id, stranger.pid, f"{start_time(stranger.pid)}0")
    dispatcher = Dispatcher(queue, poll_seconds=0.02)
    dispatcher.start()
    states = {patience.until_final(queue, job).state for job in jobs}
    dispatcher.stop()
    assert states == {JobState.INTERRUPTED}
    assert leftover.wait(timeout=AT_ONCE) == -signal.SIGKILL
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
