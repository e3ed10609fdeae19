"""``models report``: a file whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pcdash.cli import cli
from pcdash.errors import NotFound, PcdashError
from pcdash.settings import Settings
from pcdash.workbench import Workbench


@pytest.fixture(scope="module")
def version(small_artifacts: Path) -> str:
    return Workbench(Settings(artifacts_dir=str(small_artifacts))).models()[0].version


def test_a_report_becomes_a_file(small_artifacts: Path, version: str, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    result = CliRunner().invoke(
        cli, ["models", "report", version, "-o", str(target), "--artifacts", str(small_artifacts)]
    )
    assert result.exit_code == 0, result.output
    assert result.output == f"{target}: version {version}, {target.stat().st_size / 1e6:.1f} MB\n"
    assert f"Version {version}" in target.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    printed = CliRunner().invoke(
        cli, ["models", "report", version, "-o", "-", "--artifacts", str(small_artifacts)]
    )
    assert printed.stdout_bytes == target.read_bytes()


def test_what_cannot_be_written_is_one_line(
    small_artifacts: Path, version: str, tmp_path: Path
) -> None:
    result = CliRunner().invoke(
        cli,
        ["models", "report", version, "-o", str(tmp_path / "no" / "r.html"),
         "--artifacts", str(small_artifacts)],
    )  # fmt: skip
    assert isinstance(result.exception, PcdashError)
    assert result.exception.message.endswith("cannot be written: No such file or directory")


def test_an_unknown_version_leaves_the_file_alone(small_artifacts: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    result = CliRunner().invoke(
        cli,
        ["models", "report", "20200101-000000", "-o", str(target),
         "--artifacts", str(small_artifacts)],
    )  # fmt: skip
    assert isinstance(result.exception, NotFound)
    assert target.read_text() == "old"
