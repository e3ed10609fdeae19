"""The drift watch over a real artifacts folder: what is logged, kept, judged and said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drifts import VERSION, make_features, make_predictions

from pcdash.core.descriptor import DIM, describe_batch
from pcdash.core.drift import TOGETHER, WINDOW, reference_of
from pcdash.core.generation import generate
from pcdash.core.params import CloudParams
from pcdash.errors import CorruptArtifact, NotFound, Refused
from pcdash.registry import Registry
from pcdash.settings import Drift, Settings
from pcdash.workbench import Workbench
from pcdash.workbench.drift_log import FILE
from pcdash.workbench.drift_watch import ATTACHMENT, DriftWatch


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DriftWatch:
    """A watch over a version whose training is known; nothing runs."""
    rng = np.random.default_rng(1)
    found = reference_of(make_features(rng, 400), ["sphere", "cube"], rng.choice(2, 100), 0.02)
    assert found is not None
    raw = found.to_bytes()

    def attached(self: Registry, version: str, name: str) -> bytes:
        if (version, name) != (VERSION, ATTACHMENT):
            raise NotFound("no such thing")
        return raw

    monkeypatch.setattr(Registry, "attached", attached)
    settings = Drift(enabled=True, rows=1000)
    return DriftWatch(Registry(tmp_path), tmp_path, settings)


def note(watch: DriftWatch, n: int, *, seed: int, shift: float = 0.0) -> None:
    for one in make_predictions(np.random.default_rng(seed), n, shift):
        watch.note(one)


def test_nothing_is_said_of_less_than_a_window(watch: DriftWatch) -> None:
    note(watch, WINDOW - 1, seed=2)
    report = watch.report(VERSION)
    assert (report.windows, report.waiting, report.alarm) == ((), 99, False)
    assert report.said == "99 different clouds so far: nothing is said of fewer than 100."
    assert report.as_json()["latest"] is None


def test_an_alarm_names_what_is_off_and_the_series_shows_since_when(watch: DriftWatch) -> None:
    note(watch, 2 * WINDOW, seed=3)
    assert "look like those of the training" in watch.report(VERSION).said
    note(watch, WINDOW + 7, seed=4, shift=3.0)
    report = watch.report(VERSION)
    assert [one.found.alarm for one in report.windows] == [False, False, True]
    assert report.waiting == 7
    assert report.alarm
    assert report.said.startswith("The last 100 clouds are not like those of the training (")
    about = report.as_json()
    (first, *_) = about["latest"]["blocks"]
    assert first["distance"] == about["series"][-1]["distance"] >= 1
    assert first["block"] in report.said
    assert [one.together and one.together.clouds for one in report.windows] == [None, 200, 300]
    assert sorted(one["until"] for one in about["series"]) == [
        one["until"] for one in about["series"]
    ]


def test_windows_are_taken_together_with_nine_before_them(watch: DriftWatch) -> None:
    for seed in range(12):
        note(watch, WINDOW, seed=300 + seed)
        watch._log.flush()
        windows = watch.report(VERSION).windows
        newest = windows[-1].together
        assert (newest.clouds if newest else WINDOW) == WINDOW * min(seed + 1, TOGETHER)
    assert not any(one.alarm for one in windows)


def test_however_often_it_is_asked_each_window_is_judged_once_and_stays(
    watch: DriftWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pcdash.workbench import drift_watch

    calls = []
    judge = drift_watch._judge
    monkeypatch.setattr(drift_watch, "_judge", lambda *given: (calls.append(1), judge(*given))[1])
    note(watch, WINDOW, seed=5)
    first = watch.report(VERSION).windows
    note(watch, 50, seed=6)
    assert [watch.report(VERSION).windows for _ in range(3)] == [first] * 3
    note(watch, 50, seed=7)
    assert watch.report(VERSION).windows[:1] == first
    assert len(calls) == 2
    # Another process that starts later judges the same windows.
    other = DriftWatch(watch._registry, watch._log.path.parents[1], Drift(enabled=True))
    assert other.report(VERSION).windows == watch.report(VERSION).windows


def test_the_same_cloud_asked_again_counts_once(watch: DriftWatch) -> None:
    for _ in range(3):
        note(watch, 60, seed=8)
        watch._log.flush()
    assert watch.report(VERSION).waiting == 60


def test_old_rows_make_room_and_the_file_stays_small(watch: DriftWatch, tmp_path: Path) -> None:
    for seed in range(14):
        note(watch, WINDOW, seed=100 + seed)
        watch._log.flush()
    report = watch.report(VERSION)
    assert len(report.windows) == 10
    assert watch._log.read(VERSION).place.tolist() == list(range(401, 1401))
    assert (tmp_path / FILE).stat().st_size < 1000 * 2 * DIM * 2


def test_a_damaged_log_is_said_and_breaks_no_prediction(watch: DriftWatch, tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    note(watch, 2, seed=1)
    with pytest.raises(CorruptArtifact, match="remove artifacts/drift"):
        watch.report(VERSION)


def test_switched_off_nothing_is_logged_and_that_is_said(tmp_path: Path) -> None:
    off = DriftWatch(Registry(tmp_path), tmp_path, Drift())
    note(off, 3, seed=1)
    off.start()
    off.close()
    assert not (tmp_path / "drift").exists()
    with pytest.raises(Refused, match=r"drift\.enabled"):
        off.report(VERSION)


def test_switched_off_again_an_old_log_says_nothing(watch: DriftWatch, tmp_path: Path) -> None:
    note(watch, WINDOW, seed=3)
    watch.close()
    off = DriftWatch(watch._registry, tmp_path, Drift())
    with pytest.raises(Refused, match="the drift watch is off"):
        off.report(VERSION)


def test_before_the_first_cloud_it_is_said_where_they_come_from(watch: DriftWatch) -> None:
    assert "No cloud of this version is in the log yet" in watch.report(VERSION).said


def test_more_clouds_than_are_read_at_a_time_make_the_same_windows(
    watch: DriftWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pcdash.workbench import drift_watch

    for seed in range(12):
        note(watch, 90, seed=200 + seed)
        watch._log.flush()
    whole = watch.report(VERSION)
    assert (len(whole.windows), whole.waiting) == (9, 80)  # the first window is not whole any more
    monkeypatch.setattr(drift_watch, "_AT_ONCE", 2 * WINDOW)
    again = DriftWatch(watch._registry, watch._log.path.parents[1], Drift(enabled=True, rows=1000))
    assert again.report(VERSION) == whole


def test_a_log_that_was_removed_begins_anew(watch: DriftWatch, tmp_path: Path) -> None:
    note(watch, 2 * WINDOW, seed=3)
    assert len(watch.report(VERSION).windows) == 2
    (tmp_path / FILE).unlink()
    note(watch, WINDOW + 5, seed=4, shift=3.0)
    report = watch.report(VERSION)
    assert (len(report.windows), report.waiting, report.alarm) == (1, 5, True)


def test_a_training_leaves_what_is_compared_with_and_predictions_are_logged(
    trained: Workbench,
) -> None:
    settings = Settings(
        artifacts_dir=trained.settings.artifacts_dir, drift=Drift(enabled=True, rows=200)
    )
    bench = Workbench(settings)
    bench.load_model()
    clouds = [
        generate(CloudParams(shape="torus", n_points=64, noise_sigma=0.3, seed=seed)).points
        for seed in range(WINDOW)
    ]
    bench.predict(clouds[0])
    bench.explained(clouds[1], ())
    bench.predict_batch([lambda points=points: points for points in clouds[2:]])
    report = bench.drift()
    assert len(report.windows) == 1
    assert report.alarm, "noisy tori are not like clean spheres and cubes"
    seen = bench._drift._log.read(report.version)
    np.testing.assert_array_equal(
        np.sort(seen.features[:, 0]),
        np.sort(describe_batch(clouds)[:, 0].astype(np.float16)),
    )


def test_a_version_without_a_reference_is_said(trained: Workbench) -> None:
    bench = Workbench(
        Settings(artifacts_dir=trained.settings.artifacts_dir, drift=Drift(enabled=True))
    )
    bench.load_model()
    (left,) = (trained.settings.artifacts / "reports").glob(f"*.{ATTACHMENT}")
    content = left.read_bytes()
    left.write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptArtifact, match="compares with is damaged"):
        bench.drift()
    left.unlink()
    with pytest.raises(NotFound, match="nothing to compare with"):
        bench.drift()
