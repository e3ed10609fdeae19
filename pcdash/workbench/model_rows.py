"""The list of models, as page, routes and commands show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pcdash.datasets import stored_hash
from pcdash.registry import VERSION_FORMAT, VersionInfo


@dataclass(frozen=True)
class ModelRow:
    """One version in the list of models.

    Attributes
    ----------
    created_at : float
        Seconds since the epoch.
    model, data : str
        What was trained, on what; in words.
    dataset : str or None
        SHA-256 of the stored dataset that it was trained on; None for other data.
    n_test, accuracy, f1_macro : int, float, float or None
        Of the test data; None where the metadata cannot be read.
    served : bool
        Whether this process answers with it.
    current : bool
        Whether it is the promoted one.
    bootstrap : bool
        Whether it is a first model, which any other may replace.
    disk : int
        Bytes that its files take, report included.
    problem : str or None
        Why it cannot be served.
    """

    version: str
    created_at: float
    model: str
    data: str
    dataset: str | None
    n_test: int | None
    accuracy: float | None
    f1_macro: float | None
    classes: tuple[str, ...]
    served: bool
    current: bool
    bootstrap: bool
    disk: int
    problem: str | None


def model_row(
    info: VersionInfo,
    *,
    served: str | None,
    current: str | None,
    disk: int = 0,
    name: Callable[[str], str | None] = lambda key: None,
) -> ModelRow:
    """Sum a version up.

    Parameters
    ----------
    info : VersionInfo
    served, current : str or None
        Versions.
    disk : int
        Bytes.
    name : callable
        What the stored dataset of a hash is called; None where there is none any more.
    """
    about = info.metadata
    config: Mapping[str, Any] = about.get("config", {})
    metrics: Mapping[str, float] = about.get("metrics", {})
    data: Mapping[str, Any] = config.get("dataset", {})
    key = stored_hash(str(data.get("root")))
    return ModelRow(
        version=info.version,
        created_at=_seconds(info),
        model=str(config.get("model", {}).get("name", "?")),
        data=_describe_data(data) if key is None else dataset_name(key, name),
        dataset=key,
        n_test=about.get("n_test"),
        accuracy=metrics.get("accuracy"),
        f1_macro=metrics.get("f1_macro"),
        classes=tuple(about.get("classes", ())),
        served=info.version == served,
        current=info.version == current,
        bootstrap=about.get("bootstrap") is True,
        disk=disk,
        problem=info.problem,
    )


def dataset_name(key: str, name: Callable[[str], str | None]) -> str:
    """What the stored dataset of hash `key` is called; one that was deleted, by its hash."""
    return name(key) or f"dataset {key[:12]}"


def _seconds(info: VersionInfo) -> float:
    """When a version was made, in seconds since the epoch; its name tells where metadata can't."""
    if info.created_at:
        return datetime.fromisoformat(info.created_at).timestamp()
    return datetime.strptime(info.version + "+0000", VERSION_FORMAT + "%z").timestamp()


def _describe_data(dataset: Mapping[str, Any]) -> str:
    if dataset.get("kind") == "folder":
        return f"folder {Path(str(dataset.get('root', '?'))).name}"
    classes = dataset.get("classes", ())
    recipe = "randomised" if dataset.get("randomise") else "synthetic"
    return f"{recipe}, {len(classes)} classes x {dataset.get('n_samples_per_class', '?')}"
