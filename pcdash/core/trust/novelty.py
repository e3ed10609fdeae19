"""Is the cloud like any of the classes?

Several scores together, since each alone is blind somewhere: a network that has seen strangers
(outlier exposure, Hendrycks et al. 2019) knows shapes between the classes, the distance from the
nearest class (Mahalanobis 1936, diagonal) whatever is far off, and the classifier's own doubt
(Hendrycks & Gimpel 2017) what lies between two classes.  How a class looks depends on the scan:
the distance is from what is expected of it at the quality of this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pcdash.core.classifiers.network import Network, NetworkRecipe, train_network
from pcdash.core.classifiers.scaling import Scaling
from pcdash.core.descriptor import SLICES
from pcdash.core.trust.levels import basis, regression

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Labels = NDArray[np.int64]

WEIGHTS = np.array([0.55, 1.0, 0.25])
"""Of the three scores: a logistic regression on families that the network had not seen, each third
of them in turn."""

_RECIPE = NetworkRecipe(hidden=(128, 32), epochs=12, least_steps=200)
_FLOOR = 0.1
"""Added to deviations: a feature that never varies within a class must not decide alone."""

_FAR = 25.0
_SURE = 1e-6


@dataclass(frozen=True)
class Novelty:
    """A fitted detector of strangers.

    Attributes
    ----------
    scaling : Scaling
    network : Network
        Logits of known and stranger.
    expected : (c, q, d) float32
        Regression of each class's scaled features on what `basis` makes of a scan's quality.
    deviation : (c, d) float32
        From that.
    """

    scaling: Scaling
    network: Network
    expected: Float32
    deviation: Float32

    @classmethod
    def fit(
        cls,
        known: Float32,
        labels: Labels,
        estimates: Float32,
        strangers: Float32,
        rng: np.random.Generator,
    ) -> Self:
        """Learn from known clouds and strangers.

        Parameters
        ----------
        known : (m, DIM) float32
        labels : (m,) int
            Every class occurs.
        estimates : (m, 4) float32
            Quality of the known clouds, see `pcdash.core.trust.quality.Estimator`.
        strangers : (k, DIM) float32
        rng : numpy.random.Generator
        """
        features = np.concatenate([known, strangers])
        scaling = Scaling.fit(features)
        inputs = scaling(features)
        targets = np.zeros((len(features), 2), np.float32)
        targets[: len(known), 0] = 1
        targets[len(known) :, 1] = 1
        network = train_network(inputs, targets, _RECIPE, rng)
        own = inputs[: len(known)]
        quality = basis(known, estimates)
        expected, deviation = [], []
        for label in range(int(labels.max()) + 1):
            mine = labels == label
            slope = regression(quality[mine], own[mine])
            expected.append(slope)
            deviation.append((own[mine] - quality[mine] @ slope).std(axis=0) + _FLOOR)
        return cls(
            scaling,
            network,
            np.stack(expected).astype(np.float32),
            np.stack(deviation).astype(np.float32),
        )

    def scores(self, features: Float32, probabilities: Float, estimates: Float32) -> Float:
        """The three scores of m clouds in one, higher for strangers: (m,)."""
        return np.asarray(self.parts(features, probabilities, estimates) @ WEIGHTS)

    def parts(self, features: Float32, probabilities: Float, estimates: Float32) -> Float:
        """The three scores of m clouds, higher for strangers: (m, 3)."""
        inputs = self.scaling(features)
        logits = self.network.logits(inputs)
        apart = self._apart(inputs, basis(features, estimates))
        # No feature decides alone, however far off.
        apart = np.minimum(apart, np.float32(_FAR), out=apart).mean(axis=2).min(axis=1)
        doubt = np.clip(1 - probabilities.max(axis=1), _SURE, 1 - _SURE)
        return np.stack(
            [logits[:, 1] - logits[:, 0], np.log(apart + 1e-9), np.log(doubt / (1 - doubt))],
            axis=1,
        ).astype(np.float64)

    def farthest_block(self, features: Float32, estimates: Float32) -> tuple[str, float]:
        """The descriptor block that is farthest from any class, and how far.

        Parameters
        ----------
        features : (1, DIM) float32
        estimates : (1, 4) float32

        Returns
        -------
        block : str
        sigma : float
            Root mean square over the block's features of the distance from the nearest class, in
            standard deviations of that class.
        """
        apart = self._apart(self.scaling(features), basis(features, estimates))[0]
        sigma = {}
        for name, place in SLICES.items():
            inside = (self.scaling.columns >= place.start) & (self.scaling.columns < place.stop)
            if inside.any():
                sigma[name] = float(np.sqrt(apart[:, inside].mean(axis=1).min()))
        block = max(sigma, key=lambda name: sigma[name])
        return block, sigma[block]

    def _apart(self, inputs: Float32, quality: Float32) -> Float32:
        """Squared deviations from each class: (m, c, d)."""
        apart = inputs[:, None] - np.swapaxes(quality @ self.expected, 0, 1)
        apart /= self.deviation
        apart *= apart
        return np.asarray(apart)
