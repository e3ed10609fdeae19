"""``models export`` and ``models import``: a version on its way to somebody else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from pcdash.cli.options import artifacts_option
from pcdash.errors import ConfigError, Refused


@click.command("export")
@click.argument("version")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE.zip",
    help="Where to write it; replaced if it is there.",
)
@artifacts_option
def export_version(version: str, output: Path, artifacts: str | None) -> None:
    """Write VERSION as a zip with a predict.py that needs no pcdash; print its SHA-256."""
    from pcdash.registry import Reader
    from pcdash.registry.durable import replace_file
    from pcdash.settings import hmac_key, load_settings
    from pcdash.workbench.exporting import export

    folder = load_settings(command_line={"artifacts_dir": artifacts}).artifacts
    content = export(Reader(folder, hmac_key()), version)
    try:
        replace_file(output.absolute(), content)
    except OSError as error:
        raise Refused(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"{hashlib.sha256(content).hexdigest()}  {output}")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--sha256", required=True, metavar="HEX", help="What its sender says it has.")
@click.option("--trust", is_flag=True, help="You know who made it: loading a model runs its code.")
@artifacts_option
def import_version(file: Path, sha256: str, trust: bool, artifacts: str | None) -> None:
    """Take in a version from FILE, that models export has made; it is not put in service."""
    if not trust:
        raise ConfigError(
            f"{file.name} was not opened: loading a model runs whatever its maker put into it; "
            "say --trust if you know who that is"
        )
    from pcdash.registry import Registry
    from pcdash.settings import hmac_key, load_settings
    from pcdash.workbench import importing

    folder = load_settings(command_line={"artifacts_dir": artifacts}).artifacts
    registry = Registry(folder, key=hmac_key())
    version = importing.import_version(registry, file, sha256)
    if registry.current() == version:
        click.echo("pcdash: nothing was promoted yet, so servers take the newest: this", err=True)
    else:
        click.echo(f"pcdash: not in service; models promote {version} asks for it", err=True)
    click.echo(version)
