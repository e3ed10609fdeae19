"""Data: what the page says of datasets, and what its buttons do; seen without a browser."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dash import Dash
from labelled import members, planted, write
from page_payloads import ENDPOINT, payload

from pcdash.core.progress import Silent
from pcdash.core.shapes import SHAPES
from pcdash.datasets import Dataset, DatasetStore, inspect
from pcdash.figures import EYE, counts_figure, sizes_figure, thumbnail
from pcdash.jobs import JobState
from pcdash.ui import dataset_actions, own_data, samples
from pcdash.ui.dataset_list import PAGE_ROWS, dataset_list, disk_use, under_way
from pcdash.ui.dataset_panel import SHOWN_ROWS, balance, dataset_panel, findings
from pcdash.ui.measured import about, evaluation_to_show, evaluations, outcome
from pcdash.ui.tabs import data
from pcdash.workbench.datasets import DiskUse

HASH = "0123abcd" * 8


def words(component: Any) -> str:
    return " ".join(re.findall(r'"children": "([^"]*)"', json.dumps(as_json(component))))


def as_json(component: Any) -> Any:
    if hasattr(component, "to_plotly_json"):
        component = component.to_plotly_json()
    if isinstance(component, dict):
        return {key: as_json(value) for key, value in component.items()}
    if isinstance(component, list | tuple):
        return [as_json(value) for value in component]
    return component


def make_dataset(number: int = 0, **changes: Any) -> Dataset:
    key = f"{number:064x}"
    one = Dataset(key, f"scans {number}", 1.0 * number, 2, ("a", "b"), 40, True, 163_840, 0)
    return replace(one, **changes)


@pytest.fixture
def store(workbench: Any) -> DatasetStore:
    return DatasetStore(workbench.settings.artifacts, quota=1 << 24)


@pytest.fixture
def kept(store: DatasetStore, tmp_path: Path) -> Dataset:
    """A dataset with planted faults that somebody has looked at."""
    one, left_out = store.add(write(tmp_path / "scans", planted(4)), "scans", "my scans")
    with store.opened(one.hash) as root:
        store.keep_preview(one.hash, inspect(root, Silent(), left_out=left_out), unreadable=3)
    return store.get(one.hash)


# -- words ----------------------------------------------------------------------------------------


def test_what_stands_in_the_way_comes_first(tmp_path: Path) -> None:
    preview = inspect(write(tmp_path, planted(12)), Silent())
    said = [(item.className.removeprefix("finding-"), item.children) for item in findings(preview)]
    assert said == [
        ("bad", "1 cloud stands in two classes."),
        ("bad", "1 cloud is in both train and test: the test will look too good."),
        ("warn", "2 files cannot be read: train with unreadable files skipped, or mend them."),
        ("info", "1 file was left out."),
        ("good", "The classes are balanced: 25 to 26 clouds each."),
    ]
    sound = inspect(write(tmp_path / "sound", members(12)), Silent())
    assert [item.children for item in findings(sound)] == [
        "The classes are balanced: 12 clouds each."
    ]


@pytest.mark.parametrize(
    ("least", "most", "kind", "part"),
    [
        (["a", 20], ["b", 30], "good", "balanced: 20 to 30"),
        (["a", 20], ["b", 31], "warn", "b has 1.6 times as many clouds as a (31 to 20)"),
        (["a", 9], ["b", 900], "warn", "a has only 9 clouds"),
        (["a", 0], ["b", 900], "bad", "a has no readable cloud"),
    ],
)
def test_the_balance_in_a_sentence(least: list[Any], most: list[Any], kind: str, part: str) -> None:
    found, text = balance({"classes": 2, "least": least, "most": most})
    assert found == kind
    assert part in text


def test_an_unsplit_folder_with_copies_is_warned_of(tmp_path: Path) -> None:
    files = members(12) | {"balls/copy.ply": members(1)["balls/000.ply"]}
    said = findings(inspect(write(tmp_path, files), Silent()))
    assert said[0].children == (
        "1 cloud is there more than once: a split may put copies on both sides."
    )


def test_long_lists_are_folded_and_say_what_they_leave_out(tmp_path: Path) -> None:
    files = members(2) | {f"balls/bad-{number:03d}.ply": b"x" for number in range(230)}
    preview = inspect(write(tmp_path, files), Silent())
    panel = json.dumps(as_json(dataset_panel(make_dataset(), preview)))
    assert panel.count("bad-") == 200
    assert "and 30 files more" in panel
    assert f"{201 - SHOWN_ROWS} more" in panel


def test_markup_in_names_stays_text(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    files = {f"{evil}/1.ply": members(1)["balls/000.ply"], f"b/{evil}.ply": b"x"}
    preview = inspect(write(tmp_path, files), Silent())
    panel = as_json(dataset_panel(make_dataset(name=evil), preview))
    (graph,) = [one for one in flat(panel) if one.get("type") == "Graph"]
    text = json.dumps(graph["props"]["figure"])
    assert "&lt;img" in text
    assert "<img" not in text


def flat(value: Any) -> list[dict[str, Any]]:
    """Every object in nested values."""
    if isinstance(value, dict):
        return [value, *(one for inner in value.values() for one in flat(inner))]
    return [one for inner in value for one in flat(inner)] if isinstance(value, list) else []


# -- lists ----------------------------------------------------------------------------------------


def test_lists_are_paged() -> None:
    stored = [make_dataset(number) for number in range(2 * PAGE_ROWS + 1)]
    for page, shown in ((0, stored[:8]), (1, stored[8:16]), (2, stored[16:]), (99, stored[16:])):
        items, turn = dataset_list(stored, stored[0], page, "store", "pages")
        assert [item.children[0].children for item in items.children] == [o.name for o in shown]
        assert f"Page {min(page, 2) + 1} of 3" in words(turn) + str(as_json(turn))
    assert len(dataset_list(stored[:PAGE_ROWS], None, 0, "store", "pages")) == 1
    assert "Nothing is stored yet" in words(dataset_list([], None, 0, "store", "pages"))
    (bar, line) = disk_use(DiskUse(10**9, 8 * 10**9), 3)
    assert bar.value == 12.5
    assert line.children == "3 datasets · 1.0 GB of 8.0 GB on disk"


def test_what_is_under_way_or_went_wrong_is_shown(a_job: Any) -> None:
    def titles(*jobs: Any) -> list[str]:
        shown = [one.get("props", {}) for one in flat(as_json(under_way(jobs)))]
        return [p["children"] for p in shown if str(p.get("children", "")).startswith("Add ")]

    done = replace(a_job, title="Add old", state=JobState.DONE)
    failed = replace(a_job, title="Add bad", state=JobState.FAILED, error="is no sound zip")
    waiting = replace(a_job, title="Add late", state=JobState.QUEUED)
    running = replace(a_job, title="Add now")
    assert titles() == titles(done, failed) == []
    assert titles(failed, done) == ["Add bad"]
    assert "is no sound zip" in words(under_way([failed]))
    assert titles(waiting, running, failed) == ["Add now", "Add late"]


def test_evaluations_of_one_dataset(a_job: Any) -> None:
    def job(name: str, key: str, state: JobState, **result: Any) -> Any:
        payload = {"hash": key, "version": "20261122-101500"}
        return replace(a_job, id=name, payload=payload, state=state, result=result or None)

    said = {"n": 10, "held_back": True, "ignored": ["zebra"], "accuracy": 0.9, "f1_macro": 0.8,
            "ece": 0.1, "confusion": [[9, 1], [0, 0]], "classes": ["a", "b"]}  # fmt: skip
    jobs = [
        job("new", HASH, JobState.RUNNING),
        job("done", HASH, JobState.DONE, **said),
        job("other", "f" * 64, JobState.DONE, **said),
    ]
    mine = evaluations(jobs, HASH)
    assert [one.id for one in mine] == ["new", "done"]
    assert evaluation_to_show(mine, None).id == "done"  # type: ignore[union-attr]  # it is there
    assert evaluation_to_show(mine, "new").id == "new"  # type: ignore[union-attr]  # it is there
    assert evaluation_to_show([], "new") is None
    assert "10 clouds that its own training had held back" in about(mine[1])
    assert about(mine[1]).endswith("does not know: zebra.")
    for held_back, seen, words in (
        (True, 0, "had held back."),
        (True, 3, "had held back. 3 more were left out: the version was trained on them."),
        (False, 1, "10 clouds. 1 more was left out: the version was trained on it."),
        (False, 0, "10 clouds. It was trained on none of them."),
        (False, None, "10 clouds. It may have been trained on some of them: nobody knows."),
    ):
        result = said | {"held_back": held_back, "seen": seen, "ignored": []}
        assert about(replace(mine[1], result=result)).endswith(words)
    assert outcome(mine[1])["metrics"] == {"accuracy": 0.9, "f1_macro": 0.8, "ece": 0.1}
    assert outcome(mine[0]) == outcome(None) == {}


# -- figures --------------------------------------------------------------------------------------


def test_counts_are_drawn_by_part() -> None:
    split = counts_figure([{"name": "a", "train": 3, "test": 1}, {"name": "<b>", "train": 5,
                                                                  "test": 2}])  # fmt: skip
    assert [(trace["name"], trace["x"]) for trace in split["data"]] == [
        ("train", [3, 5]),
        ("test", [1, 2]),
    ]
    assert split["layout"]["yaxis"]["ticktext"] == ["a", "&lt;b&gt;"]
    (whole,) = counts_figure([{"name": "a", "all": 3}])["data"]
    assert whole["x"] == [3]
    (steps,) = sizes_figure({"edges": [16, 20, 40], "counts": [2, 5]})["data"]
    assert (steps["x"], steps["y"]) == ([16, 20, 40], [2, 5, 5])


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (202, 895, ["300", "400", "500", "600", "800"]),
        (90, 1300, ["100", "200", "500", "1,000"]),
        (16, 2e6, ["100", "1,000", "10,000", "100,000", "1,000,000"]),
        (511, 513, ["511"]),
    ],
)
def test_points_are_counted_in_round_numbers(low: float, high: float, ticks: list[str]) -> None:
    axis = sizes_figure({"edges": [low, high], "counts": [2]})["layout"]["xaxis"]
    assert axis["ticktext"] == ticks


def layers_of(address: str) -> list[tuple[float, list[tuple[int, int]]]]:
    """Opacity and places of the points of each layer of a thumbnail."""
    kind, _, content = address.partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = base64.b64decode(content).decode()
    found = re.findall(r'opacity="([\d.]+)".*?d="([^"]+)"', svg)
    return [
        (float(opacity), [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h0", dots)])
        for opacity, dots in found
    ]


def test_a_thumbnail_is_seen_from_the_eye() -> None:
    eye = np.array(EYE)
    across = np.array([-eye[1], eye[0], 0.0])
    # Along the line of sight all lie in the middle, and the nearest is drawn last and darkest.
    along = layers_of(thumbnail(np.array([0.0 * eye, eye, -eye]), "#123456"))
    assert along == [(0.35, [(48, 48)]), (0.65, [(48, 48)]), (1.0, [(48, 48)])]
    nearer = np.array([across + 0.01 * eye, -across, [0, 0, 1.0], [0, 0, -1.0]])
    places = [place for _, layer in layers_of(thumbnail(nearer, "#1")) for place in layer]
    assert len(places) == 4
    assert max(x for x, _ in places) > 90, "to the right"
    assert min(x for x, _ in places) < 6
    (top,) = [place for place in places if place[1] == min(y for _, y in places)]
    assert abs(top[0] - 48) <= 1, "up is up"
    assert thumbnail(np.zeros((3, 3)), "#123456")


# -- callbacks ------------------------------------------------------------------------------------


def ask(page: Dash, trigger: tuple[str, str], value: Any, **state: Any) -> dict[str, Any]:
    """Call the callback that `trigger` starts."""
    (name,) = [
        name
        for name, spec in page.callback_map.items()
        if "callback" in spec and trigger in [(i["id"], i["property"]) for i in spec["inputs"]]
        and spec["inputs"][0]["id"] == trigger[0]
    ]  # fmt: skip
    values = {tuple(key.split(".")): value for key, value in state.items()}
    answer = page.server.test_client().post(
        ENDPOINT, json=payload(page, name, {trigger: value, **values})
    )
    assert answer.status_code in (200, 204), answer.data
    return dict(answer.json) if answer.status_code == 200 else {}


def shown(page: Dash, **state: Any) -> dict[str, Any]:
    """What the tab shows after a tick."""
    answer: dict[str, Any] = ask(page, (data.POLL, "n_intervals"), 1, **state)["response"]
    return answer


def test_the_newest_dataset_is_shown_or_the_chosen_or_the_linked_one(
    page: Dash, store: DatasetStore, kept: Dataset, tmp_path: Path
) -> None:
    other, _ = store.add(write(tmp_path / "other", members(2)), "other", "newer")
    assert shown(page)[own_data.TITLE]["children"] == "newer"
    chosen = shown(page, **{f"{dataset_actions.SELECTED}.data": kept.hash})
    assert chosen[own_data.TITLE]["children"] == "my scans"
    skipping = f"#training?dataset={kept.hash}&on_error=skip"
    assert chosen[own_data.TRAIN]["href"] == skipping, "it has files that cannot be read"
    assert "in both train and test" in json.dumps(chosen[own_data.ABOUT])
    linked = {"shell-page-location.hash": f"#data?dataset={kept.hash}"}
    assert shown(page, **linked)[own_data.TITLE]["children"] == "my scans"
    unseen = shown(page)
    assert unseen[own_data.TRAIN]["href"] == f"#training?dataset={other.hash}"
    assert unseen[own_data.LOOK] == {"value": other.hash, "hidden": False}
    again = shown(page, **linked, **{f"{data.DRAWN}.data": chosen[data.DRAWN]["data"]})
    assert own_data.ABOUT not in again, "drawn once"


def test_a_dataset_that_a_version_needs_cannot_be_deleted(
    page: Dash, workbench: Any, kept: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(page)[own_data.DELETE] == {"value": kept.hash, "disabled": False, "title": ""}
    reason = "version 1 could not be reproduced without it"
    monkeypatch.setattr(workbench.datasets, "kept_for", lambda key: reason)
    assert shown(page)[own_data.DELETE]["disabled"] is True
    assert reason in shown(page)[own_data.DELETE]["title"]
    said = ask(page, (own_data.DIALOG, "submit_n_clicks"), 1,
               **{f"{own_data.DELETE}.value": kept.hash})  # fmt: skip
    assert reason in json.dumps(said)
    assert workbench.datasets.all() == [kept]


def test_deleting_asks_first(page: Dash, workbench: Any, kept: Dataset) -> None:
    value = {f"{own_data.DELETE}.value": kept.hash}
    asked = ask(page, (own_data.DELETE, "n_clicks"), 1, **value)["response"][own_data.DIALOG]
    assert asked["displayed"] is True
    assert "for good? my scans: 21 files" in asked["message"]
    assert workbench.datasets.all() == [kept]
    ask(page, (own_data.DIALOG, "submit_n_clicks"), 1, **value)
    assert workbench.datasets.all() == []


def test_an_upload_that_is_none_is_said_below_the_zone(page: Dash) -> None:
    for upload in (None, {"id": "a" * 32}, {"id": 3}, ["x"], {"id": "../x"}):
        said = ask(page, (own_data.UPLOAD, "data"), upload)["response"]
        assert said[own_data.UPLOAD_MESSAGE]["children"]
        assert dataset_actions.JOB not in said


def test_a_folder_without_data_root_is_refused_at_the_field(page: Dash) -> None:
    folder = {f"{own_data.FOLDER}.value": "scans"}
    said = ask(page, (own_data.FOLDER_FORM, "n_submit"), 1, **folder)["response"]
    assert "has no data_root" in said[own_data.FOLDER_ERROR]["children"]


def test_samples_are_drawn_when_somebody_looks(page: Dash) -> None:
    made = {f"{samples.SOURCE}.value": "made"}
    assert ask(page, (samples.DRAW, "n_clicks"), 1)["response"] == {}
    drawn = ask(page, (samples.DRAW, "n_clicks"), 1, **made)["response"]
    assert len(drawn[samples.GALLERY]["children"]) == samples.SHOWN
    assert drawn[samples.TRAIN]["href"] == "#training?preset=train"
    seed = drawn[samples.SEED]["data"]
    assert "Points of a cloud, log-uniform" in words(drawn[samples.FACTS]["children"])
    for place in range(len(SHAPES)):
        state = {f"{samples.SEED}.data": seed, f"{samples.CAPTION}.children": None}
        one = ask(page, (samples.SAMPLE, "data"), str(place), **state)["response"]
        assert one[samples.CAPTION]["children"].startswith(list(SHAPES)[place])
        assert "scene" in one[samples.GRAPH]["figure"]["layout"]
    for wrong in ("99", "-1", "x", None, 3):
        said = ask(page, (samples.SAMPLE, "data"), wrong, **state)
        assert "there is no such cloud" in json.dumps(said)
