"""Every parameter once: bounds and help texts for YAML, JSON, command line and page alike.

All models are frozen and strict: unknown keys are refused and nothing is coerced.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from pcdash.core.corruption import Randomisation
from pcdash.core.models import MODELS
from pcdash.core.shapes import SHAPES

MAX_SEED = 2**53 - 1
"""Largest integer that a JavaScript number, and so every JSON reader, carries exactly."""


class Params(BaseModel):
    """Base of all parameter models."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _known_shape(name: str) -> str:
    if name not in SHAPES:
        raise ValueError(f"must be one of {', '.join(SHAPES)}")
    return name


def _known_model(name: str) -> str:
    if name not in MODELS:
        raise ValueError(f"must be one of {', '.join(MODELS)}")
    return name


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError("the first value must not exceed the second")
    return bounds


def _comparable(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) == 1 or len(set(names)) < len(names):
        raise ValueError("name at least two different classifiers, or none")
    return names


ShapeName = Annotated[
    str,
    AfterValidator(_known_shape),
    WithJsonSchema({"type": "string", "enum": list(SHAPES)}),
]
ModelName = Annotated[
    str,
    AfterValidator(_known_model),
    WithJsonSchema({"type": "string", "enum": list(MODELS)}),
]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Scale = Annotated[float, Field(ge=1e-3, le=1e3)]

# YAML and Python hand over lists where JSON has arrays; only the container is lenient.
ScaleRange = Annotated[tuple[Scale, Scale], Field(strict=False), AfterValidator(_ascending)]


class CloudParams(Params):
    """One synthetic cloud."""

    shape: ShapeName = Field(description="Which surface to sample.")
    n_points: int = Field(512, ge=16, le=100_000, description="Points on the surface.")
    noise_sigma: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="Standard deviation of the Gaussian noise; the shape's half extent is 1.",
    )
    seed: Seed | None = Field(
        None, description="Same seed, same cloud; null: one is drawn and returned."
    )
    apply_random_rotation: bool = Field(True, description="Turn the shape by a random rotation.")
    scale_range: ScaleRange = Field(
        (0.85, 1.15), description="The shape's size is drawn between these two factors."
    )
    translation_sigma: float = Field(
        0.02, ge=0, le=1e6, description="Standard deviation of the random shift along each axis."
    )


class SyntheticData(Params):
    """Clouds made on the spot."""

    kind: Literal["synthetic"] = Field("synthetic", description="Generate the clouds.")
    classes: Annotated[tuple[ShapeName, ...], Field(strict=False, min_length=2, max_length=32)] = (
        Field(tuple(SHAPES), description="Shapes to tell apart.")
    )
    n_samples_per_class: int = Field(
        400, ge=10, le=100_000, description="Clouds made of each class, over all splits."
    )
    n_points: int = Field(512, ge=16, le=100_000, description="Points of each cloud.")
    noise_sigma: float = Field(
        0.02, ge=0, le=0.5, description="Noise of each cloud; the shape's half extent is 1."
    )
    apply_random_rotation: bool = Field(True, description="Turn each cloud at random.")
    scale_range: ScaleRange = Field((0.85, 1.15), description="Sizes are drawn between these.")
    translation_sigma: float = Field(
        0.02, ge=0, le=1e6, description="Standard deviation of each cloud's shift."
    )
    randomise: Randomisation | None = Field(
        None,
        description="What real scans do to a shape, with ranges; null: the plain recipe above.",
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes must differ from one another")
        return self


class FolderData(Params):
    """A folder of labelled scans: ROOT/<class>/files or ROOT/<class>/<train|test>/files."""

    kind: Literal["folder"] = Field(description="Read labelled scans.")
    root: str = Field(
        min_length=1, max_length=4096, description="The folder that holds the classes."
    )
    on_error: Literal["stop", "skip"] = Field(
        "stop", description="What to do about a file that cannot be read."
    )


def _kind(data: Any) -> str | None:
    """Tell the kind of a dataset; synthetic unless it says otherwise."""
    kind = data.get("kind", "synthetic") if isinstance(data, dict) else getattr(data, "kind", None)
    return kind if kind in ("synthetic", "folder") else None


Dataset = Annotated[
    Annotated[SyntheticData, Tag("synthetic")] | Annotated[FolderData, Tag("folder")],
    Discriminator(
        _kind,
        custom_error_type="dataset_kind",
        custom_error_message="kind must be synthetic or folder",
    ),
]


class SplitParams(Params):
    """Shares of the clouds; test clouds are looked at once, after everything is chosen."""

    train: float = Field(0.7, ge=0.1, le=0.98, description="Share that the model is fitted on.")
    val: float = Field(0.15, ge=0.0, le=0.8, description="Share held out for your own choices.")
    test: float = Field(0.15, ge=0.01, le=0.8, description="Share for the reported metrics.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train, val and test must add up to 1, not {total:g}")
        return self


class ModelParams(Params):
    """Which classifier, and its own parameters (an allow-list per classifier)."""

    name: ModelName = Field("ensemble", description="Which classifier to fit.")
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="The classifier's own parameters; empty: its defaults.",
        json_schema_extra={
            "anyOf": [spec.params.model_json_schema() for spec in MODELS.values()],
        },
    )

    @field_validator("params")
    @classmethod
    def _allowed(cls, values: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "name" in info.data:
            MODELS[info.data["name"]].params.model_validate(values)
        return values


class ComputeParams(Params):
    """Where the clouds are described; set by command line and YAML only, never by a request."""

    backend: Literal["loky", "threading", "dask"] = Field(
        "loky", description="joblib's backend; dask needs the extra of that name."
    )
    scheduler: str | None = Field(
        None, max_length=255, description="Address of a Dask scheduler, such as tcp://host:8786."
    )
    n_jobs: int = Field(-1, ge=-1, le=4096, description="Workers; -1: one per core.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.n_jobs == 0:
            raise ValueError("n_jobs must be -1 or at least 1")
        if (self.scheduler is not None) != (self.backend == "dask"):
            raise ValueError("backend: dask and a scheduler's address belong together")
        return self


class PassportParams(Params):
    """What a new version is examined under before it may serve."""

    grid: Literal["full", "small"] = Field(
        "full", description="Conditions of the examination: full has 15, small has 6."
    )
    clouds: int = Field(
        500, ge=10, le=10_000, description="Most clouds that are examined under each of them."
    )


class CalibrationParams(Params):
    """How the version learns when not to be trusted."""

    clouds: int | None = Field(
        None,
        ge=0,
        le=100_000,
        description="Clouds that label sets, strangers and expected accuracy are calibrated by; "
        "0: none, so nothing is said; null: what fits the dataset, 10,000 at most.",
    )


class TrainParams(Params):
    """A whole training run."""

    seed: Seed = Field(0, description="Everything random in the run follows from it.")
    dataset: Dataset = Field(default_factory=SyntheticData, description="What to learn from.")
    split: SplitParams = Field(default_factory=SplitParams, description="Train, validation, test.")
    model: ModelParams = Field(default_factory=ModelParams, description="What to fit.")
    candidates: Annotated[
        tuple[ModelName, ...],
        Field(strict=False, max_length=len(MODELS)),
        AfterValidator(_comparable),
    ] = Field(
        (),
        description="Classifiers to try; the best by cross-validation on the train split takes "
        "model's place. Empty: model alone.",
    )
    folds: int = Field(5, ge=2, le=10, description="Folds of that cross-validation.")
    metrics: Annotated[
        tuple[Literal["accuracy", "f1_macro"], ...], Field(strict=False, min_length=1)
    ] = Field(
        ("accuracy", "f1_macro"),
        description="Figures to report on the test split; candidates are compared by the first.",
    )
    passport: PassportParams = Field(
        default_factory=PassportParams, description="How the version is examined."
    )
    trust: CalibrationParams = Field(
        default_factory=CalibrationParams,
        description="How the version learns when not to be trusted.",
    )
    promote: Literal["auto", "never"] = Field(
        "auto",
        description="auto: put the version in service if it is nowhere significantly worse.",
    )
    compute: ComputeParams = Field(
        default_factory=ComputeParams,
        description="Where the clouds are described; by command line and file, never by a request.",
    )
    artifacts_dir: str | None = Field(
        None,
        min_length=1,
        max_length=4096,
        description="Where versions are kept; null: --artifacts, or ./artifacts. "
        "By command line and file, never by a request.",
    )
