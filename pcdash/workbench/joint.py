"""Single predictions that come at the same time are made together.

Describing clouds together costs a third of describing them one by one, and Python runs one thread
at a time anyway.  So nobody waits longer for it: whoever comes while a block is being classified
would have to wait in any case, and is then part of the next block.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from pcdash.core.cloud import Points, Prediction
from pcdash.core.inference import ActiveModel

BLOCK_CLOUDS = 16
BLOCK_POINTS = 200_000
"""A block ends at either: it takes a moment only, and bounded memory."""


@dataclass
class _Asked:
    """One cloud; `told` is set when there is an outcome, or when it is this one's turn to lead."""

    model: ActiveModel
    points: Points
    outcome: Prediction | Exception | None = None
    told: threading.Event = field(default_factory=threading.Event)


class Joint:
    """Gathers the predictions that several threads ask for.

    There is no thread of its own: the first who asks classifies what has gathered, and then hands
    that on to the first of those who have come in the meantime.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Asked] = deque()
        self._led = False

    def predict(self, model: ActiveModel, points: Points) -> Prediction:
        """Classify an accepted cloud by `model`, together with others that ask the same one.

        Raises
        ------
        Exception
            What went wrong with this cloud.
        """
        asked = _Asked(model, points)
        with self._lock:
            self._waiting.append(asked)
            follows, self._led = self._led, True
        if follows:
            asked.told.wait()
        if asked.outcome is None:
            self._lead()
        if isinstance(asked.outcome, Prediction):
            return asked.outcome
        assert asked.outcome is not None
        raise asked.outcome

    def _lead(self) -> None:
        """Classify the block that begins with this thread's own cloud."""
        with self._lock:
            block = self._next_block()
        for one in block:  # what stays if even handling the errors fails
            one.outcome = RuntimeError("the block was given up")
        try:
            outcomes = block[0].model.predict_each([one.points for one in block])
            for one, outcome in zip(block, outcomes, strict=True):
                one.outcome = outcome
        finally:
            with self._lock:
                self._led = bool(self._waiting)
                heir = self._waiting[0] if self._waiting else None
            for one in (*block[1:], *([heir] if heir else ())):
                one.told.set()

    def _next_block(self) -> list[_Asked]:
        """The first who wait, as far as they ask the same model; at least one."""
        block = [self._waiting.popleft()]
        points = len(block[0].points)
        while self._waiting and len(block) < BLOCK_CLOUDS:
            asked = self._waiting[0]
            points += len(asked.points)
            if points > BLOCK_POINTS or asked.model is not block[0].model:
                break
            block.append(self._waiting.popleft())
        return block
