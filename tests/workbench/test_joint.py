"""Predictions that come at the same time share a block; each gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from pcdash.core.inference import ActiveModel
from pcdash.errors import InvalidCloud
from pcdash.workbench.joint import BLOCK_CLOUDS, BLOCK_POINTS, Joint

Cloud = np.ndarray[Any, Any]


class Held:
    """A pipeline that tells clouds by their first coordinate, and waits before its first block."""

    def __init__(self) -> None:
        self.blocks: list[list[float]] = []
        self.entered, self.release = threading.Event(), threading.Event()

    def predict_proba(self, clouds: Sequence[Cloud]) -> Cloud:
        self.blocks.append([float(cloud[0, 0]) for cloud in clouds])
        self.entered.set()
        assert self.release.wait(30)
        if any(cloud[0, 0] < 0 for cloud in clouds):
            raise InvalidCloud("negative", field="points")
        return np.array([[cloud[0, 0], 1 - cloud[0, 0]] for cloud in clouds])


def _model(pipeline: Held, version: str = "v") -> ActiveModel:
    return ActiveModel(pipeline, ("a", "b"), version)


def _cloud(value: float, n: int = 16) -> Cloud:
    return np.full((n, 3), value)


class Askers:
    """Threads that ask one after the other, each known to wait before the next one starts."""

    def __init__(self, joint: Joint) -> None:
        self._joint = joint
        self._threads: list[threading.Thread] = []
        self.answers: dict[float, Any] = {}

    def ask(self, model: ActiveModel, cloud: Cloud) -> None:
        before = len(self._joint._waiting)

        def run() -> None:
            try:
                prediction = self._joint.predict(model, cloud)
                self.answers[float(cloud[0, 0])] = prediction.probabilities["a"]
            except InvalidCloud as error:
                self.answers[float(cloud[0, 0])] = error

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._threads.append(thread)
        if len(self._threads) > 1:  # the first one leads, the others wait
            _until(lambda: len(self._joint._waiting) == before + 1)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()


def _until(done: Callable[[], bool]) -> None:
    for _ in range(30_000):
        if done():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it did not come to that")


def _asked(
    clouds: Sequence[Cloud], models: Sequence[ActiveModel], pipeline: Held
) -> dict[float, Any]:
    """Ask for the first cloud, for the others while that is under way, and then let it go on."""
    askers = Askers(Joint())
    for number, (cloud, model) in enumerate(zip(clouds, models, strict=True)):
        askers.ask(model, cloud)
        if number == 0:
            assert pipeline.entered.wait(30)
    pipeline.release.set()
    askers.join()
    return askers.answers


def test_who_comes_in_the_meantime_shares_the_next_block() -> None:
    pipeline = Held()
    values = [0.125, 0.25, 0.5, 0.75]
    answers = _asked([_cloud(v) for v in values], [_model(pipeline)] * 4, pipeline)
    assert pipeline.blocks == [[0.125], [0.25, 0.5, 0.75]]
    assert answers == {v: v for v in values}


def test_a_bad_cloud_fails_alone() -> None:
    pipeline = Held()
    values = [0.5, 0.25, -1.0, 0.75]
    answers = _asked([_cloud(v) for v in values], [_model(pipeline)] * 4, pipeline)
    assert isinstance(answers.pop(-1.0), InvalidCloud)
    assert answers == {0.5: 0.5, 0.25: 0.25, 0.75: 0.75}


def test_nobody_is_classified_by_another_model_than_he_asked() -> None:
    pipeline = Held()
    one, other = _model(pipeline, "one"), _model(pipeline, "other")
    values = [0.1, 0.2, 0.3, 0.4]
    _asked([_cloud(v) for v in values], [one, one, other, other], pipeline)
    assert pipeline.blocks == [[0.1], [0.2], [0.3, 0.4]]


def test_blocks_are_bounded_in_clouds_and_points() -> None:
    pipeline = Held()
    values = [n / 64 for n in range(BLOCK_CLOUDS + 3)]
    _asked([_cloud(v) for v in values], [_model(pipeline)] * len(values), pipeline)
    assert [len(block) for block in pipeline.blocks] == [1, BLOCK_CLOUDS, 2]

    pipeline = Held()
    large = BLOCK_POINTS // 2 + 1
    clouds = [_cloud(0.1), _cloud(0.2, large), _cloud(0.3, large), _cloud(0.4)]
    _asked(clouds, [_model(pipeline)] * 4, pipeline)
    assert pipeline.blocks == [[0.1], [0.2], [0.3, 0.4]]


def test_one_alone_is_classified_at_once_and_errors_are_raised() -> None:
    pipeline = Held()
    pipeline.release.set()
    joint, model = Joint(), _model(pipeline)
    for value in (0.25, 0.5):
        assert joint.predict(model, _cloud(value)).probabilities["a"] == value
        with pytest.raises(InvalidCloud):
            joint.predict(model, _cloud(-1.0))
    assert joint._led is False
