"""Layout and callbacks fit together; seen without a browser."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from dash import Dash
from dash.development.base_component import Component
from flask import Flask

from pcdash.ui import create_dash
from pcdash.ui.pages import PAGES
from pcdash.ui.tabs import TABS

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+){2,}")


def components(page: Dash) -> Iterator[Component]:
    yield page.layout
    yield from page.layout._traverse()


def ids(page: Dash) -> list[str]:
    return [one.id for one in components(page) if getattr(one, "id", None) is not None]


def used(page: Dash) -> set[tuple[str, str]]:
    """Every (id, property) that a callback reads or writes."""
    found = set()
    for callback in page.callback_map.values():
        for read in (*callback["inputs"], *callback["state"]):
            found.add((read["id"], read["property"]))
        outputs = callback.get("output")
        for output in outputs if isinstance(outputs, list | tuple) else [outputs]:
            if output is not None:
                found.add((output.component_id, output.component_property))
    return found


def test_ids_are_unique_and_say_tab_noun_widget(page: Dash) -> None:
    counted = Counter(ids(page))
    assert [name for name, count in counted.items() if count > 1] == []
    assert [name for name in counted if not KEBAB.fullmatch(name)] == []
    prefixes = {"shell", *(part.name for part in (*TABS, *PAGES))}
    assert {name.split("-")[0] for name in counted} == prefixes


def test_callbacks_name_components_that_exist(page: Dash) -> None:
    wanted = used(page)
    assert wanted
    assert {identifier for identifier, _ in wanted} <= set(ids(page))


def test_callbacks_name_properties_that_exist(page: Dash) -> None:
    by_id = {one.id: one for one in components(page) if getattr(one, "id", None) is not None}
    missing = {
        (identifier, prop)
        for identifier, prop in used(page)
        if prop not in by_id[identifier]._prop_names
    }
    assert missing == set()


def test_dash_checks_callbacks_against_the_layout(page: Dash) -> None:
    assert page.config.suppress_callback_exceptions is False


def test_two_pages_in_one_process_are_both_wired(workbench: Any, page: Dash) -> None:
    other = create_dash(Flask("other"), workbench)
    assert other.callback_map.keys() == page.callback_map.keys()


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.name)
def test_every_tab_has_a_section_and_a_link(page: Dash, tab: Any) -> None:
    known = {one.id: one for one in components(page) if getattr(one, "id", None) is not None}
    assert known[f"{tab.name}-tab-link"].href == f"#{tab.name}"
    assert f"{tab.name}-tab-section" in known


def test_the_index_loads_nothing_from_elsewhere(page: Dash) -> None:
    html = page.server.test_client().get("/demo/").get_data(as_text=True)
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(sources) > 5
    assert [source for source in sources if not source.startswith("/demo/")] == []
    assert "/demo/assets/favicon.ico" in html
    styles = [source for source in sources if ".css" in source]
    assert "bootstrap" in styles[0], "the page's own look comes after Bootstrap's"
    assert "app.css" in styles[1]


def test_no_inline_script_but_dashs_own(page: Dash) -> None:
    html = page.server.test_client().get("/demo/").get_data(as_text=True)
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>(.*?)</script>", html, re.DOTALL)
    assert [text for text in inline if not text.startswith(("{", "var renderer"))] == []


def test_only_dash_of_the_page_answers_below_demo(page: Dash) -> None:
    client = page.server.test_client()
    assert client.get("/demo/").status_code == 200
    assert client.get("/other").status_code == 404


def test_no_reference_to_another_host_in_the_assets(page: Dash) -> None:
    from pcdash.resources import assets_dir

    for path in assets_dir().iterdir():
        if path.suffix not in (".css", ".js"):
            continue
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        loads = re.findall(r"(?:url\(\s*[\"']?|@import\s+[\"']|src\s*=\s*[\"'])(https?:)?//", text)
        assert loads == [], path.name
        assert "eval(" not in text, path.name
    assert (
        (assets_dir() / "00-bootstrap.LICENSE.txt")
        .read_text(encoding="utf-8")
        .startswith("The MIT")
    )


def test_the_layout_is_plain_json(page: Dash) -> None:
    answer = page.server.test_client().get("/demo/_dash-layout")
    assert answer.status_code == 200
    json.loads(answer.data)
