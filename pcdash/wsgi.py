"""The server for other WSGI servers: ``gunicorn -c configs/gunicorn.conf.py``.

    create()    # to be called in each server process, after it has been forked

Settings come from the environment and from the file that PCDASH_CONFIG names; address and port are
the other server's affair.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path

from flask import Flask

from pcdash import logs
from pcdash.app import create_app, prepare_artifacts, settle
from pcdash.settings import CONFIG_VARIABLE, check_exposure, load_settings, take_token


def create() -> Flask:
    """Build a server and start its threads, which do not survive a fork.

    Raises
    ------
    PcdashError
        If the settings are wrong, or neither PCDASH_TOKEN nor PCDASH_INSECURE is set: who can
        reach this server is not known here.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    settings = load_settings(Path(named) if named else None)
    token = take_token()
    check_exposure(settings, token, host=None)
    logs.configure(settings.log, [token.get_secret_value()] if token else ())
    prepare_artifacts(settings)
    app = create_app(settings, token, on_looked=settle)
    app.workbench.start()
    atexit.register(app.workbench.close)
    return app.server
