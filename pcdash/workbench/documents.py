"""What is written down about a trained model: its bytes, metadata and report."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version as installed
from typing import Any

import pcdash
from pcdash.core.descriptor import DESCRIPTOR_VERSION
from pcdash.core.generation import generate
from pcdash.core.inference import ActiveModel
from pcdash.core.parallel import on_one_blas_thread
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.shapes import SHAPES
from pcdash.core.training import TrainedModel
from pcdash.workbench import examiner

FORMAT = 1
"""Of metadata and report; raised when a reader has to know the difference."""

_GOLDEN_POINTS = 48
_MOST_PROBLEMS = 1000


def listed(problems: Sequence[str]) -> list[str]:
    """The first of many complaints; a folder may hold any number of bad files."""
    more = len(problems) - _MOST_PROBLEMS
    return [*problems[:_MOST_PROBLEMS], *([f"... and {more:,} more"] if more > 0 else ())]


def pickled(pipeline: Any) -> bytes:
    import joblib

    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()


def _golden(trained: TrainedModel) -> dict[str, Any]:
    """A small cloud of every shape with the answers that the model must keep giving."""
    clouds = [
        generate(CloudParams(shape=shape, n_points=_GOLDEN_POINTS, seed=seed)).points
        for seed, shape in enumerate(SHAPES)
    ]
    model = ActiveModel(trained.pipeline, trained.classes, "unpublished")
    with on_one_blas_thread():
        said = model.probabilities(clouds)
    return {
        "classes": list(trained.classes),  # again, so that a damaged name does not go unnoticed
        "clouds": [points.tolist() for points in clouds],
        "probabilities": said.tolist(),
    }


def libraries() -> dict[str, str]:
    """What a model's numbers come from, and its bytes can be read with: name -> version."""
    names = ("numpy", "scipy", "scikit-learn", "joblib")
    return {name: installed(name) for name in names} | {"python": platform.python_version()}


def machine() -> dict[str, Any]:
    """Where a model was made; BLAS picks its loops by the processor, and so the last digits."""
    from threadpoolctl import threadpool_info

    blas = {
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    }
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "blas": ", ".join(sorted(blas)),
    }


def config_fingerprint(config: Mapping[str, Any]) -> str:
    """SHA-256 of a configuration as it stands in the metadata."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def documents(
    params: TrainParams, trained: TrainedModel, seconds: Mapping[str, float], *, bootstrap: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Metadata, which loading and listing the model needs, and the report, which people read."""
    config = params.model_dump(mode="json", exclude={"artifacts_dir"})
    shared = {
        "classes": list(trained.classes),
        "config": config,
        "metrics": trained.metrics,
        "n_test": trained.counts["test"],
        "seconds": dict(seconds),
    }
    lineage = {
        "seed": params.seed,
        "dataset_fingerprint": trained.fingerprint,
        "descriptor_version": DESCRIPTOR_VERSION,
        "config_fingerprint": config_fingerprint(config),
        "pcdash": pcdash.__version__,
        "libraries": libraries(),
    }
    metadata = {
        "metadata_format": FORMAT,
        "bootstrap": bootstrap,
        **shared,
        **lineage,
        "machine": machine(),
        "golden": _golden(trained),
    }
    report = {
        "report_format": FORMAT,
        **shared,
        "validation": trained.validation,
        "candidates": trained.comparison and trained.comparison.as_json(),
        "confusion": trained.confusion.tolist(),
        **examiner.figures(trained),
        "counts": trained.counts,
        "problems": listed(trained.problems),
        "lineage": lineage,
    }
    return metadata, report
