"""``generate`` and ``predict``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pcdash.cli.answers import json_text, names_of, print_answer
from pcdash.cli.options import artifacts_option
from pcdash.core.explanations import EXPLANATIONS
from pcdash.core.shapes import SHAPES
from pcdash.core.trust.judgement import LEVEL, LEVELS
from pcdash.errors import ConfigError, InvalidInput, PcdashError

if TYPE_CHECKING:
    from pcdash.core.isolate import IsolateParams


@click.command()
@click.option("--shape", required=True, type=click.Choice(list(SHAPES)), help="The surface.")
@click.option("--n-points", default=512, show_default=True, help="Points, 16 to 100,000.")
@click.option("--noise-sigma", default=0.02, show_default=True, help="Noise, 0 to 0.5.")
@click.option("--seed", type=int, help="Same seed, same cloud.  [default: drawn and told]")
@click.option("--rotate/--no-rotate", default=True, show_default=True, help="Random rotation.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="By its ending: .ply, .csv, .xyz, .npy, or .html for an offline 3D page.",
)
@artifacts_option
def generate(
    shape: str,
    n_points: int,
    noise_sigma: float,
    seed: int | None,
    rotate: bool,
    output: Path,
    artifacts: str | None,
) -> None:
    """Make a noisy synthetic cloud and write it to a file."""
    from pcdash.core.generation import generate as make
    from pcdash.core.params import CloudParams
    from pcdash.files import ENCODERS, encode_cloud
    from pcdash.workbench import with_seed
    from pcdash.yamlconfig import validate

    ending = output.suffix.lower()
    if ending != ".html" and ending not in ENCODERS:
        known = ", ".join([*ENCODERS, ".html"])
        raise ConfigError(f"--output {output.name}: the ending must be one of {known}")
    given = {
        "shape": shape,
        "n_points": n_points,
        "noise_sigma": noise_sigma,
        "seed": seed,
        "apply_random_rotation": rotate,
    }
    origin: dict[tuple[str | int, ...], str] = {(k,): f"--{k.replace('_', '-')}" for k in given}
    params = with_seed(validate(CloudParams, given, origin))
    cloud = make(params)
    content = _page(cloud, params) if ending == ".html" else encode_cloud(cloud.points, ending)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise PcdashError(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"{output}: {len(cloud)} points of a {shape}, seed {params.seed}")


def _page(cloud: Any, params: Any) -> bytes:
    from plotly.io import to_html

    from pcdash.figures import cloud_figure

    figure = cloud_figure(cloud.points, title=f"{params.shape}, seed {params.seed}")
    page: str = to_html(figure, include_plotlyjs=True, full_html=True, validate=False)
    return page.encode()


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object a file.")
@click.option(
    "--level",
    type=click.FloatRange(*LEVELS),
    default=LEVEL,
    show_default=True,
    help="Probability with which the label set shall hold the true class.",
)
@click.option(
    "--explain",
    multiple=True,
    metavar="NAME[,NAME...]",
    help=f"What else to say, as often as you like: {', '.join(EXPLANATIONS)}.",
)
@click.option("--isolate", is_flag=True, help="Take the object out of its surroundings first.")
@click.option(
    "--crop",
    nargs=6,
    type=float,
    metavar="X X Y Y Z Z",
    help="Isolate within this box, in the scan's unit; inf and -inf: no limit.",
)
@artifacts_option
def predict(
    files: tuple[Path, ...],
    as_json: bool,
    level: float,
    explain: tuple[str, ...],
    isolate: bool,
    crop: tuple[float, ...] | None,
    artifacts: str | None,
) -> None:
    """Classify scans with the model in service; exit 1 if any file failed.

    For each file: its class with the probability, the label set, and whether it is like none of the
    classes; below it what --explain asks for. --isolate removes the plane that the object stands
    on, and all but the largest group of points, and says so on stderr.
    """
    from pcdash.settings import load_settings
    from pcdash.workbench import Workbench

    workbench = Workbench(load_settings(command_line={"artifacts_dir": artifacts}))
    names = names_of(explain)
    how = _how(crop) if isolate or crop else None
    answers = [_answer(workbench, path, level, names, how) for path in files]
    if as_json:
        click.echo(json_text(answers))
    else:
        for answer in answers:
            print_answer(answer, names)
    sys.exit(1 if any("error" in answer for answer in answers) else 0)


def _how(crop: tuple[float, ...] | None) -> IsolateParams:
    from math import isinf

    from pcdash.core.isolate import IsolateParams
    from pcdash.yamlconfig import validate

    if not crop:
        return IsolateParams()
    limits = [None if isinf(value) else value for value in crop]
    pairs = dict(zip("xyz", (limits[:2], limits[2:4], limits[4:]), strict=True))
    origin: dict[tuple[str | int, ...], str] = {("crop", axis): f"--crop, {axis}" for axis in "xyz"}
    return validate(IsolateParams, {"crop": pairs}, origin)


def _answer(
    workbench: Any, path: Path, level: float, names: list[str], how: IsolateParams | None
) -> dict[str, Any]:
    from pcdash.core.isolate import isolate

    record = {}
    try:
        workbench.load_model()
        points = workbench.read_file(path, path.name, trusted=True).points
        if how is not None:
            try:
                found = isolate(points, how.crop, how.plane, how.cluster)
            except InvalidInput as error:  # knows points, not the file that they come from
                raise InvalidInput(f"{path.name}: {error.message}") from error
            points, record = points[found.mask], {"isolation": found.as_json()}
        said, more = workbench.explained(points, names)
    except PcdashError as error:
        return {"file": str(path), "error": error.message}
    return {
        "file": str(path),
        "predicted_class": said.predicted_class,
        "probabilities": dict(said.probabilities),
        "label_set": said.label_set(level),
        "unknown": said.unknown,
        "unknown_score": said.unknown_score,
        "model_version": said.model_version,
        **more,
        **record,
    }
