"""How long the lists and the page take over very many versions; prints a Markdown table.

    python tests/bench/listing.py [--versions 1000] [--clouds 10000] [--calls 20]

One small model is trained; the other versions are links to its files with metadata of their own.
Its report says that it was tested on as many clouds as asked for.  Every callback of the page that
the server answers is called as a browser calls it, in this process: what the network takes is not
in the figures.  Callbacks that change something are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.app import App, create_app
from pcdash.core.params import TrainParams
from pcdash.core.progress import Silent
from pcdash.registry import durable, verify
from pcdash.settings import Settings
from pcdash.ui.ids import LOCATION
from pcdash.ui.pages import compare, report
from pcdash.ui.tabs import data, models, training
from pcdash.workbench import train_and_publish

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ui"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from dossiers import make_dossier, make_evidence
from page_payloads import ENDPOINT, payload

CLASSES = ("sphere", "cube", "cylinder", "cone", "torus")
SMALL = {
    "dataset": {"classes": list(CLASSES), "n_samples_per_class": 20, "n_points": 64},
    "model": {"name": "svm_rbf"},
    "passport": {"grid": "small", "clouds": 10},
}

Call = Callable[[], Any]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=1000)
    parser.add_argument("--clouds", type=int, default=10_000, help="test clouds of a version")
    parser.add_argument("--calls", type=int, default=20, help="of each kind")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        artifacts = Path(folder) / "artifacts"
        newest = fill(artifacts, options.versions, options.clouds)
        app = create_app(Settings(artifacts_dir=str(artifacts), bootstrap=False))
        print(f"{options.versions:,} versions, {options.clouds:,} test clouds each\n")
        print("| what | first, ms | median, ms | p95, ms | CPU, ms |\n|---|---|---|---|---|")
        for name, call in calls(app, newest):
            print(row(name, call, options.calls), flush=True)
        app.workbench.close()


def fill(artifacts: Path, versions: int, clouds: int) -> list[str]:
    """Make versions that differ in name alone; the newest five of them."""
    first = train_and_publish(TrainParams.model_validate(SMALL), artifacts, Silent())["version"]
    folder, reports = artifacts / "models", artifacts / "reports"
    metadata = json.loads((folder / first / verify.METADATA_FILE).read_bytes())
    wrong = np.random.default_rng(1).choice(2000, 200, replace=False).tolist()
    evidence = make_evidence(min(clouds, 2000), wrong, CLASSES)
    written = json.loads((reports / f"{first}.json").read_bytes())
    made = make_dossier(first, number=clouds, wrong=wrong, classes=CLASSES).report
    durable.replace_file(reports / f"{first}.json", json.dumps(made | {
        key: written[key] for key in ("config", "lineage")
    }).encode())  # fmt: skip
    durable.replace_file(reports / f"{first}.evidence.npz", evidence.to_bytes())
    begin = datetime.strptime(first, "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    names = [f"{begin - timedelta(minutes=n):%Y%m%d-%H%M%S}" for n in range(1, versions)]
    for name in names:
        (folder / name).mkdir()
        os.link(folder / first / verify.MODEL_FILE, folder / name / verify.MODEL_FILE)
        own = metadata | {"version": name}
        own["digest"] = verify.digest_of(own)
        (folder / name / verify.METADATA_FILE).write_bytes(durable.to_json(own, field="metadata"))
        for path in list(reports.glob(f"{first}.*")):
            os.link(path, reports / path.name.replace(first, name))
    return [first, *names[:4]]


def calls(app: App, newest: list[str]) -> Iterator[tuple[str, Call]]:
    """Yield what is measured: routes, pages, and every callback that changes nothing."""
    client, page = app.server.test_client(), app.dash

    def get(path: str) -> Call:
        return lambda: client.get(path)

    yield "`GET /models`", get("/models")
    yield "`GET /models/<version>`", get(f"/models/{newest[0]}")
    yield "`GET /demo/models/<version>/report.html`", get(f"/demo/models/{newest[0]}/report.html")
    path = (LOCATION, "pathname")
    own, five = f"/demo/models/{newest[0]}", f"/demo/compare/{','.join(newest)}"
    for name, output, values in (
        ("Models", models.LIST, {(models.POLL, "n_intervals"): 1}),
        ("Models, page 40", models.LIST, {(models.PAGE, "data"): "39"}),
        ("Data", data.own_data.LIST, {(data.POLL, "n_intervals"): 1}),
        ("Training", training.LIST, {(training.POLL, "n_intervals"): 1}),
        ("report: all but its clouds", report.HEAD, {path: own}),
        ("report: a page of clouds", report.GALLERY.clouds, {path: own}),
        ("report: one cloud", report.GALLERY.scene_panel,
         {(report.GALLERY.chosen, "data"): "7", path: own}),
        ("comparison of five: all but its clouds", compare.BODY, {path: five}),
        ("comparison of five: a page of clouds", compare.GALLERY.clouds,
         {(compare.ONLY, "data"): newest[1], path: five}),
    ):  # fmt: skip
        trigger = next(iter(values))
        (callback,) = (
            key
            for key, spec in page.callback_map.items()
            if "callback" in spec
            and f"{output}." in key
            and any((one["id"], one["property"]) == trigger for one in spec["inputs"])
        )
        body = payload(page, callback, values)
        yield f"page, {name}", lambda body=body: client.post(ENDPOINT, json=body)


def row(name: str, call: Call, number: int) -> str:
    """Call again and again; milliseconds of the first call, median and 95th percentile."""
    wall, busy = [], []
    for _ in range(number + 1):
        started, used = time.perf_counter(), time.process_time()
        answer = call()
        wall.append(1e3 * (time.perf_counter() - started))
        busy.append(1e3 * (time.process_time() - used))
        assert answer.status_code == 200, (name, answer.status_code, answer.data[:200])
    figures = wall[0], np.median(wall[1:]), np.quantile(wall[1:], 0.95), np.median(busy[1:])
    return f"| {name} | " + " | ".join(f"{value:.0f}" for value in figures) + " |"


if __name__ == "__main__":
    main()
