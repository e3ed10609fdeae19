"""Training: the fold that makes a recipe of a few unlabelled scans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from dash import Dash
from page_payloads import call, text_of

from pcdash.core.cloud import PointCloud
from pcdash.core.corruption import Randomisation
from pcdash.errors import Busy
from pcdash.jobs import Job, JobState
from pcdash.ui.imitating import ids
from pcdash.ui.tabs import training
from pcdash.ui.training_editor import AGAIN, EDITOR

VERSIONS = ("20261122-101500", "20261121-090000")
SAID = {
    "predicted_class": "cube",
    "probability": 0.62,
    "label_set": ["cube", "torus"],
    "unknown": False,
    "expected_accuracy": 0.71,
}
CONFIG = {
    "seed": 0,
    "dataset": {
        "kind": "synthetic",
        "classes": ["sphere", "cube"],
        "n_samples_per_class": 100,
        "randomise": Randomisation(n_points=(100, 200)).model_dump(mode="json"),
    },
}


def known(
    workbench: Any, state: JobState = JobState.DONE, kind: str = "imitate", **about: Any
) -> Job:
    """A job that is remembered."""
    job = Job("b" * 32, kind, "title", {}, state, "", 1.0, "", 1.0, **about)
    workbench.scans.table[job.id] = job
    return job


def found(workbench: Any, after: float = 0.6) -> Any:
    """A finished search for a recipe."""
    result = {
        "config": CONFIG,
        "scans": [],
        "before": {"auc": 0.97, "deviation": 0.0, "sentence": "Told almost always."},
        "after": {"auc": after, "deviation": 0.0, "sentence": "Told hardly."},
        "model_version": VERSIONS[1],
        "clouds": [workbench.keep(PointCloud(cloud(1), "a.ply")), "gone"],
    }
    return known(workbench, result=result)


def cloud(seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=(40, 3))


def uploaded(*names: str) -> dict[str, Any]:
    return {"files": [{"id": name, "name": f"{name}.ply"} for name in names]}


def take_in(page: Dash, uploads: Any, held: Any = None) -> Any:
    place = (ids.UPLOAD, "data")
    return call(page, place, {place: uploads}, held={(ids.SCANS, "data"): held})


def scans(*names: str) -> dict[str, Any]:
    rows = [{"id": f"cloud-{name}", "name": f"{name}.ply", "said": "40 points"} for name in names]
    return {"read": list(names), "scans": rows}


# -- scans ----------------------------------------------------------------------------------------


def test_uploads_become_scans_with_what_is_estimated_of_them(page: Dash, workbench: Any) -> None:
    for number, name in enumerate("abc"):
        workbench.uploads[name] = PointCloud(cloud(number), f"<i>{name}</i>.ply")
    changes = take_in(page, uploaded("a", "b"))
    held = changes[ids.SCANS]["data"]
    assert [one["name"] for one in held["scans"]] == ["<i>a</i>.ply", "<i>b</i>.ply"]
    assert held["scans"][0]["said"].startswith("40 points, noise about")
    assert len(workbench.clouds) == 2
    more = take_in(page, uploaded("a", "b", "c"), held)[ids.SCANS]["data"]
    assert len(more["scans"]) == 3
    assert len(workbench.clouds) == 3, "what was read is not read again"
    assert ids.SCANS not in take_in(page, uploaded("a", "b", "c"), more)
    listed = call(page, (ids.SCANS, "data"), {(ids.SCANS, "data"): more})
    assert "40 points, noise" in text_of(listed[ids.LIST])
    assert listed[ids.WRITE] == {"disabled": False, "title": ""}
    assert listed[ids.CLEAR]["hidden"] is False
    assert listed[ids.FOLD]["open"] is True


def test_what_takes_long_to_read_is_left_for_the_next_call(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"u{number}" for number in range(4)]
    workbench.uploads |= {name: PointCloud(cloud(1), name) for name in names}
    clock = iter(range(100))
    monkeypatch.setattr("pcdash.ui.imitating.scans.time.monotonic", lambda: next(clock) * 0.15)
    changes = take_in(page, uploaded(*names))
    assert changes[ids.LEFT]["data"]["left"] == 3
    held, more = changes[ids.SCANS]["data"], {(ids.MORE, "data"): changes[ids.LEFT]["data"]}
    state = {(ids.SCANS, "data"): held, (ids.UPLOAD, "data"): uploaded(*names)}
    changes = call(page, (ids.MORE, "data"), more, held=state)
    assert len(changes[ids.SCANS]["data"]["scans"]) == 2


def test_scans_wait_while_the_server_is_busy(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.uploads |= {name: PointCloud(cloud(1), name) for name in "ab"}
    held = take_in(page, uploaded("a"))[ids.SCANS]["data"]

    def busy(upload_id: str) -> PointCloud:
        raise Busy("too many predictions at the moment")

    with monkeypatch.context() as patch:
        patch.setattr(workbench, "open_upload", busy)
        first, second = (take_in(page, uploaded("a", "b"), held) for _ in range(2))
    assert first[ids.SCANS]["data"] == held
    assert first[ids.LEFT]["data"]["left"] == 1
    assert first[ids.LEFT] != second[ids.LEFT], "or the browser would not ask again"
    after = take_in(page, uploaded("a", "b"), held)[ids.SCANS]["data"]
    assert [one["name"] for one in after["scans"]] == ["a", "b"]


def test_a_bad_file_is_named_and_costs_the_others_nothing(page: Dash, workbench: Any) -> None:
    workbench.uploads["good"] = PointCloud(cloud(0), "good.ply")
    changes = take_in(page, uploaded("bad", "good"))
    assert "scan.ply, line 14" in changes[ids.MESSAGE]["children"]
    assert [one["name"] for one in changes[ids.SCANS]["data"]["scans"]] == ["good.ply"]


def test_more_than_twenty_are_refused(page: Dash, workbench: Any) -> None:
    workbench.uploads["one"] = PointCloud(cloud(0), "one.ply")
    full = scans(*map(str, range(20)))
    changes = take_in(page, uploaded("one"), full)
    assert "more than 20 scans" in changes[ids.MESSAGE]["children"]
    assert workbench.clouds == {}


def test_remove_all_forgets_scans_and_what_came_of_them(page: Dash) -> None:
    held = {(ids.SCANS, "data"): scans("a"), (ids.UPLOAD, "data"): uploaded("a", "b")}
    changes = call(page, (ids.CLEAR, "n_clicks"), held=held, output=ids.SCANS)
    assert changes[ids.SCANS]["data"] == {"read": ["a", "b"], "scans": []}
    gone = call(page, (ids.CLEAR, "n_clicks"), output=ids.IMITATION)
    assert gone[ids.IMITATION]["data"] is None
    assert gone[ids.REREADING]["data"] is None


@pytest.mark.parametrize("forged", ["x", 7, [1], {"scans": "x"}, {"scans": [{"id": 3}], "read": 1}])
def test_a_forged_store_is_no_list_of_scans(page: Dash, workbench: Any, forged: Any) -> None:
    listed = call(page, (ids.SCANS, "data"), {(ids.SCANS, "data"): forged})
    assert listed[ids.LIST]["children"] == []
    assert listed[ids.WRITE]["disabled"] is True
    assert "Add 3 scans" in listed[ids.WRITE]["title"]
    changes = call(page, (ids.WRITE, "n_clicks"), held={(ids.SCANS, "data"): forged})
    assert "add 3 to 20 scans" in text_of(changes)
    assert workbench.scans.calls == []
    assert ids.SCANS not in take_in(page, forged)


# -- a recipe -------------------------------------------------------------------------------------


def test_a_recipe_is_searched_for_by_a_job(page: Dash, workbench: Any) -> None:
    held = {(ids.SCANS, "data"): scans("a", "b", "c")}
    changes = call(page, (ids.WRITE, "n_clicks"), held=held)
    assert workbench.scans.calls == [("imitate", "cloud-a", "cloud-b", "cloud-c")]
    job = changes[ids.IMITATION]["data"]
    followed = call(page, (ids.IMITATION, "data"), {(ids.IMITATION, "data"): job})
    assert "50 %" in text_of(followed[ids.WRITING])
    assert followed[ids.POLL]["disabled"] is False
    assert followed[ids.FOUND]["data"] is None


def test_what_was_found_is_shown_beside_the_scans(page: Dash, workbench: Any) -> None:
    job = found(workbench)
    followed = call(page, (ids.IMITATION, "data"), {(ids.IMITATION, "data"): job.id})
    assert followed[ids.WRITING]["children"] == []
    assert followed[ids.FOUND]["data"] == job.id
    assert followed[ids.POLL]["disabled"] is True
    place = (ids.FOUND, "data")
    changes = call(page, place, {place: job.id}, output=ids.RECIPE)
    text = text_of(changes[ids.RECIPE])
    for part in ("Your scans", "Told almost always.", "Told hardly.", f"job={job.id}", AGAIN):
        assert part in text
    assert text.count("data:image/svg+xml") == 1 + 2 * 5
    assert "No closer" not in text
    assert "Counted once" not in text, "a search from before copies were looked for"
    assert changes[ids.COMPARING]["hidden"] is False


def test_copies_are_named(page: Dash, workbench: Any) -> None:
    job, place = found(workbench), (ids.FOUND, "data")
    result = {**job.result, "copies": [{"scan": "b.ply", "of": "a.ply"}]}
    workbench.scans.table[job.id] = replace(job, result=result)
    changes = call(page, place, {place: job.id}, output=ids.RECIPE)
    assert "Counted once: b.ply is a copy of a.ply." in text_of(changes[ids.RECIPE])


def test_a_recipe_that_is_no_closer_says_so(page: Dash, workbench: Any) -> None:
    job, place = found(workbench, after=0.98), (ids.FOUND, "data")
    changes = call(page, place, {place: job.id}, output=ids.RECIPE)
    assert "No closer" in text_of(changes[ids.RECIPE])


def test_the_recipe_gets_into_the_form(page: Dash, workbench: Any) -> None:
    params = {"payload": {"params": CONFIG}}
    workbench.queue.append(replace(found(workbench), **params))
    place = (AGAIN, "data")
    changes = call(page, place, {place: f"job={'b' * 32}"}, output=EDITOR)
    assert "n_points: [100, 200]" in changes[EDITOR]["value"]


def test_a_job_that_failed_says_why(page: Dash, workbench: Any) -> None:
    job = known(workbench, JobState.FAILED, error="never calibrated")
    changes = call(page, (ids.IMITATION, "data"), {(ids.IMITATION, "data"): job.id})
    assert "never calibrated" in text_of(changes[ids.WRITING])
    assert changes[ids.POLL]["disabled"] is True


@pytest.mark.parametrize("forged", ["x", 7, [], "a" * 32])
def test_a_forged_job_shows_nothing(page: Dash, forged: Any) -> None:
    for place, output in (((ids.IMITATION, "data"), ""), ((ids.FOUND, "data"), ids.RECIPE)):
        changes = call(page, place, {place: forged}, output=output)
        assert "svg" not in text_of(changes)


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("reread", [(ids.FOUND, ids.RECIPE), (ids.FOUND, ids.BEFORE), (ids.IMITATION, "")]),
        ("imitate", [(ids.ANSWERED, ""), (ids.REREADING, "")]),
    ],
)
def test_the_result_of_one_kind_is_not_taken_for_the_other(
    page: Dash, workbench: Any, kind: str, places: list[tuple[str, str]]
) -> None:
    job = known(workbench, kind=kind, result={"a": 1})
    for store, output in places:
        place = (store, "data")
        changes = call(page, place, {place: job.id}, output=output)
        assert not any(isinstance(one, dict) and one.get("data") for one in changes.values())


# -- before and after -----------------------------------------------------------------------------


def offer(page: Dash, job: Any, **held: Any) -> Any:
    state = {(ids.AFTER, "options"): held.get("options"), (ids.AFTER, "value"): held.get("after")}
    state |= {(ids.BEFORE, "value"): held.get("before")}
    place = (ids.FOUND, "data")
    return call(page, place, {place: job.id}, held=state, output=ids.BEFORE)


def test_the_version_that_the_recipe_has_trained_is_offered(
    page: Dash, workbench: Any, two_rows: Any
) -> None:
    workbench.rows = two_rows
    job = found(workbench)
    assert offer(page, job)[ids.AFTER]["value"] == VERSIONS[1]
    workbench.scans.trained = VERSIONS[0]
    new = offer(page, job, options=[{"value": VERSIONS[1]}], after=VERSIONS[1])
    assert new[ids.AFTER]["value"] == VERSIONS[0]
    assert new[ids.BEFORE]["value"] == VERSIONS[1]
    both = [{"value": one} for one in VERSIONS]
    kept = offer(page, job, options=both, after=VERSIONS[1], before=VERSIONS[0])
    assert kept[ids.AFTER]["value"] == VERSIONS[1], "what was chosen stays"
    assert kept[ids.BEFORE]["value"] == VERSIONS[0]


def test_two_versions_are_compared_on_the_scans(page: Dash, workbench: Any) -> None:
    held = {(ids.SCANS, "data"): scans("a"), (ids.BEFORE, "value"): VERSIONS[1]}
    alone = call(page, (ids.COMPARE, "n_clicks"), held=held | {(ids.AFTER, "value"): VERSIONS[1]})
    assert "train by the recipe first" in text_of(alone)
    changes = call(page, (ids.COMPARE, "n_clicks"), held=held | {(ids.AFTER, "value"): VERSIONS[0]})
    assert workbench.scans.calls == [("reread", "cloud-a", VERSIONS[1], VERSIONS[0])]
    assert changes[ids.REREADING]["data"]


def test_answers_stand_beside_one_another(page: Dash, workbench: Any) -> None:
    after = SAID | {"predicted_class": "torus", "label_set": ["torus"], "expected_accuracy": 0.93}
    rows = [
        {"name": "<b>a</b>.ply", "said": [SAID, after]},
        {"name": "b.ply", "said": [SAID, SAID | {"unknown": True, "expected_accuracy": 0.89}]},
    ]
    result = {"versions": [VERSIONS[1], VERSIONS[0]], "scans": rows}
    job = known(workbench, kind="reread", result=result)
    place = (ids.ANSWERED, "data")
    text = text_of(call(page, place, {place: job.id}))
    assert "The answer changes for 1 of 2 scans. Expected right: 71.0 % before, 91.0 %" in text
    for part in ("or torus", "like none of these", "93.0 % expected right", VERSIONS[0]):
        assert part in text


def test_an_uncalibrated_version_expects_nothing(page: Dash, workbench: Any) -> None:
    silent = SAID | {"expected_accuracy": None}
    result = {"versions": list(VERSIONS), "scans": [{"name": "a", "said": [silent, SAID]}]}
    job = known(workbench, kind="reread", result=result)
    place = (ids.ANSWERED, "data")
    assert "Expected right" not in text_of(call(page, place, {place: job.id}))


def test_the_fold_stands_beside_the_presets(page: Dash) -> None:
    text = text_of(page.server.test_client().get("/demo/_dash-layout").get_json())
    places = [text.index(f'"{one}"') for one in ("training-preset-radio", ids.ZONE, training.START)]
    assert places == sorted(places)
