"""``serve``: the page and the JSON service."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from pcdash.cli.options import artifacts_option, config_path


@click.command()
@click.option("--host", help="Address to bind.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to bind.  [default: 8000]")
@click.option("--data-root", metavar="DIR", help="Requests may train on folders below this one.")
@click.option("--config", type=click.Path(path_type=Path), help="A serve.yaml.")
@click.option("--no-bootstrap", is_flag=True, help="Do not train a first model if there is none.")
@artifacts_option
def serve(
    host: str | None,
    port: int | None,
    data_root: str | None,
    config: Path | None,
    no_bootstrap: bool,
    artifacts: str | None,
) -> None:
    """Serve the page and the JSON routes (the default command)."""
    from pcdash.settings import load_settings

    settings = load_settings(
        config_path(config or Path("configs/serve.yaml")),
        command_line={
            "host": host,
            "port": port,
            "data_root": data_root,
            "artifacts_dir": artifacts,
            "bootstrap": False if no_bootstrap else None,
        },
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("waitress").setLevel(logging.ERROR)

    from pcdash.app import serve as run

    run(settings, on_ready=lambda url: click.echo(f"pcdash serves {url}", err=True))
