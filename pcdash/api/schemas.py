"""What goes in and out of the JSON routes: validation, and the text of /docs.

Requests are validated by these models; answers are documented by them and written directly, since
a cloud's points are arrays and never pass through pydantic.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SkipValidation,
    WithJsonSchema,
)
from werkzeug.datastructures import FileStorage

from pcdash.api.asked import Asked, AskedAsText
from pcdash.api.explanation_schemas import (
    BlameAnswer,
    ExpectedAccuracyAnswer,
    NeighboursAnswer,
    PrimitiveAnswer,
    QualityAnswer,
    TurntableAnswer,
    Uncalibrated,
)
from pcdash.api.isolation import IsolationRecord
from pcdash.core.cloud import MAX_COORDINATE, MIN_POINTS
from pcdash.core.explanations import EXPLANATIONS
from pcdash.core.params import CloudParams, Params
from pcdash.jobs import JobState

VERSION_PATTERN = r"^\d{8}-\d{6}$"
VERSION = "20261122-101500"
_JOB = "0f8fad5bd9cb469fa16570867728950e"

_COORDINATE = {"type": "number", "minimum": -MAX_COORDINATE, "maximum": MAX_COORDINATE}
POINT = {"type": "array", "items": _COORDINATE, "minItems": 3, "maxItems": 3}
PointRows = Annotated[
    SkipValidation[Any],
    WithJsonSchema({"type": "array", "items": POINT, "minItems": MIN_POINTS, "maxItems": 100_000}),
]
"""[[x, y, z], ...]; read by `pcdash.api.bodies.points_from_json`, not by pydantic."""


class Answer(BaseModel):
    """Base of the documented answers."""

    model_config = ConfigDict(extra="forbid")


class FieldError(Answer):
    """One value to blame."""

    pointer: str = Field(description="JSON Pointer into the request.", examples=["/points/3/1"])
    detail: str = Field(description="What is wrong with it.", examples=["must be a number"])


class Problem(Answer):
    """RFC 9457: every answer of this service that is no success."""

    type: str = Field(description="about:blank, or a stable name of the kind of problem.")
    title: str = Field(description="The same for every problem of this type.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="One sentence about this very case; it names the field.")
    instance: str = Field(description="This one occurrence, as a URN.")
    request_id: str = Field(description="Also in the X-Request-Id header and in the server's log.")
    errors: list[FieldError] | None = Field(None, description="The values to blame.")


class GenerateRequest(CloudParams):
    """A synthetic cloud to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "shape": "torus",
                "n_points": 512,
                "noise_sigma": 0.02,
                "seed": 123,
                "apply_random_rotation": True,
            }
        }
    )

    include_figure: bool = Field(True, description="Whether to answer with plotly_json too.")


class GenerateAnswer(Answer):
    """The cloud, with the parameters that reproduce it."""

    shape: str
    n_points: int
    noise_sigma: float
    seed: int = Field(description="The one asked for, or the one that was drawn.")
    apply_random_rotation: bool
    points: PointRows
    plotly_json: str = Field("", description="A plotly figure as a JSON string; on request.")


class PredictRequest(Asked):
    """A cloud to classify."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "points": [[x, y, z] for x in (0, 1) for y in (0, 1, 2) for z in (0, 1, 2)],
                "include_figure": False,
            }
        }
    )

    points: PointRows = Field(
        description="One object as [[x, y, z], ...] in any unit: numbers, neither all in one "
        "place nor all on one line."
    )


def _one_file(part: object) -> FileStorage:
    if not isinstance(part, FileStorage):
        raise ValueError("must be exactly one file")
    return part


UploadedFile = Annotated[
    Any, PlainValidator(_one_file), WithJsonSchema({"type": "string", "format": "binary"})
]
"""A `werkzeug.datastructures.FileStorage`."""


class NoQuery(Params):
    """Nothing behind the question mark: the body says everything."""


class ArrayQuery(AskedAsText):
    """How to answer for an array, whose bytes are the whole body."""


class FileForm(AskedAsText):
    """A file with one object to classify."""

    file: UploadedFile = Field(description="PLY, PCD, XYZ/CSV/PTS, NPY/NPZ, OFF/OBJ/STL, LAS/LAZ.")


LABEL_SET = (
    "The classes that hold the true one with the asked probability, the likeliest first, for scans "
    "like those of the calibration."
)
UNKNOWN = "Whether the object is like none of the classes; predicted_class is one of them even so."
UNKNOWN_SCORE = "How unlike; above 0.5 it is unknown."


def _explained(name: str) -> Any:
    return Field(None, description=f"On request: {EXPLANATIONS[name].summary}.")


class PredictAnswer(Answer):
    """The class of the object."""

    model_config = ConfigDict(protected_namespaces=())

    predicted_class: str = Field(examples=["torus"])
    probabilities: dict[str, float] = Field(description="Of every class; they add up to 1.")
    label_set: list[str] = Field(description=LABEL_SET, examples=[["torus"]])
    unknown: bool = Field(description=UNKNOWN)
    unknown_score: float = Field(ge=0, le=1, description=UNKNOWN_SCORE)
    model_version: str = Field(examples=[VERSION])
    isolation: IsolationRecord | None = Field(None, description="On request: what was removed.")
    plotly_json: str = Field("", description='A plotly figure titled "Predicted: ..."; on request.')
    quality: QualityAnswer | Uncalibrated | None = _explained("quality")
    expected_accuracy: ExpectedAccuracyAnswer | Uncalibrated | None = _explained(
        "expected_accuracy"
    )
    neighbours: NeighboursAnswer | Uncalibrated | None = _explained("neighbours")
    turntable: TurntableAnswer | None = _explained("turntable")
    blame: BlameAnswer | None = _explained("blame")
    primitive: PrimitiveAnswer | None = _explained("primitive")


class UploadQuery(Params):
    """What is said about an upload."""

    name: str = Field(
        min_length=1,
        max_length=255,
        description="The file's name; its ending says how to read it.",
        json_schema_extra={"example": "ball.ply"},
    )


class UploadAnswer(Answer):
    """Where the upload is found for the next hour."""

    upload_id: str = Field(examples=[_JOB])


class JobPath(Params):
    """Which job."""

    job_id: str = Field(pattern=r"^[0-9a-f]{32}$", json_schema_extra={"example": _JOB})


class JobSummary(Answer):
    """Where a job stands."""

    id: str = Field(examples=[_JOB])
    state: JobState
    stage: str = Field(examples=["fitting"])
    fraction: float = Field(ge=0, le=1)
    message: str


class JobRow(JobSummary):
    """A job in the list."""

    kind: str = Field(examples=["train"])
    title: str
    created_at: float = Field(description="Unix seconds, as all times here.")
    started_at: float | None
    finished_at: float | None
    result: dict[str, Any] | None = Field(description="What it made; only once it is done.")
    error: str | None
    so_far: dict[str, Any] | None = Field(
        description="What has come out while it runs: scores of the candidates, fold by fold."
    )


class JobDetail(JobRow):
    """One job with the end of its log."""

    log: str


class JobsQuery(BaseModel):
    """How many jobs to list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500, description="The newest this many.")


class JobList(Answer):
    """The newest jobs first."""

    jobs: list[JobRow]


class Health(Answer):
    """Whether this server answers, and with which model."""

    model_config = ConfigDict(protected_namespaces=())

    status: Literal["ok"]
    model_loaded: bool
    model_version: str | None = Field(examples=[VERSION])
    detail: str = Field("", description="Why there is no model, or what is wrong with a new one.")


class Alive(Answer):
    """This process answers."""

    status: Literal["ok"]
