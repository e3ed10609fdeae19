"""Forged callbacks against the real page: no 5xx, no file touched, no job started or killed."""

from __future__ import annotations

import itertools
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from case_counts import cases
from forgery import forged
from page_payloads import ENDPOINT, payload

from pcdash.app import App, create_app
from pcdash.jobs import Job, JobQueue, JobState
from pcdash.jobs.process import start_time
from pcdash.settings import Settings
from pcdash.ui import ids, training_config, version_actions
from pcdash.ui.tabs import training
from pcdash.workbench.trainings import JOB_KINDS

STRANGER = "f" * 32
"""A job's id that was never given out."""

VALUES = {
    # A training that cannot be started, by two of its values: no single change makes it one.
    (training.ORDER, "data"): {"text": "seed: -1\nfolds: 0\n", "at": 1},
    (training.CANCEL, "value"): STRANGER,
    (version_actions.PROMOTE, "value"): "20200101-000000",
}

Canary = tuple[Job, "subprocess.Popen[bytes]"]


@pytest.fixture
def app(small_artifacts: Path, tmp_path: Path) -> Iterator[App]:
    """The page over one version, with a folder beside it that nobody may look into."""
    shutil.copytree(small_artifacts, tmp_path / "artifacts", symlinks=True)
    (tmp_path / "data" / "scans").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    settings = Settings(
        artifacts_dir=str(tmp_path / "artifacts"),
        data_root=str(tmp_path / "data"),
        bootstrap=False,
    )
    app = create_app(settings)
    app.workbench.load_model()
    yield app
    app.workbench.close()


@pytest.fixture
def canary(app: App) -> Iterator[Canary]:
    """A job that runs, and the process that it runs in."""
    queue = JobQueue(app.workbench.settings.artifacts, kinds=JOB_KINDS)
    queue.submit("train", {}, title="canary")
    job = queue.table.claim()
    assert job is not None
    sleep = [sys.executable, "-c", "import time; time.sleep(3600)"]
    with subprocess.Popen(sleep, start_new_session=True) as process:
        queue.table.set_process(job.id, process.pid, start_time(process.pid))
        yield job, process
        process.kill()


def test_forged_callbacks(
    app: App,
    canary: Canary,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    rng = random.Random(28)
    genuine = [calls(app, name) for name, spec in app.dash.callback_map.items() if is_ours(spec)]
    assert len(genuine) >= 12
    client, before = app.server.test_client(), stored(tmp_path)
    count, seen = cases(400), Counter[int]()
    for call in itertools.islice(itertools.cycle(genuine), count):
        answer = client.post(ENDPOINT, json=forged(call, rng))
        seen[answer.status_code] += 1
        assert answer.status_code in (200, 204, 400), answer.data
        assert b"Traceback" not in answer.data
        assert str(tmp_path).encode() not in answer.data
        assert b"secret" not in answer.data
    assert seen[400] > count // 4
    assert seen[200] > count // 10
    assert [record for record in caplog.records if record.exc_info] == []
    record_property("cases", count)

    assert stored(tmp_path) == before
    job, process = canary
    (row,) = app.workbench.jobs()
    assert (row.id, row.state, row.cancelling) == (job.id, JobState.RUNNING, False)
    assert process.poll() is None


def test_ids_that_were_not_given_out(app: App, canary: Canary, tmp_path: Path) -> None:
    client, before = app.server.test_client(), stored(tmp_path)
    for forgery in (STRANGER, canary[0].id[:-1], canary[0].id.upper(), f"{canary[0].id} ", "%", 1):
        answer = client.post(ENDPOINT, json=click(app, training.CANCEL, forgery))
        assert answer.status_code == 200
        assert "there is no" in answer.text, answer.text
        assert client.delete(f"/jobs/{forgery}").status_code == 404
    assert stored(tmp_path) == before
    assert app.workbench.job(canary[0].id).cancelling is False
    assert canary[1].poll() is None
    # The control: the real id does reach the job.
    assert client.post(ENDPOINT, json=click(app, training.CANCEL, canary[0].id)).status_code == 200
    assert app.workbench.job(canary[0].id).cancelling is True


@pytest.mark.parametrize(
    "upload",
    [
        "data:application/octet-stream;base64,AAAA",
        "data:,",
        {"id": "data:text/plain;base64,%%%"},
        {"id": STRANGER},
        {"id": "../../etc/passwd", "name": "scan.ply"},
        {"id": ["a" * 32]},
        {"contents": "AAAA", "filename": "../x.ply"},
        ["AAAA"],
    ],
)
def test_uploads_that_are_none(app: App, tmp_path: Path, upload: object) -> None:
    before = stored(tmp_path)
    call = payload(app.dash, named(app, ids.UPLOAD), {(ids.UPLOAD, "data"): upload})
    answer = app.server.test_client().post(ENDPOINT, json=call)
    assert answer.status_code == 200
    assert "upload" in answer.text or "no longer here" in answer.text
    assert stored(tmp_path) == before
    assert list(tmp_path.glob("artifacts/scratch/*")) == []


def test_a_button_pressed_a_hundred_times_queues_what_the_queue_holds(app: App) -> None:
    order = {"text": training_config.preset_text("quick"), "at": 1}
    press = payload(app.dash, named(app, training.ORDER), {(training.ORDER, "data"): order})
    client = app.server.test_client()
    answers = [client.post(ENDPOINT, json=press) for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    most = app.workbench.settings.limits.queued_jobs
    assert len(app.workbench.jobs()) == most
    refused = [answer for answer in answers if "waiting already" in answer.text]
    assert len(refused) == 100 - most


def is_ours(spec: dict[str, Any]) -> bool:
    """Whether a callback runs in the server."""
    return "callback" in spec


def calls(app: App, name: str) -> dict[str, Any]:
    """What the page sends for a callback, from values that start, stop and promote nothing."""
    first = app.dash.callback_map[name]["inputs"][0]
    return payload(app.dash, name, {(first["id"], first["property"]): 1} | VALUES) | {
        "changedPropIds": [f"{first['id']}.{first['property']}"]
    }


def named(app: App, trigger: str) -> str:
    """The callback that `trigger` alone starts."""
    (name,) = [
        name
        for name, spec in app.dash.callback_map.items()
        if is_ours(spec) and [one["id"] for one in spec["inputs"]] == [trigger]
    ]
    return name


def click(app: App, button: str, value: object) -> dict[str, Any]:
    """A click on a button whose value names what it acts on."""
    call = payload(app.dash, named(app, button), {(button, "n_clicks"): 1})
    call["state"] = [one | {"value": value} for one in call["state"]]
    return call


def stored(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, but for clouds on view, which have names of the server's own.

    Of the table of jobs the rows count, not SQLite's pages.
    """
    found = {}
    for path in folder.rglob("*"):
        if path.parent.name == "scratch":
            assert re.fullmatch(r"[0-9a-f]{32}\.(data|json)", path.name), path
        elif path.is_file() and not path.name.startswith("jobs.sqlite"):
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found
