"""The training tab's callbacks: two views of one configuration, and the list of jobs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import Dash, html
from flask import Flask
from page_payloads import call, defaults, text_of

from pcdash.core.models import MODELS
from pcdash.core.params import TrainParams
from pcdash.errors import QueueFull
from pcdash.jobs import JobState
from pcdash.resources import configs_dir
from pcdash.settings import Settings
from pcdash.ui import create_dash, ids, training_config, training_editor, training_form, yaml_text
from pcdash.ui.tabs import training
from pcdash.ui.training_editor import AGAIN, EDITOR, FIELDS, PRESET, SHOW_LINE, YAML_ERROR
from pcdash.ui.training_form import CONTROL, ERROR, KIND, MODEL_CONTROL
from pcdash.yamlconfig import load_config

FIRST = training_config.preset_text("quick")


def follow(page: Dash, trigger: str, value: Any, text: str = FIRST, prop: str = "value") -> Any:
    """Change one control while `text` stands in the editor."""
    place = (trigger, prop)
    return call(page, place, {place: value}, output=EDITOR, held={(EDITOR, "value"): text})


def typed(page: Dash, text: Any) -> Any:
    """Leave the editor with `text` in it."""
    return follow(page, EDITOR, text)


def start(page: Dash, text: Any) -> Any:
    order = {(training.ORDER, "data"): {"text": text, "at": 1}}
    return call(page, (training.ORDER, "data"), order)


def filled(page: Dash, *values: tuple[str, Any]) -> str:
    """The text after some controls have been changed, one after the other."""
    text = FIRST
    for trigger, value in values:
        text = follow(page, trigger, value, text).get(EDITOR, {}).get("value", text)
    return text


def errors(changes: Any) -> dict[str, str]:
    """The messages at the fields that have one."""
    shown = {key: changes[id_]["children"] for key, id_ in ERROR.items() if id_ in changes}
    return {key: words for key, words in shown.items() if words}


# -- two views ------------------------------------------------------------------------------------


def test_every_preset_in_configs_is_offered_and_complete() -> None:
    trainings = {path.stem for path in configs_dir().glob("*.yaml")} - {"serve"}
    assert set(training_config.presets()) == trainings
    for name in trainings:
        shipped = load_config(TrainParams, configs_dir() / f"{name}.yaml")
        offered = training_config.params_of(training_config.preset_text(name), "/data")
        assert offered == shipped
        assert {"compute", "artifacts_dir"} & offered.model_fields_set == set()


@pytest.mark.parametrize("preset", training_config.PRESETS)
def test_a_preset_fills_both_views(page: Dash, workbench: Any, preset: str) -> None:
    changes = follow(page, PRESET, preset)
    text = changes[EDITOR]["value"]
    params = load_config(TrainParams, configs_dir() / f"{preset}.yaml")
    assert changes[CONTROL["model.name"]]["value"] == params.model.name
    assert changes[KIND]["value"] == params.dataset.kind
    assert errors(changes) == {}
    assert changes[FIELDS]["disabled"] is False
    if preset != "folder":
        start(page, text)
        assert workbench.started == [params]


def test_the_page_begins_with_the_first_preset_in_both_views(page: Dash) -> None:
    shown = defaults(page)
    assert shown[EDITOR, "value"] == FIRST
    assert shown[PRESET, "value"] == "quick"
    assert shown[CONTROL["model.name"], "value"] == "lda"
    assert shown[CONTROL["dataset.n_samples_per_class"], "value"] == 300
    assert shown[CONTROL["dataset.randomise"], "value"] is True


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("seed", 3, "seed: 3"),
        ("dataset.n_points", 64, "  n_points: 64"),
        ("dataset.classes", ["cube", "cone"], "  classes: [cube, cone]"),
        ("dataset.noise_sigma", 0.1, "  noise_sigma: 0.1"),
        ("dataset.apply_random_rotation", False, "  apply_random_rotation: false"),
        ("dataset.scale_range.1", 2, "  scale_range: [0.85, 2]"),
        ("dataset.randomise", False, "  randomise: null"),
        ("split.train", 0.5, "split: {train: 0.5}"),
        ("candidates", ["lda", "svm_rbf"], "candidates: [lda, svm_rbf]"),
        ("folds", 3, "folds: 3"),
        ("model.name", "svm_rbf", "  name: svm_rbf"),
    ],
)
def test_a_control_changes_its_line_and_nothing_else(
    page: Dash, key: str, value: Any, line: str
) -> None:
    changes = follow(page, CONTROL[key], value)
    before, after = FIRST.splitlines(), changes[EDITOR]["value"].splitlines()
    assert line in [row.partition(" #")[0].rstrip() for row in after]
    known = {row.partition(":")[0].strip() for row in before}
    assert len([row for row in before if row not in after]) == (key.split(".")[-1] in known)
    assert after[0] == before[0].rstrip(), "the comment at the top stays"
    assert changes[PRESET]["value"] is None


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_of_every_classifier_arrives(page: Dash, workbench: Any, name: str) -> None:
    text = filled(page, (CONTROL["model.name"], name))
    for spec in training_form.MODEL[name]:
        wanted = spec.options[-1] if spec.options else "8, 16" if spec.kind == "numbers" else None
        wanted = wanted if wanted is not None else spec.maximum
        changes = follow(page, MODEL_CONTROL[name][spec.key], wanted, text)
        text = changes[EDITOR]["value"]
        assert errors(changes) == {}
    start(page, text)
    (params,) = workbench.started
    assert params.model.name == name
    assert params.model.params.keys() == MODELS[name].params.model_fields.keys()


def test_the_form_follows_the_text(page: Dash) -> None:
    text = (
        "dataset: {n_points: 64, scale_range: [0.5, 2], classes: [cube, cone]}\n"
        "model:\n  name: mlp\n  params: {hidden: [8, 16]}\ncandidates: [mlp, lda]\n"
    )
    changes = typed(page, text)
    assert changes[CONTROL["dataset.n_points"]]["value"] == 64
    assert changes[CONTROL["dataset.scale_range.1"]]["value"] == 2
    assert changes[CONTROL["dataset.classes"]]["value"] == ["cube", "cone"]
    assert changes[CONTROL["dataset.randomise"]]["value"] is False
    assert changes[CONTROL["model.name"]]["value"] == "mlp"
    assert changes[MODEL_CONTROL["mlp"]["model.params.hidden"]]["value"] == "8, 16"
    assert changes[CONTROL["candidates"]]["value"] == ["mlp", "lda"]
    assert changes[CONTROL["split.train"]]["value"] == 0.7
    assert EDITOR not in changes, "what a person types is not written over"
    assert errors(changes) == {}


def test_what_the_form_does_not_know_survives_it(page: Dash, workbench: Any) -> None:
    text = (
        "# mine\nmetrics: [f1_macro]  # only this\ndataset:\n  randomise:\n    plain_share: 0.5\n"
        "    sensor: {warp: 0.01}\n"
    )
    after = follow(page, CONTROL["seed"], 5, text)[EDITOR]["value"]
    after = follow(page, CONTROL["dataset.n_samples_per_class"], 50, after)[EDITOR]["value"]
    after = follow(page, CONTROL["model.name"], "lda", after)[EDITOR]["value"]
    assert after.startswith("# mine\nmetrics: [f1_macro]  # only this\n")
    start(page, after)
    (params,) = workbench.started
    assert params.metrics == ("f1_macro",)
    assert params.dataset.randomise.plain_share == 0.5
    assert params.dataset.randomise.sensor.warp == 0.01
    assert (params.seed, params.dataset.n_samples_per_class) == (5, 50)


def test_an_unknown_key_survives_the_form_and_is_named_with_its_line(page: Dash) -> None:
    changes = follow(page, CONTROL["seed"], 5, "seed: 1\ndatset: {}\n")
    assert changes[EDITOR]["value"] == "seed: 5\ndatset: {}\n"
    words = "datset: unknown key; did you mean dataset?"
    assert changes[YAML_ERROR]["children"] == f"line 2: {words}"
    assert errors(changes) == {"": words}
    assert changes[SHOW_LINE] == {"value": "2", "hidden": False}


def test_an_echo_of_what_the_text_says_changes_nothing(page: Dash) -> None:
    shown = defaults(page)
    for id_ in CONTROL.values():
        assert follow(page, id_, shown[id_, "value"]) == {}, id_
    assert follow(page, KIND, "synthetic") == {}


def test_another_classifier_brings_its_own_parameters_and_the_old_ones_may_come_back(
    page: Dash,
) -> None:
    trees = MODEL_CONTROL["random_forest"]["model.params.n_estimators"]
    forest = filled(page, (CONTROL["model.name"], "random_forest"), (trees, 77))
    assert "n_estimators: 77" in forest
    held = {(EDITOR, "value"): forest, (trees, "value"): 77}

    def choose(name: str) -> str:
        place = (CONTROL["model.name"], "value")
        changes = call(page, place, {place: name}, output=EDITOR, held=held)
        return str(changes[EDITOR]["value"])

    held[EDITOR, "value"] = choose("svm_rbf")
    assert "n_estimators" not in held[EDITOR, "value"]
    assert yaml_text.read(choose("random_forest"))[0]["model"]["params"] == {"n_estimators": 77}


def test_another_kind_of_data_has_its_own_keys(page: Dash) -> None:
    changes = follow(page, KIND, "folder")
    data, _ = yaml_text.read(changes[EDITOR]["value"])
    assert data["dataset"] == {"kind": "folder", "root": None, "on_error": "stop"}
    assert errors(changes) == {}, "nobody could have named a folder yet"
    back = follow(page, KIND, "synthetic", changes[EDITOR]["value"])
    params = training_config.params_of(back[EDITOR]["value"], None)
    assert params.dataset == load_config(TrainParams, configs_dir() / "quick.yaml").dataset


# -- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "place", "words"),
    [
        (
            "dataset.n_samples_per_class",
            9,
            "dataset.n_samples_per_class",
            "Clouds per class: a whole number from 10 to 100,000, not 9",
        ),
        ("dataset.n_points", None, "dataset.n_points", "Points: a whole number from 16 to 100,000"),
        (
            "dataset.scale_range.0",
            "",
            "dataset.scale_range.0",
            "Scale range, from: a number from 0.001 to 1,000",
        ),
        ("split.train", None, "split.train", "Train share: a number from 0.1 to 0.98"),
        ("split.train", 0.9, "split.train", "must add up to 1"),
        ("dataset.classes", ["cube"], "dataset.classes", "choose at least 2"),
        ("dataset.scale_range.0", 9, "dataset.scale_range.0", "must not exceed"),
        ("candidates", ["lda"], "candidates", "name at least two different classifiers, or none"),
        ("candidates", ["lda", "oracle"], "candidates", "must be one of"),
        ("folds", 1, "folds", "Folds: a whole number from 2 to 10, not 1"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_with_its_line(
    page: Dash, workbench: Any, key: str, value: Any, place: str, words: str
) -> None:
    changes = follow(page, CONTROL[key], value)
    ((at, said),) = errors(changes).items()
    assert at == place
    assert words in said
    text = changes[EDITOR]["value"]
    named = place.removesuffix(".0")
    line = changes[YAML_ERROR]["children"]
    group = named if named in line else named.rpartition(".")[0]
    assert f": {group}" in line
    assert text.splitlines()[int(changes[SHOW_LINE]["value"]) - 1].split(":")[0].strip() in named

    refused = start(page, text)
    assert errors(refused) == {at: said}
    assert refused[YAML_ERROR]["children"] == line
    assert training.SELECTED not in refused
    assert workbench.started == []


@pytest.mark.parametrize(
    ("model", "key", "value", "words"),
    [
        ("random_forest", "n_estimators", 3, "Trees: a whole number from 10 to 2,000"),
        ("hist_gradient_boosting", "learning_rate", 2, "Learning rate: a number from 0.001 to 1"),
        ("mlp", "hidden", "2, x", "whole numbers from 4 to 2,048, separated by commas, not 2, x"),
        ("mlp", "hidden", "2", "separated by commas"),
    ],
)
def test_a_wrong_parameter_of_a_classifier_is_named_beside_it(
    page: Dash, model: str, key: str, value: Any, words: str
) -> None:
    text = filled(page, (CONTROL["model.name"], model))
    changes = follow(page, MODEL_CONTROL[model][f"model.params.{key}"], value, text)
    assert list(errors(changes)) == ["model.name"]
    assert words in errors(changes)["model.name"]
    assert f"model.params.{key}" in changes[YAML_ERROR]["children"]


BAD_YAML = {
    "a: [1\nb: 2\n": "line 2: not valid YAML: expected ',' or ']', but got ':'",
    "seed: 1\nseed: 2\n": "line 2: seed: stands here twice",
    "x: &a 1\ny: *a\n": "line 1: anchors and aliases are not supported",
    "x: !!python/object:os.system y\n": "line 1: tags such as tag:yaml.org,2002:python/object",
    "- 1\n": "line 1: expected 'key: value' lines at the top",
    "x" * (yaml_text.MAX_TEXT + 1): "line 1: longer than 10,000 characters",
    "a: " + "[" * 300: "line 1: nested deeper than 20 levels",
}


@pytest.mark.parametrize("text", BAD_YAML, ids=range(len(BAD_YAML)))
def test_text_that_is_no_yaml_stays_and_the_form_waits(
    page: Dash, workbench: Any, text: str
) -> None:
    changes = typed(page, text)
    assert changes[YAML_ERROR]["children"].startswith(BAD_YAML[text])
    assert changes[FIELDS]["disabled"] is True
    assert changes[training_editor.BROKEN]["hidden"] is False
    assert EDITOR not in changes
    assert CONTROL["seed"] not in changes
    touched = follow(page, CONTROL["seed"], 5, text)
    assert EDITOR not in touched, "what was typed is not lost"
    assert touched[YAML_ERROR]["children"].startswith(BAD_YAML[text])
    assert start(page, text)[YAML_ERROR]["children"].startswith(BAD_YAML[text])
    assert workbench.started == []


def test_values_of_any_kind_in_the_text_leave_the_controls_in_peace(page: Dash) -> None:
    text = (
        "seed: .nan\nfolds: 1e999\nsplit: 5\nmodel: lda\ncandidates: {a: 1}\n"
        "dataset: {kind: synthetic, n_points: many, noise_sigma: 9, classes: 3, scale_range: [1],"
        " randomise: 2001-01-01, apply_random_rotation: 7}\n"
    )
    changes = typed(page, text)
    assert changes[CONTROL["seed"]]["value"] is None
    assert changes[CONTROL["dataset.noise_sigma"]]["value"] == 0.5, "no slider goes further"
    assert changes[YAML_ERROR]["children"].startswith("line 1: seed: ")
    for key in CONTROL:
        follow(page, CONTROL[key], 1, text)


@pytest.mark.parametrize("key", ["compute: {n_jobs: 1}", "artifacts_dir: /tmp/x"])
def test_what_a_request_may_not_say_is_refused_with_its_line(tmp_path: Path, key: str) -> None:
    from pcdash.workbench import Workbench

    bench = Workbench(Settings(artifacts_dir=str(tmp_path / "a"), bootstrap=False))
    page = create_dash(Flask("page"), bench)
    changes = start(page, f"seed: 1\n{key}\n")
    name = key.partition(":")[0]
    assert changes[YAML_ERROR]["children"] == f"line 2: {name}: a request may not set {name}"
    assert bench.jobs() == []


# -- starting -------------------------------------------------------------------------------------


def test_start_queues_what_the_text_says(page: Dash, workbench: Any) -> None:
    text = filled(page, (CONTROL["dataset.n_points"], 64), (CONTROL["seed"], 3))
    changes = start(page, text)
    (params,) = workbench.started
    assert (params.dataset.n_points, params.seed) == (64, 3)
    assert changes[training.SELECTED]["data"] == workbench.queue[0].id
    assert changes[training.PAGE]["data"] == "0"
    assert errors(changes) == {}
    assert changes[YAML_ERROR]["children"] == ""


def test_a_refusal_of_the_workbench_is_said_at_its_field(page: Dash) -> None:
    changes = start(page, "model: {name: lda}\nseed: 13\n")
    assert errors(changes) == {"seed": "not that seed"}
    assert changes[YAML_ERROR]["children"] == "line 2: seed: not that seed"


def test_a_refusal_that_is_nobodys_fault_stands_below_the_form(
    page: Dash, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_params: TrainParams) -> None:
        raise QueueFull("8 jobs are waiting already; try again later")

    monkeypatch.setattr(workbench, "start_training", full)
    changes = start(page, FIRST)
    assert errors(changes) == {"": "8 jobs are waiting already; try again later"}
    assert changes[SHOW_LINE]["hidden"] is True


def startable(page: Dash, kind: str, root: str = "") -> Any:
    values = {(KIND, "value"): kind, (CONTROL["dataset.root"], "value"): root}
    return call(page, (KIND, "value"), values, output=training.START)[training.START]


def test_without_a_data_root_folders_are_out_of_reach_and_the_page_says_why(
    page: Dash, workbench: Any
) -> None:
    why = training_form.NO_FOLDERS
    assert startable(page, "folder") == {"disabled": True, "title": why}
    before, option, after = why.partition("--data-root DIR")
    assert str([before, html.Code(option), after]) in str(page.layout)
    controls = defaults(page)
    for key in ("dataset.root", "dataset.on_error"):
        assert controls[CONTROL[key], "disabled"] is True
    refused = start(page, "dataset: {kind: folder, root: scans}\n")
    assert errors(refused) == {"dataset.root": why}
    assert workbench.started == []


def test_a_stored_dataset_needs_no_data_root(page: Dash, workbench: Any) -> None:
    link = "#training?dataset=0123abcd&on_error=skip"
    changes = follow(page, ids.LOCATION, link, prop="hash")
    assert changes[CONTROL["dataset.on_error"]]["value"] == "skip"
    text = changes[EDITOR]["value"]
    assert changes[KIND]["value"] == "folder"
    root = changes[CONTROL["dataset.root"]]["value"]
    assert root == "datasets/0123abcd"
    assert startable(page, "folder", root) == {"disabled": False, "title": ""}
    start(page, text)
    (params,) = workbench.started
    assert (params.dataset.kind, params.dataset.root) == ("folder", root)
    assert params.model.name == "lda", "the rest stays"


@pytest.mark.parametrize(
    "query",
    [
        "dataset=../../etc",
        "dataset=",
        "dataset=XYZ",
        "job=",
        "job=x",
        "version=",
        "x",
        "=",
        "a&" * 99,
    ],
)
def test_links_to_nothing_are_a_message(page: Dash, query: str) -> None:
    changes = follow(page, ids.LOCATION, f"#training?{query}", prop="hash")
    assert EDITOR not in changes
    assert changes[ids.TOAST]["children"].startswith("there is no")


@pytest.mark.parametrize("address", ["", "#training", "#models?job=1", "#explore", None, 5])
def test_other_addresses_change_nothing(page: Dash, address: Any) -> None:
    assert follow(page, ids.LOCATION, address, prop="hash") == {}


def test_where_nothing_can_be_written_the_button_says_so(page: Dash, workbench: Any) -> None:
    workbench.training_blocked = "the artifacts folder cannot be written"
    for kind in ("synthetic", "folder"):
        assert startable(page, kind) == {"disabled": True, "title": workbench.training_blocked}


def test_with_a_data_root_a_folder_below_it_is_asked_for(workbench: Any, tmp_path: Path) -> None:
    workbench.settings = Settings(artifacts_dir=str(tmp_path), data_root=str(tmp_path))
    page = create_dash(Flask("page"), workbench)
    assert startable(page, "folder") == {"disabled": False, "title": ""}
    text = filled(page, (KIND, "folder"))
    assert errors(start(page, text)) == {"dataset.root": "Name a folder below data_root."}
    text = follow(page, CONTROL["dataset.root"], "scans", text)[EDITOR]["value"]
    assert errors(start(page, text)) == {}
    assert workbench.started[0].dataset.root == "scans"


# -- earlier trainings ----------------------------------------------------------------------------


def test_an_earlier_training_fills_both_views(page: Dash, workbench: Any, a_job: Any) -> None:
    config = {"seed": 9, "model": {"name": "svm_rbf", "params": {"C": 2.0}}, "folds": 4}
    workbench.queue = [replace(a_job, payload={"params": config})]
    changes = follow(page, AGAIN, f"job={a_job.id}", prop="data")
    assert yaml_text.read(changes[EDITOR]["value"])[0] == config
    assert changes[CONTROL["seed"]]["value"] == 9
    assert changes[MODEL_CONTROL["svm_rbf"]["model.params.C"]]["value"] == 2.0
    assert changes[PRESET]["value"] is None
    assert changes[AGAIN]["data"] is None, "so that the next press is noticed"
    linked = follow(page, ids.LOCATION, f"#training?job={a_job.id}", prop="hash")
    assert linked[EDITOR] == changes[EDITOR]


def test_a_link_to_a_preset_fills_both_views(page: Dash) -> None:
    changes = follow(page, ids.LOCATION, "#training?preset=baseline", prop="hash")
    assert changes[EDITOR]["value"] == training_config.preset_text("baseline")
    assert changes[CONTROL["model.name"]]["value"] == "random_forest"


def test_a_versions_configuration_fills_both_views(page: Dash) -> None:
    changes = follow(page, ids.LOCATION, "#training?version=20261122-101500", prop="hash")
    assert changes[EDITOR]["value"] == "seed: 7\n"
    assert changes[CONTROL["seed"]]["value"] == 7


# -- jobs -----------------------------------------------------------------------------------------


def test_the_list_follows_the_jobs(page: Dash, workbench: Any, a_job: Any) -> None:
    workbench.queue = [a_job]
    changes = call(page, (training.POLL, "n_intervals"))
    assert "lda on synthetic" in text_of(changes[training.LIST])
    assert "features" in text_of(changes[training.JOB])
    assert "120 of 240 clouds" in text_of(changes[training.JOB])
    assert changes[training.CANCEL] == {"value": a_job.id, "hidden": False, "disabled": False}
    assert changes[training.LOG]["children"] == f"log of {a_job.id}"
    assert changes[training.AGAIN_BUTTON] == {"value": f"job={a_job.id}", "hidden": False}


def test_a_long_list_has_pages(page: Dash, workbench: Any, a_job: Any) -> None:
    workbench.queue = [
        replace(a_job, id=f"{n:032x}", title=f"number {n}!", state=JobState.DONE) for n in range(25)
    ]

    workbench.queue.insert(3, replace(a_job, id="e" * 32, kind="other", title="number 99!"))

    def listed(wanted: Any, selected: Any = None) -> tuple[list[int], str, str]:
        held = {(training.PAGE, "data"): wanted, (training.SELECTED, "data"): selected}
        changes = call(page, (training.POLL, "n_intervals"), held=held)
        text = text_of(changes[training.LIST])
        return (
            [n for n in range(25) if f"number {n}!" in text],
            text,
            text_of(changes[training.JOB]),
        )

    for wanted, expected in ((None, range(10)), ("1", range(10, 20)), ("2", range(20, 25))):
        assert listed(wanted)[0] == list(expected)
    assert "11 to 20 of 25" in listed("1")[1]
    for odd in ("99", "9" * 30):
        assert listed(odd)[0] == (list(range(20, 25)) if odd == "99" else list(range(10)))
    assert "number 3!" in listed("2", f"{3:032x}")[2], "the chosen one is shown from any page"
    assert "number 20!" in listed("2", "f" * 32)[2]


def test_a_comparison_is_shown_best_first(page: Dash, workbench: Any, a_job: Any) -> None:
    rows = [
        {"name": name, "params": {}, "mean": mean, "scores": [mean, mean], "seconds": 1.25}
        for name, mean in (("svm_rbf", 0.91), ("lda", 0.95))
    ]
    comparison = {
        "metric": "accuracy", "folds": 2, "clouds": 100, "chosen": "lda", "rows": rows
    }  # fmt: skip
    result = {"version": "20261122-101500", "metrics": {}, "candidates": comparison}
    workbench.queue = [replace(a_job, state=JobState.DONE, result=result)]
    shown = text_of(call(page, (training.POLL, "n_intervals"))[training.COMPARISON])
    assert shown.index('"LDA"') < shown.index('"SVM (RBF)"')
    assert "2-fold cross-validation on 100 training clouds" in shown
    assert "95.0 %" in shown
    assert "91.0  91.0" in shown


def scored(*rows: tuple[str, list[float]]) -> dict[str, Any]:
    """What a running training of several candidates has to show."""
    shown = [
        {"name": name, "params": {}, "mean": sum(s) / len(s), "scores": s, "seconds": 1.0}
        for name, s in rows
    ]
    return {"candidates": {"metric": "accuracy", "folds": 3, "clouds": 100, "chosen": None,
                           "rows": shown}}  # fmt: skip


def test_scores_are_shown_while_they_come_in(page: Dash, workbench: Any, a_job: Any) -> None:
    workbench.queue = [replace(a_job, so_far=scored(("lda", [0.5])))]
    first = call(page, (training.POLL, "n_intervals"))
    text = text_of(first[training.COMPARISON])
    assert "3-fold cross-validation on 100 training clouds so far." in text
    assert "50.0  …" in text
    assert "SVM" not in text
    held = {(training.COMPARED, "data"): first[training.COMPARED]["data"]}
    assert training.COMPARISON not in call(page, (training.POLL, "n_intervals"), held=held)
    more = scored(("lda", [0.5, 0.5, 0.5]), ("svm_rbf", [0.75]))
    workbench.queue = [replace(a_job, so_far=more)]
    text = text_of(call(page, (training.POLL, "n_intervals"), held=held)[training.COMPARISON])
    assert "50.0  50.0  50.0" in text
    assert text.index('"LDA"') < text.index('"SVM (RBF)"'), "in their order until all are tried"
    assert '"chosen"' not in text


def test_a_list_that_has_not_changed_is_not_drawn_again(
    page: Dash, workbench: Any, a_job: Any
) -> None:
    workbench.queue = [a_job]
    first = call(page, (training.POLL, "n_intervals"))
    stores = (training.LISTED, training.JOB_DRAWN, training.COMPARED)
    held = {(store, "data"): first[store]["data"] for store in stores}
    running = replace(a_job, started_at=a_job.started_at + 1, message="121 of 240 clouds")
    workbench.queue = [running]
    again = call(page, (training.POLL, "n_intervals"), held=held)
    assert training.LIST not in again, "nothing in it follows the clock"
    assert training.JOB in again
    workbench.queue = [replace(running, fraction=0.75)]
    assert training.LIST in call(page, (training.POLL, "n_intervals"), held=held)


def test_a_result_is_drawn_once(page: Dash, workbench: Any, a_job: Any) -> None:
    result = {
        "version": "20261122-101500",
        "metrics": {"accuracy": 0.75},
        "classes": ["ball", "box"],
        "confusion": [[3, 1], [1, 3]],
    }
    workbench.queue = [replace(a_job, state=JobState.DONE, result=result)]
    first = call(page, (training.POLL, "n_intervals"))
    assert first[training.RESULT.panel]["hidden"] is False
    assert "75.0 %" in text_of(first[training.RESULT.metrics])
    assert first[training.RESULT.summary]["children"].startswith("2 of 8 test clouds")
    drawn = first[training.RESULT.drawn]["data"]
    again = call(page, (training.POLL, "n_intervals"), {(training.RESULT.drawn, "data"): drawn})
    assert training.RESULT.graph not in again


def test_an_empty_list_says_how_to_fill_it(page: Dash) -> None:
    assert "Start training" in text_of(call(page, (training.POLL, "n_intervals")))


def test_cancel_asks_for_the_shown_job_alone(page: Dash, workbench: Any, a_job: Any) -> None:
    workbench.queue = [a_job]
    changes = call(page, (training.CANCEL, "n_clicks"), {(training.CANCEL, "value"): a_job.id})
    assert workbench.calls == [("cancel", a_job.id)]
    assert changes[training.CANCEL]["disabled"] is True
    forged = call(page, (training.CANCEL, "n_clicks"), {(training.CANCEL, "value"): "b" * 32})
    assert forged[ids.TOAST]["children"] == "there is no such job"
