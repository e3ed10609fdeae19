"""Killed or refused at any step: the registry is as before, or as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from registry_disk import files_in, temporary_in
from registry_faults import ACTIONS, Fault, failpoint, survive

from pcdash import locks
from pcdash.errors import Refused
from pcdash.registry import Registry, durable


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_fault_at_any_step_leaves_the_old_state_or_the_new(
    tmp_path: Path, action: str, fault: Fault
) -> None:
    outcomes = survive(action, fault, tmp_path)
    assert len(outcomes) >= {"publish": 17, "promote": 5, "rollback": 5, "retain": 12}[action]
    assert "new" in outcomes or action == "publish"
    room_is_freed = (action, fault) == ("retain", Fault.FULL)
    assert ("refused" in outcomes) == (fault is not Fault.KILL and not room_is_freed)
    if fault is Fault.KILL:
        assert "old" in outcomes


@pytest.mark.parametrize("fault", [Fault.FULL, Fault.EIO])
def test_a_publish_that_fails_at_any_step_leaves_no_trace(
    registry: Registry, three: list[str], tmp_path: Path, fault: Fault
) -> None:
    messages = set()
    for step in range(1, 200):
        before = files_in(tmp_path)
        with failpoint(step, fault) as count:
            try:
                version = registry.publish(b"new", {"n": 9}, {"n": 9})
            except Refused as error:
                messages.add(error.message)
                assert files_in(tmp_path) == before, step
            else:
                assert registry.read_model(version)[0] == b"new"
        assert temporary_in(tmp_path) == []
        assert registry.current() == three[2]
        if count[0] < step:
            break
    why = "No space left on device" if fault is Fault.FULL else "Input/output error"
    assert messages == {f"cannot publish: {why}"}
    assert step > 10


def test_a_write_that_is_cut_short_goes_on(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = durable.os.write
    monkeypatch.setattr(durable.os, "write", lambda fd, content: write(fd, bytes(content[:7])))
    version = registry.publish(b"a model of some length", {"n": 1}, {"n": 1})
    registry.promote(version, reason="a reason of some length")
    assert registry.read_model(version)[0] == b"a model of some length"
    assert [entry["version"] for entry in registry.promotions()] == [version]


def test_what_a_dead_writer_left_is_swept_at_the_next_start_and_publication(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    for begin in (lambda: Registry(tmp_path), lambda: registry.publish(b"m", {}, {})):
        (tmp_path / "models" / ".tmp-1").mkdir()
        (tmp_path / "models" / ".tmp-1" / "model.joblib").write_bytes(b"half")
        (tmp_path / "models" / ".tmp-2").symlink_to(three[0])
        (tmp_path / "reports" / ".tmp-3").write_bytes(b"{")
        begin()
        assert temporary_in(tmp_path) == []
    assert registry.current() == three[2]


def test_what_a_living_writer_has_begun_is_left_alone(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    begun = tmp_path / "models" / ".tmp-1"
    with locks.exclusive(tmp_path / "models" / ".lock"):
        begun.mkdir()
        Registry(tmp_path)  # does not wait either
        assert begun.is_dir()


def test_where_the_disk_refuses_reading_works_and_writing_says_why(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    registry = Registry(tmp_path)
    assert registry.versions() == []
    assert registry.promotions() == []
    assert registry.current() is None
    with pytest.raises(Refused) as caught:
        registry.publish(b"m", {}, {})
    assert caught.value.message == "cannot publish: File exists"
