"""Pieces of a version's report; each a pure function from what is known to components."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from pcdash.core.examination.evidence import Evidence
from pcdash.figures import LINE_COLOURS, Line, reliability_figure
from pcdash.report import conditions_of, facts_of
from pcdash.ui.charts import chart, curve_grid
from pcdash.ui.components import again_link, confusion_summary, empty_state, facts, pick_button
from pcdash.ui.ids import BASE
from pcdash.ui.specs import label
from pcdash.ui.wording import counted, percent
from pcdash.workbench.dossier import Dossier, mix_ups

_PROJECTIONS = {
    "lda": "the two axes that tell the classes apart best (LDA)",
    "pca": "the two axes along which they differ most (PCA)",
}


def unknown_version(version: str) -> Component:
    """Return what stands where a version is not there."""
    return empty_state(
        "There is no such version",
        f"Nothing is known of {version}: it was deleted, or never made here. ",
        html.A("See all versions", href="#models"),
        ".",
    )


def head(dossier: Dossier, *, served: str | None) -> list[Component]:
    """Return the title, what can be done, and what is wrong or missing."""
    version = dossier.version
    actions: list[Component] = [
        html.A("All versions", href="#models", className="btn btn-outline-secondary"),
        html.A(
            "Download report",
            href=f"{BASE}models/{version}/report.html",
            download="",
            className="btn btn-outline-secondary",
            title="One HTML file that needs no network",
        ),
    ]
    if served is not None and served != version:
        actions.insert(
            1,
            dcc.Link(
                "Compare with the one in service",
                href=f"{BASE}compare/{served},{version}",
                className="btn btn-outline-secondary",
            ),
        )
    mark = [html.Span("in service", className="service-mark good")] if served == version else []
    alarm = dossier.report.get("alarm")
    return [
        html.Div([html.H2(f"Version {version}"), *mark, *actions], className="detail-head"),
        *([warning("Do not use it. ", f"{alarm}.")] if alarm else []),
        *[warning("", text) for text in dossier.missing],
    ]


def warning(strong: str, text: str) -> Component:
    """Return a sentence that must not be overlooked."""
    said = [html.Strong(strong), text] if strong else [text]
    return html.P(said, className="notice alarm" if strong else "notice", role="alert")


def figures(dossier: Dossier) -> list[Component]:
    """Return the metrics with their intervals, and whether its confidence can be believed."""
    report = dossier.report
    intervals = report.get("intervals") or {}
    metrics = [
        _metric(label(name), value, intervals.get(name))
        for name, value in (report.get("metrics") or {}).items()
    ]
    if not metrics:
        return []
    tested = counted(int(dossier.confusion.sum()), "cloud")
    parts: list[Component] = [
        html.H3("How often is it right?"),
        html.Div(metrics, className="metrics"),
        html.P(f"On {tested} that its training never saw.", className="quiet"),
    ]
    if bins := dossier.reliability:
        ece = percent((report.get("calibration") or {}).get("ece"))
        parts += [
            html.H3("Is it as often right as it is sure?"),
            html.P(
                f"On the dotted line it is. Expected calibration error: {ece}.", className="quiet"
            ),
            chart(reliability_figure(bins), 320),
        ]
    return parts


def about(dossier: Dossier) -> list[Component]:
    """Return how the version was made, and what it leans on."""
    config = json.dumps(dossier.report.get("config") or {}, indent=2)
    parts: list[Component] = [
        html.H3("How was it made?"),
        facts(facts_of(dossier)),
        *([again_link(dossier.version)] if dossier.report.get("config") else []),
        html.Details(
            [html.Summary("Configuration"), html.Pre(config, className="log")], className="more"
        ),
    ]
    drops = dossier.report.get("importance") or []
    if drops:
        most = max(1e-9, *(float(one["drop"]) for one in drops))
        parts += [
            html.H3("What does it lean on?"),
            html.P(
                "Points of accuracy lost when one block of the descriptor is shuffled among the "
                "clouds; blocks that say the same cover for one another.",
                className="quiet",
            ),
            html.Div([_meter(one, most) for one in drops], className="meters"),
        ]
    return parts


def mistaken(dossier: Dossier, store: str) -> list[Component]:
    """Return the confusion in words: the commonest mistakes, and each class's figures."""
    confusion = dossier.confusion
    if not len(confusion):
        return []
    parts: list[Component] = [
        html.P(confusion_summary(confusion.tolist(), dossier.classes), className="quiet")
    ]
    found = [
        html.Li(
            [
                pick_button(
                    f"{dossier.classes[true]} → {dossier.classes[said]}",
                    store,
                    f"cell {true} {said}",
                    title="Show these clouds",
                ),
                f" {count:,}",
            ]
        )
        for true, said, count in mix_ups(confusion, dossier.classes)
    ]
    if found:
        parts.append(html.Ul(found, className="mix-ups"))
    if rows := dossier.report.get("per_class"):
        parts.append(_class_table(rows))
    return parts


def curves(dossier: Dossier) -> list[Component]:
    """Return the curves of the version's examination."""
    lines = {
        family: [Line(dossier.version, LINE_COLOURS[0], points)]
        for family, points in dossier.robustness.items()
    }
    if not lines:
        return []
    return [
        html.Section(
            [
                html.H3("Where does it break?"),
                html.P(conditions_of(dossier), className="quiet"),
                curve_grid(lines),
            ],
            className="report-part",
        )
    ]


def map_text(dossier: Dossier, evidence: Evidence) -> str:
    """Say what the map shows."""
    axes = _PROJECTIONS.get(str(dossier.report.get("projection")), "two axes")
    return (
        f"{counted(len(evidence.said), 'test cloud')} on {axes}; crosses are mistakes, in the "
        "colour of what they are. Draw around some to see them above."
    )


def mistakes_caption(evidence: Evidence, found: int) -> str:
    """Say how many mistakes there are."""
    kept, total = len(evidence.said), evidence.total
    of = f"{total:,} test clouds" if kept == total else f"{kept:,} kept of {total:,} test clouds"
    if not found:
        return f"No mistake among {of}."
    return f"{counted(found, 'mistake')} among {of}, those it was surest of first."


def cell_caption(
    dossier: Dossier, cell: tuple[int, int], names: tuple[str, str], found: int
) -> str:
    """Say what a cell of the confusion matrix holds, and how much of it was kept."""
    true, said = names
    what = f"{true} that were recognised" if true == said else f"{true} taken for {said}"
    confusion = dossier.confusion
    count = int(confusion[cell]) if len(confusion) else found
    kept = "" if found == count else f"; {found:,} of them were kept"
    return f"{counted(count, 'cloud')}: {what}{kept}. Those it was surest of first."


def _metric(name: str, value: float, interval: Sequence[float] | None) -> Component:
    between = f"{percent(interval[0])} to {percent(interval[1])}" if interval else ""
    return html.Div(
        [
            html.Div(percent(value), className="metric-value"),
            html.Div(name, className="metric-name"),
            html.Div(between, className="metric-name", title="95 % interval"),
        ],
        className="metric",
    )


def _meter(one: dict[str, Any], most: float) -> Component:
    width = 100 * max(0.0, float(one["drop"])) / most
    return html.Div(
        [
            html.Span(str(one["block"]).replace("_", " "), className="bar-name"),
            html.Span(f"{100 * float(one['drop']):.1f}", className="bar-value"),
            html.Span(
                html.Span(
                    className="bar-fill",
                    style={"width": f"{width:.1f}%", "background": LINE_COLOURS[0]},
                ),
                className="bar-track",
            ),
        ],
        className="meter",
    )


def _class_table(rows: Sequence[dict[str, Any]]) -> Component:
    head_row = html.Tr(
        [
            html.Th("Class", scope="col"),
            *[
                html.Th(text, scope="col", className="number")
                for text in ("Precision", "Recall", "F1", "Clouds")
            ],
        ]
    )
    body = [
        html.Tr(
            [
                html.Td(str(row["name"]), className="name-cell"),
                *[
                    html.Td(percent(row[key]), className="number")
                    for key in ("precision", "recall", "f1")
                ],
                html.Td(f"{row['n']:,}", className="number"),
            ]
        )
        for row in rows
    ]
    return html.Div(
        html.Table([html.Thead(head_row), html.Tbody(body)], className="table listing"),
        className="table-frame tall",
    )
