"""The report as a file: whole, small, closed to the network, and safe whatever names it holds."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from dossiers import make_dossier, make_evidence

from pcdash.core.evaluation import confusion_matrix
from pcdash.figures import FAMILIES
from pcdash.report import facts_of, offline_report
from pcdash.report.offline import MOST_CLOUDS
from pcdash.workbench.dossier import Dossier

HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&"


class Read(HTMLParser):
    """Every element with its attributes, the text, and what scripts and styles hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.raw:
            self.raw[self._open[-1]].append(data)
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(dossier: Dossier) -> Read:
    return Read(offline_report(dossier).decode())


def test_it_says_what_the_page_says() -> None:
    dossier = make_dossier()
    text = read(dossier).text
    for words in ("Version 20261122-101500", "83.3 %", "55.2 % to 95.3 %", "25.0 % to 75.0 %"):
        assert words in text
    for name, value in facts_of(dossier).items():
        assert name in text
        assert value in text
    for about in FAMILIES.values():
        assert about.question in text
    assert "12.5 %" in text, "the calibration error"
    assert "box, taken for rod" in text
    assert "second order" in text


def test_nothing_in_it_leads_anywhere() -> None:
    report = read(make_dossier())
    text = offline_report(make_dossier()).decode()
    assert re.findall(r"(?:https?:|wss?:|ftp:)?//[a-z0-9]", text, re.I) == [], "no address at all"
    for attributes in (one for _, one in report.elements):
        assert {"src", "href", "action", "srcset", "data", "poster"}.isdisjoint(attributes)
        assert not any(name.startswith("on") for name in attributes)
    assert "@import" not in text
    assert "url(" not in text
    for call in ("fetch", "XMLHttpRequest", "import(", "eval", "WebSocket", "sendBeacon"):
        assert call not in report.raw["script"][0]


def test_a_policy_lets_its_own_script_run_and_no_other() -> None:
    report = read(make_dossier())
    (policy,) = [one["content"] for one in report.all("meta") if "http-equiv" in one]
    (script,) = report.raw["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def test_every_mistake_can_be_turned() -> None:
    dossier = make_dossier(number=30, wrong=(1, 4, 9))
    canvases = read(dossier).all("canvas")
    assert len(canvases) == 3 + 2 * 3, "and two of each class that were right"
    evidence = dossier.evidence
    assert evidence is not None
    packed = base64.b64decode(str(canvases[0]["data-points"]))
    shown = np.frombuffer(packed, dtype=np.uint8).reshape(-1, 3) / 127.5 - 1
    points = evidence.points[1].astype(np.float64)
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    np.testing.assert_allclose(shown, points / np.linalg.norm(points, axis=1).max(), atol=0.005)
    assert {one["tabindex"] for one in canvases} == {"0"}


def test_names_of_strangers_are_text() -> None:
    classes = (HOSTILE, "box" + HOSTILE, "rod")
    plain = read(make_dossier())
    dossier = make_dossier(classes=classes)
    evidence = dossier.evidence
    assert evidence is not None
    evidence.name[:] = HOSTILE[: evidence.name.dtype.itemsize // 4]
    dossier.report["alarm"] = HOSTILE
    dossier.report["config"]["model"]["name"] = HOSTILE
    dossier.report["lineage"]["libraries"] = {HOSTILE: HOSTILE}
    dossier.report["importance"][0]["block"] = HOSTILE
    dossier.report["problems"] = [HOSTILE]
    report = read(dossier)
    assert report.text.count(HOSTILE) > 10
    assert report.raw == plain.raw
    assert {tag for tag, _ in report.elements} - {tag for tag, _ in plain.elements} <= {"strong"}
    assert report.all("img") == []


def test_a_large_version_stays_below_5_mb() -> None:
    classes = tuple(f"class {i}" for i in range(60))
    number = 2_000
    dossier = make_dossier(number=number, wrong=range(0, number, 2), classes=classes)
    content = offline_report(dossier)
    assert len(content) < 1_500_000
    report = Read(content.decode())
    assert len(report.all("canvas")) == MOST_CLOUDS
    assert len(report.all("td")) > 60 * 60


def test_a_matrix_that_nobody_could_read_is_left_out() -> None:
    classes = tuple(f"class {i}" for i in range(200))
    dossier = make_dossier(number=400, wrong=(3,), classes=classes)
    assert 'class="matrix"' not in offline_report(dossier).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"passport": None, "missing": ("No passport.",)},
        {"evidence": None, "missing": ("No test clouds.",)},
        {"report": None, "passport": None, "evidence": None, "missing": ("a", "b", "c")},
    ],
)
def test_what_is_missing_is_said_and_the_rest_is_there(changes: dict[str, Any]) -> None:
    dossier = make_dossier()
    values = vars(dossier) | changes
    if values["report"] is None:
        values["report"] = {}
    report = read(Dossier(**values))
    for text in values["missing"]:
        assert text in report.text
    assert ("Where does it break?" in report.text) == (values["passport"] is not None)
    assert bool(report.all("canvas")) == (values["evidence"] is not None)
    assert ("How often is it right?" in report.text) == bool(values["report"])
    assert "How was it made?" in report.text


def test_a_collapsed_model_is_called_so_first() -> None:
    truth = np.array([0, 1, 2] * 4)
    confusion = confusion_matrix(truth, np.zeros(12, dtype=np.int64), 3).tolist()
    dossier = make_dossier(report={"alarm": "all are balls", "confusion": confusion})
    text = read(dossier).text
    assert text.index("Do not use it. all are balls.") < text.index("How often is it right?")
    assert "Do not use it" not in read(make_dossier()).text


def test_the_same_version_gives_the_same_bytes() -> None:
    assert offline_report(make_dossier()) == offline_report(make_dossier())


def test_no_evidence_of_no_cloud_is_no_fault() -> None:
    assert read(make_dossier(evidence=make_evidence(0))).all("canvas") == []
