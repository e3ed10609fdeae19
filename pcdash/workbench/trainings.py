"""Trainings as jobs: who may start which, and where their results go."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path

from pcdash.core.params import FolderData, TrainParams
from pcdash.errors import InvalidInput, PcdashError, Refused
from pcdash.jobs import Dispatcher, Job, JobLimits, JobQueue
from pcdash.resources import configs_dir
from pcdash.settings import Settings
from pcdash.yamlconfig import load_config

_log = logging.getLogger(__name__)

TRAIN = "train"
JOB_KINDS = {TRAIN: "pcdash.workbench:run_training"}

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
        """The thread that runs what is queued."""
        limits = self._settings.limits
        return Dispatcher(
            self.queue,
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
            params = _harmless(params, self._settings.data_root)
        data = params.dataset
        what = Path(data.root).name if isinstance(data, FolderData) else "synthetic"
        names = ", ".join(params.candidates)
        learner = f"best of {names}" if names else params.model.name
        return self._submit(params, title=f"{learner} on {what}")

    def start_first(self) -> None:
        """Train a first model, or one in place of those that cannot be loaded here."""
        if not self._settings.bootstrap or self._settings.pinned_model is not None:
            return
        params = load_config(TrainParams, configs_dir() / "quick.yaml")
        try:
            self._submit(params, title="First model (quick.yaml)", unique="bootstrap")
        except PcdashError as error:
            _log.warning("no first model: %s", error.message)
            self.first_refused = error.message

    def _submit(self, params: TrainParams, *, title: str, unique: str | None = None) -> Job:
        payload = {
            "params": params.model_dump(mode="json"),
            "artifacts": params.artifacts_dir or str(self._settings.artifacts),
            # A pinned server serves its one model whatever is promoted.
            "promote": self._settings.pinned_model is None,
        }
        return self.queue.submit(TRAIN, payload, title=title, unique=unique)


def _harmless(params: TrainParams, data_root: str | None) -> TrainParams:
    """What a stranger asks for, if it writes nowhere else and reads below `data_root` alone."""
    if params.artifacts_dir is not None:
        raise InvalidInput("a request may not set artifacts_dir", field="artifacts_dir")
    if "compute" in params.model_fields_set:
        raise InvalidInput("a request may not set compute", field="compute")
    data = params.dataset
    if not isinstance(data, FolderData):
        return params
    if data_root is None:
        raise Refused(
            "this server has no data_root, so requests cannot name folders: "
            "set data_root in serve.yaml, or train on the command line",
            field="dataset.root",
        )
    root = _below(Path(data_root), data.root)
    return params.model_copy(update={"dataset": data.model_copy(update={"root": str(root)})})


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
