"""How many are let in, how many may wait."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from pcdash.errors import Busy
from pcdash.settings import Settings
from pcdash.workbench import Workbench
from pcdash.workbench.turns import Turns


def test_a_turn_is_had_by_as_many_as_there_are() -> None:
    turns = Turns(3, patience=0.0)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(turns.taken())
        with pytest.raises(Busy), turns.taken():
            pass
    with turns.taken():
        pass


def test_a_turn_is_given_back_after_a_failure() -> None:
    turns = Turns(1, patience=0.0)
    for _ in range(3):
        with pytest.raises(RuntimeError), turns.taken():
            raise RuntimeError


def test_whoever_waits_gets_the_next_one() -> None:
    turns = Turns(1, patience=10.0)
    had = threading.Event()

    def wait() -> None:
        with turns.taken():
            had.set()

    with turns.taken():
        thread = threading.Thread(target=wait)
        thread.start()
        assert not had.is_set()
    thread.join(10)
    assert had.is_set()


def test_places_to_wait_are_bounded() -> None:
    turns = Turns(1, patience=60.0, places=2)
    waiting = threading.Thread(target=_take, args=(turns,))
    with turns.taken():
        waiting.start()
        while turns._places.acquire(blocking=False):  # until the other one waits
            turns._places.release()
        with pytest.raises(Busy), turns.taken():  # at once, though patience is a minute
            pass
    waiting.join(10)
    with turns.taken():
        pass


def _take(turns: Turns) -> None:
    with turns.taken():
        pass


def test_a_server_keeps_threads_free_of_predictions() -> None:
    settings = Settings.model_validate({"threads": 4, "limits": {"concurrent_predictions": 200}})
    turns = Workbench(settings).turns
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(turns.taken())
        with pytest.raises(Busy), turns.taken():
            pass
