"""How many are let in, how many may wait."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import numpy as np
import pytest

from pcdash.core.cloud import PointCloud
from pcdash.core.explanations import EXPLANATIONS
from pcdash.core.isolate import IsolateParams
from pcdash.core.morph import MORPHS
from pcdash.core.morph.curve import MorphParams
from pcdash.errors import Busy
from pcdash.settings import Settings
from pcdash.workbench import Workbench
from pcdash.workbench.costs import SLOW_FROM, slow
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


# -- what is slow ---------------------------------------------------------------------------------


def test_what_is_slow_has_a_part_of_the_turns() -> None:
    turns = Turns(8, patience=60.0)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(turns.taken())
            held.enter_context(turns.costing("quality", "blame"))
        held.enter_context(turns.taken())
        with pytest.raises(Busy), turns.costing("turntable"):  # at once: it holds a turn
            pass
        for _ in range(5):
            held.enter_context(turns.costing("quality"))
            held.enter_context(turns.taken())
    for _ in range(3):
        with pytest.raises(RuntimeError), turns.costing("blame"):
            raise RuntimeError


def test_one_slow_request_is_let_in_however_few_turns_there_are() -> None:
    turns = Turns(1)
    with turns.costing("blame"), pytest.raises(Busy), turns.costing("blame"):
        pass
    with turns.costing("blame"):
        pass


def test_every_explanation_says_what_it_costs() -> None:
    assert EXPLANATIONS.keys() <= SLOW_FROM.keys()
    assert not slow([])
    assert not slow(["quality", "neighbours"], 2_000_000)
    assert slow(["quality", "turntable"], 16)
    assert not slow(["isolate"], 1_000)
    assert slow(["isolate"], 2_000_000)


def test_every_slow_use_case_holds_one_of_the_few_turns(
    trained: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.load_model()
    points = np.random.default_rng(0).normal(size=(64, 3))
    on_view = trained.keep(PointCloud(points, "scan"))
    monkeypatch.setitem(SLOW_FROM, "isolate", 0)
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(trained.turns.costing("blame"))
        with pytest.raises(Busy):
            trained.explained(points, ["turntable"])
        with pytest.raises(Busy):
            trained.follow(MorphParams(morph=next(iter(MORPHS))))
        with pytest.raises(Busy):
            trained.scans.recipe([points] * 3)
        with pytest.raises(Busy):
            trained.isolate_stored(on_view, IsolateParams())
        assert trained.explained(points, ["neighbours"])[1].keys() == {"neighbours"}
        assert trained.predict_stored(on_view).n_points == 64
