"""What goes through the server: counted, timed, written to the log, and in the end let out.

Traffic sees every request first and every answer last, so that nothing a guard refuses is missed.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid

from flask import Flask, Response, g, request

from pcdash import logs
from pcdash.api.metrics import OTHER, Metrics
from pcdash.api.problems import problem_reason
from pcdash.errors import Stopping
from pcdash.workbench import Workbench

_log = logging.getLogger(logs.ACCESS)

_OUR_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST_PATH = 200


class Traffic:
    """The requests of one server.

    Parameters
    ----------
    workbench : Workbench

    Attributes
    ----------
    metrics : Metrics
    stopping : bool
        Whether nothing new is begun.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._always: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._under_way = 0
        self.stopping = False
        self.metrics = Metrics(workbench, lambda: self._under_way)

    @property
    def under_way(self) -> int:
        """Requests that have been begun and not been answered."""
        return self._under_way

    def stop(self) -> None:
        """Begin nothing more; callable from a signal handler."""
        self.stopping = True

    def install(self, server: Flask, always: frozenset[str]) -> None:
        """Watch `server`; to be called before any other check is installed.

        Parameters
        ----------
        always : frozenset of str
            Rules of the url map that are answered to the last and do not count as under way.
        """
        self._always = always
        server.before_request(self._begin)
        server.after_request(self._answered)
        server.teardown_request(self._end)

    def _begin(self) -> None:
        g.started = time.perf_counter()
        g.under_way = False
        g.request_id = _request_id(request.headers.get("X-Request-Id", ""))
        logs.bind(request_id=g.request_id)
        if request.url_rule is not None and request.url_rule.rule in self._always:
            return
        if self.stopping:
            raise Stopping
        with self._lock:
            self._under_way += 1
        g.under_way = True

    def _answered(self, response: Response) -> Response:
        seconds = time.perf_counter() - g.started
        route = request.url_rule.rule if request.url_rule is not None else OTHER
        self.metrics.count(route, request.method, response.status_code, seconds)
        if (reason := problem_reason(response)) is not None:
            self.metrics.count_rejected(response.status_code, reason)
        self._write(route, response.status_code, seconds)
        return response

    def _write(self, route: str, status: int, seconds: float) -> None:
        fields = {
            "method": request.method,
            "route": route,
            "path": request.path[:_LONGEST_PATH],
            "status": status,
            "ms": round(1e3 * seconds, 2),
            "client": request.remote_addr,
            # A prediction has bound the version that gave it; a swap may have come since.
            "version": logs.bound().get("version") or self._workbench.served_version,
            "job_id": logs.bound().get("job_id") or (request.view_args or {}).get("job_id"),
        }
        level = logging.WARNING if status >= 400 else logging.INFO
        _log.log(level, "%s %s %d", request.method, fields["path"], status, extra=fields)

    def _end(self, _error: BaseException | None) -> None:
        if g.pop("under_way", False):
            with self._lock:
                self._under_way -= 1
        logs.release()


def _request_id(sent: str) -> str:
    """The id that a proxy has given the request, if it is one of our form; otherwise a new one."""
    return sent if _OUR_ID.fullmatch(sent) else uuid.uuid4().hex
