"""The report of a version as one HTML file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined, Template
from numpy.typing import NDArray

from pcdash.core.examination.evidence import Evidence
from pcdash.figures import (
    FAMILIES,
    LINE_COLOURS,
    NAMED_CLASSES,
    Line,
    class_colour,
    curve_figure,
    curve_summary,
    map_figure,
    reliability_figure,
    svg,
)
from pcdash.figures.words import percent
from pcdash.report.facts import conditions_of, facts_of
from pcdash.workbench.dossier import Dossier, confidence, surest_first

MOST_CLOUDS = 240
"""Clouds that can be turned; a kilobyte each."""

_MOST_CLASSES = 60
"""A matrix of more could not be read."""

_METRICS = {"accuracy": "Accuracy", "f1_macro": "F1 (macro)"}


def offline_report(dossier: Dossier) -> bytes:
    """Return the report: text, charts as SVG, clouds that turn; everything from others escaped.

    Nothing in it is loaded from anywhere: a policy in its head forbids that, and every script but
    its own.

    Parameters
    ----------
    dossier : Dossier

    Returns
    -------
    bytes
        UTF-8; well below 5 MB.
    """
    script = _part("viewer.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _template()
        .render(
            version=dossier.version,
            script=script,
            script_hash=f"sha256-{digest}",
            style=_part("style.css"),
            classes=dossier.classes,
            missing=dossier.missing,
            facts=facts_of(dossier),
            examined=conditions_of(dossier),
            **_measured(dossier),
            **_charts(dossier),
            **_clouds(dossier),
        )
        .encode()
    )


def _part(name: str) -> str:
    return (files("pcdash.report") / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["percent"] = percent
    return environment.from_string(_part("template.html"))


def _measured(dossier: Dossier) -> dict[str, Any]:
    """What the training's own report says."""
    report, confusion = dossier.report, dossier.confusion
    totals = np.maximum(1, confusion.sum(axis=1, keepdims=True))
    shown = 0 < len(confusion) <= _MOST_CLASSES
    drops = [one["drop"] for one in report.get("importance") or ()]
    most = max([*drops, 1e-9])
    return {
        "alarm": report.get("alarm"),
        "tested": f"{int(confusion.sum()):,}",
        "metrics": _metrics(report),
        "config": json.dumps(report["config"], indent=2) if report.get("config") else "",
        "per_class": report.get("per_class") or [],
        "matrix": [
            [
                {"count": int(count), "share": float(share)}
                for count, share in zip(counts, shares, strict=True)
            ]
            for counts, shares in zip(confusion, confusion / totals, strict=True)
        ]
        if shown
        else [],
        "ece": (report.get("calibration") or {}).get("ece"),
        "importance": [
            {
                "block": str(one["block"]).replace("_", " "),
                "width": f"{100 * max(0.0, one['drop']) / most:.1f}",
                "drop": f"{100 * one['drop']:.1f} points",
            }
            for one in report.get("importance") or ()
        ],
    }


def _metrics(report: dict[str, Any]) -> list[dict[str, str]]:
    intervals = report.get("intervals") or {}
    found = []
    for key, value in (report.get("metrics") or {}).items():
        low, high = intervals.get(key) or (None, None)
        between = f"{percent(low)} to {percent(high)}" if low is not None else ""
        found.append({"name": _METRICS.get(key, key), "value": percent(value), "interval": between})
    return found


def _charts(dossier: Dossier) -> dict[str, Any]:
    charts = []
    for family, points in dossier.robustness.items():
        if about := FAMILIES.get(family):
            figure = curve_figure(family, [Line(dossier.version, LINE_COLOURS[0], points)])
            charts.append(
                {
                    "question": about.question,
                    "summary": curve_summary(family, points),
                    "svg": svg(figure, width=330, height=220, title=about.question),
                }
            )
    bins = dossier.reliability
    drawn = svg(reliability_figure(bins), width=420, height=340, title="Reliability diagram")
    return {"charts": charts, "reliability": drawn if bins else ""}


def _clouds(dossier: Dossier) -> dict[str, Any]:
    evidence, classes = dossier.evidence, dossier.classes
    if evidence is None or not len(evidence.said):
        return {"clouds": [], "clouds_title": "", "clouds_note": "", "map": "", "legend": [],
                "map_note": ""}  # fmt: skip
    wrong = evidence.said != evidence.truth
    mistakes = surest_first(evidence, wrong)
    # Beside the mistakes a few of each class that were right, for what they should look like.
    right = [np.flatnonzero(~wrong & (evidence.truth == k))[:2] for k in range(len(classes))]
    few = np.concatenate(right)[: MOST_CLOUDS // 2]
    rows = np.concatenate([mistakes[: MOST_CLOUDS - len(few)], few])
    figure = map_figure(
        evidence.place, evidence.truth, evidence.said, classes, evidence.name.tolist()
    )
    return {
        "clouds": _cards(evidence, classes, rows),
        "clouds_title": "What does it get wrong?",
        "clouds_note": f"{len(mistakes):,} of the {len(wrong):,} test clouds that were kept are "
        "mistakes; those it was surest of stand first, then some that are right.",
        "map": svg(figure, width=720, height=480, title="Map of the test clouds"),
        "map_note": f"The test clouds on two axes ({dossier.report.get('projection') or 'map'}); "
        "a cross is a mistake, in the colour of the class it is of.",
        "legend": [{"name": name, "colour": class_colour(name, classes)} for name in classes]
        if len(classes) <= NAMED_CLASSES
        else [],
    }


def _cards(
    evidence: Evidence, classes: tuple[str, ...], rows: NDArray[np.int64]
) -> list[dict[str, str]]:
    sure = confidence(evidence)
    cards = []
    for row in rows:
        true, said = classes[evidence.truth[row]], classes[evidence.said[row]]
        verdict = true if true == said else f"{true}, taken for {said}"
        cards.append(
            {
                "points": _packed(evidence.points[row]),
                "name": str(evidence.name[row]),
                "verdict": f"{verdict} ({percent(float(sure[row]))})",
            }
        )
    return cards


def _packed(points: NDArray[np.float16]) -> str:
    """Points within the unit sphere, three bytes each: finer than a small picture shows."""
    own = points.astype(np.float64)
    own -= (own.min(axis=0) + own.max(axis=0)) / 2
    reach = float(np.sqrt(np.einsum("nk,nk->n", own, own).max())) or 1.0
    return base64.b64encode(np.round((own / reach + 1) * 127.5).astype(np.uint8).tobytes()).decode()
