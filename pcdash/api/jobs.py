"""Background jobs."""

from __future__ import annotations

from typing import Any

from flask import Response

from pcdash.api.schemas import JobPath, JobRow, JobsQuery, JobSummary
from pcdash.api.service import Service, answer
from pcdash.core.params import TrainParams
from pcdash.jobs import Job
from pcdash.logs import bind


def list_jobs(service: Service, query: JobsQuery) -> Response:
    """List the newest jobs."""
    return answer({"jobs": [_row(job) for job in service.workbench.jobs(query.limit)]})


def start_job(service: Service, body: TrainParams) -> Response:
    """Start a training.

    Every key has a default, as in configs/train.yaml. The answer comes at once; its Location is
    where to look how far the training is.
    """
    job = service.workbench.start_training(body)
    bind(job_id=job.id)
    return answer(summary(job), 202, location=f"/jobs/{job.id}")


def show_job(service: Service, path: JobPath) -> Response:
    """Show one job and the end of its log."""
    job = service.workbench.job(path.job_id)
    return answer(_row(job) | {"log": service.workbench.job_log(job.id)})


def cancel_job(service: Service, path: JobPath) -> Response:
    """Ask a job to stop.

    The answer is the job as it is now: a running one needs a moment, a finished one stays as it is.
    """
    return answer(summary(service.workbench.cancel_job(path.job_id)))


def summary(job: Job) -> dict[str, Any]:
    """Where a job stands."""
    return {name: getattr(job, name) for name in JobSummary.model_fields}


def _row(job: Job) -> dict[str, Any]:
    # Not the payload: it holds paths of this machine.
    return {name: getattr(job, name) for name in JobRow.model_fields}
