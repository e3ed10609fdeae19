"""docs/reliability.md: every row has its tests, every test exists, every route is walked over."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.exceptions import HTTPException

from pcdash.app import create_app
from pcdash.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if re.match(r"\| \d+ \|", line)]
NODES = sorted({node for row in ROWS for node in re.findall(r"`([^`]+::[^`]+)`", row[-1])})
CASES = 85
SOAK = ROOT / "tests" / "soak" / "soak_parts.py"

READING = frozenset({"GET", "HEAD", "OPTIONS"})
ASKED_BY_ITSELF = frozenset({"HEAD", "OPTIONS"})
"""Methods that Flask adds to every rule."""


@dataclass(frozen=True)
class Walk:
    """A test that goes over the whole url map.

    Attributes
    ----------
    node : str
    argument : object
        What it is parametrised with, once; None: it is not.
    passed_over : frozenset of str, or None
        Methods that it need not ask; None: it asks every path, by whatever methods.
    """

    node: str
    argument: object
    passed_over: frozenset[str] | None


_API = "tests/api/test_api_guards.py::"
_TOKEN = "tests/api/test_api_token.py::"
WALKS = {
    "Host": Walk(_API + "test_a_foreign_host_is_refused_everywhere", "evil.com", ASKED_BY_ITSELF),
    "Origin": Walk(_API + "test_other_pages_cannot_write", {"Origin": "http://evil.com"}, READING),
    "content type": Walk(_API + "test_other_content_types_are_refused", "text/plain", READING),
    "error shape": Walk(_API + "test_a_wrong_method_says_the_right_ones", None, None),
    "token": Walk(
        _TOKEN + "test_without_the_token_nothing_is_answered_but_the_probes", {}, ASKED_BY_ITSELF
    ),
}
"""What is asked of every route -> the test that does."""


@cache
def names_in(file: Path) -> set[str]:
    """Names of the test functions of a file, without importing it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name[:5] == "test_"}


# -- rows -----------------------------------------------------------------------------------------


def test_every_case_has_a_row_in_order() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, CASES + 1))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_row_has_a_test(row: list[str]) -> None:
    number, case, must, tests = row
    assert case, number
    assert must, number
    assert re.fullmatch(r"`tests/[\w/]+\.py::test_\w+`( `tests/[\w/]+\.py::test_\w+`)*", tests)


@pytest.mark.parametrize("node", NODES, ids=str)
def test_every_named_test_exists(node: str) -> None:
    file, _, name = node.partition("::")
    assert (ROOT / file).is_file(), f"no file {file}"
    assert name in names_in(ROOT / file), f"no test {name} in {file}"


def test_a_row_without_a_test_would_be_noticed() -> None:
    with pytest.raises(AssertionError):
        test_every_row_has_a_test(["86", "something", "happens", ""])
    with pytest.raises(AssertionError):
        test_every_named_test_exists("tests/docs/test_reliability.py::test_that_is_not_there")


# -- routes ---------------------------------------------------------------------------------------


class Recorder(FlaskClient):
    """A client that remembers what it was asked."""

    asked: set[tuple[str, str]]

    def open(self, *args: Any, **options: Any) -> Any:
        if args and isinstance(args[0], str):
            self.asked.add((args[0], options.get("method", "GET")))
        return super().open(*args, **options)


@pytest.fixture
def real(tmp_path: Path) -> Callable[..., Flask]:
    """Makes the whole server, with a route that was added a moment ago."""

    def make(*secrets: object) -> Flask:
        server = create_app(Settings(artifacts_dir=str(tmp_path), bootstrap=False), *secrets).server
        server.add_url_rule(NEW, view_func=lambda version: version, methods=["GET", "POST"])
        server.test_client_class = Recorder
        return server

    return make


NEW = "/brand-new/<version>/thing"


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_every_route_is_walked_over(walk: Walk, real: Callable[..., Flask]) -> None:
    file, _, name = walk.node.partition("::")
    module = loaded(ROOT / file)
    server = real(*([SecretStr(module.TOKEN)] if hasattr(module, "TOKEN") else []))
    client = cast(Recorder, server.test_client())
    client.asked = set()
    getattr(module, name)(*[client, walk.argument][: 1 if walk.argument is None else 2])
    missed = set(wanted(server, walk.passed_over)) - set(reached(server, client.asked, walk))
    assert missed == set()
    assert any(rule == NEW for rule, _ in wanted(server, walk.passed_over))


def test_a_walk_that_leaves_a_route_out_is_noticed(real: Callable[..., Flask]) -> None:
    server, walk = real(), WALKS["Host"]
    asked = {("/health", "GET"), ("/jobs", "POST")}
    reached_rules = set(reached(server, asked, walk))
    assert reached_rules == {("/health", "GET"), ("/jobs", "POST")}
    assert {(NEW, "GET"), (NEW, "POST"), ("/jobs", "GET")} <= (
        set(wanted(server, walk.passed_over)) - reached_rules
    )


def wanted(server: Flask, passed_over: frozenset[str] | None) -> Iterator[tuple[str, str]]:
    """What a walk has to reach: rules with their methods, or with none."""
    for rule in server.url_map.iter_rules():
        if passed_over is None:
            yield rule.rule, ""
            continue
        for method in (rule.methods or set()) - passed_over - ASKED_BY_ITSELF:
            yield rule.rule, method


def reached(server: Flask, asked: set[tuple[str, str]], walk: Walk) -> Iterator[tuple[str, str]]:
    """Which rules the asked paths belong to."""
    adapter = server.url_map.bind("localhost")
    for path, method in asked:
        any_method = walk.passed_over is None
        for known in adapter.allowed_methods(path) if any_method else [method]:
            with suppress(HTTPException):
                rule, _ = adapter.match(path, method=known, return_rule=True)
                yield rule.rule, "" if any_method else method


def loaded(file: Path) -> ModuleType:
    """A module of tests, as pytest would load it."""
    if file.stem not in sys.modules:
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None, file
        assert spec.loader is not None
        sys.modules[file.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[file.stem])
    return sys.modules[file.stem]


# -- the long forms -------------------------------------------------------------------------------


def test_every_part_of_the_soak_is_described() -> None:
    parts = re.findall(r"^    \"([\w-]+)\": soak_", SOAK.read_text(encoding="utf-8"), re.M)
    section = TEXT.partition("## The long forms")[2].partition("### Figures")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.M) == parts
    assert len(parts) > 10
