"""Rebuilding a version from what is written down about it, and comparing the answers.

Nothing is written, and no cached feature is read: metadata, data and code are all it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.inference import ActiveModel
from pcdash.core.parallel import on_one_blas_thread
from pcdash.core.params import ComputeParams, FolderData, TrainParams
from pcdash.core.progress import Progress
from pcdash.core.training import TrainedModel, train
from pcdash.errors import ConfigError, CorruptArtifact, InvalidInput, NotFound, TooLarge
from pcdash.registry import Reader, Registry
from pcdash.settings import hmac_key
from pcdash.workbench.differences import Difference, in_files, in_metadata
from pcdash.workbench.documents import libraries, pickled
from pcdash.workbench.planning import located, planned
from pcdash.workbench.sources import SOURCES
from pcdash.yamlconfig import validate

TOLERANCE = 1e-9
"""Largest difference of a golden probability that counts as none."""


@dataclass(frozen=True)
class Reproduction:
    """What came of rebuilding a version.

    Attributes
    ----------
    version : str
    certified : bool
        Whether data and predictions are those of then.
    golden : int
        Clouds that were compared; 0 where it did not come to that.
    largest : float or None
        Largest difference of a probability.
    differences : tuple of Difference
        What has changed, whether or not it mattered.
    pipeline : sklearn.pipeline.Pipeline or None
        What was rebuilt.
    """

    version: str
    certified: bool
    golden: int
    largest: float | None
    differences: tuple[Difference, ...]
    pipeline: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return what ``reproduce --json`` prints."""
        return {
            "version": self.version,
            "certified": self.certified,
            "tolerance": TOLERANCE,
            "golden_clouds": self.golden,
            "largest_difference": self.largest,
            "differences": [vars(one) | {"message": str(one)} for one in self.differences],
        }


def reproduce(
    artifacts: Path, version: str, progress: Progress, *, data: Path | None = None
) -> Reproduction:
    """Rebuild `version` and hold its golden answers against the stored ones.

    Where something has changed that forbids it, nothing is trained.

    Parameters
    ----------
    artifacts : Path
    version : str
    progress : Progress
    data : Path, optional
        Where the labelled folder, or the zip, lies now; None: where it was.

    Raises
    ------
    NotFound, CorruptArtifact
        If there is no such version, or nothing can be read about it.
    Cancelled
        If `progress` says so.
    """
    progress.report("prepare", 0.0)
    registry = Reader(artifacts, hmac_key())
    metadata = registry.metadata(version)
    found = in_metadata(metadata)
    if _forbidden(found):
        return Reproduction(version, False, 0, None, tuple(found))
    try:
        params = _configured(metadata, data)
    except ConfigError as error:
        found.append(
            Difference("config", "the configuration", f"is not understood: {error.message}")
        )
        return Reproduction(version, False, 0, None, tuple(found))
    try:
        with located(params, artifacts) as there, planned(there) as (chunks, classes):
            found += in_files(_sources(registry, version), metadata, chunks, progress)
            if _forbidden(found):
                return Reproduction(version, False, 0, None, tuple(found))
            trained = train(params, chunks, classes, progress)
    except (InvalidInput, NotFound, TooLarge) as error:
        message = f"cannot be read: {error.message} (--data says where it lies now)"
        found.append(Difference("dataset", "the clouds", message))
        return Reproduction(version, False, 0, None, tuple(found))
    return _compared(version, metadata, trained, found)


def restore(registry: Registry, rebuilt: Reproduction) -> bool:
    """Put the model back if it is missing or damaged; whether it was.

    Parameters
    ----------
    registry : Registry
    rebuilt : Reproduction
        Certified.

    Raises
    ------
    Refused
        See `pcdash.registry.Registry.restore`.
    """
    if not rebuilt.certified:
        raise ValueError("only what is certified may take the place of a model")
    before = registry.metadata(rebuilt.version)
    # The bytes are for the libraries of now, which loading asks for.
    changes = {"libraries": libraries()}
    return registry.restore(rebuilt.version, pickled(rebuilt.pipeline), before, changes)


def _forbidden(differences: list[Difference]) -> bool:
    return any(one.forbids for one in differences)


def _configured(metadata: Mapping[str, Any], data: Path | None) -> TrainParams:
    """The configuration of then, with the clouds described here: where does not matter."""
    params = validate(TrainParams, metadata["config"], name="metadata.json")
    update: dict[str, Any] = {"compute": ComputeParams()}
    if data is not None:
        if not isinstance(params.dataset, FolderData):
            raise InvalidInput("this version was trained on no folder", field="data")
        update["dataset"] = params.dataset.model_copy(update={"root": str(data)})
    return params.model_copy(update=update)


def _sources(registry: Reader, version: str) -> bytes | None:
    try:
        return registry.attached(version, SOURCES)
    except NotFound:
        return None


def _compared(
    version: str, metadata: Mapping[str, Any], trained: TrainedModel, found: list[Difference]
) -> Reproduction:
    if trained.fingerprint != metadata.get("dataset_fingerprint"):
        message = "are not those of then, or divided otherwise (dataset_fingerprint)"
        found.append(Difference("dataset", "the clouds", message))
    try:
        golden, largest = _distance(metadata, trained, version)
    except (KeyError, TypeError, ValueError):
        raise CorruptArtifact(f"version {version} has no golden answers to compare with") from None
    if not largest <= TOLERANCE:
        causes = sorted({one.what for one in found})
        why = f"; changed: {', '.join(causes)}" if causes else "; nothing that is known has changed"
        message = f"differ by up to {largest:.2g}{why}"
        found.append(Difference("predictions", "of the golden clouds", message))
    fine = not _forbidden(found)
    return Reproduction(version, fine, golden, largest, tuple(found), trained.pipeline)


def _distance(
    metadata: Mapping[str, Any], trained: TrainedModel, version: str
) -> tuple[int, float]:
    """How many golden clouds there are, and how far the answers are apart at most."""
    golden = metadata["golden"]
    clouds = [np.asarray(points, dtype=np.float64) for points in golden["clouds"]]
    expected = np.asarray(golden["probabilities"], dtype=np.float64)
    if tuple(golden["classes"]) != trained.classes or not clouds:
        return len(clouds), 1.0
    with on_one_blas_thread():
        said = ActiveModel(trained.pipeline, trained.classes, version).probabilities(clouds)
    if said.shape != expected.shape:
        raise ValueError("golden answers of another shape")
    return len(clouds), float(np.abs(said - expected).max())
