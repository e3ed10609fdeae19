"""The workbench: what page, routes and commands can ask for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pcdash.core.cloud import PointCloud, Points, Prediction
from pcdash.core.generation import draw_seed, generate
from pcdash.core.inference import ActiveModel
from pcdash.core.params import CloudParams, FolderData, TrainParams
from pcdash.errors import InvalidInput, ModelUnavailable, PcdashError, Refused
from pcdash.files import ReadLimits, read_cloud
from pcdash.jobs import Dispatcher, Job, JobQueue
from pcdash.registry import VERSION_FORMAT, Registry, VersionInfo
from pcdash.resources import configs_dir
from pcdash.settings import Settings
from pcdash.workbench.scratch import Housekeeper, ScratchStore
from pcdash.workbench.serving import ModelServer, open_model
from pcdash.workbench.turns import Turns
from pcdash.yamlconfig import load_config

_log = logging.getLogger(__name__)

TRAIN = "train"
JOB_KINDS = {TRAIN: "pcdash.workbench:run_training"}

CANCEL_SECONDS = 1.0
"""How long a cancelled job may take to stop by itself before it is told more firmly."""

_MIB = 1 << 20


@dataclass(frozen=True)
class Status:
    """Whether there is an answer to be had, in words.

    Attributes
    ----------
    model_loaded : bool
    model_version : str or None
    state : {"ready", "loading", "training", "none", "failed"}
        ``training``: no model yet, but one is on its way in `job`.
    detail : str
        One sentence for the page and /health.
    classes : tuple of str
        Of the served model.
    job : Job or None
        The training that is waited for.
    """

    model_loaded: bool
    model_version: str | None
    state: Literal["ready", "loading", "training", "none", "failed"]
    detail: str
    classes: tuple[str, ...] = ()
    job: Job | None = None


@dataclass(frozen=True)
class ModelRow:
    """One version in the list of models."""

    version: str
    created_at: float
    model: str
    data: str
    n_test: int | None
    accuracy: float | None
    f1_macro: float | None
    classes: tuple[str, ...]
    served: bool
    current: bool
    problem: str | None


def with_seed(params: CloudParams) -> CloudParams:
    """Draw a seed if none is given, so that the answer can name it."""
    return params if params.seed is not None else params.model_copy(update={"seed": draw_seed()})


class Workbench:
    """The use cases over one artifacts folder.

    Nothing runs before `start`: until then there are no threads, and no model is loaded.

    Parameters
    ----------
    settings : Settings

    Attributes
    ----------
    turns : Turns
        Whoever reads a stranger's cloud or classifies it takes one.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        limits = settings.limits
        artifacts = settings.artifacts
        self._registry = Registry(artifacts)
        self._models = ModelServer(self._registry, settings.pinned_model, self._bootstrap)
        self._scratch = ScratchStore(
            artifacts / "scratch",
            quota=limits.upload_quota_mib * _MIB,
            max_age=limits.upload_hours * 3600,
        )
        self._housekeeper = Housekeeper(self._scratch)
        self._bootstrap_refused: str | None = None
        self.turns = Turns(limits.concurrent_predictions)

    @cached_property
    def _queue(self) -> JobQueue:
        """Made when it is needed: whoever only looks at models leaves no job table behind."""
        capacity = self.settings.limits.queued_jobs
        return JobQueue(self.settings.artifacts, kinds=JOB_KINDS, capacity=capacity)

    @cached_property
    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(self._queue, grace_seconds=CANCEL_SECONDS)

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Load the model in the background, run jobs, and train a first model if there is none."""
        self._models.start()
        self._dispatcher.start()
        self._housekeeper.start()

    def close(self) -> None:
        """Stop the threads; a running training ends and is listed as interrupted."""
        self._dispatcher.stop()
        self._models.close()
        self._housekeeper.close()

    def load_model(self) -> None:
        """Load the model now and wait for it; for commands, which run no threads.

        Raises
        ------
        ModelUnavailable, CorruptArtifact
            If there is none, or none that verifies.
        """
        self._models.refresh()
        if self._models.loaded is None:
            raise ModelUnavailable(self._models.problem or ModelUnavailable().message)

    def model(self, version: str | None = None) -> ActiveModel:
        """Load one version, or the one in service, verified; for commands.

        Raises
        ------
        NotFound, CorruptArtifact, ModelUnavailable
        """
        if version is None:
            self.load_model()
            return self._models.active
        return open_model(*self._registry.read_model(version), version)

    def _bootstrap(self) -> None:
        """Train a first model, or one in place of those that cannot be loaded here."""
        if not self.settings.bootstrap or self.settings.pinned_model is not None:
            return
        params = load_config(TrainParams, configs_dir() / "quick.yaml")
        try:
            self._submit(params, title="First model (quick.yaml)", unique="bootstrap")
        except PcdashError as error:
            _log.warning("no first model: %s", error.message)
            self._bootstrap_refused = error.message

    # -- clouds -------------------------------------------------------------------------------

    def generate(self, params: CloudParams) -> PointCloud:
        """Make a synthetic cloud; a missing seed is drawn."""
        return generate(with_seed(params))

    def keep(self, cloud: PointCloud) -> str:
        """Keep a cloud for the page and return its id."""
        return self._scratch.keep_cloud(cloud)

    def cloud(self, cloud_id: str) -> PointCloud:
        """A cloud that `keep` has kept; NotFound once its time is over."""
        return self._scratch.cloud(cloud_id)

    def read_file(self, path: Path, name: str, *, trusted: bool = False) -> PointCloud:
        """Read a cloud or mesh from disk; `name` decides the format and is shown.

        A `trusted` file, the user's own on the command line, may be of any size.
        """
        limits = self.settings.limits
        largest = None if trusted else limits.file_mib * _MIB
        return read_cloud(
            path, name=name, limits=ReadLimits(max_bytes=largest, max_points=limits.file_points)
        )

    def receive_upload(self, stream: BinaryIO, name: str) -> str:
        """Store a file from a stranger in blocks and return its id."""
        limit = self.settings.limits.file_mib * _MIB
        return self._scratch.put(stream, {"name": name[:255]}, limit=limit)

    def open_upload(self, upload_id: str) -> PointCloud:
        """Read an upload as a cloud."""
        kept = self._scratch.get(upload_id)
        with self.turns.taken():
            return self.read_file(kept.path, str(kept.about["name"]))

    # -- predictions --------------------------------------------------------------------------

    def predict(self, points: Points) -> Prediction:
        """Classify a cloud that `check_cloud` has accepted; ModelUnavailable without a model."""
        return self._models.active.predict(points)

    def predict_stored(self, cloud_id: str) -> Prediction:
        """Classify a cloud on view."""
        with self.turns.taken():
            return self.predict(self.cloud(cloud_id).points)

    def status(self) -> Status:
        """Whether there is a model, and what is being done about it if not."""
        model = self._models.loaded
        if model is not None:
            detail = self._models.problem or f"Version {model.version} is in service."
            return Status(True, model.version, "ready", detail, model.classes)
        if not self._models.looked:
            return Status(False, None, "loading", "The model is being loaded.")
        problem = self._models.problem
        job = next((job for job in self._queue.active() if job.kind == TRAIN), None)
        if job is not None:
            said = "A model is being trained." if problem else "The first model is being trained."
            return Status(False, None, "training", said, job=job)
        if problem is not None:
            return Status(False, None, "failed", problem)
        if self._registry.current() is not None:
            return Status(False, None, "loading", "The model is being loaded.")
        hint = self._bootstrap_refused or "Start a training, or put a model in place."
        return Status(False, None, "none", f"There is no model yet. {hint}")

    # -- trainings ----------------------------------------------------------------------------

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
        if not trusted:
            params = self._harmless(params)
        data = params.dataset
        what = Path(data.root).name if isinstance(data, FolderData) else "synthetic"
        return self._submit(params, title=f"{params.model.name} on {what}")

    def _submit(self, params: TrainParams, *, title: str, unique: str | None = None) -> Job:
        payload = {
            "params": params.model_dump(mode="json"),
            "artifacts": params.artifacts_dir or str(self.settings.artifacts),
            "promote": self.promotion_blocked is None,
        }
        return self._queue.submit(TRAIN, payload, title=title, unique=unique)

    def _harmless(self, params: TrainParams) -> TrainParams:
        if params.artifacts_dir is not None:
            raise InvalidInput("a request may not set artifacts_dir", field="artifacts_dir")
        if "compute" in params.model_fields_set:
            raise InvalidInput("a request may not set compute", field="compute")
        data = params.dataset
        if not isinstance(data, FolderData):
            return params
        if self.settings.data_root is None:
            raise Refused(
                "this server has no data_root, so requests cannot name folders: "
                "set data_root in serve.yaml, or train on the command line",
                field="dataset.root",
            )
        root = _below(Path(self.settings.data_root), data.root)
        return params.model_copy(update={"dataset": data.model_copy(update={"root": str(root)})})

    def jobs(self, limit: int = 50) -> list[Job]:
        """The newest jobs first."""
        return self._queue.list(limit)

    def job(self, job_id: str) -> Job:
        """One job; NotFound if there is none of that id."""
        return self._queue.get(job_id)

    def cancel_job(self, job_id: str) -> Job:
        """Ask a job to stop; a finished one stays as it is."""
        return self._queue.cancel(job_id)

    def job_log(self, job_id: str) -> str:
        """The end of what a job has printed."""
        return self._queue.log_tail(job_id)

    # -- models -------------------------------------------------------------------------------

    @property
    def promotion_blocked(self) -> str | None:
        """Why this server cannot promote, or None."""
        if self.settings.pinned_model is not None:
            return "this server is pinned to one model directory (MODEL_DIR): restart without it"
        return None

    def models(self) -> list[ModelRow]:
        """Every version, newest first."""
        loaded, current = self._models.loaded, self._registry.current()
        served = loaded.version if loaded else None
        return [self._row(info, served, current) for info in self._registry.versions()]

    @staticmethod
    def _row(info: VersionInfo, served: str | None, current: str | None) -> ModelRow:
        about = info.metadata
        config: Mapping[str, Any] = about.get("config", {})
        metrics: Mapping[str, float] = about.get("metrics", {})
        return ModelRow(
            version=info.version,
            created_at=_seconds(info),
            model=str(config.get("model", {}).get("name", "?")),
            data=_describe_data(config.get("dataset", {})),
            n_test=about.get("n_test"),
            accuracy=metrics.get("accuracy"),
            f1_macro=metrics.get("f1_macro"),
            classes=tuple(about.get("classes", ())),
            served=info.version == served,
            current=info.version == current,
            problem=info.problem,
        )

    def report(self, version: str) -> dict[str, Any]:
        """The training report of a version."""
        return self._registry.report(version)

    def promote(self, version: str, *, reason: str = "") -> None:
        """Put a version in service."""
        self._may_promote()
        self._registry.promote(version, reason=reason)
        self._models.wake()

    def rollback(self) -> str:
        """Put the version in service that was so before the present one."""
        self._may_promote()
        version = self._registry.rollback()
        self._models.wake()
        return version

    def _may_promote(self) -> None:
        if self.promotion_blocked is not None:
            raise Refused(self.promotion_blocked)


def _below(allowed: Path, name: str) -> Path:
    """The folder or zip that a stranger names below `allowed`, symlinks resolved."""
    try:
        allowed = allowed.resolve()
        root = (allowed / name).resolve()
        found = root.is_dir() or (root.suffix.lower() == ".zip" and root.is_file())
        if found and root.is_relative_to(allowed):
            return root
    except (OSError, ValueError, RuntimeError):
        pass  # no name of a file: too long, with a NUL, a loop of links
    raise InvalidInput("there is no such folder or zip below data_root", field="dataset.root")


def _seconds(info: VersionInfo) -> float:
    """When a version was made, in seconds since the epoch; its name tells where metadata can't."""
    if info.created_at:
        return datetime.fromisoformat(info.created_at).timestamp()
    return datetime.strptime(info.version + "+0000", VERSION_FORMAT + "%z").timestamp()


def _describe_data(dataset: Mapping[str, Any]) -> str:
    if dataset.get("kind") == "folder":
        return f"folder {Path(str(dataset.get('root', '?'))).name}"
    classes = dataset.get("classes", ())
    recipe = "randomised" if dataset.get("randomise") else "synthetic"
    return f"{recipe}, {len(classes)} classes x {dataset.get('n_samples_per_class', '?')}"
