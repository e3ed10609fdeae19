"""Waiting for jobs with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from deadlines import EVENTUALLY

from pcdash.jobs import Job, JobQueue


class Patience:
    """Polls until something holds; fails the test when the deadline has passed."""

    def until(self, holds: Callable[[], bool], *, seconds: float = EVENTUALLY) -> float:
        begin = time.monotonic()
        while not holds():
            if time.monotonic() - begin > seconds:
                pytest.fail(f"did not happen within {seconds:g} s")
            time.sleep(0.01)
        return time.monotonic() - begin

    def until_final(self, queue: JobQueue, job: Job, *, seconds: float = EVENTUALLY) -> Job:
        self.until(lambda: not queue.get(job.id).active, seconds=seconds)
        return queue.get(job.id)

    def until_stage(self, queue: JobQueue, job: Job, stage: str) -> Job:
        self.until(lambda: queue.get(job.id).stage == stage)
        return queue.get(job.id)
