"""``models``: what is there, what serves, and going back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from pcdash.cli.options import artifacts_option


def _workbench(artifacts: str | None) -> Any:
    from pcdash.settings import load_settings
    from pcdash.workbench import Workbench

    return Workbench(load_settings(command_line={"artifacts_dir": artifacts}))


@click.group()
def models() -> None:
    """List versions, promote one, roll back."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@artifacts_option
def list_models(as_json: bool, artifacts: str | None) -> None:
    """List all versions, newest first; * marks the one in service."""
    rows = _workbench(artifacts).models()
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    if not rows:
        click.echo("no versions yet: python -m pcdash train", err=True)
    for row in rows:
        when = datetime.fromtimestamp(row.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        figures = "-" if row.accuracy is None else f"accuracy {row.accuracy:.1%}"
        mark = "*" if row.current else " "
        click.echo(f"{mark} {row.version}  {when}  {row.model}  {row.data}  {figures}")
        if row.problem:
            click.echo(f"  {row.problem}")


@models.command()
@click.argument("version")
@artifacts_option
def promote(version: str, artifacts: str | None) -> None:
    """Put VERSION in service; running servers follow within two seconds."""
    _workbench(artifacts).promote(version, reason="command line")
    click.echo(version)


@models.command()
@artifacts_option
def rollback(artifacts: str | None) -> None:
    """Put the version in service that was so before."""
    click.echo(_workbench(artifacts).rollback())
