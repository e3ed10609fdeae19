"""Pieces of a comparison; each a pure function from what was compared to components.

Versions are named by letters, in the order of the address: A is what the others are held against.
"""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from pcdash.figures import LINE_COLOURS, Line
from pcdash.ui.charts import curve_grid
from pcdash.ui.components import pick_button
from pcdash.ui.ids import BASE
from pcdash.ui.report_parts import warning
from pcdash.ui.specs import label
from pcdash.ui.wording import UNKNOWN, counted, percent
from pcdash.workbench.comparison import Comparison, Difference, Rival
from pcdash.workbench.dossier import Dossier

LETTERS = "ABCDE"


def letter(comparison: Comparison, version: str) -> str:
    """Return the letter of a version."""
    return LETTERS[[one.version for one in comparison.dossiers].index(version)]


def named(comparison: Comparison, version: str) -> str:
    """Return a version with its letter."""
    return f"{letter(comparison, version)} ({version})"


def body(comparison: Comparison) -> list[Component]:
    """Return who is compared, what may not be, the differences and the curves."""
    refused = [
        warning("", f"{letter(comparison, rival.dossier.version)} is not compared with A. {text}")
        for rival in comparison.rivals
        for text in rival.refusals
    ]
    return [
        html.Div(
            [
                html.H2(f"{len(comparison.dossiers)} versions side by side"),
                html.A("All versions", href="#models", className="btn btn-outline-secondary"),
            ],
            className="detail-head",
        ),
        _versions(comparison),
        *refused,
        *[_differences(comparison, rival) for rival in comparison.rivals if rival.differences],
        *_curves(comparison),
    ]


def only_buttons(comparison: Comparison, store: str) -> list[Component]:
    """Return a button for each version that alone classifies some clouds right."""
    return [
        pick_button(
            f"Only {letter(comparison, version)}: {len(clouds):,}",
            store,
            version,
            title=f"Show what only {version} classifies right",
        )
        for version, clouds in comparison.only.items()
    ]


def _versions(comparison: Comparison) -> Component:
    head = [
        html.Th(text, scope="col", className=kind)
        for text, kind in (
            ("", ""),
            ("Version", ""),
            ("Classifier", "extra"),
            ("Accuracy", "number"),
            ("F1 (macro)", "number extra"),
            ("ECE", "number extra"),
            ("Tested on", "number"),
        )
    ]
    rows = [html.Tr(_row(index, one, comparison)) for index, one in enumerate(comparison.dossiers)]
    return html.Div(
        html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table listing"),
        className="table-frame",
    )


def _row(index: int, dossier: Dossier, comparison: Comparison) -> list[Component]:
    report = dossier.report
    metrics, intervals = report.get("metrics") or {}, report.get("intervals") or {}
    tested = int(dossier.confusion.sum())
    print_ = (report.get("lineage") or {}).get("dataset_fingerprint")
    same = print_ == (comparison.first.report.get("lineage") or {}).get("dataset_fingerprint")
    whose = "" if index == 0 else ("the same as A" if same else "others than A")
    swatch = html.Span(
        LETTERS[index], className="letter", style={"background": LINE_COLOURS[index]}
    )
    link = dcc.Link(dossier.version, href=f"{BASE}models/{dossier.version}")
    classifier = ((report.get("config") or {}).get("model") or {}).get("name", UNKNOWN)
    low, high = intervals.get("accuracy") or (None, None)
    between = f"{percent(low)} to {percent(high)}" if low is not None else ""
    accuracy = [percent(metrics.get("accuracy")), html.Div(between, className="quiet")]
    return [
        html.Td(swatch),
        html.Td(link),
        html.Td(label(str(classifier)), className="extra"),
        html.Td(accuracy, className="number"),
        html.Td(percent(metrics.get("f1_macro")), className="number extra"),
        html.Td(percent((report.get("calibration") or {}).get("ece")), className="number extra"),
        html.Td(
            [counted(tested, "cloud"), html.Div(whose, className="quiet")] if tested else UNKNOWN,
            className="number",
        ),
    ]


def _differences(comparison: Comparison, rival: Rival) -> Component:
    own = letter(comparison, rival.dossier.version)
    head = [
        html.Th(text, scope="col", className=kind)
        for text, kind in (
            ("Clouds", ""),
            ("A", "number"),
            (own, "number"),
            ("Difference", "number"),
            ("Only A right", "number extra"),
            (f"Only {own} right", "number extra"),
            ("p", "number extra"),
            ("", ""),
        )
    ]
    clear = [one for one in rival.differences if one.significant]
    better = sum(one.other > one.first for one in clear)
    number = counted(len(rival.differences), "difference")
    summary = (
        f"Of {number}, {own} is significantly better in {better} and worse in "
        f"{len(clear) - better}; the others may be luck."
        if clear
        else f"That cannot be told: {number}, none that luck could not explain."
    )
    return html.Section(
        [
            html.H3(f"Is {own} better than A?"),
            html.P(summary),
            html.P(
                "On the same clouds; exact McNemar tests at 5 %, Holm's correction over everything "
                "that is compared here.",
                className="quiet",
            ),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr(head)),
                        html.Tbody([_difference(one, own) for one in rival.differences]),
                    ],
                    className="table listing",
                ),
                className="table-frame",
            ),
        ],
        className="report-part",
    )


def _difference(one: Difference, own: str) -> Component:
    points = 100 * (one.other - one.first)
    verdict = ""
    if one.significant:
        verdict = f"{own} better" if one.other > one.first else f"{own} worse"
    kind = "good" if one.other > one.first else "bad"
    cells = (
        (one.title, "name-cell"),
        (percent(one.first), "number"),
        (percent(one.other), "number"),
        (f"{points:+.1f}" if abs(points) >= 0.05 else "0.0", "number"),
        (f"{one.only_first:,}", "number extra"),
        (f"{one.only_other:,}", "number extra"),
        ("< 0.001" if one.p < 0.001 else f"{one.p:.3f}", "number extra"),
        (verdict, f"service-mark {kind}"),
    )
    return html.Tr([html.Td(text, className=kind) for text, kind in cells])


def _curves(comparison: Comparison) -> list[Component]:
    """The curves of those that were examined on the same clouds as A."""
    shown = [comparison.first, *(r.dossier for r in comparison.rivals if r.examined)]
    lines: dict[str, list[Line]] = {}
    for dossier in shown:
        own = letter(comparison, dossier.version)
        for family, points in dossier.robustness.items():
            lines.setdefault(family, []).append(Line(own, LINE_COLOURS[LETTERS.index(own)], points))
    if len(shown) < 2:
        return []
    return [
        html.Section(
            [
                html.H3("Where do they break?"),
                html.P(
                    "Bands are 95 % intervals of each version by itself; the tests above are "
                    "sharper, since they look at the same clouds.",
                    className="quiet",
                ),
                curve_grid(lines),
            ],
            className="report-part",
        )
    ]
