"""What can be asked about trainings and other jobs, and done with them."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pcdash.core.params import TrainParams
from pcdash.jobs import Job, JobState
from pcdash.settings import Settings
from pcdash.workbench.again import asked_again
from pcdash.workbench.trainings import Trainings

_log = logging.getLogger(__name__)

_ALL_JOBS = 1000
"""More than are ever remembered."""


class Jobs:
    """The part of the workbench that is about jobs.

    Parameters
    ----------
    settings : Settings
    trainings : Trainings
    """

    def __init__(self, settings: Settings, trainings: Trainings) -> None:
        self.settings = settings
        self._trainings = trainings

    def start_training(self, params: TrainParams, *, trusted: bool = False) -> Job:
        """Queue a training.

        Parameters
        ----------
        params : TrainParams
        trusted : bool
            False for everything that comes as a request: it may name neither the place to
            write to nor a folder outside ``data_root``.

        Raises
        ------
        InvalidInput, Refused, QueueFull
        """
        job = self._trainings.start(params, trusted=trusted)
        _log.info("job %s waits: %s", job.id, job.title, extra={"job_id": job.id})
        return job

    @property
    def training_blocked(self) -> str | None:
        """Why this server cannot train, or None."""
        folder = self.settings.artifacts
        if folder.is_dir() and not os.access(folder, os.W_OK):
            return "jobs cannot be stored: the artifacts folder cannot be written"
        return None

    def job_counts(self) -> Mapping[JobState, int]:
        """How many of the remembered jobs are in which state."""
        return Counter(job.state for job in self.jobs(_ALL_JOBS))

    def jobs(self, limit: int = 50, skip: int = 0, kind: str | None = None) -> list[Job]:
        """The newest jobs first, without the `skip` newest; of a `kind`, such as ``train``."""
        return self._trainings.queue.list(limit, skip, kind)

    def count_jobs(self, kind: str | None = None) -> int:
        """How many jobs are remembered, of a `kind`."""
        return self._trainings.queue.count(kind)

    def job(self, job_id: str) -> Job:
        """One job; NotFound if there is none of that id."""
        return self._trainings.queue.get(job_id)

    def cancel_job(self, job_id: str) -> Job:
        """Ask a job to stop; a finished one stays as it is."""
        return self._trainings.queue.cancel(job_id)

    def job_log(self, job_id: str) -> str:
        """The end of what a job has printed."""
        return self._trainings.queue.log_tail(job_id)

    def configuration_of_job(self, job_id: str) -> dict[str, Any]:
        """What a training was asked for, or a recipe that a job has written, to ask for it again.

        See `pcdash.workbench.again`.
        """
        job = self.job(job_id)
        return asked_again(
            job.payload.get("params") or (job.result or {}).get("config"), self.settings
        )
