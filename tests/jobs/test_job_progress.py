"""Progress: what is passed on, how often, and how a job learns to stop."""

from __future__ import annotations

import math

import pytest

from pcdash.errors import Cancelled
from pcdash.jobs import Progress


class World:
    """A clock to turn, and a record of what was saved and asked."""

    def __init__(self) -> None:
        self.now = 0.0
        self.saved: list[tuple[str, float, str]] = []
        self.asked = 0
        self.stop = False
        self.progress = Progress(
            "7", save=self._save, cancelled=self._cancelled, clock=lambda: self.now
        )

    def _save(self, stage: str, fraction: float, message: str) -> bool:
        self.saved.append((stage, fraction, message))
        return self.stop

    def _cancelled(self) -> bool:
        self.asked += 1
        return self.stop


def test_a_flood_of_reports_is_thinned_to_ten_a_second() -> None:
    world = World()
    for count in range(3000):
        world.now = count / 1000
        world.progress.report("fit", count / 3000)
    assert 28 <= len(world.saved) <= 31
    assert world.saved == sorted(world.saved)


def test_a_new_stage_is_always_passed_on_and_the_last_report_by_flush() -> None:
    world = World()
    for stage in ("generate", "describe", "fit"):
        world.progress.report(stage, 0.1)
        world.progress.report(stage, 0.2, "held back")
    assert [stage for stage, _, _ in world.saved] == ["generate", "describe", "fit"]
    world.progress.flush()
    assert world.saved[3:] == [("fit", 0.2, "held back")]
    world.progress.flush()
    assert len(world.saved) == 4


def test_what_is_shown_is_passed_on_at_once() -> None:
    shown: list[object] = []
    progress = Progress("7", save=lambda *_: False, cancelled=lambda: False, shown=shown.append)
    for count in range(3):
        progress.show({"count": count})
    assert shown == [{"count": 0}, {"count": 1}, {"count": 2}]


@pytest.mark.parametrize(
    ("given", "kept"),
    [(-1.0, 0.0), (0, 0), (0.25, 0.25), (7, 1.0), (math.inf, 1.0), (math.nan, 0.0)],
)
def test_fractions_are_clamped(given: float, kept: float) -> None:
    world = World()
    world.progress.report("fit", given)
    assert world.saved == [("fit", kept, "")]


def test_texts_are_cut() -> None:
    world = World()
    world.progress.report("s" * 1000, 0.5, "m" * 1000)
    assert world.saved == [("s" * 80, 0.5, "m" * 500)]
    world.progress.report("s" * 1000, 0.6)
    assert len(world.saved) == 1  # the same stage, cut or not


def test_check_asks_at_most_ten_times_a_second_and_stays_stopped() -> None:
    world = World()
    for count in range(1000):
        world.now = count / 1000
        world.progress.check()
    assert 9 <= world.asked <= 11
    world.stop = True
    world.now += 0.2
    with pytest.raises(Cancelled):
        world.progress.check()
    world.stop = False
    with pytest.raises(Cancelled):
        world.progress.check()


def test_a_report_learns_to_stop_and_says_so() -> None:
    world = World()
    world.progress.report("fit", 0.1)
    world.stop = True
    world.progress.report("fit", 0.2)  # held back: nobody was asked
    world.now = 1.0
    with pytest.raises(Cancelled):
        world.progress.report("fit", 0.3)
    assert world.saved[-1] == ("fit", 0.3, "")
