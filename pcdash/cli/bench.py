"""``bench``: where a version holds up, and what an answer costs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pcdash.cli.options import artifacts_option
from pcdash.cli.progress import TerminalProgress
from pcdash.errors import PcdashError


@click.command()
@click.option("--model", "version", metavar="VERSION", help="[default: the one in service]")
@click.option("--clouds", type=click.IntRange(5, 100_000), default=500, show_default=True)
@click.option("--seed", type=int, default=20_261_122, show_default=True, help="Of the clouds.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for benchmark.json and benchmark.md.  [default: <artifacts>/reports]",
)
@artifacts_option
def bench(
    version: str | None, clouds: int, seed: int, output: Path | None, artifacts: str | None
) -> None:
    """Measure a version on clouds made for it: accuracy per condition, and cost."""
    from pcdash.settings import load_settings
    from pcdash.workbench import Workbench
    from pcdash.workbench.bench import measure

    settings = load_settings(command_line={"artifacts_dir": artifacts})
    model = Workbench(settings).model(version)
    with TerminalProgress() as progress:
        found = measure(model, progress, clouds=clouds, seed=seed)
        progress.report("done", 1.0)
    folder = output or settings.artifacts / "reports"
    table = found.to_markdown()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "benchmark.json").write_text(json.dumps(found.to_json(), indent=2) + "\n")
        (folder / "benchmark.md").write_text(table)
    except OSError as error:
        raise PcdashError(f"{folder}: cannot be written: {error.strerror}") from None
    click.echo(table, nl=False)
