"""Form and YAML of a training with a real Chromium, and several candidates in one training."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser_kit import Page, serving
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pcdash.core.params import TrainParams
from pcdash.jobs import Job, JobState
from pcdash.ui import training_editor, training_form
from pcdash.ui.tabs import training
from pcdash.ui.training_editor import EDITOR, FIELDS, PRESET, SHOW_LINE, VIEW, YAML_ERROR

pytestmark = pytest.mark.browser

POINTS = training_form.CONTROL["dataset.n_points"]
CLOUDS = training_form.CONTROL["dataset.n_samples_per_class"]

TEXT = """# mine
seed: 5
dataset:
  classes: [cone, torus]
  n_samples_per_class: 30   # few
  n_points: 64
candidates: [lda, svm_rbf]
folds: 3
passport: {grid: small, clouds: 10}
"""


def text(page: Page) -> str:
    return str(page.run(f"return document.getElementById('{EDITOR}').value"))


def write(page: Page, content: str) -> None:
    """Replace the YAML as a person does, and leave the editor."""
    page.choose(VIEW, "yaml")
    page.until(lambda: page.find(EDITOR).is_displayed())
    editor = page.find(EDITOR)
    page.run("arguments[0].select()", editor)
    editor.send_keys(content.replace("\n", Keys.ENTER) if content else Keys.DELETE)
    page.run("arguments[0].blur()", editor)


def jobs(page: Page, site: Any) -> Job:
    job: Job = site.app.workbench.jobs(1)[0]
    page.until(lambda: page.find(training.CANCEL).get_attribute("value") == job.id)
    return job


def test_form_and_yaml_follow_one_another(page: Page, site: Any) -> None:
    page.open("#training")
    first = text(page)
    page.type(POINTS, "64")
    page.press(f"[id='{CLOUDS}']")  # leaves the field
    page.until(lambda: "n_points: 64" in text(page))
    comment = next(line for line in first.splitlines() if line.startswith("#"))
    assert text(page).startswith(comment), "comments stay"
    assert page.driver.find_elements(By.CSS_SELECTOR, f"#{PRESET} input:checked") == []

    write(page, TEXT)
    value = f"return document.getElementById('{CLOUDS}').value"
    page.until(lambda: page.run(value) == "30")
    assert text(page) == TEXT, "what was typed is not written over"
    page.choose(VIEW, "form")
    page.type(CLOUDS, "40")
    page.press(f"[id='{POINTS}']")
    page.until(lambda: text(page) == TEXT.replace("30   #", "40   #"))

    page.choose(PRESET, "quick")
    page.until(lambda: text(page) == first)
    page.until(lambda: page.run(value) == "300")


def test_what_is_wrong_is_named_with_its_line_and_can_be_shown(page: Page, site: Any) -> None:
    before = len(site.app.workbench.jobs())
    page.open("#training")
    write(page, TEXT.replace("n_points: 64", "n_points: 5"))
    page.until(lambda: page.text(YAML_ERROR).startswith("line 6: dataset.n_points: "))
    page.click(SHOW_LINE)
    selected = "const e = arguments[0]; return e.value.slice(e.selectionStart, e.selectionEnd)"
    assert page.run(selected, page.find(EDITOR)).strip() == "n_points: 5"
    page.choose(VIEW, "form")
    page.until(lambda: "from 16" in page.text(training_form.ERROR["dataset.n_points"]))

    write(page, "a: [1")
    page.until(lambda: page.text(YAML_ERROR).startswith("line 1: not valid YAML"))
    page.choose(VIEW, "form")
    page.until(lambda: page.find(training_editor.BROKEN).is_displayed())
    assert page.find(FIELDS).get_attribute("disabled")
    page.click(training.START)
    page.until(lambda: "not valid YAML" in page.text(training_form.FORM_ERROR))
    assert len(site.app.workbench.jobs()) == before
    page.choose(PRESET, "quick")
    page.until(lambda: not page.find(FIELDS).get_attribute("disabled"))


def test_what_was_typed_outlives_a_reload_but_no_link(page: Page, site: Any) -> None:
    def reload(where: str) -> None:
        page.driver.get("about:blank")
        page.driver.get(page.url + where)
        page.until(lambda: page.driver.find_elements(By.ID, EDITOR))

    page.open("#training")
    first = text(page)
    write(page, TEXT)
    value = f"return document.getElementById('{CLOUDS}').value"
    page.until(lambda: page.run(value) == "30")
    reload("#training")
    page.until(lambda: text(page) == TEXT)
    page.until(lambda: page.run(value) == "30")
    reload("#training?preset=quick")
    page.until(lambda: text(page) == first)
    page.until(lambda: page.run(value) == "300")

    page.choose(VIEW, "form")
    page.type(CLOUDS, "41")
    page.press(f"[id='{POINTS}']")
    page.until(lambda: "n_samples_per_class: 41" in text(page))
    reload("#training?preset=quick")  # the very link that the change was made under
    page.until(lambda: "n_samples_per_class: 41" in text(page))
    page.open("#training")
    page.until(lambda: text(page) == first)


def test_enter_starts_what_was_typed_last(page: Page, site: Any) -> None:
    before = site.app.workbench.jobs(1)[0].id
    page.open("#training")
    write(page, TEXT.replace("candidates: [lda, svm_rbf]", "model: {name: lda}"))
    page.choose(VIEW, "form")
    page.type(CLOUDS, "21" + Keys.ENTER)
    page.until(lambda: site.app.workbench.jobs(1)[0].id != before)
    job = jobs(page, site)
    assert job.payload["params"]["dataset"]["n_samples_per_class"] == 21
    page.until(lambda: not site.app.workbench.job(job.id).active)


def test_several_candidates_are_compared_and_trained_again_with_changes(
    page: Page, site: Any
) -> None:
    page.open("#training")
    write(page, TEXT)
    page.click(training.START)
    page.until(lambda: "best of lda, svm_rbf" in page.text(training.JOB))
    job = jobs(page, site)
    table = "[...document.querySelectorAll('.comparison tbody tr')].map((row) => row.innerText)"
    # It grows while they are tried; in the end one is chosen.
    page.until(lambda: "chosen" in "".join(page.run(f"return {table}")), 180)
    best, other = page.run(f"return {table}")
    assert "chosen" in best
    assert "chosen" not in other
    assert {best.split()[0], other.split()[0]} == {"LDA", "SVM"}
    assert "fold 3" in page.run(f"return document.getElementById('{training.LOG}').textContent")

    page.choose(PRESET, "baseline")
    page.until(lambda: "random_forest" in text(page))
    page.click(training.AGAIN_BUTTON)
    page.until(lambda: "candidates: [lda, svm_rbf]" in text(page))
    page.open(f"#training?job={job.id}")
    page.until(lambda: "candidates: [lda, svm_rbf]" in text(page))
    assert page.find(training.START).is_displayed()
    chosen = "return [...document.querySelectorAll('#training-candidates-input :checked')].length"
    page.until(lambda: page.run(chosen) == 2)


def test_progress_survives_tabs_reload_and_restart_and_stops_in_time(
    chromium: Any, tmp_path: Path
) -> None:
    slow = {"name": "ensemble", "params": {"steps": 100_000}}
    data = {"classes": ["cube", "cone"], "n_samples_per_class": 20, "n_points": 32}
    params = TrainParams.model_validate({"dataset": data, "model": slow})
    with serving(tmp_path, bootstrap=False) as site:
        bench, page = site.app.workbench, Page(chromium, site.url)
        first = bench.start_training(params)
        page.open("#training")
        page.until(lambda: "fit" in page.text(training.JOB))
        page.tab("models")
        page.tab("training")
        assert "fit" in page.text(training.JOB)
        page.open("#training")
        page.until(lambda: "fit" in page.text(training.JOB))
        page.click(training.CANCEL)
        page.until(lambda: bench.job(first.id).cancelling or not bench.job(first.id).active)
        asked = time.monotonic()
        page.until(lambda: not bench.job(first.id).active)
        assert time.monotonic() - asked < 2
        assert bench.job(first.id).state is JobState.CANCELLED
        page.until(lambda: "cancelled" in page.text(training.JOB))
        second = bench.start_training(params)
        page.until(lambda: bench.job(second.id).stage == "fit")
        port = urlsplit(site.url).port
    with serving(tmp_path, bootstrap=False, port=port):
        page.until(lambda: "interrupted" in page.text(training.LIST))
        assert "cancelled" in page.text(training.LIST)
        page.press(f"[data-pick='{second.id}']")
        page.click(training.AGAIN_BUTTON)
        page.until(lambda: "steps: 100000" in text(page))
        chromium.get("about:blank")
