"""The composition root: settings in, a server out. Nothing else wires parts together."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash import Dash
from flask import Flask

from pcdash.api import create_server, install_dash_guards
from pcdash.errors import PcdashError
from pcdash.settings import Settings
from pcdash.ui import create_dash
from pcdash.workbench import Workbench

_log = logging.getLogger(__name__)

_MIB = 1 << 20


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
    """

    server: Flask
    dash: Dash
    workbench: Workbench


def create_app(settings: Settings) -> App:
    """Build a server; starts no thread and opens no socket."""
    workbench = Workbench(settings)
    server = create_server(workbench, settings)
    dash = create_dash(server, workbench)
    install_dash_guards(server, dash)
    return App(server, dash, workbench)


def serve(settings: Settings, on_ready: Callable[[str], None] = lambda url: None) -> None:
    """Serve until a signal asks to stop.

    Parameters
    ----------
    settings : Settings
    on_ready : callable
        Called with the page's address once the socket is bound.

    Raises
    ------
    PcdashError
        If the address cannot be bound.
    """
    _stop_on_signals()
    app = create_app(settings)
    listener = _bind(app.server, settings)
    port = listener.effective_port
    on_ready(f"http://{_shown(settings.host)}:{port}/demo")
    app.workbench.start()
    try:
        listener.run()
    finally:
        app.workbench.close()


def _bind(server: Flask, settings: Settings) -> Any:
    from waitress import create_server as listen

    try:
        return listen(server, host=settings.host, port=settings.port, **flags(settings))
    except ValueError:  # waitress's word for a name that cannot be resolved
        raise PcdashError(f"cannot listen on {settings.host}: no such address here") from None
    except OSError as error:
        raise PcdashError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; "
            "is another server running there? --port picks another one"
        ) from None


def flags(settings: Settings) -> dict[str, Any]:
    """How waitress serves; with these flags slow clients do not hold the server.

    A body that announces more than the larger of the two limits is refused before it is sent. One
    between the limits goes to a temporary file first, as an upload does, and is then refused
    unread: waitress asks the application only when it has the whole body.
    """
    limits = settings.limits
    return {
        "threads": settings.threads,
        "connection_limit": 1000,
        "channel_timeout": 10,
        "cleanup_interval": 5,
        "asyncore_use_poll": True,
        # A form is a little larger than its file.
        "max_request_body_size": (max(limits.json_mib, limits.file_mib) + 1) * _MIB,
        "ident": None,
    }


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host


def _stop_on_signals() -> None:
    """End in order, with exit code 0, on Ctrl-C and on the signal that supervisors send."""
    if threading.current_thread() is not threading.main_thread():
        return

    def stop(number: int, _frame: object) -> None:
        _log.info("stopping on signal %d", number)
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
