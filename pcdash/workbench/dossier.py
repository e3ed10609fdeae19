"""All that is known of one version, and why the rest is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pcdash.core.examination.evidence import Evidence
from pcdash.core.examination.paired import wilson
from pcdash.core.examination.passport import curves
from pcdash.datasets import stored_hash
from pcdash.errors import CorruptArtifact, NotFound
from pcdash.registry import Registry
from pcdash.workbench.promotion import passport_of
from pcdash.workbench.reports import evidence_of_version

Found = TypeVar("Found")

_WHY = {
    "report": "No report: the file is gone, or the version was copied here without it.",
    "passport": "No passport: the version was not examined, either because an older pcdash trained "
    "it or because its training ended before that. Train it again to see where it breaks.",
    "evidence": "No test clouds: they were not kept, either because an older pcdash trained the "
    "version or because its training ended before that. Train it again to look at its mistakes.",
}
"""What is missing -> what to say where nothing is damaged."""


@dataclass(frozen=True)
class Dossier:
    """One version.

    Attributes
    ----------
    version : str
    created_at : str
        ISO 8601, UTC; empty where the metadata is damaged.
    classes : tuple of str
    report : dict
        As its training wrote it, without a path of the server; empty where there is none.
    passport : dict or None
    evidence : Evidence or None
    missing : tuple of str
        A sentence for each part that is not there, or is damaged.
    dataset : str or None
        What the stored dataset that it was trained on is called; None for other data, and for one
        that was deleted.
    """

    version: str
    created_at: str
    classes: tuple[str, ...]
    report: dict[str, Any]
    passport: dict[str, Any] | None
    evidence: Evidence | None
    missing: tuple[str, ...]
    dataset: str | None = None

    @property
    def robustness(self) -> dict[str, list[dict[str, Any]]]:
        """Family of conditions -> the points of its curve; empty without a passport."""
        return curves(self.passport) if self.passport is not None else {}

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts of the test split, (c, c); without a class where there is no report."""
        counts = np.array(self.report.get("confusion") or [], dtype=np.int64)
        return counts.reshape(len(counts), len(counts))

    @property
    def reliability(self) -> list[dict[str, Any]]:
        """The bins of the reliability diagram that hold clouds, with a 95 % interval each."""
        found = []
        for one in (self.report.get("calibration") or {}).get("bins", ()):
            if one["n"]:
                low, high = wilson(round(one["accuracy"] * one["n"]), one["n"])
                kept = {key: one[key] for key in ("n", "confidence", "accuracy")}
                found.append(kept | {"low": low, "high": high})
        return found


def dossier(
    registry: Registry, version: str, name: Callable[[str], str | None] = lambda key: None
) -> Dossier:
    """Gather what is known of `version`.

    Parameters
    ----------
    registry : Registry
    version : str
    name : callable
        What the stored dataset of a hash is called; None where there is none any more.

    Raises
    ------
    NotFound
        If there is no such version.
    """
    missing: list[str] = []

    def read(what: str, reader: Callable[[Registry, str], Found]) -> Found | None:
        try:
            return reader(registry, version)
        except NotFound:
            missing.append(_WHY[what])
        except CorruptArtifact as error:
            missing.append(f"The {what} cannot be read: {error.message}.")
        return None

    try:
        about = registry.metadata(version)
    except CorruptArtifact as error:
        about = {}
        missing.append(f"The metadata cannot be read: {error.message}.")
    report = read("report", Registry.report) or {}
    data = (report.get("config") or {}).get("dataset") or {}
    key = stored_hash(str(data.get("root")))
    return Dossier(
        version=version,
        created_at=str(about.get("created_at", "")),
        classes=tuple(report.get("classes") or about.get("classes") or ()),
        report=without_paths(report),
        passport=read("passport", passport_of),
        evidence=read("evidence", evidence_of_version),
        missing=tuple(missing),
        dataset=name(key) if key is not None else None,
    )


def without_paths(report: dict[str, Any]) -> dict[str, Any]:
    """Name a training folder by its last part alone: where it lies is the server's business.

    A stored dataset keeps its name, which says nothing of that.
    """
    config = report.get("config") or {}
    dataset = config.get("dataset") or {}
    if "root" not in dataset or stored_hash(str(dataset["root"])) is not None:
        return report
    harmless = dataset | {"root": PurePath(str(dataset["root"])).name}
    return report | {"config": config | {"dataset": harmless}}


def confidence(evidence: Evidence) -> NDArray[np.float32]:
    """How sure the version was of what it said, (m,) in [0, 1]."""
    rows = np.arange(len(evidence.said))
    sure: NDArray[np.float32] = evidence.probabilities[rows, evidence.said]
    return sure


def surest_first(evidence: Evidence, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Numbers of the `chosen` clouds, those first of which the version was surest."""
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(-confidence(evidence)[rows], kind="stable")]


def mix_ups(
    confusion: NDArray[np.int64], classes: tuple[str, ...], most: int = 8
) -> list[tuple[int, int, int]]:
    """(true class, said class, clouds) of the commonest mistakes, commonest first."""
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    cells = [(int(i // len(classes)), int(i % len(classes))) for i in order]
    return [(row, column, int(wrong[row, column])) for row, column in cells if wrong[row, column]]
