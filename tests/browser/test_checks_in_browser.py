"""Explore's checks of an answer, and taking the object out of its scan, with a real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scenes import scene
from selenium.webdriver.common.by import By

from pcdash.figures import BLAME
from pcdash.files import encode_cloud
from pcdash.ui import answer, isolating, view

pytestmark = pytest.mark.browser

PLOT = f"document.querySelector('#{view.GRAPH} .js-plotly-plot')"
RING = "?shape=torus&n_points=200&seed=3"


def find_out(page: Any, check: str, words: str) -> str:
    """Press the button of a check and wait for what it says."""
    page.click(f"explore-{check}-button")
    page.until(lambda: words in page.text(f"explore-{check}-panel"))
    return str(page.text(f"explore-{check}-panel"))


def test_the_turntable_says_what_hurts_and_a_new_cloud_clears_it(page: Any) -> None:
    page.open(RING)
    said = find_out(page, "turntable", "Hurts most")
    assert "Share of the trials with the same answer" in said
    panel = page.find("explore-turntable-panel")
    shares = panel.find_elements(By.CLASS_NAME, "bar-fill")
    assert len(shares) >= 4
    assert all(0 <= float(share.get_attribute("style").split("width:")[1].split("%")[0]) <= 100
               for share in shares)  # fmt: skip
    page.click("explore-generate-button")
    page.until(lambda: page.text("explore-turntable-panel") == "")


def test_what_decides_colours_the_points_or_says_that_it_means_nothing(page: Any) -> None:
    page.open(RING)
    said = find_out(page, "blame", "Random deletions it beats")
    scale = page.run(f"return {PLOT}._fullData[0].marker.colorscale.map((stop) => stop[1])")
    assert [colour.lower() for colour in scale] == list(BLAME)
    legend = page.driver.find_elements(By.CSS_SELECTOR, "#explore-blame-panel .legend")
    assert bool(legend) == ("against" in said)
    marks = page.run(f"return Array.from({PLOT}._fullData[0].marker.color)")
    assert len(marks) == 200
    assert (np.ptp(marks) > 0) == bool(legend)


def test_an_object_is_taken_off_its_table_and_put_back(page: Any, tmp_path: Path) -> None:
    made = scene("torus", np.random.default_rng(1), n=1500, stray=0)
    scan = tmp_path / "bench.ply"
    scan.write_bytes(encode_cloud(made.points, ".ply"))
    page.open()
    page.find("explore-upload-file").send_keys(str(scan))
    page.until(lambda: page.text(view.CAPTION).startswith("bench.ply"))
    page.until(lambda: page.driver.find_elements(By.CLASS_NAME, "answer-class"))
    whole, said_of_scan = page.text(view.CAPTION), page.text(answer.ANSWER)
    assert page.find(isolating.UNDO).is_displayed() is False

    page.click(isolating.ISOLATE)
    page.until(lambda: "Isolated:" in page.text(isolating.NOTE))
    page.until(lambda: "removed, grey" in page.text(view.CAPTION))
    assert not page.driver.find_elements(By.CLASS_NAME, "answer-class"), "not said of this cloud"
    kept, removed = page.run(f"return {PLOT}._fullData.map((trace) => trace.x.length)")
    assert kept + removed == len(made.points)
    assert kept == pytest.approx(made.wanted.sum(), rel=0.1)
    page.click(answer.PREDICT)
    page.until(lambda: page.driver.find_elements(By.CLASS_NAME, "answer-class"))
    assert f"{kept:,}" in page.text(answer.ANSWER).splitlines()
    assert shares(page.text(answer.ANSWER)) != shares(said_of_scan)

    page.click(isolating.UNDO)
    page.until(lambda: page.text(view.CAPTION) == whole)
    page.until(lambda: page.text(isolating.NOTE) == "")
    assert page.run(f"return {PLOT}._fullData.length") == 1


def shares(said: str) -> list[str]:
    """The probabilities in the words of an answer."""
    return [line for line in said.splitlines() if line.endswith("%")]
