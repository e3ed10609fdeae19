"""The socket: bound in words, served by waitress, closed in order."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from flask import Flask
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.wasyncore import close_all, dispatcher, loop

from pcdash.api import Traffic
from pcdash.errors import PcdashError
from pcdash.settings import Settings

DRAIN_SECONDS = 10.0
"""How long requests under way may take once the server has been told to stop."""

_LOOK_SECONDS = 0.05
_PROBES = "/health"
_MIB = 1 << 20


class Listener:
    """Serves one application on one address.

    Parameters
    ----------
    app : Flask
    settings : Settings

    Attributes
    ----------
    port : int

    Raises
    ------
    PcdashError
        If the address cannot be bound.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._sockets: dict[int, Any] = {}
        try:
            self._server = _bound(app, settings, self._sockets)
        except PcdashError:
            close_all(self._sockets, ignore_all=True)
            raise
        # A name may stand for several addresses, each with a socket of its own.
        listening = [one for one in self._sockets.values() if isinstance(one, BaseWSGIServer)]
        self._listening = listening
        self.port = int(listening[0].effective_port)

    def wake(self) -> None:
        """Let `run` look whether it should stop; callable from a signal handler."""
        with suppress(OSError):  # it has ended already
            self._listening[0].pull_trigger()

    def run(self, traffic: Traffic) -> None:
        """Serve until `traffic` is told to stop, then until what is under way is answered.

        First nothing new is begun, while probes still learn that this server is stopping; once
        everything begun has been answered, or `DRAIN_SECONDS` are over, nobody is let in any
        more, and what has been answered is sent.
        """
        while not traffic.stopping:
            self._turn(None)
        until = time.monotonic() + DRAIN_SECONDS
        while traffic.under_way and time.monotonic() < until:
            self._turn(_LOOK_SECONDS)
        for one in self._listening:
            dispatcher.close(one)  # the socket alone: its trigger still wakes the loop
        for channel in self._channels():
            channel.readable = _never  # or whoever keeps asking would keep the server
        while self._unsent() and time.monotonic() < until:
            self._turn(_LOOK_SECONDS)
        close_all(self._sockets, ignore_all=True)

    def _turn(self, seconds: float | None) -> None:
        """Look after every socket once."""
        timeout = self._server.adj.asyncore_loop_timeout if seconds is None else seconds
        loop(timeout=timeout, use_poll=True, map=self._sockets, count=1)

    def _channels(self) -> list[Any]:
        return [one for one in self._sockets.values() if isinstance(one, HTTPChannel)]

    def _unsent(self) -> bool:
        return any(one.requests or one.total_outbufs_len for one in self._channels())


class ProbesFirst(ThreadedTaskDispatcher):
    """Waitress's threads, with its queue in another order.

    Where many clients ask at once, most of them wait in that queue; whoever watches over the server
    must not conclude from it that the server is gone.
    """

    def add_task(self, task: Any) -> None:
        """Let a channel with a request wait for a thread; to the front if it is a probe."""
        with self.lock:
            if task.requests and task.requests[0].path.startswith(_PROBES):
                self.queue.appendleft(task)
            else:
                self.queue.append(task)
            self.queue_cv.notify()


def _never() -> bool:
    return False


def flags(settings: Settings) -> dict[str, Any]:
    """How waitress serves; with these flags slow clients do not hold the server.

    A body that announces more than the larger of the two limits is refused before it is sent. One
    between the limits goes to a temporary file first, as an upload does, and is then refused
    unread: waitress asks the application only when it has the whole body.
    """
    limits = settings.limits
    proxy = {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_headers": {"x-forwarded-proto"},
    }
    return {
        "threads": settings.threads,
        "connection_limit": 1000,
        "recv_bytes": 1 << 17,
        "channel_timeout": 10,
        "cleanup_interval": 5,
        "asyncore_use_poll": True,
        # A form is a little larger than its file.
        "max_request_body_size": (max(limits.json_mib, limits.file_mib) + 1) * _MIB,
        "ident": None,
        "clear_untrusted_proxy_headers": True,
        **(proxy if settings.trusted_proxy is not None else {}),
    }


def _bound(app: Flask, settings: Settings, sockets: dict[int, Any]) -> Any:
    where = f"cannot listen on {settings.host}"
    threads = ProbesFirst()
    try:
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            map=sockets,
            _dispatcher=threads,
            **flags(settings),
        )
        threads.set_thread_count(settings.threads)
        return server
    except (ValueError, socket.gaierror):  # waitress's word for a name that cannot be resolved
        raise PcdashError(f"{where}: no such address here") from None
    except OSError as error:
        raise PcdashError(
            f"{where}:{settings.port}: {error.strerror or error}; "
            "is another server running there? --port picks another one"
        ) from None
