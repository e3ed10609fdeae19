"""An artifacts folder in which every text that a stranger may have chosen is a payload."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from payloads import PAYLOADS
from sklearn.dummy import DummyClassifier

from pcdash.core.inference import ActiveModel
from pcdash.jobs import JobQueue, JobState
from pcdash.registry import Registry
from pcdash.workbench.trainings import JOB_KINDS

ALL = "\n".join(PAYLOADS)
_TITLE = 200
"""Characters of a job's title that are kept."""


def make_hostile(artifacts: Path) -> tuple[str, str]:
    """Add to the one version in `artifacts` two of payloads, and failed jobs.

    Returns
    -------
    version, broken : str
        The one that is promoted; one that says it was written by a payload's scikit-learn.
    """
    registry = Registry(artifacts)
    _, about = registry.read_model(registry.versions()[0].version)
    raw, answers = _model(about["golden"]["clouds"])
    texts: dict[str, Any] = {
        "classes": list(PAYLOADS),
        "golden": {"clouds": about["golden"]["clouds"], "probabilities": answers},
        "config": {
            "model": {"name": PAYLOADS[0], "params": {}},
            "dataset": {"kind": "folder", "root": PAYLOADS[10]},
        },
    }
    confusion = (3 * np.eye(len(PAYLOADS), dtype=int)).tolist()
    confusion[0][1] = 9
    report = about | texts | {"confusion": confusion}
    version = registry.publish(raw, about | texts, report)
    registry.promote(version, reason=ALL)
    foreign = about | texts | {"libraries": {"scikit-learn": PAYLOADS[10]}}
    broken = registry.publish(raw, foreign, report)
    _fail_jobs(artifacts)
    return version, broken


def _model(clouds: list[Any]) -> tuple[bytes, list[list[float]]]:
    """A model that knows as many classes as there are payloads, and tells them by their share."""
    shares = range(1, len(PAYLOADS) + 1)
    labels = np.repeat(np.arange(len(PAYLOADS)), shares)
    pipeline = DummyClassifier(strategy="prior").fit(np.zeros((len(labels), 1)), labels)
    stream = io.BytesIO()
    joblib.dump(pipeline, stream)
    model = ActiveModel(pipeline, PAYLOADS, "unpublished")
    answers: list[list[float]] = model.probabilities([np.asarray(c) for c in clouds]).tolist()
    return stream.getvalue(), answers


def _fail_jobs(artifacts: Path) -> None:
    """Failed jobs with all payloads in their titles, and each time in error, stage and log."""
    queue = JobQueue(artifacts, kinds=JOB_KINDS, capacity=1)
    titles = [""]
    for payload in PAYLOADS:
        if len(titles[-1]) + len(payload) > _TITLE:
            titles.append("")
        titles[-1] += payload
    for title in titles:
        job = queue.submit("train", {}, title=title)
        queue.table.claim()
        queue.table.save_progress(job.id, ALL, 0.5, ALL)
        queue.log(job.id).append(ALL)
        queue.table.finish(job.id, JobState.FAILED, error=ALL)
