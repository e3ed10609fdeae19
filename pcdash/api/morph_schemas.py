"""What goes in and out of `POST /morph`."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from pcdash.api.schemas import VERSION, Answer, PointRows
from pcdash.core.morph.curve import FLIP_WIDTH, MorphParams


class MorphRequest(MorphParams):
    """A way from one shape to another."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"morph": "cylinder-cone", "steps": 21, "seed": 1}}
    )

    t: float | None = Field(
        None, ge=0, le=1, description="A place on the way whose cloud is wanted as well."
    )
    include_figure: bool = Field(True, description="Whether to answer with plotly_json too.")


class FlipAnswer(Answer):
    """A change of the most probable class."""

    t: float = Field(ge=0, le=1, description="Where: it lies within width about t.")
    width: float = Field(
        description=f"At most {FLIP_WIDTH:g}, unless the model changes its mind all the time."
    )
    from_: str = Field(alias="from", description="The class before.", examples=["cylinder"])
    to: str = Field(description="The class behind.", examples=["cone"])
    value: float = Field(description="Of the quantity that the morph changes.")


class MorphAnswer(Answer):
    """What the version in service says along the way."""

    model_config = ConfigDict(protected_namespaces=())

    morph: str = Field(examples=["cylinder-cone"])
    quantity: str = Field(description="What the morph changes.")
    n_points: int
    noise_sigma: float
    seed: int = Field(description="The one asked for, or the one that was drawn.")
    classes: list[str]
    t: list[float] = Field(description="From 0, the first shape, to 1, the last one.")
    probabilities: list[list[float]] = Field(description="Of every class at each t.")
    flips: list[FlipAnswer] = Field(
        description="In their order. Two between neighbouring t that undo one another are missed."
    )
    model_version: str = Field(examples=[VERSION])
    points: PointRows = Field([], description="The cloud at the t that was asked for.")
    plotly_json: str = Field("", description="The curves as a plotly figure; on request.")
