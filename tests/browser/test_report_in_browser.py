"""The report of a version, a comparison, and the file to hand on, with a real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dossiers import make_dossier, make_evidence
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from pcdash.core.examination.evidence import Evidence
from pcdash.registry import durable
from pcdash.report import offline_report
from pcdash.ui.pages import compare, report
from pcdash.ui.tabs import models
from pcdash.workbench import Workbench

pytestmark = pytest.mark.browser

CLASSES = ("cone", "torus")
WIDER = "const page = document.documentElement; return page.scrollWidth - page.clientWidth"


@pytest.fixture(scope="module")
def versions(site: Any) -> tuple[str, str]:
    """Two versions with made-up mistakes among the same 40 test clouds."""
    bench = site.app.workbench
    while len(bench.models()) < 2:
        site.train()
    newest, older = (row.version for row in bench.models()[:2])
    give(bench, newest, make_evidence(40, wrong=range(0, 30), classes=CLASSES))
    give(bench, older, make_evidence(40, wrong=(0, 35), classes=CLASSES))
    return newest, older


def give(bench: Workbench, version: str, evidence: Evidence) -> None:
    """Put `evidence`, and a report that agrees with it, in the place of a version's own."""
    wrong = np.flatnonzero(evidence.said != evidence.truth).tolist()
    made = make_dossier(version, number=40, wrong=wrong, classes=CLASSES)
    registry = bench._registry
    registry.attach(version, "evidence.npz", evidence.to_bytes())
    path = bench.settings.artifacts / "reports" / f"{version}.json"
    durable.replace_file(path, durable.to_json(registry.report(version) | made.report, field="x"))


def pictures(page: Any, ids: Any) -> list[str]:
    drawn = f"[...document.querySelectorAll('#{ids.clouds} .thumbnail')]"
    keys: list[str] = page.run(f"return {drawn}.map((one) => one.dataset.pick)")
    return keys


def open_report(page: Any, version: str) -> None:
    page.open(f"models/{version}")
    page.until(lambda: f"Version {version}" in page.text(report.HEAD))
    page.until(lambda: len(pictures(page, report.GALLERY)) == 24)


def caption(page: Any) -> str:
    return str(page.text(report.GALLERY.caption))


def plot_area(page: Any, graph: str) -> Any:
    selector = f"#{graph} .nsewdrag"
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, selector))
    return page.show(page.driver.find_element(By.CSS_SELECTOR, selector))


def push(page: Any, selector: str) -> None:
    """Click on what may be far below."""
    found = f'document.querySelector("{selector}")'
    page.until(lambda: page.run(f"return {found} !== null"))
    page.run(f"{found}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    page.press(selector)


def test_from_a_cell_and_the_map_to_the_clouds(page: Any, versions: tuple[str, str]) -> None:
    open_report(page, versions[0])
    assert "30 mistakes among 40 test clouds" in caption(page)

    cells = plot_area(page, report.CONFUSION)
    width, height = cells.size["width"], cells.size["height"]
    right_below = ActionChains(page.driver).move_to_element_with_offset
    right_below(cells, int(0.75 * width), int(0.75 * height)).click().perform()
    page.until(lambda: "torus that were recognised" in caption(page))
    assert len(pictures(page, report.GALLERY)) == 5

    area = plot_area(page, report.MAP)
    width, height = area.size["width"] - 4, area.size["height"] - 4
    lasso = ActionChains(page.driver).move_to_element_with_offset(area, 2, 2).click_and_hold()
    for x, y in ((width, 0), (0, height), (-width, 0), (0, -height + 2)):
        lasso = lasso.move_by_offset(x, y)
    lasso.release().perform()
    page.until(lambda: "40 clouds selected on the map" in caption(page))

    page.click(report.ALL_MISTAKES)
    page.until(lambda: "30 mistakes" in caption(page))


def test_leafing_turning_and_coming_back(page: Any, versions: tuple[str, str]) -> None:
    open_report(page, versions[0])
    page.until(lambda: page.text(report.GALLERY.said).startswith("cone"))
    push(page, f"#{report.GALLERY.pager} li:nth-child(3) a")
    page.until(lambda: len(pictures(page, report.GALLERY)) == 6)
    assert f"/models/{versions[0]}" in page.driver.current_url, "a pager is no way out"

    scene = f"document.querySelector('#{report.GALLERY.scene} .js-plotly-plot')"
    eye = f"return {scene}._fullLayout.scene._scene.getCamera().eye"
    page.run(f"Plotly.relayout({scene}, {{'scene.camera.eye': {{x: 2, y: 0.5, z: 0.25}}}})")
    page.until(lambda: page.run(eye)["x"] == pytest.approx(2))
    push(page, f"#{report.GALLERY.clouds} .thumbnail:nth-child(6)")
    page.until(lambda: "029.ply" in page.text(report.GALLERY.said))
    assert page.run(eye) == pytest.approx({"x": 2, "y": 0.5, "z": 0.25})

    page.tab("models")
    assert page.driver.current_url == f"{page.url}#models"
    page.driver.back()
    page.until(lambda: page.find("report-tab-section").is_displayed())
    page.driver.refresh()
    page.until(lambda: page.driver.find_elements(By.ID, report.HEAD))
    page.until(lambda: f"Version {versions[0]}" in page.text(report.HEAD))


def test_an_unknown_version_and_the_way_out(page: Any) -> None:
    page.open("models/20200101-000000")
    page.until(lambda: "There is no such version" in page.text(report.HEAD))
    assert page.find(report.BODY).is_displayed() is False
    push(page, f"#{report.HEAD} a[href='#models']")
    page.until(lambda: page.find("models-tab-section").is_displayed())
    (line,) = page.get_logs()  # the address itself, of which the browser says so by itself
    assert "/models/20200101-000000 - " in line
    assert "404" in line


def test_two_versions_side_by_side(page: Any, versions: tuple[str, str]) -> None:
    page.open(f"compare/{','.join(versions)}")
    page.until(lambda: "Is B better than A?" in page.text(compare.BODY))
    page.until(lambda: len(pictures(page, compare.GALLERY)) == 1)
    push(page, f"#{compare.BUTTONS} [data-pick='{versions[1]}']")
    page.until(lambda: "29 clouds that only B" in page.text(compare.GALLERY.caption))
    assert "B better" in page.text(compare.BODY)
    push(page, f"#{compare.BODY} a[href$='/models/{versions[1]}']")
    page.until(lambda: f"Version {versions[1]}" in page.text(report.HEAD))
    page.until(lambda: len(pictures(page, report.GALLERY)) == 2)


def test_versions_are_ticked_in_the_list_and_compared(page: Any, versions: tuple[str, str]) -> None:
    page.open("#models")
    box = ".choice[data-pick='{}'][aria-checked='{}']"
    for version in versions[::-1]:
        push(page, box.format(version, "false"))
    push(page, "#models-tab-section a[href*='/compare/'].btn-sm")
    page.until(lambda: "2 versions side by side" in page.text(compare.BODY))
    assert page.driver.current_url.endswith(f"/compare/{versions[1]},{versions[0]}")
    page.tab("models")
    push(page, box.format(versions[0], "true"))
    page.until(lambda: "choose one more" in page.text(models.LIST))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(
    page: Any, versions: tuple[str, str], theme: str
) -> None:
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        for where, shown in ((f"models/{versions[0]}", report.MAP_TEXT),
                             (f"compare/{','.join(versions)}", compare.BUTTONS)):  # fmt: skip
            page.open(where)
            page.run("document.documentElement.setAttribute('data-bs-theme', arguments[0])", theme)
            page.until(lambda shown=shown: page.text(shown))
            assert page.run(WIDER) == 0
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_file_turns_its_clouds_without_a_server(
    page: Any, site: Any, versions: tuple[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(offline_report(site.app.workbench.dossier(versions[0])))
    page.driver.get(file.as_uri())
    canvases = page.driver.find_elements(By.TAG_NAME, "canvas")
    assert len(canvases) == 30 + 2 * 2
    picture = "return arguments[0].toDataURL()"
    canvas = page.show(canvases[0])
    before = page.run(picture, canvas)
    assert len(before) > 2_000, "something is drawn"
    ActionChains(page.driver).drag_and_drop_by_offset(canvas, 40, 20).perform()
    dragged = page.run(picture, canvas)
    assert dragged != before
    canvas.send_keys("\ue014")  # the right arrow
    assert page.run(picture, canvas) not in (before, dragged)
    assert page.hosts() <= {page.url.split("/")[2]}, "of pages before; none of this one"
