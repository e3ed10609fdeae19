"""`"isolate"` in the requests that classify, and the record in their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from pcdash.core.cloud import Points
from pcdash.core.isolate import IsolateParams, isolate


def _how(value: object) -> object:
    if isinstance(value, bool):
        return IsolateParams() if value else None
    if not isinstance(value, dict):
        raise ValueError("must be true, false or an object")
    return value


def _schema() -> dict[str, Any]:
    """The schema of `IsolateParams` in one piece, and what stands for its defaults."""
    how = IsolateParams.model_json_schema()
    how["properties"]["crop"]["anyOf"][0] = how.pop("$defs")["CropBox"]
    return {"anyOf": [{"type": "boolean"}, how]}


Isolate = Annotated[IsolateParams | None, BeforeValidator(_how), WithJsonSchema(_schema())]
"""As JSON says it: true, false, or how."""

ISOLATE = "Whether to take the object out of its surroundings first: true, or how."
ISOLATE_FLAG = "Whether to take the object out of its surroundings first."


class IsolationStep(BaseModel):
    """What one step has done."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["crop", "plane", "cluster"]
    removed: int = Field(ge=0, description="Points.")
    said: str = Field(description="The same in a sentence.")
    threshold: float | None = Field(
        description="In the scan's unit: of the plane, or of the distance across which points "
        "belong together."
    )
    plane: tuple[float, float, float, float] | None = Field(
        description="a, b, c, d of ax + by + cz = d; (a, b, c) points to the object."
    )
    extent: tuple[float, float] | None = Field(description="Length and width of the plane.")


class IsolationRecord(BaseModel):
    """What was removed before the object was classified."""

    model_config = ConfigDict(extra="forbid")

    kept: int = Field(ge=0, description="Points that were classified.")
    removed: int = Field(ge=0, description="Points that were not.")
    steps: list[IsolationStep]


def isolated(points: Points, how: IsolateParams | bool | None) -> tuple[Points, dict[str, Any]]:
    """The points that are to be classified, and what goes into the answer.

    Raises
    ------
    InvalidCloud
        If too few are left.
    """
    if not how:
        return points, {}
    params = how if isinstance(how, IsolateParams) else IsolateParams()
    found = isolate(points, params.crop, params.plane, params.cluster)
    return points[found.mask], {"isolation": found.as_json()}


class IsolatedSources:
    """Clouds of a batch, isolated when they are read; `records` then holds what was done."""

    def __init__(
        self, sources: list[Callable[[], Points]], how: IsolateParams | bool | None
    ) -> None:
        self.records: list[dict[str, Any]] = [{} for _ in sources]
        self._sources = sources
        self._how = how

    def readers(self) -> list[Callable[[], Points]]:
        """The clouds, as `pcdash.workbench.batch` reads them."""

        def reader(place: int) -> Callable[[], Points]:
            def read() -> Points:
                points, self.records[place] = isolated(self._sources[place](), self._how)
                return points

            return read

        return [reader(place) for place in range(len(self._sources))]
