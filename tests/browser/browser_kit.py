"""What the browser tests work with: a live server, and a page as a person uses it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import (
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from waitress import create_server
from waitress.wasyncore import close_all

from pcdash.app import App, create_app
from pcdash.core.params import TrainParams
from pcdash.jobs import Job
from pcdash.settings import Settings
from pcdash.ui.view import GRAPH

DEADLINE = 60.0
"""Seconds after which something that should have happened has not."""

HARMLESS = "Canvas2D: Multiple readback operations using getImageData"
"""Chromium's advice to plotly.js about speed; every other line in the console is a fault."""

TINY = {
    "dataset": {"classes": ["cone", "torus"], "n_samples_per_class": 20, "n_points": 64},
    "passport": {"grid": "small", "clouds": 10},
    "model": {"name": "lda"},
}
"""A training of a second."""


@dataclass(frozen=True)
class Site:
    """A running server."""

    app: App
    url: str

    def train(self) -> Job:
        """Train and publish a small model, and wait until it is served."""
        bench = self.app.workbench
        job = bench.start_training(TrainParams.model_validate(TINY))
        until(lambda: not bench.job(job.id).active)
        job = bench.job(job.id)
        assert job.result is not None, (job.error, bench.job_log(job.id))
        version = job.result["version"]
        until(lambda: bench.status().model_version == version)
        return job


def until(met: Callable[[], object], deadline: float = DEADLINE) -> None:
    """Poll until `met` returns something true."""
    end = time.monotonic() + deadline
    pause = threading.Event()
    while not met():
        assert time.monotonic() < end, "waited in vain"
        pause.wait(0.05)


@contextmanager
def serving(artifacts: Path, *, port: int = 0, **settings: Any) -> Iterator[Site]:
    """Serve from a thread, as waitress does in production, until the block ends."""
    app = create_app(Settings(artifacts_dir=str(artifacts), port=port, **settings))
    sockets: dict[int, Any] = {}
    listener = create_server(app.server, map=sockets, host="127.0.0.1", port=port, threads=8)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    app.workbench.start()
    try:
        yield Site(app, f"http://127.0.0.1:{listener.effective_port}/demo/")
    finally:
        app.workbench.close()
        listener.trigger.pull_trigger(lambda: hang_up(listener, sockets))
        thread.join()
        listener.task_dispatcher.shutdown()


def hang_up(listener: Any, sockets: dict[int, Any]) -> None:
    """Close what a server has open; `close_all` would forget the files of half-sent answers."""
    for channel in list(listener.active_channels.values()):
        channel.handle_close()
    close_all(sockets, ignore_all=True)


class Page:
    """What a person does with the page."""

    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def open(self, where: str = "") -> None:
        """Load the page, and wait until it is alive.

        That is until a tab is shown and the status is there; on Explore, whose address names no
        tab, the 3D view too.
        """
        self.load(where)
        status = "return document.getElementById('shell-version-text')?.innerText || 'connecting'"
        self.until(lambda: self.run(status) != "connecting")
        path, _, tab = where.partition("#")
        if path[:1] in ("", "?") and tab in ("", "explore"):
            self.until(lambda: "points" in self.text("explore-view-caption"))
            self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, ".gl-container canvas"))

    def load(self, where: str = "") -> None:
        """Load the page as in a new tab of the browser, and wait until something is shown."""
        self.driver.get("about:blank")
        cdp = self.driver.execute_cdp_cmd
        forget = {"source": "sessionStorage.clear()"}
        forgetting = cdp("Page.addScriptToEvaluateOnNewDocument", forget)
        self.driver.get(self.url + where)
        cdp("Page.removeScriptToEvaluateOnNewDocument", forgetting)
        shown = "main > section:not([hidden])"
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, shown))

    def tab(self, name: str) -> None:
        self.find(f"{name}-tab-link").click()
        self.until(lambda: self.find(f"{name}-tab-section").is_displayed())

    def find(self, identifier: str) -> WebElement:
        return self.driver.find_element(By.ID, identifier)

    def text(self, identifier: str) -> str:
        return str(self.run("return document.getElementById(arguments[0]).innerText", identifier))

    def answer(self) -> str:
        """The class that the page names, once it does."""
        said = "return document.querySelector('.answer-class')?.innerText"
        self.until(lambda: self.run(said))
        return str(self.run(said))

    def click(self, identifier: str) -> None:
        self.until(lambda: self.find(identifier).is_enabled())
        self.run(
            "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
            self.find(identifier),
        )
        self.press(f"[id='{identifier}']")

    def press(self, selector: str) -> None:
        """Click on what may be drawn anew, or shown only now, between being found and clicked."""

        def pressed() -> bool:
            with suppress(StaleElementReferenceException, ElementNotInteractableException):
                self.driver.find_element(By.CSS_SELECTOR, selector).click()
                return True
            return False

        self.until(pressed)

    def type(self, identifier: str, text: str) -> None:
        field = self.find(identifier)
        self.run(
            "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'});"
            "arguments[0].select()",
            field,
        )
        field.send_keys(text)

    def choose(self, identifier: str, value: str) -> None:
        """Take an option of a select, or of radio buttons."""
        option, radio = f"option[value='{value}']", f"label[for$='{value}']"
        for place in (f"#{identifier} {option}", f"#{identifier} {radio}"):
            if found := self.driver.find_elements(By.CSS_SELECTOR, place):
                self.run(
                    "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found[0]
                )
                found[0].click()
                return
        raise AssertionError(f"{identifier} offers no {value}")

    def show(self, element: WebElement) -> WebElement:
        """Scroll to an element at once; smooth scrolling would move it away under a click."""
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        return element

    def until(self, met: Callable[[], object], seconds: float = DEADLINE) -> None:
        """Poll until `met` returns something true; what is drawn anew meanwhile is asked again."""
        anew = (StaleElementReferenceException,)
        WebDriverWait(self.driver, seconds, 0.05, anew).until(lambda _driver: met())

    def run(self, script: str, *arguments: Any) -> Any:
        driver: Any = self.driver  # Selenium 4.2 has annotated only part of itself
        return driver.execute_script(script, *arguments)

    def eye(self) -> dict[str, float]:
        """Where the camera stands."""
        plot = f"document.querySelector('#{GRAPH} .js-plotly-plot')"
        eye: dict[str, float] = self.run(f"return {plot}._fullLayout.scene._scene.getCamera().eye")
        return eye

    def hosts(self) -> set[str]:
        """Hosts that the browser has asked since the last call."""
        import json

        found = set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.add(urlsplit(message["params"]["request"]["url"]).netloc)
        return found - {""}

    def get_logs(self) -> list[str]:
        """Lines of the console since the last call."""
        lines = [str(entry["message"]) for entry in self.driver.get_log("browser")]
        return [line for line in lines if HARMLESS not in line]
