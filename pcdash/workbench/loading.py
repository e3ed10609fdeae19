"""From verified bytes to a model that answers as it did when it was trained."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from pcdash.core.cloud import Points
from pcdash.core.descriptor import DESCRIPTOR_VERSION
from pcdash.core.explanations import CALIBRATED, explain
from pcdash.core.inference import ActiveModel
from pcdash.errors import CorruptArtifact, PcdashError
from pcdash.registry import is_as_written

_log = logging.getLogger(__name__)

GOLDEN_TOLERANCE = 1e-6
"""Largest change of a stored golden probability that counts as the same answer."""

_AGAIN = "train again with python -m pcdash train"


def open_model(raw: bytes, metadata: Mapping[str, Any], version: str) -> ActiveModel:
    """Turn verified bytes into a model that gives the stored golden answers.

    Parameters
    ----------
    raw : bytes
        ``model.joblib``, its SHA-256 already checked against `metadata`: never anything else,
        since loading executes what it holds.
    metadata : mapping
        ``metadata.json`` of the same version.
    version : str

    Raises
    ------
    CorruptArtifact
        If it was written by another scikit-learn, cannot be loaded, answers otherwise than it did
        when it was trained, has a calibration that cannot be read here, or its metadata are not
        those that were written then.
    """
    import joblib

    _check_origin(metadata, version)
    try:
        model = ActiveModel(joblib.load(io.BytesIO(raw)), tuple(metadata["classes"]), version)
        golden = metadata["golden"]
        clouds = [np.asarray(points, dtype=np.float64) for points in golden["clouds"]]
        said = model.probabilities(clouds)
        _try_out(model, clouds[0])
        expected = np.asarray(golden["probabilities"], dtype=np.float64)
        same = (
            tuple(golden.get("classes", model.classes)) == model.classes
            and said.shape == expected.shape
            and np.abs(said - expected).max() <= GOLDEN_TOLERANCE
        )
    except PcdashError:
        raise
    except Exception as error:  # unpickling and foreign metadata may raise anything
        _log.warning("version %s cannot be loaded", version, exc_info=True)
        raise CorruptArtifact(f"version {version} is not for this pcdash: {_AGAIN}") from error
    if not same:
        raise CorruptArtifact(
            f"version {version} does not give its golden answers any more: {_AGAIN}"
        )
    if not is_as_written(metadata):
        raise CorruptArtifact(f"metadata.json of version {version} has been changed: {_AGAIN}")
    return model


def _try_out(model: ActiveModel, points: Points) -> None:
    """Ask everything once that its calibration has an answer to.

    A calibration that another pcdash has pickled may lack what today's code looks for; that is to
    be found here, not by everybody who then asks for a prediction.
    """
    model.predict(points).label_set()
    explain(model, points, CALIBRATED)


def _check_origin(metadata: Mapping[str, Any], version: str) -> None:
    """Tell a model that another scikit-learn or pcdash has made, before it is unpickled."""
    import sklearn

    libraries = metadata.get("libraries")
    wrote = libraries.get("scikit-learn") if isinstance(libraries, dict) else None
    if wrote != sklearn.__version__:
        raise CorruptArtifact(
            f"version {version} was written by scikit-learn {wrote}, this is "
            f"{sklearn.__version__}: {_AGAIN}"
        )
    if metadata.get("descriptor_version") != DESCRIPTOR_VERSION:
        raise CorruptArtifact(f"version {version} was made for another descriptor: {_AGAIN}")
