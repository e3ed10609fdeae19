"""What of the soak is quick enough for every day, and that its own parts are sound."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import soak_guards
from soak_faults import damaged
from soak_guards import GUARDS, ROOT
from soak_load import mixed_requests
from soak_parts import PARTS
from soak_report import all_of, below, none_of, table

from pcdash.app import create_app
from pcdash.settings import Settings

WARM, MORE = 330, 1320


def test_mixed_requests_leave_no_memory_behind(small_artifacts: Path, tmp_path: Path) -> None:
    shutil.copytree(small_artifacts, tmp_path / "artifacts", symlinks=True)
    app = create_app(Settings(artifacts_dir=str(tmp_path / "artifacts"), bootstrap=False))
    app.workbench.load_model()
    points = [[x, y, z] for x in (0.0, 1.0) for y in range(6) for z in range(4)]
    questions, client = mixed_requests(points), app.server.test_client()
    statuses: Counter[int] = Counter()
    warm = 0
    for turn in range(WARM + MORE):
        if turn == WARM:
            warm = resident()
        method, path, body, headers = questions[turn % len(questions)]
        answer = client.open(path, method=method, data=body, headers=headers)
        answer.get_data()
        answer.close()
        statuses[answer.status_code] += 1
    app.workbench.close()
    assert set(statuses) == {200, 404, 422}
    assert resident() < 1.10 * warm


def resident() -> int:
    """Bytes that this process holds; where /proc is not, the most it ever held."""
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
    assert found is not None
    return int(found[1]) * 1024


# -- the soak itself ------------------------------------------------------------------------------


def known_guards() -> set[str]:
    return {guard.name for guard in GUARDS if soak_guards.place_of(ROOT, guard) is not None}


def test_every_guard_stands_once_in_the_package_and_has_its_tests() -> None:
    assert {guard.name for guard in GUARDS} - known_guards() == set()
    assert {
        guard.tests for guard in GUARDS if not soak_guards.file_of(ROOT, guard).is_file()
    } == set()
    assert len({guard.name for guard in GUARDS}) == len(GUARDS) > 40


def test_a_guard_that_is_not_there_is_an_error() -> None:
    gone = soak_guards.Guard("gone", "if nobody_wrote_this:", "if False:", "tests/x.py")
    twice = soak_guards.Guard("twice", "from __future__ import annotations", "", "tests/x.py")
    for guard in (gone, twice):
        assert soak_guards.place_of(ROOT, guard) is None
        assert soak_guards.without(ROOT, guard).holds is False


@pytest.mark.parametrize("turn", range(3))
def test_a_damaged_artifact_is_never_the_same(turn: int) -> None:
    rng = random.Random(turn)
    for content in (bytes(4000), b"x" * 4000, b"{}"):
        assert all(damaged(content, turn, rng) != content for _ in range(100))


def test_a_missed_bar_is_shown() -> None:
    figures = [none_of("faults", 1, 10), all_of("starts", 3, 3), below("wait", 3.0, 2, "s")]
    assert [figure.holds for figure in figures] == [False, True, False]
    assert none_of("faults", 0, 0).holds is False  # nothing was asked
    assert table("part", figures).splitlines()[2:] == [
        "| part | faults | 0 | 1 of 10 | **no** |",
        "| part | starts | all 3 | 3 | yes |",
        "| part | wait | < 2 s | 3 s | **no** |",
    ]


def test_every_part_says_what_it_does() -> None:
    assert all((part.__doc__ or "").strip() for part in PARTS.values())
