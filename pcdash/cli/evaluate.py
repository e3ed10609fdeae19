"""``evaluate``: how right a version is on labelled clouds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from pcdash.cli.options import artifacts_option, config_path
from pcdash.cli.progress import TerminalProgress
from pcdash.errors import ConfigError, InvalidInput


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    metavar="ROOT",
    help="ROOT/<class>/files or ROOT/<class>/<train|test>/files, or a zip of that.",
)
@click.option("--config", type=click.Path(path_type=Path), help="A training's dataset and split.")
@click.option("--model", "version", metavar="VERSION", help="[default: the one in service]")
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test", "all"]),
    default="test",
    show_default=True,
    help="Which clouds; a folder without given parts is test data as a whole.",
)
@click.option(
    "--seen",
    type=click.Choice(["leave-out", "count"]),
    default="leave-out",
    show_default=True,
    help="What to do with files that the version was trained on, by their content.",
)
@click.option("--rotate", type=click.Choice(["none", "so3"]), default="none", show_default=True)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of rotations and clouds.",
)
@click.option("--on-error", type=click.Choice(["stop", "skip"]), default="stop", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@artifacts_option
def evaluate(
    data: Path | None,
    config: Path | None,
    version: str | None,
    split: str,
    seen: str,
    rotate: Any,
    seed: int,
    on_error: str,
    as_json: bool,
    artifacts: str | None,
) -> None:
    """Measure a version on labelled clouds: accuracy, recall, F1, calibration, confusion."""
    from pcdash.settings import load_settings
    from pcdash.workbench import Workbench
    from pcdash.workbench.evaluator import NothingUnseen
    from pcdash.workbench.evaluator import evaluate as measure

    bench = Workbench(load_settings(command_line={"artifacts_dir": artifacts}))
    model = bench.model(version)
    with (
        _clouds(data, config, seed, on_error) as (chunks, classes),
        TerminalProgress() as progress,
    ):
        try:
            said = measure(
                model,
                chunks,
                classes,
                progress,
                split=split,
                rotate=rotate,
                seed=seed,
                fitted_to=bench.fitted_to(model.version),
                count_seen=seen == "count",
            )
        except NothingUnseen as error:
            raise InvalidInput(f"{error.message} (--seen count does so all the same)") from None
    if as_json:
        click.echo(json.dumps(said.to_json()))
    else:
        _print(said, counted=seen == "count")


@contextmanager
def _clouds(data: Path | None, config: Path | None, seed: int, on_error: str) -> Iterator[Any]:
    from pcdash.core.params import TrainParams
    from pcdash.files import unpacked
    from pcdash.workbench.folders import unseen_chunks
    from pcdash.workbench.planning import planned
    from pcdash.yamlconfig import load_config

    if (data is None) == (config is None):
        raise ConfigError("give either --data ROOT or --config FILE")
    if data is not None:
        with unpacked(data) as root:
            yield unseen_chunks(root, skip_errors=on_error == "skip")
    else:
        params = load_config(TrainParams, config_path(Path(str(config))), [f"seed={seed}"])
        with planned(params) as found:
            yield found


def _print(said: Any, *, counted: bool) -> None:
    click.echo(
        f"{said.n} clouds, version {said.model_version}: accuracy {said.accuracy:.1%}, "
        f"macro recall {said.macro_recall:.1%}, macro F1 {said.f1_macro:.1%}, "
        f"calibration error {said.ece:.1%}, {said.ms_per_cloud:.1f} ms a cloud"
    )
    width = max(map(len, said.classes))
    for name, row in zip(said.classes, said.confusion, strict=True):
        click.echo(f"{name:>{width}}  " + " ".join(f"{count:5d}" for count in row))
    if said.seen:
        what = "of them count here: too good" if counted else "more were left out"
        click.echo(f"{said.seen} {what}; the version was trained on these files", err=True)
    if said.seen is None:
        click.echo("nobody knows on which of these clouds the version was trained", err=True)
    if said.ignored:
        click.echo(f"not known to the model, not counted: {', '.join(said.ignored)}", err=True)
