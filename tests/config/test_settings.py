"""Command line > environment > YAML > default."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from pcdash.errors import ConfigError
from pcdash.settings import (
    TOKEN_VARIABLE,
    Settings,
    check_exposure,
    load_settings,
    take_token,
)


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


@pytest.mark.parametrize(
    ("environment", "field", "value"),
    [
        ({"PCDASH_TRUSTED_HOSTS": "a.org, localhost,"}, "trusted_hosts", ("a.org", "localhost")),
        ({"PCDASH_INSECURE": "true"}, "insecure", True),
        ({"PCDASH_INSECURE": "0"}, "insecure", False),
        ({"PCDASH_LOG": "json"}, "log", "json"),
    ],
)  # fmt: skip
def test_the_environment_is_read_as_what_the_setting_is(
    environment: dict[str, str], field: str, value: object
) -> None:
    assert getattr(load_settings(environment=environment), field) == value


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org", "localhost.evil"])
def test_other_machines_are_let_in_by_token_or_on_request(host: str) -> None:
    with pytest.raises(ConfigError, match="without a token: set PCDASH_TOKEN, or say --insecure"):
        check_exposure(Settings(host=host), None, host=host)
    check_exposure(Settings(host=host, insecure=True), None, host=host)
    check_exposure(Settings(host=host), SecretStr("x" * 16), host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_this_machine_needs_no_token(host: str) -> None:
    check_exposure(Settings(), None, host=host)


def test_where_somebody_else_binds_a_token_is_always_asked_for() -> None:
    with pytest.raises(ConfigError, match="not listening anywhere without a token"):
        check_exposure(Settings(), None, host=None)


def test_the_token_is_taken_out_of_the_environment_and_not_shown() -> None:
    environment = {TOKEN_VARIABLE: "correct-horse-battery"}
    token = take_token(environment)
    assert token is not None
    assert token.get_secret_value() == "correct-horse-battery"
    assert "horse" not in f"{token} {token!r}"
    assert environment == {}
    assert take_token({}) is take_token({TOKEN_VARIABLE: ""}) is None


@pytest.mark.parametrize(
    "text",
    ["short", "x" * 513, "correct horse battery", "correct\nhorse-battery", "pässword-pässword"],
)
def test_a_token_that_could_not_be_sent_is_refused_unshown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        take_token({TOKEN_VARIABLE: text})
    assert text not in caught.value.message


def test_the_token_is_no_setting(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("token: correct-horse-battery\n")
    with pytest.raises(ConfigError, match="unknown key"):
        load_settings(path)
