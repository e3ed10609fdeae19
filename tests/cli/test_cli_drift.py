"""``drift`` as a shell sees it: one sentence or JSON, and exit 1 on an alarm."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from drifts import make_predictions
from forks import pcdash

from pcdash.registry import Registry
from pcdash.workbench.drift_log import FILE, DriftLog
from pcdash.workbench.drift_watch import ATTACHMENT


@pytest.fixture
def home(small_artifacts: Path, tmp_path: Path) -> Path:
    """A folder with a small model in ./artifacts."""
    shutil.copytree(small_artifacts, tmp_path / "artifacts", symlinks=True)
    return tmp_path


def classified(home: Path, n: int) -> None:
    """What a server with the watch switched on would leave of clouds unlike the training's."""
    (about,) = Registry(home / "artifacts").versions()
    log = DriftLog(home / "artifacts", rows=1000)
    rng = np.random.default_rng(0)
    for one in make_predictions(rng, n, version=about.version):
        log.note(one)
    log.flush()


def test_an_alarm_is_a_sentence_and_exit_1(home: Path) -> None:
    classified(home, 130)
    done = pcdash("drift", cwd=home)
    assert done.returncode == 1
    assert "The last 100 clouds are not like those of the training" in done.stdout
    done = pcdash("drift", "--json", cwd=home)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["alarm"], report["waiting"], len(report["series"])) == (True, 30, 1)


def test_before_the_first_window_nothing_is_wrong_and_nothing_is_written(home: Path) -> None:
    done = pcdash("drift", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "No cloud of this version is in the log yet" in done.stdout
    assert not (home / "artifacts" / FILE).exists()
    classified(home, 12)
    done = pcdash("drift", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "12 different clouds so far" in done.stdout


def test_a_version_without_a_reference_is_one_line_on_stderr(home: Path) -> None:
    for path in (home / "artifacts" / "reports").glob(f"*.{ATTACHMENT}"):
        path.unlink()
    done = pcdash("drift", cwd=home)
    assert done.returncode == 1
    assert "has nothing to compare with" in done.stderr
    assert done.stderr.count("\n") == 1
