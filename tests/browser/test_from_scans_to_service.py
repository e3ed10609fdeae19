"""A newcomer with a zip of scans: dropped, looked at, learnt, in service, and asked."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from browser_kit import Page, serving
from test_browser_data import drop, looked_at

from pcdash.ui import answer, own_data, shell, training_editor
from pcdash.ui.tabs import training

pytestmark = pytest.mark.browser

SCANS = {"train": 15, "test": 5}
"""Of each of the ten classes: 200 in all."""


def _subset(scans: Path, path: Path) -> Path:
    """Zip the first scans of each class and part, as somebody would who packs the folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for label in sorted(folder for folder in scans.iterdir() if folder.is_dir()):
            for part, number in SCANS.items():
                for file in sorted((label / part).glob("*.npy"))[:number]:
                    archive.write(file, f"{label.name}/{part}/{file.name}")
    return path


def test_from_a_zip_to_a_version_in_service_and_a_prediction(
    chromium: Any, shared_data: Path, tmp_path: Path
) -> None:
    packed = _subset(shared_data / "modelnet10", tmp_path / "furniture.zip")
    with serving(tmp_path / "artifacts", bootstrap=False) as site:
        page = Page(chromium, site.url)
        page.hosts()
        page.get_logs()
        page.open()
        page.tab("data")
        drop(page, packed)
        assert "10\nclasses" in looked_at(page, "furniture")
        assert "200\nfiles" in page.text(own_data.ABOUT)
        page.click(own_data.TRAIN)
        page.until(lambda: page.find("training-tab-section").is_displayed())
        page.until(
            lambda: (
                "root: datasets/"
                in page.run(f"return document.getElementById('{training_editor.EDITOR}').value")
            )
        )
        page.click(training.START)
        page.until(lambda: "done" in page.text(training.JOB), 300)
        version = site.app.workbench.models()[0].version
        page.until(lambda: page.text(shell.VERSION) == version)
        page.tab("explore")
        scan = next((shared_data / "modelnet10" / "toilet" / "test").glob("*.npy"))
        page.find("explore-upload-file").send_keys(str(scan))
        page.until(lambda: scan.name in page.text("explore-view-caption"))
        page.click(answer.PREDICT)
        assert page.answer() in site.app.workbench.models()[0].classes
        assert (site.app.workbench.models()[0].accuracy or 0) > 0.5  # one in ten by chance
        assert version in page.text(answer.ANSWER)
        assert site.app.workbench.models()[0].n_test == 50
        chromium.get("about:blank")
