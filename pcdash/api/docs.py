"""The documentation page: Swagger UI from local files, without inline scripts."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from flask import Response, send_file
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import NotFound

_FOLDER = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
_FILES = {
    "swagger-ui.css": _FOLDER / "css" / "swagger-ui.css",
    "swagger-ui-bundle.js": _FOLDER / "js" / "swagger-ui-bundle.js",
    "icon.svg": _FOLDER / "images" / "swagger.svg",
}
_MAX_AGE = 3600

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>pcdash: JSON routes</title>
<link rel="icon" href="/docs/icon.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""


def install_docs(server: OpenAPI) -> None:
    """Serve ``/docs`` and ``/openapi.json``."""
    server.add_url_rule("/docs", "docs", _page)
    server.add_url_rule("/docs/start.js", "docs_start", _start)
    server.add_url_rule("/docs/<name>", "docs_file", _file)
    server.add_url_rule("/openapi.json", "openapi_json", lambda: server.api_doc)


def _page() -> Response:
    return Response(_PAGE, content_type="text/html; charset=utf-8")


def _start() -> Response:
    return Response(_START, content_type="text/javascript; charset=utf-8")


def _file(name: str) -> Response:
    if name not in _FILES:
        raise NotFound
    return send_file(_FILES[name], max_age=_MAX_AGE)
