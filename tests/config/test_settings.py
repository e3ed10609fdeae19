"""Command line > environment > YAML > default."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcdash.errors import ConfigError
from pcdash.settings import Settings, load_settings


def test_each_source_beats_the_one_below(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("port: 1\nhost: yaml\nartifacts_dir: yaml\n")
    settings = load_settings(
        path,
        command_line={"port": 3, "host": None},
        environment={"PCDASH_PORT": "2", "PCDASH_HOST": "environment"},
    )
    assert (settings.port, settings.host, settings.artifacts_dir, settings.threads) == (
        3,
        "environment",
        "yaml",
        Settings().threads,
    )


@pytest.mark.parametrize(
    ("command_line", "environment", "message"),
    [
        ({"port": 99999}, {}, "--port: should be less than or equal to 65535, got 99999"),
        ({}, {"PCDASH_PORT": "x"}, "environment variable PCDASH_PORT: expected a whole number"),
        ({}, {"PCDASH_PORT": "70000"}, "environment variable PCDASH_PORT: port: should be"),
    ],
)
def test_complaints_name_their_source(
    command_line: dict[str, object], environment: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(command_line=command_line, environment=environment)
    assert message in caught.value.message


def test_a_model_directory_elsewhere_is_pinned(tmp_path: Path) -> None:
    own = str(tmp_path / "models" / "current")
    assert Settings(artifacts_dir=str(tmp_path), model_dir=own).pinned_model is None
    assert Settings(artifacts_dir=str(tmp_path)).pinned_model is None
    other = Settings(artifacts_dir=str(tmp_path), model_dir=str(tmp_path / "x"))
    assert other.pinned_model == tmp_path / "x"
