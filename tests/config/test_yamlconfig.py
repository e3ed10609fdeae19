"""Complaints about a configuration name file, line and key, and the nearest known key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcdash.core.corruption import Randomisation
from pcdash.core.params import TrainParams
from pcdash.errors import ConfigError
from pcdash.resources import configs_dir
from pcdash.settings import Settings
from pcdash.yamlconfig import known_keys, load_config, parse_yaml


def _load(tmp_path: Path, text: str, *overrides: str) -> TrainParams:
    path = tmp_path / "t.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(TrainParams, path, overrides)


def _complaint(tmp_path: Path, text: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, text, *overrides)
    assert "\n" not in caught.value.message
    return caught.value.message.replace(str(tmp_path) + "/", "")


@pytest.mark.parametrize("path", sorted(configs_dir().glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_configuration_is_valid(path: Path) -> None:
    if path.name == "folder.yaml":
        load_config(TrainParams, path, ["dataset.root=somewhere"])
    else:
        load_config(Settings if path.name == "serve.yaml" else TrainParams, path)


def test_the_shipped_serve_configuration_states_the_defaults() -> None:
    assert load_config(Settings, configs_dir() / "serve.yaml") == Settings()


def test_the_shipped_training_states_every_key_and_the_defaults_of_the_randomisation() -> None:
    path = configs_dir() / "train.yaml"
    _, lines = parse_yaml(path.read_text(encoding="utf-8"), "train.yaml")
    stated = {".".join(map(str, key)) for key in lines}
    elsewhere = ("model.params.", "dataset.root", "dataset.on_error")
    missing = [key for key in known_keys(TrainParams) if key not in stated]
    assert [key for key in missing if not key.startswith(elsewhere)] == []
    # Scans want more clouds than a recipe of one's own may have.
    assert load_config(TrainParams, path).dataset.randomise == Randomisation(scan_share=0.3)


def test_values_and_overrides_arrive(tmp_path: Path) -> None:
    params = _load(
        tmp_path,
        "seed: 7\ndataset:\n  kind: synthetic\n  n_points: 128\n  scale_range: [0.5, 2]\n",
        "dataset.n_points=1024",
        "model.name=random_forest",
    )
    assert params.seed == 7
    assert params.dataset.n_points == 1024
    assert params.dataset.scale_range == (0.5, 2.0)
    assert params.model.name == "random_forest"


GOLDEN = {
    "seed: 1\ndatset: {}\n": "t.yaml:2: datset: unknown key; did you mean dataset?",
    "dataset:\n  kind: synthetic\n  n_pionts: 5\n": (
        "t.yaml:3: dataset.n_pionts: unknown key; did you mean dataset.n_points?"
    ),
    "dataset:\n  kind: synthetic\n  n_points: 5\n": (
        "t.yaml:3: dataset.n_points: should be greater than or equal to 16, got 5"
    ),
    "dataset:\n  kind: synthetic\n  noise_sigma: 1e-2\n": (
        "t.yaml:3: dataset.noise_sigma: should be a valid number, got the text '1e-2' "
        "(YAML wants a dot and a signed exponent: 1.0e-02)"
    ),
    "seed: yes\n": "t.yaml:1: seed: should be a valid integer, got True",
    "seed: 1\nseed: 2\n": "t.yaml:2: seed: stands here twice",
    "a: &x [1]\nb: *x\n": "t.yaml:1: anchors and aliases are not supported",
    "seed: !!python/object:os.system x\n": (
        "t.yaml:1: tags such as tag:yaml.org,2002:python/object:os.syste are not supported"
    ),
    "split:\n  train: 0.5\n": "t.yaml:1: split: train, val and test must add up to 1, not 0.8",
    "- 1\n": "t.yaml:1: expected 'key: value' lines at the top",
    "a: [1\nb: 2\n": "t.yaml:2: not valid YAML: expected ',' or ']', but got ':'",
}


@pytest.mark.parametrize("text", GOLDEN, ids=range(len(GOLDEN)))
def test_complaints(tmp_path: Path, text: str) -> None:
    assert _complaint(tmp_path, text) == GOLDEN[text]


def test_deep_nesting_is_refused_at_its_line(tmp_path: Path) -> None:
    assert "nested deeper" in _complaint(tmp_path, "a: " + "[" * 3000)


def test_an_override_is_named_as_it_was_typed(tmp_path: Path) -> None:
    assert _complaint(tmp_path, "", "dataset.n_points=many").startswith("--set dataset.n_points:")
    assert "expected KEY=VALUE" in _complaint(tmp_path, "", "dataset.n_points")


def test_model_parameters_are_an_allow_list(tmp_path: Path) -> None:
    text = "model:\n  name: random_forest\n  params:\n    {}: 1\n"
    assert _complaint(tmp_path, text.format("n_estimatorss")) == (
        "t.yaml:4: model.params.n_estimatorss: unknown key; did you mean model.params.n_estimators?"
    )
    assert _complaint(tmp_path, text.format("os_system")) == (
        "t.yaml:4: model.params.os_system: unknown key"
    )
    assert _complaint(tmp_path, text.format("n_estimators")).startswith(
        "t.yaml:4: model.params.n_estimators: should be greater than or equal to"
    )


def test_a_key_of_another_group_or_kind_is_pointed_at(tmp_path: Path) -> None:
    assert _complaint(tmp_path, "n_points: 100\n") == (
        "t.yaml:1: n_points: unknown key; did you mean dataset.n_points?"
    )
    text = "dataset:\n  kind: folder\n  root: x\n  classes: [cube, cone]\n"
    assert _complaint(tmp_path, text) == "t.yaml:4: dataset.classes: unknown key"


def test_an_override_hides_the_lines_it_replaces(tmp_path: Path) -> None:
    text = "dataset:\n  classes: [sphere, cube]\n"
    message = _complaint(tmp_path, text, "dataset.classes=[sphere, blob]")
    assert message.startswith("--set dataset.classes: ")


def test_a_problem_of_a_whole_group_stands_at_the_group(tmp_path: Path) -> None:
    text = "seed: 1\ndataset:\n  classes: [cube, cube]\n"
    assert _complaint(tmp_path, text) == "t.yaml:2: dataset: classes must differ from one another"


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_bytes(b"seed: 1\nx: \xff\xfe\n")
    with pytest.raises(ConfigError, match=r"b\.yaml:2: not UTF-8"):
        load_config(TrainParams, path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(TrainParams, tmp_path / "absent.yaml")


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        data, _ = parse_yaml(text, "x")
    except ConfigError as error:
        complaint = error.message
    else:
        complaint = "x:"
        assert isinstance(data, dict)
    assert complaint.startswith("x:")


def test_known_keys_reach_into_groups_and_unions() -> None:
    keys = set(known_keys(TrainParams))
    assert {"seed", "dataset.n_points", "dataset.root", "split.train", "model.params"} <= keys
