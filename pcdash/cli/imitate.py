"""``imitate``: a training recipe that looks like some scans."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pcdash.cli.options import artifacts_option
from pcdash.core.params import MAX_SEED
from pcdash.core.trust.likeness import FEWEST_SCANS, MOST_SCANS
from pcdash.errors import InvalidInput, PcdashError


@click.command()
@click.argument("scans", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the training's file.  [default: print it]",
)
@click.option("--seed", type=click.IntRange(0, MAX_SEED), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@artifacts_option
def imitate(
    scans: tuple[Path, ...], output: Path | None, seed: int, as_json: bool, artifacts: str | None
) -> None:
    """Write a training whose synthetic clouds look like 3 to 20 unlabelled SCANS.

    A discriminator then tries to tell synthetic from real clouds: an AUC of 0.5 means that it
    cannot, 1 that it always can. Train with: python -m pcdash train --config FILE
    """
    import yaml

    from pcdash.settings import load_settings
    from pcdash.workbench import Workbench
    from pcdash.workbench.imitation import imitate as write_recipe
    from pcdash.workbench.imitation import said_of

    # What is wrong is said before half a minute of work, not after it.
    if not FEWEST_SCANS <= len(scans) <= MOST_SCANS:
        raise InvalidInput(f"name {FEWEST_SCANS} to {MOST_SCANS} scans, not {len(scans)}")
    if output is not None and not output.parent.is_dir():
        raise PcdashError(f"{output}: there is no folder {output.parent}")
    workbench = Workbench(load_settings(command_line={"artifacts_dir": artifacts}))
    clouds = (workbench.read_file(path, path.name, trusted=True).points for path in scans)
    found = write_recipe(workbench.model(), clouds, seed, names=[str(path) for path in scans])
    text = yaml.safe_dump(found.config, sort_keys=False)
    if output is not None:
        try:
            output.write_text(text)
        except OSError as error:
            raise PcdashError(f"{output}: cannot be written: {error.strerror}") from None
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
        return
    for path, scan in zip(scans, found.scans, strict=True):
        click.echo(f"{path}\t{scan.summary()}", err=True)
    if found.copies:
        click.echo(f"Counted once: {said_of(found.copies)}.", err=True)
    click.echo(f"The default recipe: {found.sentence(found.before)}", err=True)
    click.echo(f"This recipe: {found.sentence(found.after)}", err=True)
    click.echo(text if output is None else str(output))
