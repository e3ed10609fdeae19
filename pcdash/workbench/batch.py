"""Many clouds at once: described together, which is faster, a block at a time, which is fairer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from pcdash.core.cloud import Points, Prediction
from pcdash.core.inference import ActiveModel
from pcdash.errors import Busy
from pcdash.workbench.joint import BLOCK_CLOUDS, BLOCK_POINTS
from pcdash.workbench.turns import Turns

Source = Callable[[], Points]
"""Reads one cloud, or raises what is wrong with it."""


def predict_batch(
    model: ActiveModel, turns: Turns, sources: Sequence[Source], *, seconds: float
) -> list[Prediction | Exception]:
    """Classify every cloud by the same model; what goes wrong with one is its own affair.

    Parameters
    ----------
    model : ActiveModel
    turns : Turns
        A turn is taken for every block, so that others have theirs in between.
    sources : sequence of Source
    seconds : float
        What is not classified by then is given back as `Busy`.

    Returns
    -------
    list
        In the order of `sources`.

    Raises
    ------
    Busy
        If not even the first block had its turn.
    """
    deadline = time.monotonic() + seconds
    outcomes: list[Prediction | Exception] = []
    rest = iter(sources)
    patience: float | None = None
    while len(outcomes) < len(sources):
        try:
            with turns.taken(patience):
                outcomes += _classified(model, _read_block(rest))
        except Busy:
            if not outcomes:
                raise
            break
        patience = deadline - time.monotonic()
        if patience <= 0:
            break
    late = Busy("the batch took too long: send this cloud again")
    return outcomes + [late] * (len(sources) - len(outcomes))


def _read_block(rest: Iterator[Source]) -> list[Points | Exception]:
    block: list[Points | Exception] = []
    points = 0
    for source in rest:
        block.append(_tried(source))
        points += len(block[-1]) if not isinstance(block[-1], Exception) else 0
        if len(block) >= BLOCK_CLOUDS or points >= BLOCK_POINTS:
            break
    return block


def _tried(source: Source) -> Points | Exception:
    try:
        return source()
    except Exception as error:  # one cloud's fault, even ours, must not cost the others theirs
        return error


def _classified(
    model: ActiveModel, block: Sequence[Points | Exception]
) -> list[Prediction | Exception]:
    sound = [one for one in block if not isinstance(one, Exception)]
    said = iter(model.predict_each(sound) if sound else ())
    return [one if isinstance(one, Exception) else next(said) for one in block]
