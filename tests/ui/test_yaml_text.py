"""Changing one value of a text: the result says what it should, and the rest stays as written."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pcdash.errors import ConfigError
from pcdash.resources import configs_dir
from pcdash.ui import yaml_text

TRAIN = (configs_dir() / "train.yaml").read_text(encoding="utf-8")

KEYS = st.sampled_from(["seed", "model", "name", "params", "split", "a b", "x"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=4)


def put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    here = changed
    for part in path[:-1]:
        if not isinstance(here.get(part), dict):
            here[part] = {}
        here = here[part]
    here[path[-1]] = value
    return changed


def edit(text: str, path: tuple[str, ...], value: Any) -> str:
    return yaml_text.changed(text, put(yaml_text.read(text)[0], path, value), path)


@example({}, ("seed",), "\x85", False)
@example({}, ("seed",), "a\u2028b", True)
@settings(max_examples=40)
@given(CONFIGS, st.lists(KEYS, min_size=1, max_size=3).map(tuple), VALUES, st.booleans())
def test_a_changed_text_says_what_it_should(
    data: dict[str, Any], path: tuple[str, ...], value: Any, spaced: bool
) -> None:
    text = yaml_text.dump(data)
    if spaced:
        text = text.replace("\n", "  # why\n\n") if '"' not in text and "'" not in text else text
    wanted = put(yaml_text.read(text)[0], path, value)
    assert yaml_text.read(yaml_text.changed(text, wanted, path))[0] == wanted


@settings(max_examples=40)
@given(CONFIGS)
def test_what_is_written_out_is_read_back(data: dict[str, Any]) -> None:
    assert yaml_text.read(yaml_text.dump(data))[0] == data


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        (("seed",), 3, "seed: 0  ", "seed: 3  "),
        (("dataset", "n_points"), 64, "  n_points: 512 ", "  n_points: 64 "),
        (("model", "params"), {"C": 1.0}, "  params: {} ", "  params: {C: 1.0} "),
        (("candidates",), ["lda", "mlp"], "candidates: []\n", "candidates: [lda, mlp]\n"),
        (("model", "name"), "lda", "  name: ensemble ", "  name: lda "),
    ],
)
def test_comments_and_everything_else_stay(
    path: tuple[str, ...], value: Any, before: str, after: str
) -> None:
    assert TRAIN.count(before) == 1
    assert edit(TRAIN, path, value) == TRAIN.replace(before, after)


def test_a_block_gives_way_to_one_line_and_to_another_block() -> None:
    text = "a:\n  b: 1  # one\n  c: [2]\n\n# then\nd: 4\n"
    assert edit(text, ("a",), None) == "a: null\n\n# then\nd: 4\n"
    assert edit(text, ("a",), {"e": 1, "f": {"g": []}}) == (
        "a:\n  e: 1\n  f:\n    g: []\n\n# then\nd: 4\n"
    )


@pytest.mark.parametrize(
    ("text", "path", "after"),
    [
        ("", ("a", "b"), "a: {b: 5}\n"),
        ("# only a comment\n", ("a",), "# only a comment\na: 5\n"),
        ("a:\n", ("a", "b"), "a: {b: 5}\n"),
        ("a:\n  b: 1  # one\n\n# end\n", ("a", "c"), "a:\n  b: 1  # one\n  c: 5\n\n# end\n"),
        ("{x: 1}\n", ("a",), "{a: 5, x: 1}\n"),
        ("a: {}\n", ("a", "b"), "a: {b: 5}\n"),
        ("a: word # why\n", ("a", "b"), "a: {b: 5} # why\n"),
        ("x: 1", ("a",), "x: 1\na: 5"),
    ],
)
def test_a_missing_key_is_added_where_it_belongs(
    text: str, path: tuple[str, ...], after: str
) -> None:
    assert edit(text, path, 5) == after


def test_top_level_keys_can_be_left_out() -> None:
    text = "# head\na: 1\n\nb:   # two\n  c: 2\n# of d\nd: 3\n"
    assert yaml_text.without(text, ["b"]) == "# head\na: 1\n\nd: 3\n"
    assert yaml_text.without(text, ["d", "nothing"]) == text.removesuffix("d: 3\n")
    assert yaml_text.without(text, ["a", "b", "d"]) == "# head\n"


@pytest.mark.parametrize("text", [None, 5, ["seed: 1"], {"text": 1}])
def test_what_is_no_text_is_refused(text: object) -> None:
    with pytest.raises(ConfigError, match="expected text"):
        yaml_text.read(text)
