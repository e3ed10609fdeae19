"""What comes out of `GET /drift`."""

from __future__ import annotations

from pydantic import Field

from pcdash.api.schemas import VERSION, Answer

_DISTANCE = "In units of the alarm threshold: from 1 on it is an alarm."


class DriftBlock(Answer):
    """How far a block of the descriptor is off."""

    block: str = Field(examples=["planes"])
    distance: float = Field(ge=0, description=_DISTANCE)
    separation: float = Field(
        ge=0.5,
        le=1,
        description="Share of the training's clouds that these are beyond: 0.5 is none.",
    )


class DriftClasses(Answer):
    """The predicted classes against those of the training."""

    distance: float = Field(ge=0, description=_DISTANCE)
    variation: float = Field(ge=0, le=1, description="Total variation of the shares.")
    shares: dict[str, float]
    expected: dict[str, float]


class DriftWindow(Answer):
    """The newest window, by itself or with those before it."""

    clouds: int
    distance: float = Field(ge=0, description=f"The largest of all. {_DISTANCE}")
    blocks: list[DriftBlock] = Field(description="The farthest first.")
    classes: DriftClasses
    unknown: float | None = Field(description="Share of clouds that are like no class.")
    unknown_distance: float | None = Field(description=_DISTANCE)


class DriftPoint(Answer):
    """One window of the past."""

    since: float = Field(description="Unix seconds of its first cloud.")
    until: float
    distance: float = Field(ge=0, description=_DISTANCE)
    together: float | None = Field(
        description="The same with the windows before it, ten at most; null for the first one."
    )
    alarm: bool = Field(description="By either of them.")
    unknown: float | None


class DriftAnswer(Answer):
    """The clouds of late against the training."""

    version: str = Field(examples=[VERSION])
    alarm: bool = Field(description="Whether the newest window is not like the training.")
    said: str = Field(description="The newest window in a sentence or two.")
    window: int = Field(description="Clouds of a window.")
    waiting: int = Field(description="Clouds that came since; judged when they are a window.")
    latest: DriftWindow | None = Field(description="null before the first window is full.")
    together: DriftWindow | None = Field(
        description="With the windows before it, ten at most; null before there are two."
    )
    series: list[DriftPoint] = Field(description="All windows that are remembered, oldest first.")
