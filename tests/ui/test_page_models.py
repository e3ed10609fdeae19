"""The Models tab: list, choice, promotion, deletion; called as the browser calls them."""

from __future__ import annotations

from typing import Any

import pytest
from dash import Dash
from model_rows import make_row
from page_payloads import call, text_of

from pcdash.core.examination.gate import Verdict, Worse
from pcdash.ui import gate, ids, version_actions, version_choice
from pcdash.ui.tabs import models


def test_versions_are_listed_and_the_served_one_reported(
    page: Dash, workbench: Any, two_rows: Any
) -> None:
    workbench.rows = two_rows
    changes = call(page, (models.POLL, "n_intervals"))
    table = text_of(changes[models.LIST])
    for words in ("20261122-101500", "20261121-090000", "88.9 %", "90.0 %", "in service"):
        assert words in table
    assert changes[version_actions.TITLE]["children"] == "Version 20261122-101500"
    assert changes[version_actions.PROMOTE]["disabled"] is True
    assert changes[version_actions.PROMOTE]["title"] == "This version is in service."
    assert changes[models.RESULT.summary]["children"].endswith("most often cube for sphere (1).")


def test_another_version_can_be_promoted(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows = two_rows
    other = two_rows[1].version
    changes = call(
        page, (models.SELECTED, "data"), {(models.SELECTED, "data"): other}, output=models.LIST
    )
    assert changes[version_actions.PROMOTE]["value"] == other
    assert changes[version_actions.PROMOTE]["disabled"] is False
    call(page, (version_actions.PROMOTE, "n_clicks"), {(version_actions.PROMOTE, "value"): other})
    assert workbench.calls == [("promote", other)]


def test_an_empty_list_of_versions_says_how_to_fill_it(page: Dash) -> None:
    assert "#training" in text_of(call(page, (models.POLL, "n_intervals")))


def test_roll_back_says_where_to(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows = two_rows
    changes = call(page, (version_actions.ROLLBACK, "n_clicks"))
    assert workbench.calls == [("rollback",)]
    assert changes[ids.TOAST]["children"] == "Back to version 20261121-090000."


def test_a_worse_version_is_asked_about_and_takes_a_reason(
    page: Dash, workbench: Any, two_rows: Any
) -> None:
    workbench.rows, version = two_rows, two_rows[1].version
    worse = Worse("outliers 0.1", "10 % <b>outliers", 0.5, 0.9, 1e-6)
    workbench.verdict = Verdict(True, "compared", (worse,))
    changes = call(
        page, (version_actions.PROMOTE, "n_clicks"), {(version_actions.PROMOTE, "value"): version}
    )
    assert changes[gate.GATE]["hidden"] is False
    assert "10 % <b>outliers: 50.0 % against 90.0 %" in text_of(changes[gate.GATE_TEXT])
    assert changes[gate.GATE_REASON]["style"] == {}
    assert workbench.calls == []
    confirm = {(gate.GATE_CONFIRM, "value"): version, (gate.GATE_REASON, "value"): ""}
    said = call(page, (gate.GATE_CONFIRM, "n_clicks"), confirm)
    assert workbench.calls == []
    assert "takes a reason" in text_of(said[ids.TOAST])
    changes = call(
        page, (gate.GATE_CONFIRM, "n_clicks"), confirm | {(gate.GATE_REASON, "value"): "a demo"}
    )
    assert workbench.calls == [("promote", version)]
    assert changes[gate.GATE]["hidden"] is True


def test_what_nobody_compared_is_confirmed_once(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows, version = two_rows, two_rows[1].version
    workbench.verdict = Verdict(False, "not compared: version x has no passport")
    changes = call(
        page, (version_actions.PROMOTE, "n_clicks"), {(version_actions.PROMOTE, "value"): version}
    )
    assert changes[gate.GATE]["hidden"] is False
    assert changes[gate.GATE_REASON]["style"] == {"display": "none"}
    call(page, (gate.GATE_CONFIRM, "n_clicks"), {(gate.GATE_CONFIRM, "value"): version})
    assert workbench.calls == [("promote", version)]


def test_choosing_another_version_closes_the_question(page: Dash) -> None:
    assert call(page, (gate.GATE_CANCEL, "n_clicks"))[gate.GATE]["hidden"] is True


def test_deleting_asks_first(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows, version = two_rows, two_rows[1].version
    chosen = {(version_actions.PROMOTE, "value"): version}
    changes = call(page, (version_actions.DELETE, "n_clicks"), chosen)
    assert changes[version_actions.DELETE_DIALOG]["displayed"] is True
    assert version in changes[version_actions.DELETE_DIALOG]["message"]
    assert workbench.calls == []
    call(page, (version_actions.DELETE_DIALOG, "submit_n_clicks"), chosen)
    assert workbench.calls == [("delete", version)]


def test_a_thousand_versions_come_in_pages(page: Dash, workbench: Any) -> None:
    names = [f"{20_200_101 + n // 900}-{100_000 + n % 900}" for n in range(1000)]
    workbench.rows = [make_row(name, served=False, current=False) for name in names[::-1]]
    for number, first in ((0, 999), (1, 974), (39, 24), (40, 24), (-1, 999), ("x", 999)):
        shown = {(models.PAGE, "data"): number}
        changes = call(page, (models.PAGE, "data"), shown, output=models.LIST)
        table = text_of(changes[models.LIST])
        assert f'"data-pick": "{names[first]}"' in table
        assert table.count(f'"data-pick-store": "{models.SELECTED}"') == 25
        assert "1,000 versions, 4.2 GB on disk" in changes[models.PLACE]["children"]
        newer, older = changes[models.LIST]["children"][-1]["props"]["children"][::2]
        assert newer["props"]["disabled"] is (first == 999)
        assert older["props"]["disabled"] is (first == 24)


def test_the_log_is_shown_as_text(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows = two_rows
    history = text_of(call(page, (models.POLL, "n_intervals"))[models.HISTORY])
    assert "overridden: <b>because</b>" in history


def test_a_pinned_server_says_why_nothing_can_be_promoted(
    page: Dash, workbench: Any, two_rows: Any
) -> None:
    workbench.rows = two_rows
    workbench.promotion_blocked = "this server is pinned"
    changes = call(
        page,
        (models.SELECTED, "data"),
        {(models.SELECTED, "data"): two_rows[1].version},
        output=models.LIST,
    )
    for button in (version_actions.PROMOTE, version_actions.ROLLBACK):
        assert changes[button]["disabled"] is True
        assert changes[button]["title"] == "this server is pinned"


def listed(page: Dash, rows: Any, chosen: Any, workbench: Any) -> Any:
    workbench.rows = rows
    held = {(version_choice.CHOSEN, "data"): chosen}
    return call(page, (models.POLL, "n_intervals"), held=held)[models.LIST]["children"]


def boxes(content: Any) -> dict[str, Any]:
    """Version -> properties of its box."""
    found = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("role") == "checkbox":
                found[value["data-pick"]] = value
            value = list(value.values())
        for one in value if isinstance(value, list) else ():
            look(one)

    look(content)
    return found


SEVEN = [f"2020010{n}-000000" for n in range(7)]


def test_ticked_versions_lead_to_their_comparison(page: Dash, workbench: Any) -> None:
    rows = [make_row(name, served=False, current=False) for name in SEVEN]
    content = listed(page, rows, [SEVEN[3], SEVEN[1]], workbench)
    assert f'"href": "/demo/compare/{SEVEN[3]},{SEVEN[1]}"' in text_of(content)
    assert f"A {SEVEN[3]}, B {SEVEN[1]}" in text_of(content)
    ticked = {
        version: one["children"] for version, one in boxes(content).items() if one["children"]
    }
    assert ticked == {SEVEN[3]: "A", SEVEN[1]: "B"}
    assert boxes(content)[SEVEN[3]]["aria-checked"] == "true"
    assert boxes(content)[SEVEN[0]]["aria-checked"] == "false"


@pytest.mark.parametrize("chosen", [[], [SEVEN[0]], [SEVEN[0], "gone"]])
def test_too_few_cannot_be_compared_and_the_button_says_why(
    page: Dash, workbench: Any, chosen: Any
) -> None:
    rows = [make_row(name, served=False, current=False) for name in SEVEN]
    text = text_of(listed(page, rows, chosen, workbench))
    assert "/demo/compare/" not in text
    assert '"disabled": true, "title": "Choose 2 to 5 versions first."' in text


def test_a_sixth_cannot_be_ticked_and_says_why(page: Dash, workbench: Any) -> None:
    rows = [make_row(name, served=False, current=False) for name in SEVEN]
    found = boxes(listed(page, rows, SEVEN[:5], workbench))
    assert {version for version, one in found.items() if one["disabled"]} == {*SEVEN[5:]}
    assert found[SEVEN[6]]["title"] == "At most 5 versions are compared."


@pytest.mark.parametrize("chosen", [7, {"a": 1}, "x", [1, None, [], {}], [["a"]], SEVEN * 99])
def test_a_choice_that_is_none_compares_at_most_five(
    page: Dash, workbench: Any, chosen: Any
) -> None:
    rows = [make_row(name, served=False, current=False) for name in SEVEN]
    content = listed(page, rows, chosen, workbench)
    assert sum(one["aria-checked"] == "true" for one in boxes(content).values()) in (0, 5)


def test_one_version_alone_is_not_asked_about(page: Dash, workbench: Any) -> None:
    assert "Compare chosen" not in text_of(listed(page, [make_row(SEVEN[0])], [], workbench))


def test_a_stored_dataset_is_named_and_its_hash_a_detail(page: Dash, workbench: Any) -> None:
    row = make_row(SEVEN[0], data="<b>scans</b>", dataset="9" * 64)
    workbench.rows = [row]
    changes = call(page, (models.POLL, "n_intervals"))
    for place in (models.LIST, models.ABOUT):
        text = text_of(changes[place])
        assert '"children": "<b>scans</b>", "title": "datasets/' + "9" * 64 in text
    assert f'"href": "#training?version={SEVEN[0]}"' in text_of(changes[models.ABOUT])


def test_the_same_list_is_not_drawn_again(page: Dash, workbench: Any, two_rows: Any) -> None:
    workbench.rows = two_rows
    first = call(page, (models.POLL, "n_intervals"))
    held = {(store, "data"): first[store]["data"] for store in (models.LISTED, models.LOGGED)}
    again = call(page, (models.POLL, "n_intervals"), held=held)
    assert {models.LIST, models.HISTORY}.isdisjoint(again)
    workbench.rows = two_rows[:1]
    assert models.LIST in call(page, (models.POLL, "n_intervals"), held=held)
