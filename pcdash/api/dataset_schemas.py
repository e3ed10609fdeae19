"""What goes in and out of the routes of datasets."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from pcdash.api.schemas import Answer
from pcdash.core.params import Params

_HASH = 2 * "9c56cc51b374c3ba189210d5b6d4bf57"
_UPLOAD = "0f8fad5bd9cb469fa16570867728950e"


class DatasetPath(Params):
    """Which dataset."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$", json_schema_extra={"example": _HASH})


class DatasetRequest(Params):
    """Labelled scans to keep."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"upload_id": _UPLOAD, "name": "bolts"}}
    )

    upload_id: str = Field(
        pattern=r"^[0-9a-f]{32}$",
        description="Of a zip with a folder for each class, sent to /uploads.",
    )
    name: str = Field("", max_length=80, description="For display; empty: as the file is called.")


class DatasetEntry(Answer):
    """A stored dataset."""

    hash: str = Field(description="SHA-256 of its files; the same content has the same.")
    root: str = Field(
        description="What a training's dataset.root says for it.", examples=[f"datasets/{_HASH}"]
    )
    name: str
    created_at: float
    n_classes: int
    classes: list[str] = Field(description="The first of them.")
    files: int
    is_split: bool = Field(description="Whether it says itself which files are for testing.")
    size: int = Field(description="Bytes on disk.")
    unreadable: int | None = Field(
        description="Files that cannot be read or were left out; null: not looked at yet."
    )


class DatasetList(Answer):
    """The newest datasets first."""

    datasets: list[DatasetEntry]
    used: int = Field(description="Bytes that all of them take on disk.")
    quota: int = Field(description="Bytes that they may take.")


class DatasetDetail(DatasetEntry):
    """One dataset with what is in it."""

    preview: dict[str, Any] | None = Field(description="Null until somebody has looked.")
