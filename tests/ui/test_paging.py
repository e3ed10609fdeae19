"""Pages of a long list."""

from __future__ import annotations

from typing import Any

import pytest

from pcdash.ui.paging import Page, page_of, pager


@pytest.mark.parametrize(
    ("wanted", "total", "expected"),
    [
        (None, 0, Page(0, 0, 0, 0)),
        (None, 25, Page(0, 0, 10, 25)),
        ("1", 25, Page(1, 10, 20, 25)),
        (2, 25, Page(2, 20, 25, 25)),
        ("7", 25, Page(2, 20, 25, 25)),
        ("1", 10, Page(0, 0, 10, 10)),
        (-1, 25, Page(0, 0, 10, 25)),
        (True, 25, Page(0, 0, 10, 25)),
        ("٣", 25, Page(0, 0, 10, 25)),
        ("9" * 5000, 25, Page(0, 0, 10, 25)),
        ([1], 25, Page(0, 0, 10, 25)),
        ({}, 25, Page(0, 0, 10, 25)),
    ],
)
def test_the_nearest_page_there_is(wanted: Any, total: int, expected: Page) -> None:
    assert page_of(wanted, total, 10) == expected


def test_buttons_lead_to_the_neighbours_and_end_at_the_ends() -> None:
    assert pager(page_of(None, 10, 10), "some-page-store") == []
    for number, disabled in ((0, (True, False)), (1, (False, False)), (2, (False, True))):
        ((before, place, after),) = [
            panel.children for panel in pager(page_of(number, 25, 10), "some-page-store")
        ]
        assert (before.disabled, after.disabled) == disabled
        assert [b.to_plotly_json()["props"]["data-pick"] for b in (before, after)] == [
            str(number - 1),
            str(number + 1),
        ]
    assert place.children == "21 to 25 of 25"
