"""What the job table calls for unlabelled scans: write a recipe like them, ask two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.cloud import Points, check_cloud
from pcdash.core.inference import ActiveModel
from pcdash.core.progress import Progress
from pcdash.errors import NotFound
from pcdash.registry import Registry
from pcdash.settings import hmac_key
from pcdash.workbench.imitation import imitate
from pcdash.workbench.loading import open_model


def run_imitation(payload: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Write the recipe that looks like some scans.

    Parameters
    ----------
    payload : mapping
        ``artifacts``; ``version``, who estimates; ``scans``, of which each has ``id``, ``name`` and
        ``path``, an array that the page's store keeps.
    progress : Progress

    Returns
    -------
    dict
        See `Imitation.to_json`; and ``clouds``, the ids of the scans.
    """
    progress.report("prepare", 0.0)
    (model,) = _models(payload["artifacts"], [payload["version"]])
    names = [scan["name"] for scan in payload["scans"]]
    found = imitate(model, _read(payload["scans"]), progress=progress, names=names)
    return found.to_json() | {"clouds": [scan["id"] for scan in payload["scans"]]}


def run_rereading(payload: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Ask several versions about the same scans.

    Parameters
    ----------
    payload : mapping
        ``artifacts``; ``versions``; ``scans`` as for `run_imitation`.
    progress : Progress

    Returns
    -------
    dict
        ``versions``, and ``scans``: ``name`` and ``said``, an answer of each version.
    """
    progress.report("prepare", 0.0)
    models = _models(payload["artifacts"], payload["versions"])
    rows = []
    for number, points in enumerate(_read(payload["scans"])):
        scans = payload["scans"]
        progress.report("ask", number / len(scans), f"scan {number + 1} of {len(scans)}")
        said = [_said(model, points) for model in models]
        rows.append({"name": scans[number]["name"], "said": said})
    return {"versions": [model.version for model in models], "scans": rows}


def _models(artifacts: str, versions: Sequence[str]) -> list[ActiveModel]:
    registry = Registry(Path(artifacts), key=hmac_key())
    return [open_model(*registry.read_model(version), version) for version in versions]


def _read(scans: Sequence[Mapping[str, str]]) -> Iterator[Points]:
    """Read the scans one by one: twenty large ones together would need a gigabyte."""
    for scan in scans:
        try:
            points = np.load(scan["path"], allow_pickle=False)
        except FileNotFoundError:
            raise NotFound(f"{scan['name']} is no longer here: add it again") from None
        yield check_cloud(points)


def _said(model: ActiveModel, points: Points) -> dict[str, Any]:
    """What a version answers, and how right it expects to be."""
    said = model.predict(points)
    expected = None
    if model.trust is not None:
        expected = model.trust.expect(model.features([points])[0]).accuracy
    return {
        "predicted_class": said.predicted_class,
        "probability": said.probabilities[said.predicted_class],
        "label_set": list(said.label_set()),
        "unknown": said.unknown,
        "expected_accuracy": expected,
    }
