"""Versions named on the command line: only their form ever reaches the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcdash.cli import cli
from pcdash.errors import NotFound
from pcdash.registry import is_version


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.one_of(
        st.text(max_size=300),
        st.from_regex(r"\A[0-9]{8}-[0-9]{6}\n?\Z"),
        st.sampled_from(
            ["current", "..", "../../etc", "/etc", "20260101-000000/..", "-h", "--", ""]
        ),
    )
)
def test_no_name_but_that_of_a_version_is_promoted(tmp_path: Path, name: str) -> None:
    arguments = ["models", "promote", "--artifacts", str(tmp_path / "artifacts"), "--", name]
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, NotFound)
    expected = f"there is no version {name}" if is_version(name) else "a version is named"
    assert result.exception.message.startswith(expected)
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize("command", [["promote"], ["promote", "a", "b"], ["rollback", "a"]])
def test_too_few_or_too_many_names_are_wrong_usage(command: list[str]) -> None:
    assert CliRunner().invoke(cli, ["models", *command]).exit_code == 2
