"""30 texts that would run, in every place where a stranger's text is shown: none runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
import requests
from browser_kit import Page, Site, serving
from hostile import ALL, make_hostile
from payloads import CLICK, DETECTOR, PAYLOADS, raw_pages
from selenium import webdriver

from pcdash.figures import cloud_figure
from pcdash.files import display_name, encode_cloud
from pcdash.ui import answer, ids, shell, source, training_form, view
from pcdash.ui.pages import compare, report
from pcdash.ui.tabs import models, training

pytestmark = pytest.mark.browser

CLOUD = encode_cloud(np.random.default_rng(1).normal(size=(24, 3)), ".xyz")
BROKEN = b"1 2 3\n1 2\n"


@pytest.fixture(scope="module")
def hostile(
    small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, str]]:
    """A server whose model, versions and jobs have payloads for names; and a broken version."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(small_artifacts, folder / "artifacts", symlinks=True)
    version, broken = make_hostile(folder / "artifacts")
    with serving(folder / "artifacts", bootstrap=False, data_root=str(folder)) as site:
        site.app.workbench.load_model()
        assert site.app.workbench.status().model_version == version
        yield site, broken


@pytest.fixture(scope="module")
def watched(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """Chromium with the detector in every page, and little to draw."""
    size = chromium.get_window_size()
    script = chromium.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": DETECTOR})
    chromium.set_window_size(1024, 400)
    yield chromium
    chromium.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    chromium.get("about:blank")
    chromium.set_window_size(size["width"], size["height"])


@pytest.fixture(scope="module")
def opened(watched: webdriver.Chrome, hostile: tuple[Site, str]) -> Page:
    """The page, opened once for all of these tests by a link that is hostile itself."""
    page = Page(watched, hostile[0].url)
    page.hosts()
    page.get_logs()
    page.open(f"?n_points=16&seed=1&x={quote(PAYLOADS[0])}")
    return page


@pytest.fixture
def hunted(opened: Page) -> Iterator[Page]:
    """Afterwards nothing has run, nothing was stopped, and nobody else was called."""
    yield opened
    opened.run(CLICK)
    assert opened.run("return hits") == []
    assert opened.run("return reports") == []
    assert opened.get_logs() == []
    assert opened.hosts() <= {urlsplit(opened.url).netloc}


# -- the control ----------------------------------------------------------------------------------


def runs(driver: Any, address: str) -> tuple[set[int], set[int]]:
    """Which payloads run when their raw pages are opened, and which were reported."""
    hits, reports = set(), set()
    page = Page(driver, address)
    for number in range(len(PAYLOADS)):
        driver.get(f"{address}{number}")
        page.run(CLICK)
        page.until(lambda: page.run("return hits.length + reports.length") > 0)
        hits |= set(page.run("return hits"))
        reports |= {number} if page.run("return reports") else set()
    page.get_logs()
    return hits, reports


def test_without_a_policy_the_detector_sees_every_payload_run(watched: Any) -> None:
    with raw_pages(None) as address:
        assert runs(watched, address) == (set(range(len(PAYLOADS))), set())


def test_our_policy_stops_and_reports_every_payload(
    watched: Any, hostile: tuple[Site, str]
) -> None:
    policy = requests.get(hostile[0].url, timeout=10).headers["Content-Security-Policy"]
    with raw_pages(policy) as address:
        assert runs(watched, address) == (set(), set(range(len(PAYLOADS))))


# -- the places -----------------------------------------------------------------------------------


def set_props(page: Page, identifier: str, **props: Any) -> None:
    page.run("dash_clientside.set_props(arguments[0], arguments[1])", identifier, props)


def upload(page: Page, name: str, content: bytes) -> None:
    """What assets/upload.js does; a file on a disk could not have these names."""
    address = urlsplit(page.url)
    given = requests.post(
        f"http://{address.netloc}/uploads?name={quote(name, safe='')}",
        data=content,
        headers={"Content-Type": "application/octet-stream"},
        timeout=10,
    )
    set_props(page, ids.UPLOAD, data={"id": given.json()["upload_id"], "name": name})


def text_in(page: Page, identifier: str) -> str:
    """All text of an element, shown or folded away; none of a toast that is not there (yet)."""
    return str(
        page.run("return document.getElementById(arguments[0])?.textContent ?? ''", identifier)
    )


def test_names_of_files(hunted: Page) -> None:
    page = hunted
    page.tab("explore")
    for payload in PAYLOADS:
        shown = display_name(payload + ".xyz")
        upload(page, payload + ".xyz", BROKEN)
        page.until(lambda shown=shown: shown in text_in(page, source.UPLOAD_MESSAGE))
        page.until(lambda shown=shown: shown in text_in(page, ids.TOAST))
    for payload in PAYLOADS[::6]:  # drawing takes its time
        shown = display_name(payload + ".xyz")
        upload(page, payload + ".xyz", CLOUD)
        page.until(lambda shown=shown: text_in(page, view.CAPTION).startswith(shown))


def test_names_of_classes_in_an_answer(hunted: Page) -> None:
    page = hunted
    page.tab("explore")
    page.click(answer.PREDICT)
    page.until(lambda: all(payload in text_in(page, answer.ANSWER) for payload in PAYLOADS))


def test_titles_of_figures_for_scripts(hunted: Page) -> None:
    page = hunted
    page.tab("explore")
    points = np.random.default_rng(2).normal(size=(24, 3))
    for payload in PAYLOADS:
        title = cloud_figure(points, title=f"Predicted: {payload}")["layout"]["title"]
        drawn = page.run(
            "const place = document.createElement('div'); document.body.append(place);"
            "Plotly.newPlot(place, [], {title: arguments[0]});"
            "const text = place.querySelector('.gtitle').textContent;"
            "place.remove();"
            "return text",
            title,
        )
        assert drawn == f"Predicted: {payload}"


def test_addresses(hunted: Page) -> None:
    page = hunted
    page.tab("explore")
    for payload in PAYLOADS:
        for field in ("shape", "n_points"):
            error = source.ERROR[field]
            set_props(page, error, children="")
            page.until(lambda error=error: not text_in(page, error))
            set_props(page, ids.LOCATION, search=f"?{field}={quote(payload)}")
            page.until(lambda error=error: text_in(page, error))


def test_titles_errors_and_logs_of_jobs(hunted: Page) -> None:
    page = hunted
    page.tab("training")
    page.until(lambda: all(payload in text_in(page, training.LIST) for payload in PAYLOADS))
    page.until(lambda: ALL in text_in(page, training.JOB))
    page.until(lambda: all(payload in text_in(page, training.LOG) for payload in PAYLOADS))


def test_what_is_typed_into_the_form(hunted: Page) -> None:
    page = hunted
    page.tab("training")
    page.choose(training_form.KIND, "folder")
    error = training_form.ERROR["dataset.root"]
    for turn, typed in enumerate((PAYLOADS[0], PAYLOADS[10], ALL)):
        set_props(page, error, children="")
        set_props(page, training_form.CONTROL["dataset.root"], value=typed)
        page.until(lambda: not text_in(page, error))
        set_props(page, training.FORM, n_submit=turn + 1)
        page.until(lambda: text_in(page, error))


def test_versions_and_their_reports(hunted: Page) -> None:
    page = hunted
    page.tab("models")
    page.until(lambda: all(p in text_in(page, models.ABOUT) for p in PAYLOADS))
    assert PAYLOADS[10] in text_in(page, models.LIST)  # the folder that was trained on
    ticks = "return [...document.querySelectorAll('.confusion text')].map((t) => t.textContent)"
    page.until(lambda: set(PAYLOADS) <= set(page.run(ticks)))


def test_the_report_of_a_version(hunted: Page, hostile: tuple[Site, str]) -> None:
    page = hunted
    version = hostile[0].app.workbench.status().model_version
    go = "history.pushState({}, '', arguments[0]);"
    went = "window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'))"
    page.run(go + went, f"/demo/models/{version}")
    page.until(lambda: all(p in text_in(page, report.ABOUT) for p in PAYLOADS))
    page.until(lambda: PAYLOADS[0] in text_in(page, report.MISTAKEN))
    ticks = f"return [...document.querySelectorAll('#{report.CONFUSION} text')]"
    page.until(lambda: set(PAYLOADS) <= set(page.run(f"{ticks}.map((t) => t.textContent)")))
    page.run(go + went, f"/demo/compare/{version},{quote(PAYLOADS[0], safe='')}")
    page.until(lambda: "Nothing to compare" in text_in(page, compare.BODY))
    page.tab("models")


def test_why_a_version_is_not_served(hunted: Page, hostile: tuple[Site, str]) -> None:
    page, (site, broken) = hunted, hostile
    page.tab("models")
    before = site.app.workbench.status().model_version
    site.app.workbench.promote(broken, reason=ALL)
    try:
        reason = f"document.getElementById('{shell.DOT}').title"
        page.until(lambda: PAYLOADS[10] in page.run(f"return {reason}"))
    finally:
        site.app.workbench.promote(str(before))


def test_the_documentation_is_drawn_offline_under_the_policy(hunted: Page) -> None:
    page = hunted
    page.driver.get(page.url.replace("/demo/", "/docs"))
    page.until(lambda: page.run("return document.querySelectorAll('.opblock').length") >= 14)
    assert "/predict" in page.driver.page_source
