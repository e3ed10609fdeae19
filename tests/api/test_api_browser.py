"""The content policy in a real browser: it lets our pages work, and stops what is not ours."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest
from api_fakes import make_client
from dash import Dash, Input, Output, dcc, html
from selenium import webdriver
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from waitress import create_server

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
DRAWN = "return document.querySelector('.gl-container canvas') !== null"
INJECT = """
const script = document.createElement("script");
script.textContent = "window.injected = true";
document.body.appendChild(script);
let evaluated = true;
try { eval("1"); } catch { evaluated = false; }
return [window.injected === true, evaluated];
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    client = make_client()
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
    listener = create_server(client.application, host="127.0.0.1", port=0)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.effective_port}"
    listener.close()
    thread.join(10)


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


def text_is(name: str, text: str) -> str:
    return f"return document.getElementById('{name}')?.textContent === '{text}'"


def test_a_dash_page_with_a_3d_scene_works(browser: WebDriver, address: str) -> None:
    browser.get(f"{address}/demo/")
    wait_for(browser, DRAWN)
    wait_for(browser, text_is("mirror", "None in the browser"))
    browser.find_element_by_id("button").click()
    wait_for(browser, text_is("mirror", "1 in the browser"))
    assert browser.get_log("browser") == []


def test_the_documentation_works(browser: WebDriver, address: str) -> None:
    browser.get(f"{address}/docs")
    wait_for(browser, "return document.querySelectorAll('.opblock').length >= 14")
    assert "/predict" in browser.page_source
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("path", ["/demo/", "/docs"])
def test_foreign_scripts_do_not_run(browser: WebDriver, address: str, path: str) -> None:
    browser.get(f"{address}{path}")
    assert browser.execute_script(INJECT) == [False, False]
    reports = [
        entry for entry in browser.get_log("browser") if "Content Security" in entry["message"]
    ]
    assert reports
