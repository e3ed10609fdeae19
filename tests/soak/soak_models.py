"""Models that can be told apart by their answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.params import TrainParams
from pcdash.core.progress import Silent
from pcdash.registry import Registry
from pcdash.workbench import train_and_publish

SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Answer:
    """What a version has to say about the golden cloud.

    Attributes
    ----------
    classes : tuple of str
        No two versions have the same.
    probabilities : (k,) array
    """

    classes: tuple[str, ...]
    probabilities: np.ndarray[Any, Any]


class Publisher:
    """Publishes models of three trainings in turn, each under class names of its own.

    Parameters
    ----------
    artifacts : Path
    """

    def __init__(self, artifacts: Path) -> None:
        self.registry = Registry(artifacts)
        self.known: dict[str, Answer] = {}
        self._models = [self._trained(artifacts, seed) for seed in SEEDS]
        self.points = self._models[0][1]["golden"]["clouds"][0]

    def publish(self) -> str:
        """Publish and promote another model; returns its version."""
        number = len(self.known)
        raw, about = self._models[number % len(self._models)]
        classes = [f"{name}-{number}" for name in about["classes"]]
        renamed = about | {"classes": classes, "golden": about["golden"] | {"classes": classes}}
        version = self.registry.publish(raw, renamed, {"classes": classes})
        said = np.asarray(about["golden"]["probabilities"][0])
        self.known[version] = Answer(tuple(classes), said)
        self.registry.promote(version, reason="soak")
        return version

    def agrees(self, body: bytes, version: str | None = None) -> bool:
        """Whether an answer to `points` is that of `version`, or of the one that it names."""
        said = json.loads(body)
        expected = self.known[version or said["model_version"]]
        probabilities = said["probabilities"]
        return (
            tuple(probabilities) == expected.classes
            and np.abs(np.array([*probabilities.values()]) - expected.probabilities).max() < 1e-6
            and said["predicted_class"] == expected.classes[int(expected.probabilities.argmax())]
        )

    def _trained(self, artifacts: Path, seed: int) -> tuple[bytes, dict[str, Any]]:
        config = {
            "seed": seed,
            "dataset": {"classes": ["cone", "torus"], "n_samples_per_class": 20, "n_points": 64},
            "passport": {"grid": "small", "clouds": 10},
            "model": {"name": "lda"},
        }
        version = train_and_publish(
            TrainParams.model_validate(config), artifacts, Silent(), promote=False
        )["version"]
        return self.registry.read_model(version)
