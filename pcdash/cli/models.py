"""``models``: what is there, what serves, and going back."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pcdash.cli.options import artifacts_option
from pcdash.errors import PcdashError


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
@click.option("--override", metavar="REASON", help="Serve it although it is worse; logged.")
@artifacts_option
def promote(version: str, override: str | None, artifacts: str | None) -> None:
    """Put VERSION in service, unless it is significantly worse than the one there now.

    Running servers follow within two seconds.
    """
    verdict = _workbench(artifacts).promote(version, reason="command line", override=override)
    click.echo(f"pcdash: {verdict.note}", err=True)
    for one in verdict.worse:
        click.echo(f"pcdash: overridden: {one}", err=True)
    click.echo(version)


@models.command()
@artifacts_option
def rollback(artifacts: str | None) -> None:
    """Put the version in service that was so before."""
    click.echo(_workbench(artifacts).rollback())


@models.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@artifacts_option
def log(as_json: bool, artifacts: str | None) -> None:
    """What was live when, and why; the newest change first."""
    entries = _workbench(artifacts).promotion_log()
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    for entry in entries:
        when = datetime.fromtimestamp(entry["at"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        before = entry.get("previous") or "nothing"
        click.echo(f"{when}  {entry['action']:8}  {entry['version']}, before: {before}")
        for key in ("reason", "note", "override"):
            if entry.get(key):
                click.echo(f"  {key}: {entry[key]}")


@models.command()
@click.argument("version")
@artifacts_option
def delete(version: str, artifacts: str | None) -> None:
    """Remove VERSION for good; not the one in service, the one before, or one in use."""
    _workbench(artifacts).delete(version)
    click.echo(version)


@models.command()
@click.option(
    "--keep", type=click.IntRange(min=1), default=20, show_default=True, help="Newest to keep."
)
@artifacts_option
def prune(keep: int, artifacts: str | None) -> None:
    """Remove all but the newest versions, and those that are in service, before it, or in use."""
    for version in _workbench(artifacts).retain(keep):
        click.echo(version)


@models.command()
@click.argument("version")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    help="The HTML file; - for stdout.",
)
@artifacts_option
def report(version: str, output: Path, artifacts: str | None) -> None:
    """Write the report of VERSION as one HTML file that needs no network."""
    from pcdash.registry.durable import replace_file
    from pcdash.report import offline_report

    content = offline_report(_workbench(artifacts).dossier(version))
    if str(output) == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        replace_file(output, content)
    except OSError as error:
        raise PcdashError(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"{output}: version {version}, {len(content) / 1e6:.1f} MB")
