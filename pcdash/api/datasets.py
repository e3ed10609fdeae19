"""Stored datasets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from pcdash.api.dataset_schemas import DatasetPath, DatasetRequest
from pcdash.api.jobs import summary
from pcdash.api.service import Service, answer
from pcdash.datasets import Dataset
from pcdash.logs import bind


def list_datasets(service: Service) -> Response:
    """List the stored datasets."""
    datasets = service.workbench.datasets
    use = datasets.disk_use()
    entries = [_entry(one) for one in datasets.all()]
    return answer({"datasets": entries, "used": use.used, "quota": use.quota})


def add_dataset(service: Service, body: DatasetRequest) -> Response:
    """Keep an uploaded zip of labelled scans.

    The answer comes at once; its Location is where to look how far it is. The job's result holds
    the dataset's hash. The same content is kept once.
    """
    job = service.workbench.datasets.add_upload(body.upload_id, body.name)
    bind(job_id=job.id)
    return answer(summary(job), 202, location=f"/jobs/{job.id}")


def show_dataset(service: Service, path: DatasetPath) -> Response:
    """Show one dataset and what is in it."""
    datasets = service.workbench.datasets
    entry = _entry(datasets.get(path.hash))
    return answer(entry | {"preview": datasets.preview(path.hash)})


def delete_dataset(service: Service, path: DatasetPath) -> Response:
    """Delete a dataset for good.

    Refused while a kept version could not be reproduced without it.
    """
    datasets = service.workbench.datasets
    entry = _entry(datasets.get(path.hash))
    datasets.delete(path.hash)
    return answer(entry)


def _entry(dataset: Dataset) -> dict[str, Any]:
    return {**asdict(dataset), "root": dataset.root}
