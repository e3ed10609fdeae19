"""Explore, with a real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.testing import assert_allclose
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pcdash.core.params import CloudParams
from pcdash.figures import EYE
from pcdash.files import encode_cloud
from pcdash.ui import answer, ids, morph, shell, source, view
from pcdash.ui.links import from_search

pytestmark = pytest.mark.browser

UPLOAD = "explore-upload-file"
UTM = np.array([447_000.0, 5_411_000.0, 211.0])


def test_generate_view_predict_and_nothing_is_asked_of_another_host(page: Any) -> None:
    page.open()
    page.choose(source.CONTROL["shape"], "cone")
    page.type(source.CONTROL["n_points"], "96")
    page.click(source.GENERATE)
    page.until(lambda: page.text(view.CAPTION) == "cone · 96 of 96 points")
    page.until(lambda: "shape=cone&n_points=96" in page.driver.current_url)
    page.click(answer.PREDICT)
    assert page.answer() in ("cone", "torus")
    shares = [
        page.run("return arguments[0].style.width", bar)
        for bar in page.driver.find_elements(By.CLASS_NAME, "bar-fill")
    ]
    assert sum(float(share.rstrip("%")) for share in shares) == pytest.approx(100, abs=0.02)
    assert page.text(shell.VERSION) in page.text(answer.ANSWER)
    assert " ms" in page.text(answer.ANSWER)
    for tab in ("training", "models", "explore"):
        page.tab(tab)
    assert page.hosts() == {urlsplit(page.url).netloc}


def test_nothing_is_drawn_before_it_is_looked_at(page: Any) -> None:
    page.open("?shape=cone&n_points=40&seed=1#models")
    scenes = "return document.querySelectorAll('.gl-container canvas').length"
    assert page.run(scenes) == 0
    page.tab("explore")
    page.until(lambda: page.text(view.CAPTION) == "cone · 40 of 40 points")
    page.until(lambda: page.run(scenes))


def test_a_link_reproduces_the_view(page: Any, site: Any) -> None:
    link = "?shape=cylinder&n_points=48&noise_sigma=0.1&seed=42&apply_random_rotation=false"
    page.open(link)
    page.until(lambda: page.text(view.CAPTION) == "cylinder · 48 of 48 points")
    points = site.app.workbench.generate(from_search(link)).points
    centred = points - (points.min(axis=0) + points.max(axis=0)) / 2
    drawn = f"document.querySelector('#{view.GRAPH} .js-plotly-plot')._fullData[0]"
    for axis, column in zip("xyz", centred.T, strict=True):
        assert_allclose(page.run(f"return Array.from({drawn}.{axis})"), column, atol=1e-6)
    assert page.find(source.CONTROL["seed"]).get_attribute("value") == "42"
    assert page.find(source.CONTROL["apply_random_rotation"]).is_selected() is False


def test_enter_generates_and_a_wrong_value_is_named_at_its_field(page: Any) -> None:
    page.open()
    page.type(source.CONTROL["n_points"], "64" + Keys.ENTER)
    page.until(lambda: page.text(view.CAPTION) == "torus · 64 of 64 points")
    page.type(source.CONTROL["n_points"], "7" + Keys.ENTER)
    page.until(lambda: "from 16 to 100,000, not 7" in page.text(source.ERROR["n_points"]))
    assert page.text(view.CAPTION) == "torus · 64 of 64 points"


def test_upload_predict_and_what_cannot_be_read_keeps_the_view(
    page: Any, site: Any, tmp_path: Path
) -> None:
    cloud = site.app.workbench.generate(
        CloudParams.model_validate({"shape": "torus", "n_points": 200, "seed": 1})
    )
    # A name that would be markup, and an offset that float32 would not survive.
    file = tmp_path / "<img src=x onerror=alert(1)>.ply"
    file.write_bytes(encode_cloud(cloud.points + UTM, ".ply"))
    page.open()
    page.find(UPLOAD).send_keys(str(file))
    page.until(lambda: "200 of 200 points" in page.text(view.CAPTION))
    assert page.answer() == "torus"
    assert page.text(view.CAPTION).startswith("<img src=x onerror=alert(1)>.ply · ")
    assert "offset x 447,000 y 5,411,000 z 21" in page.text(view.CAPTION)
    assert page.driver.find_elements(By.TAG_NAME, "img") == []

    before = page.text(view.CAPTION)
    rows = ["0.1 0.2 0.3"] * 20
    rows[13] = "0.1 0.2"
    broken = tmp_path / "scan.xyz"
    broken.write_text("\n".join(rows))
    page.find(UPLOAD).send_keys(str(broken))
    page.until(lambda: "scan.xyz, line 14" in page.text(source.UPLOAD_MESSAGE))
    page.until(lambda: "scan.xyz, line 14" in page.find("shell-message-toast").text)
    assert page.text(view.CAPTION) == before


def test_the_newest_message_stays_its_whole_time(page: Any) -> None:
    page.open()
    page.run("""
        window.closing = new Map();
        const {setTimeout, clearTimeout} = window;
        window.setTimeout = (call, ms, ...rest) => {
            const id = setTimeout(call, ms, ...rest);
            if (ms === 8000) window.closing.set(id, call);
            return id;
        };
        window.clearTimeout = (id) => { window.closing.delete(id); clearTimeout(id); };
    """)

    def tell(text: str) -> list[int]:
        props = {"children": text, "is_open": True}
        page.run("dash_clientside.set_props(arguments[0], arguments[1])", ids.TOAST, props)
        page.until(lambda: text in page.find(ids.TOAST).text)
        return page.run("return [...closing.keys()]")

    first = tell("the first")
    page.until(lambda: tell("the second") not in ([], first))
    assert len(tell("the second")) == 1
    page.run("[...closing.values()][0]()")
    page.until(lambda: not page.driver.find_elements(By.ID, ids.TOAST))


def test_the_camera_stays_where_it_was_dragged(page: Any) -> None:
    page.open()
    start = page.eye()
    assert_allclose([start[axis] for axis in "xyz"], EYE, atol=1e-6)
    scene = page.driver.find_element(By.CSS_SELECTOR, f"#{view.GRAPH} .gl-container canvas")
    drag = ActionChains(page.driver)
    drag.move_to_element(scene).click_and_hold().move_by_offset(120, 40).pause(0.1)
    drag.move_by_offset(40, 10).release().perform()
    page.until(lambda: page.eye() != start)
    page.until(lambda: settled(page))
    dragged = page.eye()
    assert np.linalg.norm([dragged[axis] - start[axis] for axis in "xyz"]) > 0.2
    page.choose(source.CONTROL["shape"], "cube")
    page.click(source.GENERATE)
    page.until(lambda: page.text(view.CAPTION).startswith("cube"))
    page.choose(view.COLOURING, "distance")
    page.until(lambda: settled(page))
    assert page.eye() == pytest.approx(dragged, abs=1e-3)
    page.driver.find_element(By.CSS_SELECTOR, "[data-tool='reset-camera']").click()
    page.until(lambda: page.eye() == pytest.approx(start, abs=1e-3))


def settled(page: Any) -> bool:
    """Whether the camera has stopped moving: the same after a few frames."""
    before = page.eye()
    page.driver.execute_async_script(
        "const done = arguments[0]; let frames = 4;"
        "(function next() { frames-- ? requestAnimationFrame(next) : done(); })();"
    )
    return bool(page.eye() == before)


def test_a_phone_has_view_answer_and_a_drawer(page: Any) -> None:
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        page.open()
        assert page.run("return document.documentElement.scrollWidth") <= 390
        assert page.find(view.GRAPH).location["y"] < page.find(answer.PREDICT).location["y"]
        assert page.find(answer.PREDICT).location["y"] < 844
        assert page.find(source.GENERATE).is_displayed() is False
        page.driver.find_element(By.CSS_SELECTOR, "[data-tool='open-drawer']").click()
        page.until(lambda: page.find(source.GENERATE).is_displayed())
        page.choose(source.CONTROL["shape"], "sphere")
        page.click(source.GENERATE)
        page.until(lambda: page.text(view.CAPTION).startswith("sphere"))
        page.until(lambda: not page.find(source.GENERATE).is_displayed())
        for tab in ("training", "models"):
            page.tab(tab)
            assert page.run("return document.documentElement.scrollWidth") <= 390
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_light_and_dark_follow_the_system_until_switched(page: Any) -> None:
    def theme() -> str:
        return str(page.run("return document.documentElement.dataset.bsTheme"))

    def system(scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    system("dark")
    page.open()
    assert theme() == "dark"
    system("light")
    page.until(lambda: theme() == "light")
    page.driver.find_element(By.CLASS_NAME, "theme-button").click()
    assert theme() == "dark"
    page.open()
    assert theme() == "dark", "remembered"
    page.driver.find_element(By.CLASS_NAME, "theme-button").click()
    assert theme() == "light"


def test_a_morph_is_followed_and_its_slider_moves_the_cloud(page: Any) -> None:
    page.open()
    page.choose(source.SOURCE, "morph")
    page.until(lambda: "cylinder to cone, 0.500" in page.text(view.CAPTION))
    curves = f"#{morph.CURVE} .scatterlayer .trace"
    page.until(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, curves)) == 2)
    before = page.text(morph.SUMMARY)
    assert "becomes" in before or "all the way" in before
    handle = page.driver.find_element(By.CSS_SELECTOR, f"#{morph.STAGE} [role='slider']")
    page.show(handle).send_keys(Keys.END)
    page.until(lambda: "cylinder to cone, 1.000" in page.text(view.CAPTION))
    assert page.text(morph.SUMMARY) == before
    page.choose(source.SOURCE, "generate")
    page.until(lambda: not page.find(morph.STAGE).is_displayed())


def test_the_fitted_surface_is_drawn_and_hidden(page: Any) -> None:
    page.open("?shape=torus&n_points=200&seed=3")
    page.click("explore-primitive-button")
    page.until(lambda: "Ring radius" in page.text("explore-primitive-panel"))
    plot = f"document.querySelector('#{view.GRAPH} .js-plotly-plot')"
    page.until(lambda: page.run(f"return {plot}._fullData.map((t) => t.type)")[-1:] == ["mesh3d"])
    toggle = "[data-tool='toggle-surface']"
    page.press(toggle)
    page.until(lambda: page.run(f"return {plot}._fullData[1].visible") is False)
    page.press(toggle)
    page.until(lambda: page.run(f"return {plot}._fullData[1].visible") is True)
