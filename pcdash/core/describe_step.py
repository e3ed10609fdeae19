"""The descriptor as the first step of a scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from pcdash.core.cloud import Points
from pcdash.core.descriptor import describe_batch


class Describe(TransformerMixin, BaseEstimator):
    """Turns a list of raw clouds into the feature matrix; learns nothing."""

    def fit(self, clouds: Iterable[Points], labels: Any = None) -> Self:
        """Do nothing: the descriptor has no fitted state."""
        return self

    def transform(self, clouds: Iterable[Points]) -> NDArray[np.float32]:
        """Describe every cloud: (m, DIM) float32.

        Raises
        ------
        InvalidCloud
            If a cloud holds no shape to classify.
        """
        return describe_batch(clouds)

    def __sklearn_is_fitted__(self) -> bool:
        return True
