"""Accuracy against what is done to the clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from pcdash.figures.look import Figure, plain_look
from pcdash.figures.words import percent

LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8a800")
"""Okabe and Ito's set for the colour-blind: one for each of the versions side by side."""


_APART = 0.09
"""Least distance between labels, of the whole range."""


@dataclass(frozen=True)
class Family:
    """A family of conditions as a chart.

    Attributes
    ----------
    question : str
        What the chart answers: its title.
    axis : str
        What the level counts.
    tick : callable
        Writes a level.
    falling : bool
        Whether smaller levels are worse, and the levels a matter of factors.
    """

    question: str
    axis: str
    tick: Callable[[float], str]
    falling: bool = False


def _share(level: float) -> str:
    return f"{100 * level:g} %"


FAMILIES: dict[str, Family] = {
    "noise": Family("Where does it break with noise?", "noise, share of the size", _share),
    "points": Family("How few points will do?", "points", lambda n: f"{n:g}", falling=True),
    "outliers": Family("Does it bear stray points?", "stray points", _share),
    "crop": Family("How much may be missing?", "cut off", _share),
    "view": Family(
        "Is one side enough?", "seen from", lambda level: "one side" if level else "all sides"
    ),
}
"""Family of conditions -> its chart, in the order in which they are shown."""


@dataclass(frozen=True)
class Line:
    """One version's curve: ``level, accuracy, low, high, n`` at each point."""

    label: str
    colour: str
    points: Sequence[Mapping[str, Any]]


def curve_figure(family: str, lines: Sequence[Line]) -> Figure:
    """Return the chart of a family: a line with its 95 % band for each version.

    Lines are labelled at their ends if there are several; the range of accuracy is always the
    whole one, so that charts can be compared.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`.
    lines : sequence of Line
    """
    about = FAMILIES[family]
    levels = sorted({float(point["level"]) for line in lines for point in line.points})
    traces = [trace for line in lines for trace in _traces(line, about)]
    return {
        "data": traces,
        "layout": {
            "xaxis": _level_axis(about, levels),
            "yaxis": share_axis(),
            "annotations": _labels(lines, about) if len(lines) > 1 else [],
            "margin": {"l": 46, "r": 26, "t": 8, "b": 44},
            "showlegend": False,
            "hovermode": "closest",
            **plain_look(),
        },
    }


def curve_summary(family: str, points: Sequence[Mapping[str, Any]]) -> str:
    """Return a curve's last point in words."""
    worst = points[-1]
    between = f"{percent(worst['low'])} to {percent(worst['high'])}"
    about = FAMILIES[family]
    where = about.tick(float(worst["level"]))
    what = f"{where} {about.axis}" if about.falling else where
    return f"At worst, {what}: {percent(worst['accuracy'])} ({between})."


def _traces(line: Line, about: Family) -> list[dict[str, Any]]:
    x = [float(point["level"]) for point in line.points]
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *x[::-1]],
        "y": [*[p["high"] for p in line.points], *[p["low"] for p in line.points][::-1]],
        "fill": "toself",
        "fillcolor": _faint(line.colour),
        "line": {"width": 0, "color": line.colour},
        "hoverinfo": "skip",
    }
    said = [
        f"{about.tick(at)}: {percent(p['accuracy'])} "
        f"({percent(p['low'])} to {percent(p['high'])}), {p['n']:,} clouds"
        for at, p in zip(x, line.points, strict=True)
    ]
    main = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": [p["accuracy"] for p in line.points],
        "text": said,
        "hovertemplate": f"{line.label} %{{text}}<extra></extra>",
        "line": {"width": 2, "color": line.colour},
        "marker": {"size": 6, "color": line.colour},
    }
    if len(x) == 1:  # a band has no width there
        (point,) = line.points
        main["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, point["high"] - point["accuracy"])],
            "arrayminus": [max(0.0, point["accuracy"] - point["low"])],
            "color": line.colour,
            "thickness": 1.2,
            "width": 3,
        }
    return [band, main]


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _level_axis(about: Family, levels: Sequence[float]) -> dict[str, Any]:
    place: Callable[[float], float] = log10 if about.falling else float
    low, high = (place(levels[0]), place(levels[-1])) if levels else (0.0, 1.0)
    span = (high - low) or 1.0
    ticks: list[float] = []
    for level in levels:
        if not ticks or place(level) - place(ticks[-1]) >= 0.14 * span:
            ticks.append(level)
    edges = [low - 0.05 * span, high + 0.05 * span]
    return {
        "type": "log" if about.falling else "linear",
        "range": edges[::-1] if about.falling else edges,
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [about.tick(level) for level in ticks],
        "title": {"text": about.axis, "font": {"size": 12}, "standoff": 6},
        **grid(),
    }


def share_axis() -> dict[str, Any]:
    """Return an axis from 0 to 100 %."""
    ticks = [0, 0.25, 0.5, 0.75, 1]
    return {
        "range": [-0.02, 1.04],
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [_share(tick) for tick in ticks],
        **grid(),
    }


def grid() -> dict[str, Any]:
    """Return what the axes of all charts share."""
    return {
        "gridcolor": "rgba(130,138,147,0.22)",
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }


def _labels(lines: Sequence[Line], about: Family) -> list[dict[str, Any]]:
    """The lines' labels at their last points, moved apart where they would cover one another."""
    drawn = [line for line in lines if line.points]
    ends = sorted(drawn, key=lambda line: -line.points[-1]["accuracy"])
    heights, last = [], 1.0 + _APART
    for line in ends:
        last = min(line.points[-1]["accuracy"], last - _APART)
        heights.append(last)
    last = -_APART
    for i in reversed(range(len(heights))):
        last = heights[i] = max(heights[i], last + _APART)
    return [_label(line, height, about) for line, height in zip(ends, heights, strict=True)]


def _label(line: Line, height: float, about: Family) -> dict[str, Any]:
    worst = float(line.points[-1]["level"])
    return {
        "x": log10(worst) if about.falling else worst,
        "y": height,
        "text": line.label,
        "xanchor": "left",
        "xshift": 8,
        "showarrow": False,
        "font": {"color": line.colour, "size": 13},
    }
