"""A small multilayer perceptron, trained by numpy in seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

_BETAS = (0.9, 0.99)
_EPSILON = 1e-8


@dataclass(frozen=True)
class NetworkRecipe:
    """How a network is trained.

    Attributes
    ----------
    hidden : tuple of int
        Widths of the hidden layers.
    epochs, batch : int
    rate : float
        Peak learning rate; a short warm-up, then a cosine to zero.
    decay : float
        Decoupled weight decay (Loshchilov & Hutter 2019).
    drop_input, drop_hidden : float
        Shares of inputs and hidden units dropped while training (Srivastava et al. 2014).
    smoothing : float
        Share of the label's probability given to all classes alike.
    """

    hidden: tuple[int, ...] = (128,)
    epochs: int = 30
    batch: int = 128
    rate: float = 2e-3
    decay: float = 1e-2
    drop_input: float = 0.1
    drop_hidden: float = 0.2
    smoothing: float = 0.02


class Network:
    """Rectified linear layers and a softmax.

    Attributes
    ----------
    weights, biases : lists of float32 arrays
    """

    def __init__(self, sizes: tuple[int, ...], rng: np.random.Generator) -> None:
        self.weights: list[Float32] = [
            (rng.standard_normal((a, b), dtype=np.float32) * np.float32(np.sqrt(2 / a)))
            for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        ]
        self.weights[-1] *= np.float32(0.1)
        self.biases: list[Float32] = [np.zeros(b, np.float32) for b in sizes[1:]]

    def logits(self, inputs: Float32) -> Float32:
        """Unnormalised log probabilities (m, classes) of standardised inputs (m, d)."""
        value = inputs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            value = np.maximum(value @ weight + bias, 0)
        result: Float32 = value @ self.weights[-1] + self.biases[-1]
        return result


def train_network(
    inputs: Float32, targets: Float32, recipe: NetworkRecipe, rng: np.random.Generator
) -> Network:
    """Minimise the mean cross-entropy by AdamW.

    Parameters
    ----------
    inputs : (m, d) float32
        Standardised.
    targets : (m, c) float32
        Rows of sum 1, scaled by sample weights if there are any.
    """
    number, width = inputs.shape
    network = Network((width, *recipe.hidden, targets.shape[1]), rng)
    smooth = recipe.smoothing
    targets = targets * (1 - smooth) + smooth / targets.shape[1]
    parameters = [*network.weights, *network.biases]
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    per_epoch = max(1, number // recipe.batch)
    total = recipe.epochs * per_epoch
    step = 0
    for _ in range(recipe.epochs):
        order = rng.permutation(number)
        for part in np.array_split(order, per_epoch):
            step += 1
            rate = _schedule(step / total) * recipe.rate
            gradients = _gradients(network, inputs[part], targets[part], recipe, rng)
            _adam(parameters, moments, gradients, rate, recipe.decay, step)
    return network


def _schedule(progress: float) -> float:
    """Linear warm-up over the first twentieth, then half a cosine."""
    return float(min(progress / 0.05, 0.5 + 0.5 * np.cos(np.pi * progress)))


def _gradients(
    network: Network,
    inputs: Float32,
    targets: Float32,
    recipe: NetworkRecipe,
    rng: np.random.Generator,
) -> list[Float32]:
    """Gradients of the mean loss of one batch: those of all weights, then of all biases."""
    value = _drop(inputs, recipe.drop_input, rng)
    values = [value]
    last = len(network.weights) - 1
    for k in range(last):
        value = np.maximum(value @ network.weights[k] + network.biases[k], 0)
        value = _drop(value, recipe.drop_hidden, rng)
        values.append(value)
    error = softmax(value @ network.weights[last] + network.biases[last])
    error -= targets
    error *= np.float32(1 / len(inputs))
    by_weight: list[Float32] = []
    by_bias: list[Float32] = []
    for k in range(last, -1, -1):
        by_weight.insert(0, values[k].T @ error)
        by_bias.insert(0, error.sum(axis=0))
        if k:
            error = error @ network.weights[k].T
            error *= values[k] > 0
            if recipe.drop_hidden:
                error *= np.float32(1 / (1 - recipe.drop_hidden))
    return by_weight + by_bias


def _drop(values: Float32, share: float, rng: np.random.Generator) -> Float32:
    if not share:
        return values
    kept = rng.random(values.shape, dtype=np.float32) >= share
    return values * kept * np.float32(1 / (1 - share))


def _adam(
    parameters: list[Float32],
    moments: list[tuple[Float32, Float32]],
    gradients: list[Float32],
    rate: float,
    decay: float,
    step: int,
) -> None:
    """One AdamW update in place (Kingma & Ba 2015, decoupled decay)."""
    first, second = _BETAS
    scale = np.float32(rate / (1 - first**step))
    root = np.float32(1 / np.sqrt(1 - second**step))
    shrink = np.float32(1 - rate * decay)
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
        if parameter.ndim == 2:
            parameter *= shrink
        parameter -= gradient


def softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """Probabilities along the last axis."""
    result = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result /= result.sum(axis=-1, keepdims=True)
    return result
