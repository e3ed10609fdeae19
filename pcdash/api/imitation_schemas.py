"""What goes in and out of `POST /imitate`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, SkipValidation, WithJsonSchema

from pcdash.api.schemas import POINT, VERSION, Answer, UploadedFile
from pcdash.core.cloud import MIN_POINTS
from pcdash.core.params import Params, Seed
from pcdash.core.trust.likeness import FEWEST_SCANS, MOST_SCANS

_CLOUD = {"type": "array", "items": POINT, "minItems": MIN_POINTS, "maxItems": 100_000}


class ImitateRequest(Params):
    """A few unlabelled scans of one sensor."""

    clouds: Annotated[
        SkipValidation[Any],
        WithJsonSchema(
            {
                "type": "array",
                "items": _CLOUD,
                "minItems": FEWEST_SCANS,
                "maxItems": MOST_SCANS,
            }
        ),
    ] = Field(description="One object each, as [[x, y, z], ...]; all of them have to be sound.")
    seed: Seed = Field(0, description="Of the training, and of the clouds that are compared.")


class ImitateForm(Params):
    """A zip of such scans."""

    file: UploadedFile = Field(
        description=f"A zip of {FEWEST_SCANS} to {MOST_SCANS} files of any format that is read."
    )


class ScanAnswer(Answer):
    """What is estimated of one scan."""

    points: int
    noise: float = Field(description="Standard deviation along each axis, in rms radii.")
    outliers: float = Field(ge=0, le=1, description="Share of the points that belong to nothing.")
    coverage: float = Field(ge=0, le=1, description="Part of the surface that is seen.")
    evenness: float = Field(
        ge=0, le=1, description="Effective over actual number of points; 1: the same everywhere."
    )
    summary: str


class LikenessAnswer(Answer):
    """How well synthetic clouds can be told from the scans."""

    auc: float = Field(ge=0, le=1, description="0.5: not at all; 1: always.")
    deviation: float = Field(ge=0, description="Standard deviation over three repetitions.")
    chance: float = Field(
        ge=0,
        description="Standard deviation around 0.5 by the chance of having drawn these scans.",
    )
    sentence: str


class CopyAnswer(Answer):
    """A scan that counts once, with the one it is a copy of; numbered from "scan 1"."""

    scan: str
    of: str


class ImitateAnswer(Answer):
    """A training whose synthetic clouds look like the scans."""

    model_config = ConfigDict(protected_namespaces=())

    config: dict[str, Any] = Field(description="The training: a body for POST /jobs.")
    scans: list[ScanAnswer] = Field(description="In the order in which they came.")
    before: LikenessAnswer = Field(description="Of the default recipe's clouds.")
    after: LikenessAnswer = Field(description="Of this one's.")
    copies: list[CopyAnswer] = Field(description="Scans with the points of an earlier one.")
    model_version: str = Field(examples=[VERSION], description="Who has estimated.")
