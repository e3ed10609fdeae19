"""``python -m pcdash``: serve is the default command.

Results go to stdout, progress and complaints to stderr.  Exit codes: 0 done, 1 failed,
2 wrong usage or configuration.
"""

from __future__ import annotations

import sys

import click

import pcdash
from pcdash.cli.bench import bench
from pcdash.cli.clouds import generate, predict
from pcdash.cli.doctor import doctor
from pcdash.cli.drift import drift
from pcdash.cli.evaluate import evaluate
from pcdash.cli.imitate import imitate
from pcdash.cli.models import models
from pcdash.cli.morph import morph
from pcdash.cli.reproduce import reproduce
from pcdash.cli.serve import serve
from pcdash.cli.share import export_version, import_version
from pcdash.cli.train import train
from pcdash.errors import ConfigError, PcdashError

COMMANDS: tuple[click.Command, ...] = (
    serve,
    generate,
    train,
    predict,
    evaluate,
    imitate,
    bench,
    models,
    morph,
    reproduce,
    drift,
    doctor,
)


for command in (export_version, import_version):
    models.add_command(command)


class _ServeByDefault(click.Group):
    """Options without a command are meant for ``serve``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ServeByDefault,
    commands=list(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(pcdash.__version__, prog_name="pcdash")
def cli() -> None:
    """Classify 3D point clouds per object: page, JSON service and commands."""


def main() -> None:
    """Run the command line; every failure of ours is one line on stderr."""
    try:
        cli(prog_name="python -m pcdash")
    except PcdashError as error:
        click.echo(f"pcdash: {error.message}", err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
