"""``reproduce``: whether a version can be made again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pcdash.cli.options import artifacts_option
from pcdash.cli.progress import TerminalProgress

if TYPE_CHECKING:
    from pcdash.workbench.reproduction import Reproduction

_SHOWN = 20
"""Differences that are printed; --json has them all."""


@click.command()
@click.argument("version")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    metavar="ROOT",
    help="Where the folder or zip of scans lies now.  [default: where it was]",
)
@click.option(
    "--restore", "put_back", is_flag=True, help="Put a missing or damaged model back, if certified."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@artifacts_option
def reproduce(
    version: str, data: Path | None, put_back: bool, as_json: bool, artifacts: str | None
) -> None:
    """Train VERSION again from its metadata, and certify that it gives the same predictions.

    Names what has changed where it does not, and exits with 1. Without --restore nothing is
    written.
    """
    from pcdash.registry import Registry
    from pcdash.settings import hmac_key, load_settings
    from pcdash.workbench.reproduction import reproduce as rebuild
    from pcdash.workbench.reproduction import restore

    folder = load_settings(command_line={"artifacts_dir": artifacts}).artifacts
    try:
        with TerminalProgress() as progress:
            rebuilt = rebuild(folder, version, progress, data=data)
    except KeyboardInterrupt:
        click.echo("pcdash: stopped; nothing was written", err=True)
        sys.exit(130)
    restored = None
    if put_back and rebuilt.certified:
        restored = restore(Registry(folder, key=hmac_key()), rebuilt)
    for one in rebuilt.differences[:_SHOWN]:
        click.echo(f"pcdash: {one}", err=True)
    if more := len(rebuilt.differences[_SHOWN:]):
        click.echo(f"pcdash: ... and {more:,} more; --json lists all", err=True)
    if as_json:
        click.echo(json.dumps(rebuilt.as_json() | {"restored": bool(restored)}))
    else:
        click.echo(_said(rebuilt, restored))
    sys.exit(0 if rebuilt.certified else 1)


def _said(rebuilt: Reproduction, restored: bool | None) -> str:
    if not rebuilt.certified:
        return f"version {rebuilt.version} was not reproduced"
    said = (
        f"version {rebuilt.version} reproduced: its {rebuilt.golden} golden clouds "
        f"get the same predictions (largest difference {rebuilt.largest:.2g})"
    )
    if restored is not None:
        said += "; its model is back" if restored else "; its model was there already"
    return said
