"""Data, with a real Chromium: from a zip to what is in it, and away again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from labelled import members, pack, planted
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from pcdash.datasets import Dataset
from pcdash.ui import own_data, samples
from pcdash.ui.tabs import data

pytestmark = pytest.mark.browser

UPLOAD = "data-upload-file"
ZONE = "data-upload-zone"

DROP = """
const [zone, input] = arguments;
const transfer = new DataTransfer();
for (const file of input.files) transfer.items.add(file);
zone.dispatchEvent(new DragEvent("dragover", {dataTransfer: transfer, bubbles: true}));
zone.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
"""
"""Drops what a file input holds; Chromium lets no script make a file of the disk otherwise."""


def drop(page: Any, path: Path) -> None:
    """Let go of a file over the zone, as the mouse would."""
    page.run(
        "const i = document.createElement('input'); i.type = 'file'; i.id = 'dropped';"
        "document.getElementById('dropped')?.remove(); document.body.appendChild(i)"
    )
    page.find("dropped").send_keys(str(path))
    page.run(DROP, page.find(ZONE), page.find("dropped"))


def stored(site: Any) -> list[Dataset]:
    found: list[Dataset] = site.app.workbench.datasets.all()
    return found


def looked_at(page: Any, name: str) -> str:
    """Wait until a dataset is shown with what is in it; the words of its panel."""
    page.until(
        lambda: page.text(own_data.TITLE) == name and "classes" in page.text(own_data.ABOUT), 60
    )
    return str(page.text(own_data.ABOUT))


def test_drop_a_zip_see_what_is_in_it_measure_and_delete(
    page: Any, site: Any, tmp_path: Path
) -> None:
    page.open("#data")
    drop(page, pack(tmp_path / "my scans.zip", planted(4), "scans/"))
    said = looked_at(page, "my scans")
    assert "1 cloud is in both train and test: the test will look too good." in said
    assert "1 cloud stands in two classes." in said
    assert "2 files cannot be read" in said
    assert "line 5: expected 3 numbers, found 2" in said
    assert "balls/test/copy.ply, balls/train/001.ply" in said
    pictures = page.driver.find_elements(By.CSS_SELECTOR, ".gallery img")
    assert len(pictures) == 8
    page.until(lambda: page.run("return arguments[0].naturalWidth", pictures[0]) > 0)
    page.until(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, ".chart .bars .point")) == 4)
    assert "1 dataset · " in page.text(own_data.DISK)

    page.click(own_data.DELETE)
    waiting = WebDriverWait(page.driver, 30)
    question = waiting.until(expected_conditions.alert_is_present())
    assert "Delete this dataset for good? my scans: 21 files" in question.text
    question.dismiss()
    assert len(stored(site)) == 1
    page.click(own_data.DELETE)
    waiting.until(expected_conditions.alert_is_present()).accept()
    page.until(lambda: "Nothing is stored yet" in page.text(own_data.LIST))
    assert stored(site) == []
    assert page.find(own_data.PANEL).is_displayed() is False


def test_a_version_is_measured_and_a_training_named(page: Any, site: Any, tmp_path: Path) -> None:
    page.open("#data")
    # Classes of the version in service; what the clouds are does not matter.
    files = {
        name.replace("balls", "cone").replace("rings", "torus"): content
        for name, content in members(6).items()
    }
    page.find(UPLOAD).send_keys(str(pack(tmp_path / "shapes.zip", files)))
    assert "The class cone has only 6 clouds" in looked_at(page, "shapes")
    (dataset,) = stored(site)
    page.click(own_data.EVALUATE)
    page.until(lambda: "done" in page.text(own_data.MEASURED), 60)
    assert "Measured on 12 clouds" in page.text(own_data.MEASURED)
    page.until(lambda: "Calibration error" in page.text(own_data.RESULT.metrics))
    page.until(
        lambda: page.driver.find_elements(
            By.CSS_SELECTOR, f"#{own_data.RESULT.graph} .heatmaplayer image"
        )
    )
    page.click(own_data.TRAIN)
    page.until(lambda: page.find("training-tab-section").is_displayed())
    assert page.driver.current_url.endswith(f"#training?dataset={dataset.hash}")
    site.app.workbench.datasets.delete(dataset.hash)


def test_what_is_no_zip_of_scans_says_why(page: Any, site: Any, tmp_path: Path) -> None:
    page.open("#data")
    page.find(UPLOAD).send_keys(str(pack(tmp_path / "loose.zip", {"a/1.ply": b"x"})))
    page.until(
        lambda: "expected a folder for each of 2 or more classes" in page.text(own_data.JOBS)
    )
    (tmp_path / "scan.ply").write_bytes(b"x")
    page.find(UPLOAD).send_keys(str(tmp_path / "scan.ply"))
    page.until(lambda: "expected a zip" in page.text(own_data.UPLOAD_MESSAGE))
    assert stored(site) == []


def test_made_shapes_are_drawn_and_turned_on_a_phone_too(page: Any) -> None:
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        page.open("#data")
        assert page.run("return document.documentElement.scrollWidth") <= 390
        page.choose(samples.SOURCE, "made")
        canvas = f"#{samples.GRAPH} .gl-container canvas"
        page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, canvas))
        page.until(lambda: page.text(samples.CAPTION).startswith("sphere"))
        buttons = page.driver.find_elements(By.CLASS_NAME, "sample")
        assert len(buttons) == samples.SHOWN
        page.show(buttons[4]).click()
        page.until(lambda: page.text(samples.CAPTION).startswith("torus"))
        drawn = page.text(samples.GALLERY)
        page.click(samples.DRAW)
        page.until(lambda: page.text(samples.GALLERY) != drawn)
        assert page.run("return document.documentElement.scrollWidth") <= 390
        page.choose(samples.SOURCE, "own")
        page.until(lambda: page.find(data.PANELS["own"]).is_displayed())
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
