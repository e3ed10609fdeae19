"""Deleting old versions: never the live one, the way back, or one that somebody serves."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from registry_clock import Clock
from registry_disk import temporary_in

from pcdash.errors import CorruptArtifact, InvalidInput, NotFound, Refused
from pcdash.registry import Registry, promotions


def test_a_deleted_version_is_gone_with_its_report_but_not_its_name(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    registry.delete(three[0])
    assert [info.version for info in registry.versions()] == three[:0:-1]
    assert not (tmp_path / "reports" / f"{three[0]}.json").exists()
    assert temporary_in(tmp_path) == []
    newest = registry.publish(b"m", {}, {})
    registry.delete(newest)
    assert registry.publish(b"m", {}, {}) > newest
    with pytest.raises(NotFound):
        registry.delete(three[0])
    with pytest.raises(NotFound):
        registry.delete("../reports")


@pytest.mark.parametrize(("index", "reason"), [(2, "live"), (1, "roll back to")])
def test_what_is_needed_is_not_deleted(
    registry: Registry, three: list[str], index: int, reason: str
) -> None:
    with pytest.raises(Refused, match=f"{three[index]} is kept: .*{reason}"):
        registry.delete(three[index])
    assert registry.read_model(three[index])[0] == b"model %d" % index


def test_the_way_back_is_the_one_that_verifies(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    (tmp_path / "models" / three[1] / "model.joblib").write_bytes(b"modem 1")
    with pytest.raises(Refused, match="roll back to"):
        registry.delete(three[0])
    registry.delete(three[1])
    assert registry.rollback() == three[0]


HOLD = """
import sys
from pathlib import Path
from pcdash.registry import Registry
Registry(Path(sys.argv[1])).hold(sys.argv[2])
sys.stdout.write("held\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_what_another_process_serves_is_kept_until_that_ends(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path), three[0]]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "held\n"
        with pytest.raises(Refused, match="a server answers with it"):
            registry.delete(three[0])
        assert registry.retain(1) == []
        server.kill()
    assert registry.retain(1) == [three[0]]


def test_holding_what_is_not_there_or_broken(
    registry: Registry, three: list[str], tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        registry.hold("20200101-000000")
    (tmp_path / "models" / three[0] / "metadata.json").unlink()
    with pytest.raises(CorruptArtifact, match="missing"):
        registry.hold(three[0])
    registry.delete(three[0])  # nobody can be serving what was never whole


@pytest.mark.parametrize("keep", [0, -1])
def test_the_newest_version_cannot_be_given_up(
    registry: Registry, three: list[str], keep: int
) -> None:
    with pytest.raises(InvalidInput):
        registry.retain(keep)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["publish"] * 3,
                *["promote"] * 3,
                *("rollback", "retain", "retain", "delete", "hold", "release"),
            ]
        ),
        st.integers(1, 5),
    ),
    min_size=10,
    max_size=30,
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking a walk that writes to the disk takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_whatever_happens_live_previous_and_served_versions_stay(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("registry")
    registry = Registry(folder, clock=Clock())
    held: dict[str, ExitStack] = {}
    live: list[str] = []  # what rollback goes back through
    for action, number in steps:
        names = [info.version for info in registry.versions()]
        if action == "publish":
            registry.publish(b"m", {}, {})
        elif action == "retain":
            gone = registry.retain(number)
            assert not set(gone) & {*live[-2:], *held, *names[:number]}
            left = {info.version for info in registry.versions()}
            assert left == set(names) - set(gone)
            assert left <= {*names[:number], *live[-2:], *held, registry.current()}
        elif not names:
            continue
        else:
            version = names[(number - 1) % len(names)]
            if action == "promote":
                registry.promote(version)
                live = [*live, version] if live[-1:] != [version] else live
            elif action == "hold" and version not in held:
                held[version] = ExitStack()
                held[version].callback(registry.hold(version))
            elif action == "release" and held:
                held.pop(next(iter(held))).close()
            elif action == "delete":
                try:
                    registry.delete(version)
                    assert version not in {*live[-2:], *held}
                except Refused:
                    assert version in {*live[-2:], *held, registry.current()}
            elif action == "rollback":
                live = _rolled_back(registry, live)
        assert not live or registry.current() == live[-1]
        for version in {*live[-2:], *held}:
            assert registry.read_model(version)[0] == b"m"
    for stack in held.values():
        stack.close()


def _rolled_back(registry: Registry, live: list[str]) -> list[str]:
    """The history after a rollback, which passes over what was deleted."""
    try:
        target = registry.rollback()
    except Refused:
        return live
    while live and live[-1] != target:
        live = live[:-1]
    present = {info.version for info in registry.versions()}
    return [version for version in live if version in present] or [target]


def test_reports_are_bounded_by_the_versions_kept(registry: Registry, tmp_path: Path) -> None:
    for number in range(30):
        registry.promote(registry.publish(b"%d" % number, {}, {}))
        registry.retain(3)
    orphan = tmp_path / "reports" / "20200101-000000.json"  # of a publication that was killed
    orphan.write_text("{}")
    registry.publish(b"m", {}, {})
    registry.retain(3)
    names = {info.version for info in registry.versions()}
    assert len(names) <= 4
    assert {path.stem for path in (tmp_path / "reports").iterdir()} == names | {"report"}


def test_the_log_of_promotions_is_bounded_and_keeps_the_way_back(
    registry: Registry, three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotions, "MAX_BYTES", 2000)
    log = tmp_path / "models" / "promotions.jsonl"
    for number in range(50):
        registry.promote(three[number % 3])
        assert log.stat().st_size <= 2000
    entries = registry.promotions()
    assert len(entries) >= 4
    assert os.fsencode(entries[-1]["version"]) in log.read_bytes().splitlines()[-1]
    assert registry.current() == three[1]
    assert registry.rollback() == three[0]
