"""What goes in and out of the routes about versions."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from pcdash.api.schemas import VERSION, VERSION_PATTERN, Answer
from pcdash.core.params import Params


class VersionPath(Params):
    """Which version."""

    version: str = Field(pattern=VERSION_PATTERN, json_schema_extra={"example": VERSION})


class ModelEntry(Answer):
    """One version of the model."""

    version: str = Field(examples=[VERSION])
    created_at: float
    model: str = Field(examples=["ensemble"])
    data: str = Field(examples=["synthetic, 5 classes x 400"])
    dataset: str | None = Field(
        description="SHA-256 of the stored dataset that it was trained on; null for other data."
    )
    n_test: int | None
    accuracy: float | None = Field(description="On clouds that the training never saw, 0 to 1.")
    f1_macro: float | None
    classes: list[str]
    served: bool = Field(description="Whether this server answers with it now.")
    current: bool = Field(description="Whether it is the promoted one.")
    bootstrap: bool = Field(description="Whether it is a first model, which any may replace.")
    disk: int = Field(description="Bytes that its files take, report included.")
    problem: str | None = Field(description="Why it cannot be served.")


class ModelList(Answer):
    """The newest versions first."""

    models: list[ModelEntry]


class ModelDetail(ModelEntry):
    """One version with what its training and examination have found; null where nothing is known.

    A version of an older pcdash lacks what that one did not measure.
    """

    config: dict[str, Any] | None = Field(description="Its training, as in configs/train.yaml.")
    lineage: dict[str, Any] | None = Field(description="Seed, fingerprints, library versions.")
    metrics: dict[str, float] | None = Field(description="On the test split.")
    intervals: dict[str, list[float]] | None = Field(description="95 % intervals of the metrics.")
    per_class: list[dict[str, Any]] | None = Field(description="Precision, recall, F1, number.")
    confusion: list[list[int]] | None = Field(description="Rows are the true classes.")
    calibration: dict[str, Any] | None = Field(description="ECE and the reliability diagram.")
    robustness: dict[str, Any] | None = Field(
        description="Accuracy, interval and ECE against noise, points, outliers, crop and view."
    )
    importance: list[dict[str, Any]] | None = Field(
        description="Accuracy lost when a block of the descriptor is shuffled."
    )
    alarm: str | None = Field(description="What is plainly wrong with it.")
    report: dict[str, Any] = Field(description="The whole report as it is stored.")


class PromoteRequest(Params):
    """Which version shall serve is in the path; here, why it may although it is worse."""

    override: str | None = Field(
        None,
        min_length=3,
        max_length=500,
        description="A reason; needed only where the version is significantly worse than the "
        "one in service. It goes into the log.",
    )


class Promoted(Answer):
    """The version that is in service from now on; every server process follows within 2 s."""

    model_config = ConfigDict(protected_namespaces=())

    model_version: str = Field(examples=[VERSION])
    note: str = Field(description="What it was compared with, or why with nothing.")
    worse: list[str] = Field(description="Where it is worse; empty unless overridden.")


class RolledBack(Answer):
    """The version that is in service from now on."""

    model_config = ConfigDict(protected_namespaces=())

    model_version: str = Field(examples=[VERSION])


class Deleted(Answer):
    """The version that is gone."""

    model_config = ConfigDict(protected_namespaces=())

    model_version: str = Field(examples=[VERSION])


class LogEntry(Answer):
    """A change of what is in service."""

    at: float = Field(description="Seconds since the epoch.")
    version: str = Field(examples=[VERSION])
    previous: str | None
    action: str = Field(examples=["promote", "rollback"])
    reason: str
    override: str | None = Field(description="Why the gate was overridden.")
    note: str | None = Field(description="What came of comparing.")


class PromotionLog(Answer):
    """What was live when, the newest change first."""

    log: list[LogEntry]
