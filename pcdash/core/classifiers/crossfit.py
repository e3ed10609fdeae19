"""Linear discriminants and networks, each fold's left out of its own training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.classifiers.calibration import log_loss, temperature
from pcdash.core.classifiers.linear import Discriminants, fit_discriminants
from pcdash.core.classifiers.network import NetworkRecipe, softmax, train_network

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]
Labels = NDArray[np.int64]

_CLIP = 5.0
_MIXES = np.linspace(0, 1, 11)


@dataclass(frozen=True)
class Scaling:
    """Zero mean and unit deviation; columns that do not vary are left out, far values clipped."""

    columns: NDArray[np.intp]
    mean: Float32
    deviation: Float32

    @classmethod
    def fit(cls, features: Float32) -> Scaling:
        deviation = features.std(axis=0, dtype=np.float64)
        columns = np.flatnonzero(deviation > 1e-6)
        mean = features.mean(axis=0, dtype=np.float64)[columns]
        return cls(columns, mean.astype(np.float32), deviation[columns].astype(np.float32))

    def __call__(self, features: Float32) -> Float32:
        scaled = (features[:, self.columns] - self.mean) / self.deviation
        np.clip(scaled, -_CLIP, _CLIP, out=scaled)
        return scaled


@dataclass(frozen=True)
class Expert:
    """A calibrated mixture of linear discriminants and networks.

    Attributes
    ----------
    scaling : Scaling
    linear : Discriminants
        Mean over the folds, temperature included.
    first, first_bias : first layers of all networks side by side
    rest : for each network its further layers, the last divided by the temperature
    mix : float
        Weight of the networks against the discriminants.
    """

    scaling: Scaling
    linear: Discriminants
    first: Float32
    first_bias: Float32
    rest: tuple[tuple[tuple[Float32, Float32], ...], ...]
    mix: float

    def probabilities(self, features: Float32) -> Float:
        """Class probabilities (m, classes)."""
        inputs = self.scaling(features)
        hidden = np.maximum(inputs @ self.first + self.first_bias, 0)
        parts = np.split(hidden, len(self.rest), axis=1)
        total = np.zeros((len(features), self.linear.level.size))
        for value, layers in zip(parts, self.rest, strict=True):
            for weight, bias in layers[:-1]:
                value = np.maximum(value @ weight + bias, 0)
            weight, bias = layers[-1]
            total += softmax((value @ weight + bias).astype(np.float64))
        total *= self.mix / len(self.rest)
        total += (1 - self.mix) * softmax(self.linear.logits(inputs).astype(np.float64))
        return total


def fit_expert(
    features: Float32,
    labels: Labels,
    classes: int,
    recipe: NetworkRecipe,
    folds: int,
    seed: np.random.SeedSequence,
) -> Expert:
    """Train one network and one set of discriminants per fold on all other folds.

    What each says about its own fold, which it has not seen, fits two temperatures and the weight of
    the mixture; every cloud thus serves training and calibration, and nothing is trained twice.
    """
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    scaling = Scaling.fit(features)
    inputs = scaling(features)
    seeds = seed.spawn(folds + 1)
    fold = _folds(labels, folds, np.random.default_rng(seeds[-1]))
    targets = np.eye(classes, dtype=np.float32)[labels]

    def member(k: int) -> tuple[Discriminants, object]:
        train = fold != k
        linear = fit_discriminants(inputs[train], labels[train], classes)
        rng = np.random.default_rng(seeds[k])
        return linear, train_network(inputs[train], targets[train], recipe, rng)

    with threadpool_limits(1):
        members = Parallel(n_jobs=-1, require="sharedmem")(delayed(member)(k) for k in range(folds))
    by_linear = np.empty((len(labels), classes))
    by_network = np.empty((len(labels), classes))
    for k, (linear, network) in enumerate(members):
        by_linear[fold == k] = linear.logits(inputs[fold == k])
        by_network[fold == k] = network.logits(inputs[fold == k])
    cool_linear, cool_network = temperature(by_linear, labels), temperature(by_network, labels)
    said_linear, said_network = softmax(by_linear / cool_linear), softmax(by_network / cool_network)
    losses = [log_loss(m * said_network + (1 - m) * said_linear, labels) for m in _MIXES]
    networks = [network for _, network in members]
    return Expert(
        scaling,
        Discriminants(
            np.mean([linear.slope for linear, _ in members], axis=0) / np.float32(cool_linear),
            np.mean([linear.level for linear, _ in members], axis=0) / np.float32(cool_linear),
        ),
        np.concatenate([n.weights[0] for n in networks], axis=1),
        np.concatenate([n.biases[0] for n in networks]),
        tuple(_rest(n, np.float32(cool_network)) for n in networks),
        float(_MIXES[int(np.argmin(losses))]),
    )


def _rest(network: object, cool: np.float32) -> tuple[tuple[Float32, Float32], ...]:
    layers = list(zip(network.weights, network.biases, strict=True))[1:]
    weight, bias = layers[-1]
    return (*layers[:-1], (weight / cool, bias / cool))


def _folds(labels: Labels, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Stratified fold numbers: every class is dealt out evenly."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % folds
    return fold
