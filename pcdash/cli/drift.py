"""``drift``: whether the clouds of late still look like the training's."""

from __future__ import annotations

import json
import sys

import click

from pcdash.cli.options import artifacts_option


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@artifacts_option
def drift(as_json: bool, artifacts: str | None) -> None:
    """Hold what servers have classified lately against the training; exit 1 on an alarm.

    They log it where serve.yaml has drift.enabled.
    """
    from pcdash.settings import load_settings
    from pcdash.workbench import Workbench

    # What servers have logged is read here; nothing that this process does is written.
    given = {"artifacts_dir": artifacts, "drift": {"enabled": True}}
    workbench = Workbench(load_settings(command_line=given))
    workbench.load_model()
    report = workbench.drift()
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        click.echo(f"version {report.version}: {report.said}")
    sys.exit(1 if report.alarm else 0)
