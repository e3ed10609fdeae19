"""What goes in and out of `POST /predict/batch`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, SkipValidation, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from pcdash.api.asked import COVERAGE, Flag, LevelText
from pcdash.api.isolation import ISOLATE, ISOLATE_FLAG, Isolate, IsolationRecord
from pcdash.api.schemas import (
    LABEL_SET,
    UNKNOWN,
    UNKNOWN_SCORE,
    VERSION,
    Answer,
    Problem,
    UploadedFile,
)
from pcdash.core.params import Params
from pcdash.core.trust.judgement import LEVEL, LEVELS

_EACH = "For each of them."


def _refused(_value: object) -> None:
    raise ValueError("takes too long for a batch: ask /predict about single clouds")


_Unexplained = SkipJsonSchema[Annotated[None, BeforeValidator(_refused)]]
"""Stands where /predict takes names, to refuse them by their reason; not in the document."""


class BatchRequest(Params):
    """Clouds to classify."""

    clouds: Annotated[
        SkipValidation[Any],
        WithJsonSchema(
            {
                "type": "array",
                # Whatever it is: what is no cloud fails alone, and the others are answered.
                "items": {"examples": [[[0.0, 0.0, 1.0]]]},
                "minItems": 1,
                "maxItems": 1000,
            }
        ),
    ] = Field(description="One object each, as [[x, y, z], ...]; each is judged by itself.")
    level: float = Field(LEVEL, ge=LEVELS[0], le=LEVELS[1], description=f"{COVERAGE} {_EACH}")
    isolate: Isolate = Field(
        None, description=f"{ISOLATE} {_EACH}", json_schema_extra={"default": False}
    )
    explain: _Unexplained = None


class BatchForm(Params):
    """A zip of files with one object each."""

    file: UploadedFile = Field(description="A zip of files of any format that is read.")
    level: LevelText = Field(LEVEL, description=f"{COVERAGE} {_EACH}")
    isolate: Flag = Field(False, description=f"{ISOLATE_FLAG} {_EACH}")
    explain: _Unexplained = None


class _BatchItem(Answer):
    """What stands for one cloud."""

    name: str | None = Field(None, description="What its file is called; only for those of a zip.")


class BatchPrediction(_BatchItem):
    """The class of one object of a batch."""

    model_config = ConfigDict(protected_namespaces=())

    predicted_class: str = Field(examples=["torus"])
    probabilities: dict[str, float] = Field(description="Of every class; they add up to 1.")
    label_set: list[str] = Field(description=LABEL_SET, examples=[["torus"]])
    unknown: bool = Field(description=UNKNOWN)
    unknown_score: float = Field(ge=0, le=1, description=UNKNOWN_SCORE)
    model_version: str = Field(examples=[VERSION])
    isolation: IsolationRecord | None = Field(None, description="On request: what was removed.")


class BatchFailure(_BatchItem):
    """What is wrong with one object of a batch."""

    error: Problem


class BatchAnswer(Answer):
    """An answer for every cloud, in their order; all by the same version."""

    results: list[BatchPrediction | BatchFailure]
