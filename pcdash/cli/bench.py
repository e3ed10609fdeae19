"""``bench``: where a version holds up, and what an answer costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pcdash.cli.options import artifacts_option
from pcdash.cli.progress import TerminalProgress
from pcdash.errors import PcdashError


@click.command()
@click.option(
    "--model",
    "versions",
    multiple=True,
    metavar="VERSION",
    help="Repeat it to see the mean and the lowest of several.  [default: the one in service]",
)
@click.option("--clouds", type=click.IntRange(5, 100_000), default=500, show_default=True)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=20_261_122,
    show_default=True,
    help="Of clouds and rotations.",
)
@click.option(
    "--modelnet10",
    type=click.Path(path_type=Path, exists=True),
    metavar="ROOT",
    help="Instead: train and test the classifier of configs/folder.yaml on the clouds of "
    "ROOT/<class>/<train|test>, each turned at random (SO3/SO3).",
)
@click.option("--modelnet10-seeds", "seeds", type=click.IntRange(1, 100), default=3,
              show_default=True, help="Trainings on each draw of rotations.")  # fmt: skip
@click.option("--modelnet10-rotations", "rotations", type=click.IntRange(1, 100), default=3,
              show_default=True, help="Draws of one rotation per cloud.")  # fmt: skip
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the figures as .json and .md: benchmark, or modelnet10.  "
    "[default: <artifacts>/reports]",
)
@artifacts_option
def bench(
    versions: tuple[str, ...],
    clouds: int,
    seed: int,
    modelnet10: Path | None,
    seeds: int,
    rotations: int,
    output: Path | None,
    artifacts: str | None,
) -> None:
    """Measure versions on clouds made for it: accuracy per condition, and cost."""
    from pcdash.settings import load_settings

    if modelnet10 is not None and versions:
        raise click.UsageError("--modelnet10 trains classifiers of its own: leave --model out")
    settings = load_settings(command_line={"artifacts_dir": artifacts})
    with TerminalProgress() as progress:
        if modelnet10 is None:
            name, found = "benchmark", _conditions(settings, versions, progress, clouds, seed)
        else:
            name, found = "modelnet10", _so3(modelnet10, progress, seeds, rotations, seed)
        progress.report("done", 1.0)
    folder = output or settings.artifacts / "reports"
    table = found.to_markdown()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(found.to_json(), indent=2) + "\n")
        (folder / f"{name}.md").write_text(table)
    except OSError as error:
        raise PcdashError(f"{folder}: cannot be written: {error.strerror}") from None
    click.echo(table, nl=False)


def _conditions(
    settings: Any, versions: tuple[str, ...], progress: TerminalProgress, clouds: int, seed: int
) -> Any:
    from pcdash.workbench import Workbench
    from pcdash.workbench.bench import measure

    workbench = Workbench(settings)
    models = [workbench.model(version) for version in dict.fromkeys(versions or (None,))]
    return measure(models, progress, clouds=clouds, seed=seed)


def _so3(data: Path, progress: TerminalProgress, seeds: int, rotations: int, seed: int) -> Any:
    from pcdash.core.params import TrainParams
    from pcdash.files import unpacked
    from pcdash.resources import configs_dir
    from pcdash.workbench.so3 import measure_so3
    from pcdash.yamlconfig import load_config

    params = load_config(TrainParams, configs_dir() / "folder.yaml")
    with unpacked(data) as root:
        return measure_so3(root, params, progress, seeds=seeds, rotations=rotations, seed=seed)
