"""A small multilayer perceptron, trained by numpy in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]

_BETAS = (0.9, 0.99)
_EPSILON = 1e-8
_WARM_UP = 0.05


@dataclass(frozen=True)
class NetworkRecipe:
    """How a network is trained.

    Attributes
    ----------
    hidden : tuple of int
        Widths of the hidden layers.
    epochs, batch : int
        Passes over the rows, and rows of a step.
    least_steps : int
        Few rows are passed over more often, until there are this many steps.
    rate : float
        Peak learning rate: a short warm-up, then a cosine to zero.
    decay : float
        Decoupled weight decay (Loshchilov & Hutter 2019).
    drop_input, drop_hidden : float
        Shares of inputs and hidden units dropped while training (Srivastava et al. 2014).
    smoothing : float
        Share of the label's probability that all classes get alike (Szegedy et al. 2016).
    """

    hidden: tuple[int, ...] = (256, 64)
    epochs: int = 15
    batch: int = 128
    least_steps: int = 800
    rate: float = 2e-3
    decay: float = 1e-2
    drop_input: float = 0.2
    drop_hidden: float = 0.2
    smoothing: float = 0.02


@dataclass(frozen=True)
class Network:
    """Rectified linear layers.

    Attributes
    ----------
    layers : tuple of (weight (a, b) float32, bias (b,) float32)
    """

    layers: tuple[tuple[Float32, Float32], ...]

    def logits(self, inputs: Float32) -> Float32:
        """Unnormalised log probabilities (m, classes) of standardised inputs (m, d)."""
        value = inputs
        for weight, bias in self.layers[:-1]:
            value = np.maximum(value @ weight + bias, 0)
        weight, bias = self.layers[-1]
        return np.asarray(value @ weight + bias, np.float32)


def train_network(
    inputs: Float32, targets: Float32, recipe: NetworkRecipe, rng: np.random.Generator
) -> Network:
    """Minimise the mean cross-entropy by AdamW.

    Parameters
    ----------
    inputs : (m, d) float32
        Standardised.
    targets : (m, c) float32
        Probabilities of the classes.
    """
    number = len(inputs)
    classes = targets.shape[1]
    network = _initial((inputs.shape[1], *recipe.hidden, classes), rng)
    targets = targets * np.float32(1 - recipe.smoothing) + np.float32(recipe.smoothing / classes)
    parameters = [array for layer in network.layers for array in layer]
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    per_epoch = max(1, number // recipe.batch)
    total = max(recipe.epochs * per_epoch, recipe.least_steps)
    step = 0
    while step < total:
        order = rng.permutation(number)
        for part in np.array_split(order, per_epoch)[: total - step]:
            step += 1
            gradients = _gradients(network, inputs[part], targets[part], recipe, rng)
            rate = recipe.rate * _schedule(step / total)
            _adam(parameters, moments, gradients, rate, recipe.decay, step)
    return network


def softmax(logits: NDArray[np.floating]) -> Float:
    """Probabilities along the last axis."""
    result = np.exp((logits - logits.max(axis=-1, keepdims=True)).astype(np.float64))
    return np.asarray(result / result.sum(axis=-1, keepdims=True))


def _initial(sizes: tuple[int, ...], rng: np.random.Generator) -> Network:
    """Gaussian weights that keep variances (He et al. 2015), the last layer almost silent."""
    layers = []
    for a, b in pairwise(sizes):
        weight = rng.standard_normal((a, b), dtype=np.float32) * np.float32(np.sqrt(2 / a))
        layers.append((weight, np.zeros(b, np.float32)))
    layers[-1][0][:] *= np.float32(0.1)
    return Network(tuple(layers))


def _schedule(progress: float) -> float:
    return float(min(progress / _WARM_UP, 0.5 + 0.5 * np.cos(np.pi * progress)))


def _gradients(
    network: Network,
    inputs: Float32,
    targets: Float32,
    recipe: NetworkRecipe,
    rng: np.random.Generator,
) -> list[Float32]:
    """Gradients of one batch's mean loss, by weight and bias of each layer in turn."""
    values = [_drop(inputs, recipe.drop_input, rng)]
    for weight, bias in network.layers[:-1]:
        value = np.maximum(values[-1] @ weight + bias, 0)
        values.append(_drop(value, recipe.drop_hidden, rng))
    weight, bias = network.layers[-1]
    error = softmax(values[-1] @ weight + bias).astype(np.float32)
    error -= targets
    error *= np.float32(1 / len(inputs))
    gradients: list[Float32] = []
    for depth in range(len(network.layers) - 1, -1, -1):
        gradients = [values[depth].T @ error, error.sum(axis=0), *gradients]
        if depth:
            error = error @ network.layers[depth][0].T
            error *= values[depth] > 0
            error *= np.float32(1 / (1 - recipe.drop_hidden))
    return gradients


def _drop(values: Float32, share: float, rng: np.random.Generator) -> Float32:
    if not share:
        return values
    kept = rng.random(values.shape, dtype=np.float32) >= np.float32(share)
    return np.asarray(values * kept * np.float32(1 / (1 - share)), np.float32)


def _adam(
    parameters: list[Float32],
    moments: list[tuple[Float32, Float32]],
    gradients: list[Float32],
    rate: float,
    decay: float,
    step: int,
) -> None:
    """One AdamW update in place (Kingma & Ba 2015); the gradients serve as work space."""
    first, second = _BETAS
    scale = np.float32(rate / (1 - first**step))
    root = np.float32(1 / np.sqrt(1 - second**step))
    for parameter, (mean, square), gradient in zip(parameters, moments, gradients, strict=True):
        mean *= np.float32(first)
        mean += np.float32(1 - first) * gradient
        square *= np.float32(second)
        gradient *= gradient
        gradient *= np.float32(1 - second)
        square += gradient
        np.sqrt(square, out=gradient)
        gradient *= root
        gradient += np.float32(_EPSILON)
        np.divide(mean, gradient, out=gradient)
        gradient *= scale
        if parameter.ndim == 2:  # biases do not decay
            parameter *= np.float32(1 - rate * decay)
        parameter -= gradient
