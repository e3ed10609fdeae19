"""The content policy in a real browser: it lets our pages work, and stops what is not ours."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from api_fakes import make_client, served
from dash import Dash, Input, Output, dcc, html
from flask import Flask
from selenium import webdriver
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from pcdash.api import install_dash_guards
from pcdash.core.generation import generate
from pcdash.core.params import CloudParams
from pcdash.figures import cloud_figure

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
TOKEN = "correct-horse-battery"
DRAWN = "return document.querySelector('.gl-container canvas') !== null"
INJECT = """
const done = arguments[0];
const script = document.createElement("script");
script.textContent = "window.injected = true";
document.body.appendChild(script);
setTimeout(() => {
  let evaluated = true;
  try { eval("1"); } catch { evaluated = false; }
  done([window.injected === true, evaluated]);
});
"""


def site(token: str | None = None) -> Flask:
    """A server with a page of one graph, one callback, and one that runs in the browser."""
    client = make_client(token=token)
    app = Dash("pcdash", server=client.application, url_base_pathname="/demo/")
    cloud = generate(CloudParams(shape="torus", n_points=64, seed=1))
    app.layout = html.Div(
        [
            html.Button("draw", id="button"),
            dcc.Graph(id="graph", figure=cloud_figure(cloud.points, title="torus")),
            html.P(id="count"),
            html.P(id="mirror"),
        ]
    )
    app.callback(Output("count", "children"), Input("button", "n_clicks"))(str)
    app.clientside_callback(
        "text => text + ' in the browser'", Output("mirror", "children"), Input("count", "children")
    )
    install_dash_guards(client.application, app)
    return client.application


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(site()) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    if shutil.which("chromedriver") is None:
        pytest.fail("no chromedriver: install the packages chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options)
    yield driver
    driver.quit()


def wait_for(browser: WebDriver, script: str) -> None:
    WebDriverWait(browser, 30).until(lambda driver: driver.execute_script(script))


def complaints(browser: WebDriver) -> list[str]:
    """Errors and refusals in the console since the last look."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def text_is(name: str, text: str) -> str:
    return f"return document.getElementById('{name}')?.textContent === '{text}'"


def test_a_dash_page_with_a_3d_scene_works(browser: WebDriver, address: str) -> None:
    browser.get(f"{address}/demo/")
    wait_for(browser, DRAWN)
    wait_for(browser, text_is("mirror", "None in the browser"))
    browser.execute_script("document.getElementById('button').click()")
    wait_for(browser, text_is("mirror", "1 in the browser"))
    assert complaints(browser) == []


def test_a_page_behind_a_token_works_once_the_browser_knows_it(browser: WebDriver) -> None:
    with served(site(token=TOKEN)) as port:
        browser.get(f"http://anybody:{TOKEN}@127.0.0.1:{port}/demo/")
        browser.get(f"http://127.0.0.1:{port}/demo/")  # known by now, as after the dialogue
        wait_for(browser, DRAWN)
        browser.execute_script("document.getElementById('button').click()")
        wait_for(browser, text_is("mirror", "1 in the browser"))
        complaints(browser)  # of the address with the password in it, which scripts may not use
        browser.get(f"http://127.0.0.1:{port}/docs")
        wait_for(browser, "return document.querySelectorAll('.opblock').length >= 16")
        assert complaints(browser) == []


def test_the_documentation_works(browser: WebDriver, address: str) -> None:
    browser.get(f"{address}/docs")
    wait_for(browser, "return document.querySelectorAll('.opblock').length >= 16")
    assert "/predict" in browser.page_source
    assert complaints(browser) == []


@pytest.mark.parametrize("path", ["/demo/", "/docs"])
def test_foreign_scripts_do_not_run(browser: WebDriver, address: str, path: str) -> None:
    browser.get(f"{address}{path}")
    assert browser.execute_async_script(INJECT) == [False, False]
    refusals = complaints(browser)
    assert refusals
    assert all("Content Security Policy" in text for text in refusals)
