"""Training and Models, with a real Chromium."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from browser_kit import Page, serving
from selenium.webdriver.common.by import By

from pcdash.jobs import Job
from pcdash.ui import answer, gate, shell, training_form, version_actions
from pcdash.ui.imitating import ids as imitating
from pcdash.ui.tabs import models, training

pytestmark = pytest.mark.browser


def start(page: Any, site: Any, clouds: int) -> Job:
    """Start a small training from the form, and return its job once the page shows it."""
    known = {job.id for job in site.app.workbench.jobs()}
    page.open("#training")
    page.choose(training_form.CONTROL["model.name"], "lda")
    page.type(training_form.CONTROL["dataset.n_points"], "64")
    page.type(training_form.CONTROL["dataset.n_samples_per_class"], str(clouds))
    page.click(training.START)
    page.until(lambda: site.app.workbench.jobs()[0].id not in known)
    job: Job = site.app.workbench.jobs()[0]
    page.until(lambda: page.find(training.CANCEL).get_attribute("value") == job.id)
    return job


def test_train_progress_new_version_served(page: Any, site: Any) -> None:
    before = site.app.workbench.status().model_version
    job = start(page, site, 20)
    page.until(lambda: "done" in page.text(training.JOB))
    job = site.app.workbench.job(job.id)
    version = job.result["version"]
    assert version > before
    page.until(lambda: page.text(shell.VERSION) == version)
    assert version in page.text(training.JOB)
    assert f"{100 * job.result['metrics']['accuracy']:.1f} %" in page.text(training.RESULT.metrics)
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, ".confusion .heatmaplayer image"))
    page.tab("models")
    page.until(lambda: page.text(version_actions.TITLE) == f"Version {version}")
    assert "in service" in page.text(models.LIST)


def test_a_training_survives_a_reload_and_can_be_cancelled(page: Any, site: Any) -> None:
    before = site.app.workbench.status().model_version
    job = start(page, site, 50_000)
    page.until(lambda: "%" in page.text(training.JOB))
    page.open("#training")
    page.until(lambda: page.find(training.CANCEL).get_attribute("value") == job.id)
    page.until(lambda: "%" in page.text(training.JOB))
    assert site.app.workbench.job(job.id).active
    page.click(training.CANCEL)
    page.until(lambda: "cancelled" in page.text(training.JOB))
    assert not site.app.workbench.job(job.id).active
    assert page.find(training.CANCEL).is_displayed() is False
    assert site.app.workbench.status().model_version == before


def test_what_cannot_be_started_says_why(page: Any, site: Any) -> None:
    jobs = len(site.app.workbench.jobs())
    page.open("#training")
    page.type(training_form.CONTROL["dataset.n_samples_per_class"], "3")
    page.click(training.START)
    error = training_form.ERROR["dataset.n_samples_per_class"]
    page.until(lambda: "from 10 to 100,000, not 3" in page.text(error))
    page.choose(training_form.KIND, "folder")
    page.until(lambda: not page.find(training.START).is_enabled())
    assert "--data-root DIR" in page.find(training.START).get_attribute("title")
    assert "--data-root DIR" in page.text(training_form.KIND_PANEL["folder"])
    page.choose(training_form.KIND, "synthetic")
    page.until(lambda: page.find(training.START).is_enabled())
    assert len(site.app.workbench.jobs()) == jobs


def test_promote_and_roll_back(page: Any, site: Any) -> None:
    if len(site.app.workbench.models()) < 2:
        site.train()
    newest, older = (row.version for row in site.app.workbench.models()[:2])
    site.app.workbench.promote(newest)
    page.open("#models")
    page.until(lambda: page.text(version_actions.TITLE) == f"Version {newest}")
    page.press(f".pick[data-pick='{older}']")
    page.until(lambda: page.text(version_actions.TITLE) == f"Version {older}")
    page.click(version_actions.PROMOTE)
    # The two may know other classes; then nobody can compare them, and the page asks once.
    page.until(lambda: page.find(gate.GATE).is_displayed() or page.text(shell.VERSION) == older)
    if page.find(gate.GATE).is_displayed():
        page.click(gate.GATE_CONFIRM)
    page.until(lambda: page.text(shell.VERSION) == older)
    assert site.app.workbench.status().model_version == older
    page.until(lambda: not page.find(version_actions.PROMOTE).is_enabled())
    assert (
        page.find(version_actions.PROMOTE).get_attribute("title") == "This version is in service."
    )
    page.click(version_actions.ROLLBACK)
    page.until(lambda: page.text(shell.VERSION) == newest)
    assert site.app.workbench.status().model_version == newest


def test_a_server_that_is_gone_is_told_until_it_is_back(chromium: Any, tmp_path: Path) -> None:
    def told() -> bool:
        return bool(chromium.find_element(By.CLASS_NAME, "offline").is_displayed())

    with serving(tmp_path, bootstrap=False) as site:
        page = Page(chromium, site.url)
        page.open("#models")
        assert told() is False
    stopped = time.monotonic()
    page.until(told)
    assert time.monotonic() - stopped < 6.5
    with serving(tmp_path, bootstrap=False, port=urlsplit(site.url).port):
        page.until(lambda: not told())
        chromium.get("about:blank")


def test_a_server_that_takes_longer_than_the_time_between_two_questions_is_heard(
    page: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, pause = site.app.workbench.status, threading.Event()

    def slow() -> Any:
        pause.wait(3 * shell.FAST_POLL / 1000)
        return status()

    monkeypatch.setattr(type(site.app.workbench), "status", lambda _bench: slow())
    page.load("#models")
    page.until(lambda: page.text(shell.VERSION) == status().model_version)
    page.driver.get("about:blank")  # whatever it still asks for belongs to this test


def test_the_first_start_shows_its_training_where_the_answer_will_be(
    chromium: Any, tmp_path: Path
) -> None:
    with serving(tmp_path) as site:
        page = Page(chromium, site.url)
        page.hosts()
        page.get_logs()
        page.open()
        page.until(lambda: "Teaching the first model" in page.text(answer.WAITING))
        assert page.find(answer.PREDICT).is_enabled() is False
        assert page.find(answer.PREDICT).get_attribute("title") != ""
        page.until(lambda: page.find(answer.PREDICT).is_enabled(), 300)
        page.click(answer.PREDICT)
        page.until(lambda: chromium.find_elements(By.CLASS_NAME, "answer-class"))
        assert page.text(shell.VERSION) in page.text(answer.ANSWER)
        chromium.get("about:blank")
        assert page.get_logs() == []
        assert page.hosts() == {urlsplit(site.url).netloc}


def test_several_scans_are_chosen_at_once_and_listed(page: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"scan{number}.npy" for number in range(3)]
    for path in paths:
        np.save(path, rng.normal(size=(40, 3)))
    page.open("#training")
    page.press(".imitate > summary")
    assert not page.find(imitating.WRITE).is_enabled()
    chooser = page.find("training-upload-file")
    page.run("arguments[0].click = () => {}", chooser)  # the system's dialog stays away
    page.click(imitating.ZONE)
    chooser.send_keys("\n".join(map(str, paths)))
    page.until(lambda: page.text(imitating.LIST).count("40 points") == 3)
    assert page.find(imitating.WRITE).is_enabled()
    page.click(imitating.CLEAR)
    page.until(lambda: page.text(imitating.LIST) == "")
