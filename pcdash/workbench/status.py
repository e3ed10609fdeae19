"""Whether there is a model to answer with, and what is being done about it if not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pcdash.jobs import Job
from pcdash.registry import Registry
from pcdash.workbench.serving import ModelServer
from pcdash.workbench.trainings import Trainings


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
    problem : str or None
        Why what is promoted is not what is served; the last good model answers meanwhile.
    training_blocked : str or None
        Why no training can be started here, such as a folder that cannot be written.
    """

    model_loaded: bool
    model_version: str | None
    state: Literal["ready", "loading", "training", "none", "failed"]
    detail: str
    classes: tuple[str, ...] = ()
    job: Job | None = None
    problem: str | None = None
    training_blocked: str | None = None


def status_of(models: ModelServer, registry: Registry, trainings: Trainings) -> Status:
    """The state of this server in words, with what stands in its way."""
    status = _state_of(models, registry, trainings)
    return replace(status, problem=models.problem, training_blocked=trainings.blocked)


def _state_of(models: ModelServer, registry: Registry, trainings: Trainings) -> Status:
    """The first of these that holds: ready, loading, training, failed, none."""
    model, problem = models.loaded, models.problem
    if model is not None:
        detail = f"Version {model.version} is in service"
        detail += f"; not the promoted one: {problem}" if problem else "."
        return Status(True, model.version, "ready", detail, model.classes)
    if not models.looked:
        return Status(False, None, "loading", "The model is being loaded.")
    job = trainings.active()
    if job is not None:
        said = "A model is being trained." if problem else "The first model is being trained."
        return Status(False, None, "training", said, job=job)
    if problem is not None:
        return Status(False, None, "failed", problem)
    if registry.current() is not None:
        return Status(False, None, "loading", "The model is being loaded.")
    hint = trainings.first_refused or "Start a training, or put a model in place."
    return Status(False, None, "none", f"There is no model yet. {hint}")
