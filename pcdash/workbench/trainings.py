"""Trainings as jobs: who may start which, and where their results go."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path

from pcdash.core.params import FolderData, TrainParams
from pcdash.datasets import DatasetStore, stored_hash
from pcdash.errors import InvalidInput, NotFound, PcdashError, Refused
from pcdash.jobs import Dispatcher, Job, JobLimits, JobQueue, Lane
from pcdash.resources import configs_dir
from pcdash.settings import Settings
from pcdash.yamlconfig import load_config

_log = logging.getLogger(__name__)

TRAIN, DATASET, EVALUATE = "train", "dataset", "evaluate"
IMITATE, REREAD = "imitate", "reread"
BOOTSTRAP = "bootstrap"
JOB_KINDS = {
    TRAIN: "pcdash.workbench:run_training",
    DATASET: "pcdash.workbench.dataset_jobs:run_dataset",
    EVALUATE: "pcdash.workbench.dataset_jobs:run_evaluation",
    IMITATE: "pcdash.workbench.scan_jobs:run_imitation",
    REREAD: "pcdash.workbench.scan_jobs:run_rereading",
}

DATA_LANE = Lane("data", (DATASET, EVALUATE, IMITATE, REREAD))
"""Short jobs, which need not wait until a training has ended."""

_MIB = 1 << 20

CANCEL_SECONDS = 0.5
"""How long a cancelled job may take to stop by itself before it is told more firmly, and then again
before it is killed: one that is deep in a fit is gone after a second."""


class Trainings:
    """The job table and what runs it.

    Parameters
    ----------
    settings : Settings

    Attributes
    ----------
    first_refused : str or None
        Why `start_first` could not start one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.first_refused: str | None = None

    @cached_property
    def queue(self) -> JobQueue:
        """Made when it is needed: whoever only looks at models leaves no job table behind."""
        capacity = self._settings.limits.queued_jobs
        return JobQueue(self._settings.artifacts, kinds=JOB_KINDS, capacity=capacity)

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """The thread that runs trainings."""
        return self._dispatcher(DATA_LANE.beside("jobs"))

    @cached_property
    def data_dispatcher(self) -> Dispatcher:
        """The thread that runs what has to do with datasets and scans."""
        return self._dispatcher(DATA_LANE)

    def _dispatcher(self, lane: Lane) -> Dispatcher:
        limits = self._settings.limits
        return Dispatcher(
            self.queue,
            lane=lane,
            grace_seconds=CANCEL_SECONDS,
            limits=JobLimits(
                seconds=limits.trainer_minutes and limits.trainer_minutes * 60,
                memory_bytes=limits.trainer_memory_mib and limits.trainer_memory_mib * _MIB,
                file_bytes=limits.trainer_file_mib and limits.trainer_file_mib * _MIB,
            ),
        )

    @property
    def blocked(self) -> str | None:
        """Why nothing can be trained here now, or None."""
        return self.queue.problem

    def active(self) -> Job | None:
        """A training that runs or waits, if there is any."""
        return next((job for job in self.queue.active() if job.kind == TRAIN), None)

    def start(self, params: TrainParams, *, trusted: bool) -> Job:
        """Queue a training; see `Workbench.start_training`."""
        if not trusted:
            params = _harmless(params, self._settings)
        names = ", ".join(params.candidates)
        learner = f"best of {names}" if names else params.model.name
        return self._submit(params, title=f"{learner} on {self._describe(params)}")

    def start_first(self) -> None:
        """Train a first model, or one in place of those that cannot be loaded here."""
        if not self._settings.bootstrap or self._settings.pinned_model is not None:
            return
        params = load_config(TrainParams, configs_dir() / "quick.yaml")
        try:
            self._submit(params, title="First model (quick.yaml)", unique=BOOTSTRAP)
        except PcdashError as error:
            _log.warning("no first model: %s", error.message)
            self.first_refused = error.message

    def _describe(self, params: TrainParams) -> str:
        data = params.dataset
        if not isinstance(data, FolderData):
            return "synthetic"
        key = stored_hash(data.root)
        if key is None:
            return Path(data.root).name
        return DatasetStore(self._settings.artifacts).get(key).name

    def _submit(self, params: TrainParams, *, title: str, unique: str | None = None) -> Job:
        payload = {
            "params": params.model_dump(mode="json"),
            "artifacts": params.artifacts_dir or str(self._settings.artifacts),
            # A pinned server serves its one model whatever is promoted.
            "promote": self._settings.pinned_model is None,
            "bootstrap": unique == BOOTSTRAP,
            "keep": self._settings.keep,
        }
        return self.queue.submit(TRAIN, payload, title=title, unique=unique)


def _harmless(params: TrainParams, settings: Settings) -> TrainParams:
    """What a stranger asks for, if it writes nowhere else and reads nothing but what it may.

    That is stored datasets, and what lies below `data_root`.
    """
    if params.artifacts_dir is not None:
        raise InvalidInput("a request may not set artifacts_dir", field="artifacts_dir")
    if "compute" in params.model_fields_set:
        raise InvalidInput("a request may not set compute", field="compute")
    data = params.dataset
    if not isinstance(data, FolderData):
        return params
    if (key := stored_hash(data.root)) is not None:
        try:
            DatasetStore(settings.artifacts).get(key)
        except NotFound as error:
            raise InvalidInput(error.message, field="dataset.root") from None
        return params
    root = below_data_root(settings, data.root, field="dataset.root")
    return params.model_copy(update={"dataset": data.model_copy(update={"root": str(root)})})


def below_data_root(settings: Settings, name: str, *, field: str) -> Path:
    """The folder or zip that a stranger names below ``data_root``, symlinks resolved.

    Raises
    ------
    Refused
        If the server has no ``data_root``.
    InvalidInput
        If there is no such folder or zip below it.
    """
    if settings.data_root is None:
        raise Refused(
            "this server has no data_root, so requests cannot name folders: "
            "set data_root in serve.yaml, or train on the command line",
            field=field,
        )
    try:
        allowed = Path(settings.data_root).resolve()
        root = (allowed / name).resolve()
        found = root.is_dir() or (root.suffix.lower() == ".zip" and root.is_file())
        if found and root.is_relative_to(allowed):
            return root
    except (OSError, ValueError, RuntimeError):
        pass  # no name of a file: too long, with a NUL, a loop of links
    raise InvalidInput("there is no such folder or zip below data_root", field=field)
