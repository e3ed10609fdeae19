"""Figures of a soak, as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure and its bar.

    Attributes
    ----------
    what, must, got : str
    holds : bool
    """

    what: str
    must: str
    got: str
    holds: bool


def none_of(what: str, count: int, among: int) -> Figure:
    """So many cases, of which none may be such."""
    return Figure(what, "0", f"{count:,} of {among:,}", count == 0 and among > 0)


def all_of(what: str, count: int, among: int) -> Figure:
    """So many cases, all of which must be such."""
    return Figure(what, f"all {among:,}", f"{count:,}", count == among > 0)


def below(what: str, value: float, most: float, unit: str) -> Figure:
    """A value that must stay below a bound."""
    return Figure(what, f"< {most:g} {unit}", f"{value:.3g} {unit}", value < most)


def table(part: str, figures: Iterable[Figure]) -> str:
    """One row for each figure."""
    rows = [
        f"| {part} | {one.what} | {one.must} | {one.got} | {'yes' if one.holds else '**no**'} |"
        for one in figures
    ]
    return "\n".join(["| part | what | must | got | holds |", "|---|---|---|---|---|", *rows])
