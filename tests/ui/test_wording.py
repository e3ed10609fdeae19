"""Numbers and times as the page writes them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from pcdash.errors import NotFound
from pcdash.figures import CLASS_COLOURS, class_colour
from pcdash.jobs import Job, JobState
from pcdash.ui.components import confusion_summary
from pcdash.ui.jobs import job_to_show
from pcdash.ui.wording import counted, duration, measured, percent, remaining


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0.0, "0.0 %"),
        (1e-9, "< 0.1 %"),
        (0.0005, "0.1 %"),
        (0.9744, "97.4 %"),
        (0.9994, "99.9 %"),
        (0.99999, "> 99.9 %"),
        (1.0, "100.0 %"),
    ],
)
def test_a_share_is_never_rounded_to_certainty(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (12.345678, 0.05, "12.35 ± 0.05"),
        (12_345.678, 30, "12,346 ± 30"),
        (1.234e-5, 2e-7, "1.23e-05 ± 2e-07"),
        (2e7, 3e4, "2e+07 ± 30,000"),
        (0.5, 0.6, "0.5 ± 0.6"),
        (1.0, 0.0, "1"),
        (0.0, 0.1, "0"),
    ],
)
def test_a_value_has_no_more_digits_than_its_error_allows(
    value: float, error: float, text: str
) -> None:
    assert measured(value, error) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (4320, "1 h 12 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_counts() -> None:
    assert (counted(1, "point"), counted(2_048, "point")) == ("1 point", "2,048 points")


def test_time_left_follows_the_pace_so_far(a_job: Any) -> None:
    running = replace(a_job, started_at=time.time() - 10, fraction=0.25)
    assert remaining(running) == "about 30 s left"
    assert remaining(replace(running, fraction=0.01)) == "", "too early to say"
    assert remaining(replace(running, state=JobState.DONE)) == ""


def test_the_chosen_job_is_shown_else_the_running_else_the_newest(a_job: Any) -> None:
    queued = replace(a_job, id="q", state=JobState.QUEUED)
    running = replace(a_job, id="r")
    done = replace(a_job, id="d", state=JobState.DONE)
    jobs = [queued, running, done]
    other = replace(a_job, id="o")

    def look_up(job_id: str) -> Job:
        if job_id != "o":
            raise NotFound("there is no such job")
        return other

    assert job_to_show(jobs, "d", look_up) is done
    assert job_to_show(jobs, "o", look_up) is other, "it stands on another page"
    assert job_to_show(jobs, None, look_up) is running
    assert job_to_show([queued, done], {"no": "id"}, look_up) is queued
    assert job_to_show([], "d", look_up) is None


def test_a_class_keeps_its_colour_whatever_else_the_model_knows() -> None:
    shapes = ("sphere", "cube", "cylinder", "cone", "torus")
    colours = [class_colour(name, shapes) for name in shapes]
    assert len(set(colours)) == 5
    assert [class_colour(name, (name,)) for name in shapes] == colours
    own = [f"part-{i}" for i in range(len(CLASS_COLOURS) + 1)]
    assert [class_colour(name, own) for name in own] == [*CLASS_COLOURS, CLASS_COLOURS[0]]


def test_a_confusion_matrix_in_one_sentence() -> None:
    assert confusion_summary([[3, 0], [0, 2]], ["a", "b"]) == "All 5 test clouds were recognised."
    assert confusion_summary([[3, 1], [2, 2]], ["a", "b"]) == (
        "3 of 8 test clouds were mistaken; most often b for a (2)."
    )
