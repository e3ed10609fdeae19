"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pcdash.errors import ConfigError
from pcdash.resources import configs_dir

Command = TypeVar("Command", bound=Callable[..., Any])


def artifacts_option(command: Command) -> Command:
    """``--artifacts DIR``: where versions, reports and jobs live."""
    return click.option(
        "--artifacts",
        metavar="DIR",
        help="Where versions, reports and jobs live.  [default: $PCDASH_ARTIFACTS or ./artifacts]",
    )(command)


def config_path(given: Path) -> Path:
    """`given` if it exists, else the packaged preset of that name.

    So ``configs/train.yaml`` works from any folder, also with an installed package.
    """
    packaged = configs_dir() / given.name
    if given.exists() or not packaged.is_file():
        if not given.is_file():
            raise ConfigError(f"{given}: there is no such configuration file")
        return given
    return packaged
