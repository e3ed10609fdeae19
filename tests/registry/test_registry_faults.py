"""Killed or refused at any step: the registry is as before, or as it should be."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import registry_worker
from registry_clock import Clock
from registry_disk import files_in, start_worker, temporary_in

from pcdash.errors import Refused
from pcdash.registry import Registry


def test_killed_at_any_step_current_is_old_or_new_and_leftovers_are_swept(tmp_path: Path) -> None:
    outcomes = set()
    for step in range(1, 100):
        folder = tmp_path / str(step)
        registry = Registry(folder)
        old = registry.publish(b"old", {}, {})
        registry.promote(old)
        code = start_worker(folder, 1, step).wait(timeout=20)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        current = registry.current()
        assert current is not None
        registry.read_model(current)
        assert all(info.problem is None for info in registry.versions())
        outcomes.add(current == old)
        later = max(path.lstat().st_mtime for path in folder.rglob("*")) + 3601
        swept = Registry(folder, clock=partial(float, later))
        assert temporary_in(folder) == []
        assert registry.current() == current
        swept.promote(swept.publish(b"next", {}, {}))
    assert step > 10
    assert outcomes == {True, False}


def test_young_leftovers_are_not_swept(registry: Registry, clock: Clock, tmp_path: Path) -> None:
    young = tmp_path / "models" / ".tmp-young"
    young.mkdir(parents=True)
    os.utime(young, (clock.now - 3500, clock.now - 3500))
    Registry(tmp_path, clock=clock)
    assert young.is_dir()


class Failpoints:
    """Lets the n-th change of the disk fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.fail_at = 0
        for name in registry_worker.STEPS:
            monkeypatch.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count == self.fail_at:
                raise OSError(errno.EIO, "Input/output error")
            return function(*args, **kwargs)

        return call

    def steps(self) -> Iterator[int]:
        """1, 2, ... until a round has fewer changes of the disk than that."""
        for step in range(1, 100):
            self.count, self.fail_at = 0, step
            yield step
            if self.count < step:
                return
        pytest.fail("never came to an end")


def test_a_publish_that_fails_at_any_step_leaves_no_trace(
    registry: Registry, three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files_in(tmp_path)
    published, messages = 0, set()
    failpoints = Failpoints(monkeypatch)
    for step in failpoints.steps():
        try:
            version = registry.publish(b"new", {"n": 9}, {"n": 9})
        except Refused as error:
            messages.add(error.message)
            assert files_in(tmp_path) == before, step
        else:
            published += 1
            failpoints.fail_at = 0
            assert registry.read_model(version)[0] == b"new"
            assert registry.report(version) == {"n": 9}
            before = files_in(tmp_path)
        assert temporary_in(tmp_path) == []
        assert registry.current() == three[2]
    assert 1 < published < step
    assert messages == {"cannot publish: Input/output error"}


def test_a_promotion_that_fails_at_any_step_is_whole_or_has_not_happened(
    registry: Registry, three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failpoints = Failpoints(monkeypatch)
    refused = 0
    for step in failpoints.steps():
        current = registry.current()
        target = three[step % 2]
        try:
            registry.promote(target)
        except Refused:
            refused += 1
            assert registry.current() == current
        else:
            assert registry.current() == target
        assert temporary_in(tmp_path) == []
    assert refused >= 2


def test_where_the_disk_refuses_reading_works_and_writing_says_why(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    registry = Registry(tmp_path)
    assert registry.versions() == []
    assert registry.promotions() == []
    assert registry.current() is None
    with pytest.raises(Refused) as caught:
        registry.publish(b"m", {}, {})
    assert caught.value.message == "cannot publish: File exists"
