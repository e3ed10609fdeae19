"""What is in a dataset, before anything is trained on it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

from pcdash.datasets import Dataset
from pcdash.figures import class_colour, counts_figure, sizes_figure, thumbnail
from pcdash.ui.components import metric
from pcdash.ui.results import CONFIG
from pcdash.ui.wording import counted, moment, size

Preview = Mapping[str, Any]

SHOWN_ROWS = 8
"""Of a table; the others are folded away."""

BALANCED = 1.5
"""Largest class over smallest up to which classes count as balanced."""

FEW = 10
"""Clouds of a class below which its test figures say little."""


def dataset_panel(dataset: Dataset, preview: Preview) -> list[Component]:
    """Return everything there is to say about a dataset, what stands in the way first."""
    points = preview["points"]
    parts: list[Component] = [
        html.P(
            f"Added {moment(dataset.created_at)} · {dataset.root[: len('datasets/') + 12]}…",
            className="quiet",
            title=dataset.root,
        ),
        html.Div(
            [
                metric("files", f"{dataset.files:,}"),
                metric("classes", f"{dataset.n_classes:,}"),
                metric("split", "given" if dataset.is_split else "made when trained"),
                *([metric("points, median", f"{points['median']:,}")] if points else []),
                metric("on disk", size(dataset.size)),
            ],
            className="metrics",
        ),
        html.Ul(findings(preview), className="findings"),
        html.Div([_counts(preview), _sizes(points)], className="charts"),
        _pictures(preview),
    ]
    for title, rows in (
        ("What cannot be read?", _faults(preview["faults"])),
        ("Which clouds are there more than once?", _duplicates(preview["duplicates"])),
    ):
        if rows:
            parts += [html.H3(title), *_folded(rows)]
    return parts


def findings(preview: Preview) -> list[Component]:
    """Return one sentence for everything that a training should know first."""
    same, faults = preview["duplicates"], preview["faults"]
    found: list[tuple[str, str]] = []
    if same["relabelled"]:
        found.append(("bad", _clouds(same["relabelled"], "stands", "stand") + " in two classes."))
    if same["across"]:
        across = _clouds(same["across"], "is", "are")
        found.append(("bad", f"{across} in both train and test: the test will look too good."))
    inside = same["groups"] - same["relabelled"] - same["across"]
    if inside > 0:
        twice = _clouds(inside, "is", "are") + " there more than once"
        risk = "" if preview["is_split"] else ": a split may put copies on both sides"
        found.append(("warn", twice + risk + "."))
    if faults["unreadable"]:
        said = f"{counted(faults['unreadable'], 'file')} cannot be read"
        found.append(("warn", f"{said}: train with unreadable files skipped, or mend them."))
    if faults["left_out"]:
        were = "was" if faults["left_out"] == 1 else "were"
        found.append(("info", f"{counted(faults['left_out'], 'file')} {were} left out."))
    found.append(balance(preview["balance"]))
    return [html.Li(text, className=f"finding-{kind}") for kind, text in found]


def balance(about: Mapping[str, Any]) -> tuple[str, str]:
    """Return how even the classes are, with how serious that is."""
    (small, fewest), (large, most) = about["least"], about["most"]
    if fewest == 0:
        return "bad", f"The class {small} has no readable cloud."
    if fewest < FEW:
        few = f"The class {small} has only {counted(fewest, 'cloud')}"
        return "warn", f"{few}; what a test says of it means little."
    if most <= BALANCED * fewest:
        between = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
        return "good", f"The classes are balanced: {between} clouds each."
    return (
        "warn",
        f"The classes are uneven: {large} has {most / fewest:.1f} times as many clouds as {small} "
        f"({most:,} to {fewest:,}).",
    )


def _clouds(number: int, one: str, many: str) -> str:
    return f"{counted(number, 'cloud')} {one if number == 1 else many}"


# -- charts ---------------------------------------------------------------------------------------


def _counts(preview: Preview) -> Component:
    classes = preview["classes"]
    bars = len(classes) * (2 if preview["is_split"] else 1)
    more = preview["balance"]["classes"] - len(classes)
    note = [html.P(f"and {more:,} more classes", className="quiet")] if more else []
    figure = counts_figure(classes)
    return html.Div(
        [html.H3("How many clouds has each class?"), _graph(figure, 64 + 20 * bars), *note]
    )


def _sizes(points: Mapping[str, Any] | None) -> Component:
    title = html.H3("How many points do the clouds have?")
    if points is None:
        return html.Div([title, html.P("No file could be read.", className="quiet")])
    if points["low"] == points["high"]:
        return html.Div([title, html.P(f"All have {points['low']:,}.", className="quiet")])
    said = f"From {points['low']:,} to {points['high']:,}, half of them up to {points['median']:,}."
    return html.Div([title, html.P(said, className="quiet"), _graph(sizes_figure(points), 220)])


def _graph(figure: dict[str, Any], height: int) -> Component:
    return dcc.Graph(
        figure=figure,
        config=CONFIG,
        responsive=True,
        className="chart",
        style={"height": f"{height}px"},
    )


def _pictures(preview: Preview) -> Component:
    names = [one["name"] for one in preview["classes"]]
    rows = [
        html.Figure(
            [
                html.Figcaption(name),
                html.Div([_picture(one, class_colour(name, names)) for one in pictures]),
            ]
        )
        for name, pictures in groupby(preview["pictures"], key=lambda one: one["class"])
    ]
    if not rows:
        return html.Div()
    return html.Div([html.H3("What do they look like?"), html.Div(rows, className="gallery")])


def _picture(one: Mapping[str, Any], colour: str) -> Component:
    points = np.frombuffer(base64.b64decode(one["points"]), dtype=np.int8).reshape(-1, 3)
    return html.Img(src=thumbnail(points, colour), alt=one["file"], title=one["file"])


# -- tables ---------------------------------------------------------------------------------------


def _faults(faults: Mapping[str, Any]) -> list[Component]:
    rows = [
        html.Li([html.Span(one["file"], className="file-name"), html.Span(one["reason"])])
        for one in faults["shown"]
    ]
    return _with_rest(rows, faults["unreadable"] + faults["left_out"], "file")


def _duplicates(same: Mapping[str, Any]) -> list[Component]:
    rows = []
    for one in same["shown"]:
        marks = [
            *(["two classes"] if one["relabelled"] else []),
            *(["train and test"] if one["across"] else []),
        ]
        files = ", ".join(one["files"]) + (f" and {one['more']:,} more" if one["more"] else "")
        mark = html.Strong(", ".join(marks) or "the same part")
        rows.append(html.Li([html.Span(files, className="file-name"), mark]))
    return _with_rest(rows, same["groups"], "cloud")


def _with_rest(rows: list[Component], total: int, noun: str) -> list[Component]:
    """Return the rows, and a last one for those that the preview does not hold."""
    rest = total - len(rows)
    return [*rows, html.Li(f"and {counted(rest, noun)} more")] if rest > 0 else rows


def _folded(rows: Sequence[Component]) -> list[Component]:
    shown, rest = rows[:SHOWN_ROWS], rows[SHOWN_ROWS:]
    parts: list[Component] = [html.Ul(list(shown), className="fault-list")]
    if rest:
        summary = html.Summary(f"{len(rest):,} more")
        parts.append(
            html.Details([summary, html.Ul(list(rest), className="fault-list")], className="more")
        )
    return parts
