"""A workbench that answers from memory, and the page around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from audit_fakes import roundness, scored
from dash import Dash
from dossiers import make_dossier
from flask import Flask
from model_rows import make_row

from pcdash.core.cloud import PointCloud, Points, Prediction
from pcdash.core.examination.gate import Verdict
from pcdash.core.explanations import explain
from pcdash.core.generation import generate
from pcdash.core.isolate import IsolateParams
from pcdash.core.morph.curve import Curve, Flip, MorphParams
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.trust.quality import Quality
from pcdash.errors import (
    GateRefused,
    InvalidInput,
    ModelUnavailable,
    NotFound,
    PcdashError,
    Refused,
    UnreadableFile,
)
from pcdash.jobs import Job, JobState
from pcdash.settings import Settings
from pcdash.ui import create_dash
from pcdash.workbench import Datasets, ModelRow, Status, Workbench
from pcdash.workbench.comparison import Comparison, check_choice, compare
from pcdash.workbench.dossier import Dossier
from pcdash.workbench.drift_watch import DriftReport
from pcdash.workbench.isolating import isolate_stored
from pcdash.workbench.turns import Turns

VERSIONS = ("20261122-101500", "20261121-090000")
CLASSES = ("sphere", "cube", "torus")


def make_job(state: JobState = JobState.RUNNING, **changes: Any) -> Job:
    """A training, half done unless said otherwise."""
    job = Job(
        id="a" * 32,
        kind="train",
        title="lda on synthetic",
        payload={},
        state=state,
        stage="features",
        fraction=0.5,
        message="120 of 240 clouds",
        created_at=1_795_000_000.0,
        started_at=1_795_000_001.0,
        finished_at=None if state is JobState.RUNNING else 1_795_000_011.0,
    )
    return replace(job, **changes)


@dataclass
class FakeScans:
    """Queues what it is asked for; nothing runs it."""

    calls: list[tuple[str, ...]] = field(default_factory=list)
    table: dict[str, Job] = field(default_factory=dict)
    trained: str | None = None

    def quality(self, points: Points) -> Quality:
        return Quality(len(points), 0.02, 0.0, 0.5, 0.9)

    def imitate(self, cloud_ids: Sequence[str]) -> Job:
        if len(cloud_ids) < 3:
            raise InvalidInput("add 3 to 20 scans", field="scans")
        return self._queued("imitate", *cloud_ids)

    def reread(self, cloud_ids: Sequence[str], versions: Sequence[str]) -> Job:
        return self._queued("reread", *cloud_ids, *versions)

    def imitation(self, job_id: str) -> Job:
        return self._job(job_id, "imitate")

    def rereading(self, job_id: str) -> Job:
        return self._job(job_id, "reread")

    def trained_with(self, config: Mapping[str, Any]) -> str | None:
        return self.trained

    def _job(self, job_id: str, kind: str) -> Job:
        if job_id not in self.table or self.table[job_id].kind != kind:
            raise NotFound("there is no such job")
        return self.table[job_id]

    def _queued(self, *call: str) -> Job:
        self.calls.append(call)
        job = make_job(id="9" * 32, kind=call[0])
        self.table[job.id] = job
        return job


@dataclass
class FakeWorkbench:
    """The contract of `pcdash.workbench.Workbench` as far as the page uses it."""

    settings: Settings
    ready: bool = True
    promotion_blocked: str | None = None
    verdict: Verdict = field(default_factory=lambda: Verdict(True, "compared with the other one"))
    training_blocked: str | None = None
    clouds: dict[str, PointCloud] = field(default_factory=dict)
    turns: Turns = field(default_factory=lambda: Turns(4))
    uploads: dict[str, PointCloud] = field(default_factory=dict)
    queue: list[Job] = field(default_factory=list)
    rows: list[ModelRow] = field(default_factory=list)
    started: list[TrainParams] = field(default_factory=list)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    served_version: str | None = VERSIONS[0]
    report_on_drift: DriftReport | PcdashError = field(
        default_factory=lambda: Refused("the drift watch is off")
    )
    scans: FakeScans = field(default_factory=FakeScans)
    dossiers: dict[str, Dossier] = field(
        default_factory=lambda: {
            version: make_dossier(version, wrong=wrong, classes=CLASSES)
            for version, wrong in zip(VERSIONS, ((1, 4), (1, 5)), strict=True)
        }
    )

    def __post_init__(self) -> None:
        """Datasets are the real ones, over the folder of the settings; nothing runs their jobs."""
        self.datasets: Datasets = Workbench(self.settings).datasets

    def generate(self, params: CloudParams) -> PointCloud:
        return generate(params)

    def keep(self, cloud: PointCloud) -> str:
        self.clouds[f"cloud-{len(self.clouds)}"] = cloud
        return f"cloud-{len(self.clouds) - 1}"

    def cloud(self, cloud_id: str) -> PointCloud:
        if cloud_id not in self.clouds:
            raise NotFound("that cloud is gone; generate it again")
        return self.clouds[cloud_id]

    def isolate_stored(self, cloud_id: str, params: IsolateParams) -> str:
        return isolate_stored(self.cloud(cloud_id), self.keep, cloud_id, params)

    def predict(self, points: Points) -> Prediction:
        if not self.ready:
            raise ModelUnavailable
        shares = dict(zip(CLASSES, (0.02, 0.004, 0.976), strict=True))
        return Prediction("torus", shares, VERSIONS[0], len(points), 3.14)

    def explained(self, points: Points, names: Sequence[str]) -> tuple[Prediction, dict[str, Any]]:
        near = {"label": "torus", "distance": 0.4, "points": points[:16]}
        known = {
            "quality": {"points": len(points), "sentences": {"noise": "Hardly any noise."}},
            "expected_accuracy": {"clouds": 300, "sentence": "512 points: 97 % expected right"},
            "neighbours": {
                "score": 0.12,
                "threshold": 0.5,
                "reason": "1.2 sigma from any class on planes",
                "farthest": {"block": "planes", "sigma": 1.2},
                "nearest": [near],
            },
        }
        asked = [name for name in names if name not in known]
        said = explain(scored(roundness), points, asked)
        return self.predict(points), {name: known[name] for name in names if name in known} | said

    def follow(self, params: MorphParams) -> Curve:
        if not self.ready:
            raise ModelUnavailable
        self.calls.append(("follow", params.morph))
        t = np.linspace(0, 1, params.steps)
        said = np.stack([1 - t, t / 2, t / 2], axis=1)
        flip = Flip(2 / 3, 1e-4, "sphere", "cube", 1 / 3)
        return Curve(params, CLASSES, t, said, (flip,), VERSIONS[0])

    def predict_stored(self, cloud_id: str) -> Prediction:
        return self.predict(self.cloud(cloud_id).points)

    def open_upload(self, upload_id: str) -> PointCloud:
        if upload_id not in self.uploads:
            raise UnreadableFile("scan.ply", "expected 3 numbers, found 2", line=14)
        return self.uploads[upload_id]

    def drift(self) -> DriftReport:
        if isinstance(self.report_on_drift, PcdashError):
            raise self.report_on_drift
        return self.report_on_drift

    def status(self) -> Status:
        if self.ready:
            return Status(True, VERSIONS[0], "ready", "In service.", CLASSES)
        job = self.queue[0] if self.queue else None
        if job is None:
            return Status(False, None, "none", "There is no model yet.")
        return Status(False, None, "training", "The first model is being trained.", job=job)

    def start_training(self, params: TrainParams) -> Job:
        if params.seed == 13:
            raise Refused("not that seed", field="seed")
        self.started.append(params)
        self.queue.insert(0, make_job())
        return self.queue[0]

    def jobs(self, limit: int = 50, skip: int = 0, kind: str | None = None) -> list[Job]:
        return [job for job in self.queue if kind in (None, job.kind)][skip : skip + limit]

    def count_jobs(self, kind: str | None = None) -> int:
        return len(self.jobs(1000, kind=kind))

    def job(self, job_id: str) -> Job:
        for job in self.queue:
            if job.id == job_id:
                return job
        raise NotFound("there is no such job")

    def configuration_of_job(self, job_id: str) -> dict[str, Any]:
        return dict(self.job(job_id).payload["params"])

    def configuration_of_version(self, version: str) -> dict[str, Any]:
        return dict(self.report(version)["config"])

    def cancel_job(self, job_id: str) -> Job:
        if job_id not in {job.id for job in self.queue}:
            raise NotFound("there is no such job")
        self.calls.append(("cancel", job_id))
        return make_job(cancelling=True)

    def job_log(self, job_id: str) -> str:
        return f"log of {job_id}"

    def models(self) -> list[ModelRow]:
        return self.rows

    def report(self, version: str) -> dict[str, Any]:
        return {
            "version": version,
            "classes": list(CLASSES),
            "metrics": {"accuracy": 0.8888, "f1_macro": 0.9},
            "confusion": [[3, 0, 0], [1, 2, 0], [0, 0, 3]],
            "config": {"seed": 7},
            "lineage": {"seed": 7, "dataset_fingerprint": "f" * 64},
            "seconds": {"total": 4.2},
        }

    def has_version(self, version: str) -> bool:
        return version in self.dossiers

    def dossier(self, version: str) -> Dossier:
        if version not in self.dossiers:
            raise NotFound(f"there is no version {version[:20]}")
        return self.dossiers[version]

    def compare(self, versions: Sequence[str]) -> Comparison:
        return compare([self.dossier(version) for version in check_choice(versions)])

    def judge(self, version: str) -> Verdict:
        if version not in {row.version for row in self.rows}:
            raise NotFound(f"there is no version {version[:20]}")
        return self.verdict

    def promote(self, version: str, *, reason: str = "", override: str | None = None) -> Verdict:
        verdict = self.judge(version)
        if verdict.worse and override is None:
            raise GateRefused(version, VERSIONS[0], [str(one) for one in verdict.worse])
        self.calls.append(("promote", version))
        return verdict

    def promotion_log(self) -> list[dict[str, Any]]:
        entry = {"at": 1.8e9, "version": VERSIONS[0], "previous": None, "action": "promote"}
        return [entry | {"reason": "test", "override": "<b>because</b>"}]

    def delete(self, version: str) -> None:
        self.judge(version)
        self.calls.append(("delete", version))

    def rollback(self) -> str:
        self.calls.append(("rollback",))
        return VERSIONS[1]


@pytest.fixture
def workbench(tmp_path: Path) -> FakeWorkbench:
    return FakeWorkbench(Settings(artifacts_dir=str(tmp_path)))


@pytest.fixture
def page(workbench: FakeWorkbench) -> Dash:
    return create_dash(Flask("page"), cast(Workbench, workbench))


@pytest.fixture
def a_job() -> Job:
    return make_job()


@pytest.fixture
def two_rows() -> list[ModelRow]:
    return [make_row(VERSIONS[0]), make_row(VERSIONS[1], served=False, current=False)]
