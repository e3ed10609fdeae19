"""The page at /demo/: `create_dash` mounts it on a server.

``shell`` is the frame, ``tabs`` and ``pages`` hold what is in it, ``forms`` makes controls of
parameter models, ``view`` is the 3D scene.  Callbacks have three steps: parse, one use case,
render.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from dash import Dash
from flask import Response, request

from pcdash.report import offline_report
from pcdash.resources import assets_dir
from pcdash.ui import shell
from pcdash.ui.ids import BASE
from pcdash.ui.pages import PAGES, SubPage
from pcdash.ui.pages.report import DOWNLOAD_RULE, download_name
from pcdash.ui.tabs import TABS

if TYPE_CHECKING:
    from flask import Flask

    from pcdash.workbench import Workbench

INDEX = """<!DOCTYPE html>
<html lang="en">
    <head>
        {%metas%}
        <title>{%title%}</title>
        {%favicon%}
        {%css%}
    </head>
    <body>
        <noscript>pcdash draws its page with JavaScript: please allow it here.</noscript>
        {%app_entry%}
        <footer>
            {%config%}
            {%scripts%}
            {%renderer%}
        </footer>
    </body>
</html>
"""


def create_dash(server: Flask, workbench: Workbench) -> Dash:
    """Mount the page on `server` at /demo/.

    Nothing is loaded from another host, and no script stands in the page itself but Dash's own
    start line, whose hash `Dash.csp_hashes` tells.

    Parameters
    ----------
    server : Flask
    workbench : Workbench
    """
    app = Dash(
        "pcdash",
        server=server,
        url_base_pathname=BASE,
        assets_folder=str(assets_dir()),
        title="pcdash",
        description="Classify 3D point clouds per object.",
        update_title="",
        index_string=INDEX,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "color-scheme", "content": "light dark"},
        ],
        serve_locally=True,
        add_log_handler=False,
        on_error=shell.on_error,
        enable_mcp=False,
    )
    app.layout = shell.layout(workbench, TABS, PAGES)
    shell.register(app, workbench, TABS, PAGES)
    for tab in TABS:
        tab.register(app, workbench)
    for page in PAGES:
        page.register(app, workbench)
        answer = partial(_page, app, workbench, page)
        server.add_url_rule(BASE + page.rule, f"page_{page.name}", answer)
    server.add_url_rule(BASE + DOWNLOAD_RULE, "page_download", partial(_download, workbench))
    return app


def _page(app: Dash, workbench: Workbench, page: SubPage, **_variables: str) -> tuple[str, int]:
    """Answer with the page; where there is nothing, with 404 and the page that says so."""
    status = HTTPStatus.OK if page.there(workbench, request.path) else HTTPStatus.NOT_FOUND
    return app.index(), status


def _download(workbench: Workbench, version: str) -> Response:
    """Hand out the report of a version as a file."""
    content = offline_report(workbench.dossier(version))
    # The name is that of a version: no other one is found.
    headers = {"Content-Disposition": f'attachment; filename="{download_name(version)}"'}
    return Response(content, content_type="text/html; charset=utf-8", headers=headers)
