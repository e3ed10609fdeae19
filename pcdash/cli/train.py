"""``train``: the same job as the page's, on the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from pcdash.cli.options import artifacts_option, config_path
from pcdash.errors import ConfigError


class TerminalProgress:
    """Stage, percent and time left on stderr; plain lines where it is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self._live = console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description:9}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[message]}"),
            console=console,
            disable=not self._live,
        )
        self._task = self._bar.add_task("prepare", total=1.0, message="")
        self._said = ""

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Move the bar; without a terminal, say each new stage and each tenth."""
        self._bar.update(self._task, description=stage, completed=fraction, message=message)
        mark = f"{stage} {int(fraction * 10)}"
        if not self._live and mark != self._said:
            self._said = mark
            click.echo(f"{stage:9} {fraction:4.0%}  {message}", err=True)

    def check(self) -> None:
        """Ctrl-C is the terminal's way to cancel; nothing to ask."""


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("configs/train.yaml"),
    show_default=True,
    help="A training configuration.",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one value (YAML)."
)
@artifacts_option
def train(config: Path, overrides: tuple[str, ...], artifacts: str | None) -> None:
    """Train a model, publish it as a new version and put it in service."""
    from pcdash.core.params import TrainParams
    from pcdash.settings import load_settings
    from pcdash.workbench import train_and_publish
    from pcdash.yamlconfig import load_config

    params = load_config(TrainParams, config_path(config), overrides)
    named = params.artifacts_dir
    if artifacts and named and Path(artifacts).absolute() != Path(named).absolute():
        raise ConfigError(
            f"--artifacts {artifacts} and artifacts_dir: {named} differ; give one of them",
            field="artifacts_dir",
        )
    folder = load_settings(command_line={"artifacts_dir": artifacts or named}).artifacts
    try:
        with TerminalProgress() as progress:
            result = train_and_publish(params, folder, progress)
    except KeyboardInterrupt:
        click.echo("pcdash: stopped; nothing was published", err=True)
        sys.exit(130)
    for problem in result["problems"]:
        click.echo(f"skipped: {problem}", err=True)
    click.echo(json.dumps({key: result[key] for key in ("version", "metrics", "counts")}))
