"""How a server is set up: command line > environment > YAML > default."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pcdash.errors import ConfigError
from pcdash.logs import Form
from pcdash.yamlconfig import load_config, validate

ENVIRONMENT: dict[str, str] = {
    "MODEL_DIR": "model_dir",
    "PCDASH_ARTIFACTS": "artifacts_dir",
    "PCDASH_HOST": "host",
    "PCDASH_PORT": "port",
    "PCDASH_DATA_ROOT": "data_root",
    "PCDASH_TRUSTED_HOSTS": "trusted_hosts",
    "PCDASH_INSECURE": "insecure",
    "PCDASH_LOG": "log",
}
"""Environment variable -> setting."""

CONFIG_VARIABLE = "PCDASH_CONFIG"
"""Names a serve.yaml where there is no command line to do so."""

TOKEN_VARIABLE = "PCDASH_TOKEN"
"""The only place that a token may come from: files are copied, command lines are seen by all."""

_TOKEN = re.compile(r"[!-~]{16,512}")


HMAC_KEY = "PCDASH_HMAC_KEY"
"""Environment variable with the secret that seals versions.  Deliberately no setting: it stands in
no file, on no command line and in no job's payload; child processes inherit it."""

_MIN_KEY = 32


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Limits(_Group):
    """What one request, one server and one job may use."""

    json_mib: int = Field(16, ge=1, le=1024, description="Largest JSON or callback body, MiB.")
    file_mib: int = Field(64, ge=1, le=4096, description="Largest file body, MiB.")
    json_points: int = Field(100_000, ge=16, le=2_000_000, description="Most points as JSON.")
    file_points: int = Field(
        2_000_000, ge=16, le=2_000_000, description="Most points in a file or as x-npy."
    )
    upload_quota_mib: int = Field(
        512, ge=1, le=1_000_000, description="Uploads and clouds on view together, MiB."
    )
    upload_hours: float = Field(1.0, gt=0, le=720, description="They are gone after this.")
    dataset_quota_mib: int = Field(
        8192, ge=1, le=10_000_000, description="Stored datasets together, MiB on disk."
    )
    queued_jobs: int = Field(8, ge=1, le=1000, description="Jobs that may wait.")
    trainer_memory_mib: int | None = Field(
        8192, ge=1024, description="Address space of each training process, MiB; null: any."
    )
    trainer_file_mib: int | None = Field(
        4096, ge=1, description="Largest file a training may write, MiB; null: any."
    )
    trainer_minutes: float | None = Field(
        1440.0, gt=0, description="Longest training started from the page or /jobs; null: any."
    )
    concurrent_predictions: int = Field(
        16,
        ge=1,
        le=256,
        description="Predictions at a time; more wait up to a second, then get 503.",
    )
    batch_clouds: int = Field(1000, ge=1, le=1000, description="Most clouds of a batch.")
    batch_seconds: float = Field(
        60.0, gt=0, le=3600, description="What a batch has not classified by then is given back."
    )
    view_points: int = Field(
        20_000, ge=100, le=100_000, description="Points drawn; more are thinned for the view only."
    )


class Drift(_Group):
    """The watch for clouds that are not like those of the training."""

    enabled: bool = Field(
        False, description="Whether descriptors of classified clouds are logged, never points."
    )
    rows: int = Field(
        10_000, ge=200, le=100_000, description="Clouds that are remembered, 2 kB each."
    )


class Settings(_Group):
    """Everything a server needs to know, as in configs/serve.yaml."""

    artifacts_dir: str = Field("artifacts", min_length=1, description="Versions, reports, jobs.")
    model_dir: str | None = Field(
        None,
        min_length=1,
        description="Directory to serve; null: <artifacts>/models/current. Elsewhere: pinned.",
    )
    host: str = Field("127.0.0.1", min_length=1, max_length=255, description="Address to bind.")
    port: int = Field(8000, ge=0, le=65535, description="Port to bind; 0 picks a free one.")
    data_root: str | None = Field(
        None, min_length=1, description="Requests may read only folders below this one."
    )
    trusted_hosts: tuple[str, ...] = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        strict=False,
        description="Names this server answers to (the Host header, without the port).",
    )
    trusted_proxy: str | None = Field(
        None,
        min_length=1,
        description="Address of the proxy in front, whose X-Forwarded-Proto is believed.",
    )
    insecure: bool = Field(
        False, description="Whether to listen to other machines without a token."
    )
    log: Form = Field("auto", description="auto: text on a terminal, JSON otherwise.")
    threads: int = Field(80, ge=2, le=256, description="Threads that answer requests.")
    keep: int | None = Field(
        20,
        ge=1,
        description="Newest versions that a training leaves; those in service, before it, or in "
        "use stay beyond that. null: all.",
    )
    bootstrap: bool = Field(
        True, description="Train configs/quick.yaml when there is no model yet."
    )
    limits: Limits = Field(default_factory=Limits, description="What a request may use.")
    drift: Drift = Field(default_factory=Drift, description="The drift watch.")

    @property
    def artifacts(self) -> Path:
        """Absolute path of the artifacts folder."""
        return Path(self.artifacts_dir).absolute()

    @property
    def pinned_model(self) -> Path | None:
        """The directory to serve if it is not the registry's own ``current``."""
        if self.model_dir is None:
            return None
        named = Path(self.model_dir).absolute()
        return None if named == self.artifacts / "models" / "current" else named


def load_settings(
    path: Path | None = None,
    *,
    command_line: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Merge the four sources; None on the command line means 'not given'.

    Raises
    ------
    ConfigError
        Naming the file and line, the variable, or the option to blame.
    """
    data = load_config(Settings, path).model_dump(exclude_unset=True)
    origin: dict[tuple[str | int, ...], str] = {}
    environment = os.environ if environment is None else environment
    for variable, field in ENVIRONMENT.items():
        text = environment.get(variable, "")
        if text:
            data[field] = _READ.get(field, _text)(text, variable)
            origin[(field,)] = f"environment variable {variable}"
    for field, value in (command_line or {}).items():
        if value is not None:
            data[field] = value
            origin[(field,)] = f"--{field.removesuffix('_dir').replace('_', '-')}"
    return validate(Settings, data, origin, "settings")


def hmac_key(environment: Mapping[str, str] | None = None) -> bytes | None:
    """The secret that seals versions, or None if none is set.

    Raises
    ------
    ConfigError
        If it is too short to be one.
    """
    key = (os.environ if environment is None else environment).get(HMAC_KEY, "").encode()
    if key and len(key) < _MIN_KEY:
        raise ConfigError(
            f"environment variable {HMAC_KEY}: expected at least {_MIN_KEY} bytes, got {len(key)}"
            " (openssl rand -hex 32 makes a good one)"
        )
    return key or None


def take_token(environment: MutableMapping[str, str] | None = None) -> SecretStr | None:
    """Take the token out of the environment, so that no child process inherits it.

    Raises
    ------
    ConfigError
        If it is too short to be safe, or could not be sent in a header.
    """
    environment = os.environ if environment is None else environment
    text = environment.pop(TOKEN_VARIABLE, "")
    if not text:
        return None
    if not _TOKEN.fullmatch(text):
        raise ConfigError(
            f"environment variable {TOKEN_VARIABLE}: expected 16 to 512 visible ASCII characters, "
            "as `openssl rand -hex 16` prints them"
        )
    return SecretStr(text)


def check_exposure(settings: Settings, token: SecretStr | None, *, host: str | None) -> None:
    """Refuse to let other machines in without a token, unless that was asked for.

    Parameters
    ----------
    host : str or None
        The address to bind; None if another program binds it, and may bind any.

    Raises
    ------
    ConfigError
    """
    if token is not None or settings.insecure or (host is not None and _is_loopback(host)):
        return
    where = "anywhere" if host is None else f"on {host}"
    raise ConfigError(
        f"not listening {where} without a token: set {TOKEN_VARIABLE}, or say --insecure "
        "(PCDASH_INSECURE=true) if everybody who can reach this machine may use it"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _text(text: str, _variable: str) -> object:
    return text


def _number(text: str, variable: str) -> object:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(
            f"environment variable {variable}: expected a whole number, got {text[:40]!r}"
        ) from None


def _flag(text: str, variable: str) -> object:
    known = {"1": True, "true": True, "0": False, "false": False}
    if text.lower() not in known:
        raise ConfigError(
            f"environment variable {variable}: expected true or false, got {text[:40]!r}"
        )
    return known[text.lower()]


def _names(text: str, _variable: str) -> object:
    return tuple(name.strip() for name in text.split(",") if name.strip())


_READ: dict[str, Callable[[str, str], object]] = {
    "port": _number,
    "insecure": _flag,
    "trusted_hosts": _names,
}
"""Setting -> how its text in the environment is read; as it is where not listed."""
