"""Linear discriminants and networks, each of them blind to the fold that calibrates it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.classifiers.calibration import log_loss, temperature
from pcdash.core.classifiers.linear import Discriminants, fit_discriminants
from pcdash.core.classifiers.network import Network, NetworkRecipe, softmax, train_network
from pcdash.core.classifiers.scaling import Scaling

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]
Labels = NDArray[np.int64]

_MIXES = np.linspace(0, 1, 11)


@dataclass(frozen=True)
class Expert:
    """A calibrated mixture of linear discriminants and networks.

    Attributes
    ----------
    scaling : Scaling
    linear : Discriminants
        Mean over the folds, divided by its temperature.
    first, first_bias : (d, sum of widths), (sum of widths,) float32
        The first layers of all networks side by side: one product instead of several.
    rest : tuple of (weight (f, a, b), bias (f, 1, b)) float32
        The further layers of all f networks, stacked; the last one is divided by the temperature.
    mix : float
        Weight of the networks' mean against the discriminants, in [0, 1].
    """

    scaling: Scaling
    linear: Discriminants
    first: Float32
    first_bias: Float32
    rest: tuple[tuple[Float32, Float32], ...]
    mix: float

    def probabilities(self, features: Float32) -> Float:
        """Class probabilities (m, classes)."""
        inputs = self.scaling(features)
        value = inputs @ self.first
        value += self.first_bias
        networks = len(self.rest[0][0])
        value = value.reshape(len(features), networks, -1).transpose(1, 0, 2)
        for weight, bias in self.rest:
            value = np.maximum(value, 0) @ weight
            value += bias
        total: Float = softmax(value).sum(axis=0)
        total *= self.mix / networks
        total += (1 - self.mix) * softmax(self.linear.logits(inputs))
        return total


def fit_expert(
    features: Float32,
    labels: Labels,
    classes: int,
    recipe: NetworkRecipe,
    folds: int,
    seed: np.random.SeedSequence,
) -> Expert:
    """Train one network and one set of discriminants per fold, on all other folds.

    What each says about its own fold, which it has not seen, fits two temperatures and the weight
    of the mixture: every cloud serves training and calibration, and nothing is trained twice.

    Parameters
    ----------
    features : (m, d) float32
    labels : (m,) int in [0, classes), every class present
    recipe : NetworkRecipe
    folds : int >= 2
    seed : numpy.random.SeedSequence
    """
    scaling = Scaling.fit(features)
    inputs = scaling(features)
    seeds = seed.spawn(folds + 1)
    fold = _folds(labels, folds, np.random.default_rng(seeds[-1]))
    members = _members(inputs, labels, classes, recipe, fold, seeds[:-1])
    networks = [network for _, network in members]

    held = fold >= 0
    by_linear = np.zeros((len(labels), classes))
    by_network = np.zeros((len(labels), classes))
    for k, (linear, network) in enumerate(members):
        rows = fold == k
        by_linear[rows], by_network[rows] = (
            linear.logits(inputs[rows]),
            network.logits(inputs[rows]),
        )
    by_linear, by_network, truth = by_linear[held], by_network[held], labels[held]
    cool_linear = np.float32(temperature(by_linear, truth) if held.any() else 1.0)
    cool_network = np.float32(temperature(by_network, truth) if held.any() else 1.0)
    return Expert(
        scaling=scaling,
        linear=Discriminants(
            np.mean([linear.slope for linear, _ in members], axis=0) / cool_linear,
            np.mean([linear.level for linear, _ in members], axis=0) / cool_linear,
        ),
        first=np.concatenate([network.layers[0][0] for network in networks], axis=1),
        first_bias=np.concatenate([network.layers[0][1] for network in networks]),
        rest=_stacked([_cooled(network, cool_network) for network in networks]),
        mix=_mix(softmax(by_network / cool_network), softmax(by_linear / cool_linear), truth),
    )


def _members(
    inputs: Float32,
    labels: Labels,
    classes: int,
    recipe: NetworkRecipe,
    fold: Labels,
    seeds: list[np.random.SeedSequence],
) -> list[tuple[Discriminants, Network]]:
    """Train all members, side by side in threads: the products release the interpreter lock."""
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    targets = np.eye(classes, dtype=np.float32)[labels]

    def member(k: int, seed: np.random.SeedSequence) -> tuple[Discriminants, Network]:
        train = fold != k
        linear = fit_discriminants(inputs[train], labels[train], classes)
        rng = np.random.default_rng(seed)
        return linear, train_network(inputs[train], targets[train], recipe, rng)

    with threadpool_limits(1):
        jobs = (delayed(member)(k, seed) for k, seed in enumerate(seeds))
        return list(Parallel(n_jobs=-1, require="sharedmem")(jobs))


def _folds(labels: Labels, folds: int, rng: np.random.Generator) -> Labels:
    """Stratified fold numbers; -1, never held out, for classes with fewer rows than folds."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % folds
    rare = np.bincount(labels)[labels] < folds
    fold[rare] = -1
    return fold


def _cooled(network: Network, cool: np.float32) -> Network:
    weight, bias = network.layers[-1]
    return Network((*network.layers[1:-1], (weight / cool, bias / cool)))


def _stacked(networks: Sequence[Network]) -> tuple[tuple[Float32, Float32], ...]:
    """Layers of like networks, one array for all."""
    layers = zip(*(network.layers for network in networks), strict=True)
    return tuple(
        (np.stack([weight for weight, _ in layer]), np.stack([bias for _, bias in layer])[:, None])
        for layer in layers
    )


def _mix(by_network: Float, by_linear: Float, labels: Labels) -> float:
    """The weight of the networks that minimises the held-out log loss."""
    if not len(labels):
        return 0.5
    losses = [log_loss(mix * by_network + (1 - mix) * by_linear, labels) for mix in _MIXES]
    return float(_MIXES[int(np.argmin(losses))])
