"""A map of the descriptor space: where clouds lie that look alike to a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_ROWS = 2_000
_COMPONENTS = 40
_FAR = 4.0


@dataclass(frozen=True)
class DescriptorMap:
    """A fitted projection onto two dimensions.

    Attributes
    ----------
    method : {"lda", "pca"}
        Linear discriminants where there are three classes or more and clouds enough, else
        principal components.
    """

    method: str
    _steps: Any

    def place(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where clouds lie, (m, DIM) -> (m, 2) float32, in units of the train clouds' spread."""
        return np.asarray(self._steps.transform(features)[:, :2], dtype=np.float32)


def fit_map(features: NDArray[np.float32], labels: NDArray[np.int64]) -> DescriptorMap:
    """Fit a map to train clouds; of more than 2,000 to a sample that is always the same.

    Fisher's discriminants of the leading principal components (Belhumeur et al. 1997).

    Parameters
    ----------
    features : (m, DIM) float32, m >= 4
    labels : (m,) int64
    """
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    if len(labels) > _MOST_ROWS:
        chosen = np.random.default_rng(0).choice(len(labels), _MOST_ROWS, replace=False)
        features, labels = features[chosen], labels[chosen]
    classes = len(np.unique(labels))
    # A third of the clouds, so that the scatter within the classes has full rank.
    components = min(_COMPONENTS, (len(labels) - classes) // 3)
    discriminants = classes >= 3 and components >= 2
    components = max(components, 2)
    steps = [
        StandardScaler(),
        # One cloud far out must not stretch the map.
        FunctionTransformer(np.clip, kw_args={"a_min": -_FAR, "a_max": _FAR}),
        PCA(components, svd_solver="randomized", random_state=0),
    ]
    if discriminants:
        steps.append(LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1, n_components=2))
    steps.append(StandardScaler())
    fitted = make_pipeline(*steps).fit(features, labels)
    return DescriptorMap("lda" if discriminants else "pca", fitted)
