"""The flat figures of this package as SVG, for where there is no plotly.js.

Knows what they are made of and no more: scatter with lines, markers, filled bands and error bars;
bars; linear and logarithmic axes with given ranges and ticks; annotations.  The text colour is
that of what is around the picture.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log10
from typing import Any

from pcdash.figures.look import Figure, plain

Scale = Callable[[float], float]


@dataclass(frozen=True)
class _Frame:
    """The drawing area: its edges, and what puts values into it."""

    left: float
    right: float
    top: float
    bottom: float
    x: Scale
    y: Scale
    powers: bool
    """Whether the x axis is logarithmic; plotly then wants annotations' places as powers of ten."""


def svg(figure: Figure, *, width: int, height: int, title: str) -> str:
    """Return a figure as an SVG element.

    Parameters
    ----------
    figure : Figure
    width, height : int
        In pixels; it is scaled to the place it is put in.
    title : str
        For those who do not see it; plain text.
    """
    layout = figure["layout"]
    margin = layout["margin"]
    left, right = margin["l"], width - margin["r"]
    top, bottom = margin["t"], height - margin["b"]
    frame = _Frame(
        left,
        right,
        top,
        bottom,
        _scale(layout["xaxis"], left, right),
        _scale(layout["yaxis"], bottom, top),
        layout["xaxis"].get("type") == "log",
    )
    parts = [
        _x_axis(layout["xaxis"], frame),
        _y_axis(layout["yaxis"], frame),
        *[_TRACES[trace["type"]](trace, frame) for trace in figure["data"]],
        *[_annotation(note, frame) for note in layout.get("annotations", ())],
    ]
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" font-size="12" fill="currentColor">'
        f"<title>{html.escape(title)}</title>{''.join(parts)}</svg>"
    )


def _scale(axis: Mapping[str, Any], begin: float, end: float) -> Scale:
    low, high = axis["range"]
    log = axis.get("type") == "log"

    def place(value: float) -> float:
        share = float(((log10(value) if log else value) - low) / (high - low))
        return round(begin + share * (end - begin), 1)

    return place


def _x_axis(axis: Mapping[str, Any], frame: _Frame) -> str:
    parts = []
    for value, text in zip(axis.get("tickvals", ()), axis.get("ticktext", ()), strict=True):
        x = frame.x(value)
        parts.append(_rule(x, frame.top, x, frame.bottom))
        parts.append(_text(x, frame.bottom + 15, text))
    if "title" in axis:
        middle = (frame.left + frame.right) / 2
        parts.append(_text(middle, frame.bottom + 34, axis["title"]["text"]))
    return "".join(parts)


def _y_axis(axis: Mapping[str, Any], frame: _Frame) -> str:
    parts = []
    for value, text in zip(axis.get("tickvals", ()), axis.get("ticktext", ()), strict=True):
        y = frame.y(value)
        parts.append(_rule(frame.left, y, frame.right, y))
        parts.append(_text(frame.left - 6, y + 4, text, anchor="end"))
    if "title" in axis:
        x, y = 12, (frame.top + frame.bottom) / 2
        turned = f' transform="rotate(-90 {x} {y:g})"'
        parts.append(_text(x, y, axis["title"]["text"], more=turned))
    return "".join(parts)


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="currentColor" opacity="0.15"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "middle", more: str = "") -> str:
    # What the figures write is escaped for plotly already, which knows these three entities.
    shown = html.escape(html.unescape(text))
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{more}>{shown}</text>'


def _scatter(trace: Mapping[str, Any], frame: _Frame) -> str:
    xs = [frame.x(value) for value in plain(trace["x"])]
    ys = [frame.y(value) for value in plain(trace["y"])]
    parts = []
    if xs and "lines" in trace["mode"]:
        way = "M" + "L".join(f"{x:g} {y:g}" for x, y in zip(xs, ys, strict=True))
        line = trace["line"]
        fill = f'fill="{trace["fillcolor"]}"' if "fill" in trace else 'fill="none"'
        dash = ' stroke-dasharray="2 4"' if line.get("dash") == "dot" else ""
        stroke = f'stroke="{line["color"]}" stroke-width="{line["width"]:g}"{dash}'
        parts.append(f'<path d="{way}" {fill} {stroke}/>')
    if "error_y" in trace:
        parts.append(_whiskers(trace, xs, frame))
    if "markers" in trace["mode"]:
        parts.append(_markers(trace["marker"], xs, ys))
    return "".join(parts)


def _whiskers(trace: Mapping[str, Any], xs: list[float], frame: _Frame) -> str:
    error = trace["error_y"]
    ends = zip(plain(trace["y"]), error["array"], error["arrayminus"], strict=True)
    ways = [
        f"M{x:g} {frame.y(y - below):g}L{x:g} {frame.y(y + above):g}"
        for x, (y, above, below) in zip(xs, ends, strict=True)
    ]
    stroke = f'stroke="{error["color"]}" stroke-width="{error["thickness"]:g}"'
    return f'<path d="{"".join(ways)}" {stroke}/>'


def _markers(marker: Mapping[str, Any], xs: list[float], ys: list[float]) -> str:
    """All in one path: a dot is a line of no length with round ends."""
    half, opacity = marker["size"] / 2, marker.get("opacity", 1)
    dots = zip(xs, ys, strict=True)
    if marker.get("symbol") == "x":
        arm, width = round(half * 0.7, 1), 2.0
        cross = f"l{2 * arm:g} {2 * arm:g}m{-2 * arm:g} 0l{2 * arm:g} {-2 * arm:g}"
        way = "".join(f"M{x - arm:g} {y - arm:g}{cross}" for x, y in dots)
    else:
        way, width = "".join(f"M{x:g} {y:g}h0" for x, y in dots), marker["size"]
    return (
        f'<path d="{way}" stroke="{marker["color"]}" stroke-width="{width:g}" '
        f'stroke-linecap="round" fill="none" opacity="{opacity:g}"/>'
    )


def _bars(trace: Mapping[str, Any], frame: _Frame) -> str:
    parts = []
    for x, y, wide in zip(plain(trace["x"]), plain(trace["y"]), trace["width"], strict=True):
        left, right = frame.x(x - wide / 2), frame.x(x + wide / 2)
        top, bottom = frame.y(y), frame.y(0)
        parts.append(f"M{left:g} {bottom:g}V{top:g}H{right:g}V{bottom:g}Z")
    return f'<path d="{"".join(parts)}" fill="{trace["marker"]["color"]}"/>'


def _annotation(note: Mapping[str, Any], frame: _Frame) -> str:
    anchor = {"left": "start", "right": "end"}.get(note.get("xanchor", ""), "middle")
    more = f' style="fill:{note["font"]["color"]}"'
    x = frame.x(10 ** note["x"] if frame.powers else note["x"]) + note.get("xshift", 0)
    return _text(x, frame.y(note["y"]) + 4, note["text"], anchor=anchor, more=more)


_TRACES: dict[str, Callable[[Mapping[str, Any], _Frame], str]] = {
    "scatter": _scatter,
    "bar": _bars,
}
