"""Linear discriminants with a shrunk common covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Discriminants:
    """Linear scores of the classes: ``inputs @ slope + level``."""

    slope: Float32
    level: Float32

    def logits(self, inputs: Float32) -> Float32:
        """Log probabilities up to a constant (m, classes) of standardised inputs (m, d)."""
        result: Float32 = inputs @ self.slope + self.level
        return result


def fit_discriminants(inputs: Float32, labels: NDArray[np.int64], classes: int) -> Discriminants:
    """Linear discriminant analysis with equal priors.

    The within-class covariance is shrunk towards a multiple of the identity by the amount that
    minimises the expected squared error (Ledoit & Wolf 2004).

    Parameters
    ----------
    inputs : (m, d) float32, standardised
    labels : (m,) int in [0, classes), every class present
    """
    means = np.stack([inputs[labels == c].mean(axis=0) for c in range(classes)])
    within = inputs - means[labels]
    number, width = inputs.shape
    covariance = (within.T @ within / np.float32(number)).astype(np.float64)
    scale = float(np.trace(covariance)) / width
    norms = np.einsum("ij,ij->i", within, within, dtype=np.float64)
    spread = float((covariance * covariance).sum())
    sampling = (float((norms * norms).mean()) - spread) / number
    distance = spread - width * scale * scale
    shrinkage = min(max(sampling / max(distance, 1e-12), 1e-4), 1.0)
    covariance *= 1 - shrinkage
    covariance[np.diag_indices(width)] += shrinkage * scale + 1e-9
    slope = np.linalg.solve(covariance, means.T.astype(np.float64))
    level = -0.5 * np.einsum("cd,dc->c", means, slope)
    return Discriminants(slope.astype(np.float32), level.astype(np.float32))
