"""One verified model, ready to answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points, Prediction
from pcdash.core.trust.judgement import Judgement
from pcdash.core.trust.trust import Trust


@dataclass(frozen=True)
class ActiveModel:
    """A model in service; replaced as a whole, so version and answers always belong together.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Takes a list of raw clouds.
    classes : tuple of str
        Names of the pipeline's probability columns.
    version : str
    """

    pipeline: Any
    classes: tuple[str, ...]
    version: str

    @property
    def trust(self) -> Trust | None:
        """When not to trust it; None if the version was never calibrated."""
        trust: Trust | None = getattr(self.pipeline, "trust_", None)
        return trust

    def predict(self, points: Points) -> Prediction:
        """Classify one cloud that `pcdash.core.cloud.check_cloud` has accepted."""
        return self.predict_many([points])[0]

    def predict_many(self, clouds: Sequence[Points]) -> list[Prediction]:
        """Classify accepted clouds together; each is said to take its share of the time."""
        started = time.perf_counter()
        described, rows, judgements = self._judged(clouds)
        each = 1e3 * (time.perf_counter() - started) / len(clouds)
        return [
            Prediction(
                predicted_class=self.classes[int(row.argmax())],
                probabilities=dict(zip(self.classes, row.tolist(), strict=True)),
                model_version=self.version,
                n_points=len(points),
                milliseconds=each,
                judgement=judgement,
                descriptor=features,
            )
            for points, features, row, judgement in zip(
                clouds, described, rows, judgements, strict=True
            )
        ]

    def predict_each(self, clouds: Sequence[Points]) -> list[Prediction | Exception]:
        """Like `predict_many`, but what goes wrong with one cloud is its own affair."""
        try:
            return list(self.predict_many(clouds))
        except Exception as error:  # whose fault it is, only asking one by one can tell
            if len(clouds) == 1:
                return [error]
            return [outcome for cloud in clouds for outcome in self.predict_each([cloud])]

    def probabilities(self, clouds: Sequence[Points]) -> NDArray[np.float64]:
        """Class probabilities, (len(clouds), len(classes)), rows summing to 1."""
        return _normalised(self.pipeline.predict_proba(clouds))

    def features(self, clouds: Sequence[Points]) -> NDArray[np.float32]:
        """What the classifier sees of the clouds: (len(clouds), DIM)."""
        described: NDArray[np.float32] = self.pipeline[0].transform(clouds)
        return described

    def judgement(self, features: NDArray[np.float32]) -> Judgement | None:
        """What is to be thought of the answer to a cloud of these features (DIM,)."""
        if self.trust is None:
            return None
        rows = _normalised(self.pipeline[-1].predict_proba(features[None]))
        return self.trust.judge(features[None], rows)[0]

    def _judged(
        self, clouds: Sequence[Points]
    ) -> tuple[
        Sequence[NDArray[np.float32] | None], NDArray[np.float64], Sequence[Judgement | None]
    ]:
        """Descriptors, probabilities, and what is to be thought of them.

        A pipeline without a step ``describe`` is asked as a whole, and tells no descriptors.
        """
        trust, nothing = self.trust, [None] * len(clouds)
        if trust is None and "describe" not in getattr(self.pipeline, "named_steps", ()):
            return nothing, self.probabilities(clouds), nothing
        features = self.features(clouds)
        rows = _normalised(self.pipeline[-1].predict_proba(features))
        judgements = nothing if trust is None else trust.judge(features, rows)
        return list(features), rows, judgements


def _normalised(said: Any) -> NDArray[np.float64]:
    rows = np.asarray(said, dtype=np.float64)
    rows /= rows.sum(axis=1, keepdims=True)
    return rows
