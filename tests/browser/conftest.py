"""One live server and one Chromium for all browser tests; a missing browser fails them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from browser_kit import Page, Site, serving
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=1280,800",
    # Whatever is asked of another host fails, and shows in the log.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with one small model in service."""
    with serving(tmp_path_factory.mktemp("artifacts"), bootstrap=False) as site:
        site.train()
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.fail("no Chromium with chromedriver: tests/browser/install.sh installs both")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chromium = webdriver.Chrome(options=options, service=Service(driver))
    yield chromium
    chromium.quit()


@pytest.fixture
def page(chromium: webdriver.Chrome, site: Site) -> Iterator[Page]:
    """The page; afterwards, whatever the test did, the console is empty and nobody was called."""
    page = Page(chromium, site.url)
    page.hosts()
    page.get_logs()
    yield page
    assert page.get_logs() == []
    assert page.hosts() <= {urlsplit(site.url).netloc}
