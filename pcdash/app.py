"""The composition root: settings in, a server out. Nothing else wires parts together."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from dash import Dash
from flask import Flask
from pydantic import SecretStr

from pcdash.api import Traffic, create_server, install_dash_guards
from pcdash.errors import PcdashError
from pcdash.listener import Listener
from pcdash.settings import Settings
from pcdash.ui import create_dash
from pcdash.workbench import Workbench

_TURN_SECONDS = 2.5e-4
"""How long a thread may keep the interpreter from others.

Python's own 5 ms add up where many wait: with 64 clients the slowest hundredth of /health took 350
ms at 1 ms, 93 ms at this, while half as many predictions more were made; at a fifth of it switching
costs more than it brings.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class App:
    """The parts of one server.

    Attributes
    ----------
    server : Flask
        The WSGI application: JSON routes and page.
    dash : Dash
    workbench : Workbench
        Its threads run after ``workbench.start()``.
    traffic : Traffic
        What goes through the server, and its end.
    """

    server: Flask
    dash: Dash
    workbench: Workbench
    traffic: Traffic


def create_app(
    settings: Settings,
    token: SecretStr | None = None,
    *,
    on_looked: Callable[[], None] = lambda: None,
) -> App:
    """Build a server; starts no thread and opens no socket.

    Parameters
    ----------
    settings : Settings
    token : SecretStr, optional
        What every request has to bring, but those to /health; None: nothing.
    on_looked : callable
        See `Workbench`.
    """
    workbench = Workbench(settings, on_looked=on_looked)
    traffic = Traffic(workbench)
    server = create_server(workbench, settings, token, traffic)
    dash = create_dash(server, workbench)
    install_dash_guards(server, dash)
    return App(server, dash, workbench, traffic)


def serve(
    settings: Settings,
    token: SecretStr | None = None,
    on_ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until a signal asks to stop.

    Parameters
    ----------
    settings : Settings
    token : SecretStr, optional
    on_ready : callable
        Called with the page's address once the socket is bound.

    Raises
    ------
    PcdashError
        If the address cannot be bound, or there is no artifacts folder to be had.
    """
    prepare_artifacts(settings)
    app = create_app(settings, token, on_looked=settle)
    listener = Listener(app.server, settings)
    _stop_on_signals(app.traffic, listener)
    on_ready(f"http://{_shown(settings.host)}:{listener.port}/demo")
    app.workbench.start()
    try:
        listener.run(app.traffic)
    finally:
        app.workbench.close()


def settle() -> None:
    """Fit the interpreter to a process that does nothing but serve.

    Everything loaded by now, the libraries above all, is there to stay: looking through it for
    garbage would stop every thread for a tenth of a second, again and again.  And a thread that has
    work for a moment only, such as a probe's, gets its turn sooner.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_TURN_SECONDS)


def prepare_artifacts(settings: Settings) -> None:
    """Make the artifacts folder; one that is there but cannot be written is good for serving.

    Raises
    ------
    PcdashError
        If there is none and none can be made.
    """
    folder = settings.artifacts
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PcdashError(
            f"the artifacts folder {folder} cannot be made: {error.strerror}; "
            "--artifacts names another one"
        ) from None
    if not os.access(folder, os.W_OK):
        _log.warning("the artifacts folder %s cannot be written: nothing is trained here", folder)


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host


def _stop_on_signals(traffic: Traffic, listener: Listener) -> None:
    """End in order, with exit code 0, on Ctrl-C and on the signal that supervisors send."""
    if threading.current_thread() is not threading.main_thread():
        return
    numbers = (signal.SIGTERM, signal.SIGINT)

    def stop(number: int, _frame: object) -> None:
        for one in numbers:
            signal.signal(one, signal.SIG_DFL)  # a second one ends at once
        _log.info("stopping on signal %d", number)
        traffic.stop()
        listener.wake()

    for number in numbers:
        signal.signal(number, stop)
