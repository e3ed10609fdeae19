"""``imitate``: what is wrong with it is said before its half minute of work."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pcdash.cli import cli
from pcdash.core.params import MAX_SEED


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["a.ply"] * 2, "name 3 to 20 scans, not 2"),
        (["a.ply"] * 21, "name 3 to 20 scans, not 21"),
        (["a.ply"] * 3 + ["-o", "nowhere/mine.yaml"], "nowhere/mine.yaml: there is no folder"),
        (["a.ply"] * 3 + ["--seed", str(MAX_SEED + 1)], "not in the range"),
    ],
)
def test_wrong_input_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["imitate", *arguments])
    assert done.exit_code != 0
    assert why in done.output + str(done.exception)
    assert list(tmp_path.iterdir()) == []
