"""The Flask server: guards, routes, problems and documentation, put together."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import SecretStr
from werkzeug.wrappers import Response

import pcdash
from pcdash.api.bodies import FastJSON, Request
from pcdash.api.docs import install_docs
from pcdash.api.documented import Security
from pcdash.api.guards import install_guards
from pcdash.api.problems import install_problems
from pcdash.api.routes import accepted, public_rules, register_routes
from pcdash.api.schemas import Problem
from pcdash.api.service import Service
from pcdash.api.traffic import Traffic
from pcdash.settings import Settings
from pcdash.workbench import Workbench

PAGE = "/demo/"
"""Where the page lives; the composition root mounts it there."""

_ABOUT = (
    "Classify 3D point clouds per object. Every answer that is no success is a problem (RFC 9457)."
)


_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The server's token."},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "Any user name, the server's token as password: for browsers.",
    },
}
_SECURITY: Security = [{name: []} for name in _SCHEMES]
_NO_SECURITY: Security = []


class _Server(OpenAPI):
    request_class = Request
    json_provider_class = FastJSON


def create_server(
    workbench: Workbench,
    settings: Settings,
    token: SecretStr | None = None,
    traffic: Traffic | None = None,
) -> OpenAPI:
    """Build the server with the JSON routes; nothing starts and no model is loaded.

    The page is mounted on it afterwards, then `pcdash.api.install_dash_guards` is called.

    Parameters
    ----------
    workbench : Workbench
        The use cases that the routes offer.
    settings : Settings
        Names the server answers to, and limits.
    token : SecretStr, optional
        What everybody has to bring, but to the probes; None: nothing.
    traffic : Traffic, optional
        The caller's hold on what goes through the server.
    """
    traffic = traffic or Traffic(workbench)
    server = _Server(
        "pcdash",
        info=Info(title="pcdash", version=pcdash.__version__, description=_ABOUT),
        doc_ui=False,
        static_folder=None,
        # Every operation documents its own 500, so nothing is added for the library's own errors.
        validation_error_model=Problem,
        validation_error_status=500,
        security_schemes=_SCHEMES,
    )
    install_problems(server)
    traffic.install(server, always=public_rules())
    install_guards(server, settings, accepted(), token, public_rules())
    register_routes(
        server,
        Service(workbench, settings.limits, traffic),
        _SECURITY if token is not None else _NO_SECURITY,
    )
    install_docs(server)
    server.add_url_rule("/", "home", _home)
    return server


def _home() -> Response:
    return redirect(PAGE)
