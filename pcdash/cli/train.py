"""``train``: the same job as the page's, on the terminal."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Event

import click

from pcdash.cli.options import artifacts_option, config_path
from pcdash.cli.progress import TerminalProgress
from pcdash.errors import ConfigError

_SAID = ("version", "metrics", "counts", "promoted", "note")


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
    """Train a model, publish it as a new version, examine it, and put it in service.

    One that is significantly worse than the version in service stays, but does not serve.
    """
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
    typed = any(override.startswith("artifacts_dir=") for override in overrides)
    chosen = artifacts or (named if typed else None)
    if named and not (chosen or os.environ.get("PCDASH_ARTIFACTS")):
        chosen = named  # the file's word counts less than the environment's
    settings = load_settings(command_line={"artifacts_dir": chosen})
    published = Event()
    try:
        with TerminalProgress() as progress:
            result = train_and_publish(
                params, settings.artifacts, progress, keep=settings.keep, commit=published.set
            )
    except KeyboardInterrupt:
        left = "nothing was published"
        if published.is_set():
            left = "the new version may be there, not examined: python -m pcdash models list"
        click.echo(f"pcdash: stopped; {left}", err=True)
        sys.exit(130)
    for problem in result["problems"]:
        click.echo(f"skipped: {problem}", err=True)
    if compared := result["candidates"]:
        for row in sorted(compared["rows"], key=lambda row: -row["mean"]):
            mark = ", chosen" if row["name"] == compared["chosen"] else ""
            score = f"{compared['metric']} {row['mean']:.4f} in cross-validation"
            click.echo(f"{row['name']}: {score}, {row['seconds']:.1f} s{mark}", err=True)
    click.echo(f"pcdash: {result['note']}", err=True)
    click.echo(json.dumps({key: result[key] for key in _SAID}))
