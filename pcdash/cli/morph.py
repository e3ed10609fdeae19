"""``morph``: where a version changes its mind between two shapes."""

from __future__ import annotations

from typing import Any

import click
import orjson

from pcdash.cli.options import artifacts_option
from pcdash.core.morph import MORPHS


@click.command()
@click.argument("name", type=click.Choice(list(MORPHS)))
@click.option("--steps", default=21, show_default=True, help="Places on the way, 2 to 101.")
@click.option("--n-points", default=512, show_default=True, help="Points, 16 to 4,096.")
@click.option("--noise-sigma", default=0.02, show_default=True, help="Noise, 0 to 0.5.")
@click.option("--seed", type=int, help="Same seed, same flips.  [default: drawn and told]")
@click.option("--json", "as_json", is_flag=True, help="Print what POST /morph answers.")
@artifacts_option
def morph(
    name: str,
    steps: int,
    n_points: int,
    noise_sigma: float,
    seed: int | None,
    as_json: bool,
    artifacts: str | None,
) -> None:
    """Turn one shape into another and say where the class changes."""
    from pcdash.core.morph.curve import MorphParams
    from pcdash.settings import load_settings
    from pcdash.workbench import Workbench
    from pcdash.yamlconfig import validate

    given = {"morph": name, "steps": steps, "n_points": n_points, "noise_sigma": noise_sigma,
             "seed": seed}  # fmt: skip
    origin: dict[tuple[str | int, ...], str] = {(k,): f"--{k.replace('_', '-')}" for k in given}
    params = validate(MorphParams, given, origin)
    workbench = Workbench(load_settings(command_line={"artifacts_dir": artifacts}))
    workbench.load_model()
    found = workbench.follow(params)
    if as_json:
        options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
        click.echo(orjson.dumps(found.to_json(), option=options).decode())
    else:
        _print(found)


def _print(found: Any) -> None:
    about = MORPHS[found.params.morph]
    click.echo(f"{about.begin} to {about.end}, seed {found.params.seed}, {found.model_version}")
    for t, row in zip(found.t, found.probabilities, strict=True):
        best = int(row.argmax())
        click.echo(f"{t:.3f}\t{found.classes[best]}\t{row[best]:.1%}")
    for flip in found.flips:
        what = f"{about.quantity} {flip.value:.4g}"
        click.echo(f"flip at {flip.t:.4f}\t{flip.before} becomes {flip.after}\t{what}")
