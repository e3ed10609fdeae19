"""A workbench that needs no model, no disk and no threads, and what every problem looks like."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from drifts import make_report
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as examples
from model_rows import make_row
from pydantic import SecretStr
from waitress import create_server as listen
from waitress.wasyncore import close_all

from pcdash.api import Traffic, create_server
from pcdash.core.cloud import PointCloud, Prediction, check_cloud
from pcdash.core.examination.gate import Verdict, Worse
from pcdash.core.generation import generate
from pcdash.core.inference import ActiveModel
from pcdash.core.morph.curve import Curve, MorphParams, curve
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.trust.likeness import Likeness
from pcdash.core.trust.quality import Quality
from pcdash.datasets import Dataset
from pcdash.errors import (
    GateRefused,
    InvalidCloud,
    InvalidInput,
    ModelUnavailable,
    NotFound,
    QueueFull,
    Refused,
    UnreadableFile,
)
from pcdash.files import Bundle, ReadLimits, opened
from pcdash.jobs import Job, JobState
from pcdash.settings import Settings
from pcdash.workbench import ModelRow, Status, Workbench
from pcdash.workbench.batch import Source, predict_batch
from pcdash.workbench.datasets import DiskUse
from pcdash.workbench.drift_watch import DriftReport
from pcdash.workbench.imitation import Imitation
from pcdash.workbench.turns import Turns

VERSION = "20261122-101500"
EXAMPLES = examples(derandomize=True, deadline=None, database=None)
"""For hypothesis: the same examples in every run, however busy the machine is."""

OLDER = "20261121-090000"
HASH = "9c56cc51" * 8


POINTS = np.random.default_rng(0).normal(size=(16, 3)).tolist()
"""A cloud that is as small as it may be."""


class FakePipeline:
    """Tells a torus from a cube by nothing; refuses what is centred far away, as core may."""

    def __init__(self) -> None:
        self.blocks: list[int] = []

    def predict_proba(self, clouds: Sequence[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        self.blocks.append(len(clouds))
        if any(abs(points.mean()) > 1e6 for points in clouds):
            raise InvalidCloud("too far away", field="points")
        return np.tile([0.25, 0.75], (len(clouds), 1))


class FakeDatasets:
    """One dataset, which is there until it is deleted, and may be needed."""

    def __init__(self, workbench: FakeWorkbench) -> None:
        self.workbench = workbench
        self.stored = {HASH: Dataset(HASH, "scans", 1.0, 2, ("a", "b"), 9, True, 36_864, 1)}
        self.kept = False

    def all(self) -> list[Dataset]:
        return list(self.stored.values())

    def get(self, key: str) -> Dataset:
        if key not in self.stored:
            raise NotFound("there is no such dataset")
        return self.stored[key]

    def preview(self, key: str) -> dict[str, Any] | None:
        return {"files": 9}

    def disk_use(self) -> DiskUse:
        return DiskUse(sum(one.size for one in self.all()), 1 << 30)

    def add_upload(self, upload_id: str, name: str = "") -> Job:
        if upload_id not in self.workbench.uploads:
            raise NotFound("this cloud is no longer here")
        if not self.workbench.uploads[upload_id][0].endswith(".zip"):
            raise InvalidInput("expected a zip", field="upload_id")
        payload = {"source": {"path": "/secret/place"}}
        key = f"{len(self.workbench.table):032x}"
        job = Job(key, "dataset", f"Add {name}", payload, JobState.QUEUED, "", 0.0, "", 1.0)
        self.workbench.table[key] = job
        return job

    def delete(self, key: str) -> None:
        self.get(key)
        if self.kept:
            raise Refused("the dataset is kept: version 1 could not be reproduced without it")
        del self.stored[key]


class FakeScans:
    """Finds every scan the same, and a recipe that is closer."""

    def __init__(self, workbench: FakeWorkbench) -> None:
        self.workbench = workbench
        self.calibrated = True
        self.seeds: list[int] = []

    def recipe(self, clouds: Iterable[np.ndarray[Any, Any]], seed: int = 0) -> Imitation:
        if self.workbench.model is None:
            raise ModelUnavailable
        if not self.calibrated:
            raise Refused("the version in service was never calibrated: train one first")
        scans = tuple(Quality(len(points), 0.02, 0.0, 0.5, 0.9) for points in clouds)
        self.seeds.append(seed)
        config = {"seed": seed, "dataset": {"classes": ["cube", "torus"], "randomise": {}}}
        closer = Likeness(0.61, 0.0), VERSION
        return Imitation(scans, config, Likeness(0.98, 0.01), *closer)


class FakeWorkbench:
    """Remembers what it was asked; `model` None means that there is none yet."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, methods that a test has replaced included."""
        vars(self).clear()
        self.model: str | None = VERSION
        self.problem: str | None = None
        self.pinned = False
        self.worse: tuple[Worse, ...] = ()
        self.log: list[dict[str, Any]] = []
        self.room = 2
        self.seen: list[np.ndarray[Any, Any]] = []
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.started: list[TrainParams] = []
        self.table: dict[str, Job] = {}
        self.current = VERSION
        self.turns = Turns(4)
        self.pipeline = FakePipeline()
        self.batch_model = ActiveModel(self.pipeline, ("cube", "torus"), VERSION)
        self.batch_seconds = 60.0
        self.settings = Settings()
        self.reloads = {"ok": 1, "failed": 0}
        self.datasets = FakeDatasets(self)
        self.scans = FakeScans(self)

    def generate(self, params: CloudParams) -> PointCloud:
        return generate(params)

    def predict(self, points: np.ndarray[Any, Any]) -> Prediction:
        self.seen.append(points)
        if self.model is None:
            raise ModelUnavailable
        return Prediction("torus", {"cube": 0.25, "torus": 0.75}, self.model, len(points), 1.5)

    def explained(
        self, points: np.ndarray[Any, Any], names: Sequence[str]
    ) -> tuple[Prediction, dict[str, Any]]:
        return self.predict(points), {name: {"asked": True} for name in names}

    def follow(self, params: MorphParams) -> Curve:
        if self.model is None:
            raise ModelUnavailable
        return curve(self.batch_model, params)

    @property
    def served_version(self) -> str | None:
        return self.model

    def job_counts(self) -> Counter[JobState]:
        return Counter(job.state for job in self.table.values())

    def predict_batch(self, sources: Sequence[Source]) -> list[Prediction | Exception]:
        if self.model is None:
            raise ModelUnavailable
        return predict_batch(self.batch_model, self.turns, sources, seconds=self.batch_seconds)

    @contextmanager
    def open_bundle(self, stream: BinaryIO, name: str) -> Iterator[Bundle]:
        limits = ReadLimits(max_bytes=1 << 20, max_points=1000, max_unpacked=8 << 20)
        with opened(stream, name, max_members=20, limits=limits) as bundle:
            yield bundle

    def read_file(self, path: Path, name: str) -> PointCloud:
        if not name.endswith(".xyz"):
            raise UnreadableFile("file", "expected a point cloud")
        return PointCloud(check_cloud(np.loadtxt(path)), name)

    def receive_upload(self, stream: BinaryIO, name: str) -> str:
        blocks = iter(lambda: stream.read(65_536), b"")
        key = f"{len(self.uploads):032x}"
        self.uploads[key] = (name, b"".join(blocks))
        return key

    def start_training(self, params: TrainParams) -> Job:
        if params.artifacts_dir is not None:
            raise InvalidInput("a request may not set artifacts_dir", field="artifacts_dir")
        if params.dataset.kind == "folder":
            raise Refused("this server has no data_root", field="dataset.root")
        if len(self.table) >= self.room:
            raise QueueFull("2 jobs are waiting already")
        self.started.append(params)
        key = f"{len(self.table):032x}"
        payload = {"artifacts": "/secret/place"}
        job = Job(key, "train", "synthetic", payload, JobState.QUEUED, "", 0.0, "", 1.0)
        self.table[key] = job
        return job

    def jobs(self, limit: int = 50) -> list[Job]:
        return list(reversed(self.table.values()))[:limit]

    def job(self, job_id: str) -> Job:
        if job_id not in self.table:
            raise NotFound("there is no such job")
        return self.table[job_id]

    def cancel_job(self, job_id: str) -> Job:
        job = self.job(job_id)
        self.table[job_id] = replace(job, state=JobState.CANCELLED)
        return self.table[job_id]

    def job_log(self, job_id: str) -> str:
        return "fitting\n"

    def models(self) -> list[ModelRow]:
        return [
            make_row(version, served=version == self.model, current=version == self.current)
            for version in (VERSION, OLDER)
        ]

    def report(self, version: str) -> dict[str, Any]:
        dataset = {"kind": "folder", "root": "/secret/place/scans"}
        return {
            "version": version,
            "config": {"dataset": dataset},
            "confusion": [[1, 0], [0, 1]],
            "lineage": {"seed": 3},
            "calibration": {"ece": 0.1, "bins": []},
            "robustness": {"noise": []},
        }

    def promote(self, version: str, *, reason: str = "", override: str | None = None) -> Verdict:
        if self.pinned:
            raise Refused("this server is pinned to one model directory")
        if version not in (VERSION, OLDER):
            raise NotFound("there is no such version")
        if self.worse and override is None:
            raise GateRefused(version, self.current, [str(one) for one in self.worse])
        self.log.insert(0, {"at": 1.0, "version": version, "previous": self.current})
        self.log[0] |= {"action": "promote", "reason": reason, "override": override}
        self.current = version
        return Verdict(True, "compared", self.worse)

    def promotion_log(self) -> list[dict[str, Any]]:
        return self.log

    def delete(self, version: str) -> None:
        if version == self.current:
            raise Refused(f"version {version} is kept: it is live")
        if version != OLDER:
            raise NotFound("there is no such version")

    def rollback(self) -> str:
        self.promote(OLDER)
        return OLDER

    def drift(self) -> DriftReport:
        return make_report(VERSION, 0.4, 0.5)

    def status(self) -> Status:
        if self.model is None:
            return Status(False, None, "training", "The first model is being trained.")
        detail = f"In service; not the promoted one: {self.problem}"
        return Status(True, self.model, "ready", detail, ("cube", "torus"), problem=self.problem)


def make_client(
    workbench: FakeWorkbench | None = None,
    token: str | None = None,
    traffic: Traffic | None = None,
    **limits: int,
) -> FlaskClient:
    """A client of a server over `workbench`, with these limits instead of the default ones."""
    settings = Settings.model_validate({"limits": limits})
    workbench = workbench or FakeWorkbench()
    workbench.turns = Turns(settings.limits.concurrent_predictions)
    secret = SecretStr(token) if token is not None else None
    return create_server(cast(Workbench, workbench), settings, secret, traffic).test_client()


@contextmanager
def served(app: Flask, **options: Any) -> Iterator[int]:
    """Serve `app` by waitress in a thread; yields the port."""
    sockets: dict[int, Any] = {}
    listener = listen(app, host="127.0.0.1", port=0, map=sockets, **options)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    try:
        yield listener.effective_port
    finally:
        close_all(sockets, ignore_all=True)
        thread.join(10)


def assert_problem(response: Any, status: int, *pointers: str) -> dict[str, Any]:
    """The answer is a whole problem of this status that blames exactly these values."""
    assert response.status_code == status, response.get_data()[:500]
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    required = {"type", "title", "status", "detail", "instance", "request_id"}
    assert required <= body.keys() <= required | {"errors"}
    assert body["status"] == status
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert body["detail"]
    assert [one["pointer"] for one in body.get("errors", [])] == list(pointers)
    assert "Traceback" not in body["detail"]
    return body


def with_value(value: object, row: int = 3, column: int = 1) -> list[Any]:
    points = [list(point) for point in POINTS]
    points[row][column] = value
    return points


def npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def as_file(name: str = "ball.xyz", **fields: str) -> dict[str, Any]:
    text = "\n".join(" ".join(map(repr, point)) for point in POINTS)
    return {"file": (io.BytesIO(text.encode()), name), **fields}
