"""What was live when, and the way back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_clock import Clock

from pcdash.errors import CorruptArtifact, Refused
from pcdash.registry import Registry
from pcdash.registry.promotions import way_back


def test_the_log_tells_what_was_live_when(
    registry: Registry, three: list[str], clock: Clock
) -> None:
    first, second, third = three
    clock.now += 60
    assert registry.rollback() == second
    keys = ("at", "version", "previous", "action", "reason")
    begin = clock.now - 60
    assert registry.promotions() == [
        dict(zip(keys, values, strict=True))
        for values in (
            (begin, first, None, "promote", "newest"),
            (begin, second, first, "promote", "newest"),
            (begin, third, second, "promote", "newest"),
            (begin + 60, second, third, "rollback", f"rollback from {third}"),
        )
    ]


def test_promoting_what_is_live_changes_nothing(registry: Registry, three: list[str]) -> None:
    before = registry.promotions()
    registry.promote(three[2])
    assert registry.promotions() == before


def test_repeated_rollback_goes_further_back_until_there_is_nothing(
    registry: Registry, three: list[str]
) -> None:
    assert [registry.rollback(), registry.rollback()] == [three[1], three[0]]
    with pytest.raises(Refused, match="no earlier version"):
        registry.rollback()
    assert registry.current() == three[0]


def test_after_a_rollback_and_a_promotion_the_way_back_skips_what_was_left(
    registry: Registry, three: list[str]
) -> None:
    registry.rollback()
    fourth = registry.publish(b"model 3", {}, {})
    registry.promote(fourth)
    assert registry.rollback() == three[1]
    assert registry.rollback() == three[0]


def test_deleted_and_damaged_versions_are_passed_over(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    fourth = registry.publish(b"model 3", {}, {})
    registry.promote(fourth)
    shutil.rmtree(tmp_path / "models" / three[2])
    (tmp_path / "models" / three[1] / "model.joblib").write_bytes(b"modem 1")
    assert registry.rollback() == three[0]


def test_nothing_to_go_back_to(registry: Registry) -> None:
    with pytest.raises(Refused, match="there is no version yet"):
        registry.rollback()
    registry.promote(registry.publish(b"m", {}, {}))
    with pytest.raises(Refused, match="no earlier version"):
        registry.rollback()


def test_a_damaged_version_is_not_promoted(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    (tmp_path / "models" / three[0] / "model.joblib").write_bytes(b"modem 0")
    with pytest.raises(CorruptArtifact):
        registry.promote(three[0])
    assert registry.current() == three[2]
    assert len(registry.promotions()) == 3


def test_a_torn_or_forged_line_costs_only_itself(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "models" / "promotions.jsonl"
    whole = log.read_bytes()
    forged = json.dumps({"version": "../../etc", "action": "promote"}).encode()
    log.write_bytes(
        b"\xff\n[]\nnull\n" + b"[" * 100_000 + b"\n" + forged + b"\n" + whole + b'{"at": 1'
    )
    assert [entry["version"] for entry in registry.promotions()] == three
    registry.rollback()
    assert [entry["version"] for entry in registry.promotions()] == [*three, three[1]]


def test_a_link_moved_by_hand_is_a_place_to_go_back_from(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    fourth = registry.publish(b"model 3", {}, {})
    (tmp_path / "models" / "current").unlink()
    (tmp_path / "models" / "current").symlink_to(fourth)
    assert registry.rollback() == three[2]
    assert registry.rollback() == three[1]


@settings(max_examples=200)
@given(actions=st.lists(st.sampled_from(["A", "B", "C", "D", "back"]), max_size=25))
def test_the_way_back_agrees_with_a_browser_s_history(actions: list[str]) -> None:
    """Against a model: promotions push, rollbacks pop."""
    names = {letter: f"2026010{n}-000000" for n, letter in enumerate("ABCD", start=1)}
    log: list[dict[str, str]] = []
    stack: list[str] = []
    for action in actions:
        present = stack[-1] if stack else None
        if action == "back":
            back = way_back(log, present)
            assert bool(back) == (len(set(stack)) > 1)
            if back:
                stack.pop()
                assert back[0] == stack[-1]
                log.append({"version": stack[-1], "action": "rollback"})
        elif names[action] != present:
            stack.append(names[action])
            log.append({"version": names[action], "action": "promote"})


def test_the_log_is_only_ever_appended_to(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "models" / "promotions.jsonl"
    before = log.read_bytes()
    registry.rollback()
    registry.promote(three[2])
    assert log.read_bytes().startswith(before)
    assert log.read_bytes().count(b"\n") == 5
