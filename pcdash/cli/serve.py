"""``serve``: the page and the JSON service."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import get_args

import click

from pcdash.cli.options import artifacts_option, config_path
from pcdash.logs import Form
from pcdash.settings import CONFIG_VARIABLE

_log = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="Address to bind.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to bind.  [default: 8000]")
@click.option("--data-root", metavar="DIR", help="Requests may train on folders below this one.")
@click.option(
    "--config", type=click.Path(path_type=Path), envvar=CONFIG_VARIABLE, help="A serve.yaml."
)
@click.option(
    "--insecure", is_flag=True, help="Listen to other machines though PCDASH_TOKEN is not set."
)
@click.option("--log", type=click.Choice(get_args(Form)), help="Form of the log.  [default: auto]")
@click.option("--no-bootstrap", is_flag=True, help="Do not train a first model if there is none.")
@artifacts_option
def serve(
    host: str | None,
    port: int | None,
    data_root: str | None,
    config: Path | None,
    insecure: bool,
    log: str | None,
    no_bootstrap: bool,
    artifacts: str | None,
) -> None:
    """Serve the page and the JSON routes (the default command).

    Whoever asks has to bring the token in PCDASH_TOKEN, if it is set: as a bearer token, or as the
    password of any user.
    """
    from pcdash import logs
    from pcdash.settings import check_exposure, load_settings, take_token

    settings = load_settings(
        config_path(config or Path("configs/serve.yaml")),
        command_line={
            "host": host,
            "port": port,
            "data_root": data_root,
            "artifacts_dir": artifacts,
            "bootstrap": False if no_bootstrap else None,
            "insecure": insecure or None,
            "log": log,
        },
    )
    token = take_token()
    check_exposure(settings, token, host=settings.host)
    logs.configure(settings.log, [token.get_secret_value()] if token else ())

    from pcdash.app import serve as run

    run(settings, token, on_ready=lambda url: _log.info("pcdash serves %s", url))
