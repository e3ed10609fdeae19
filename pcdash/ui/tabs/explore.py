"""Explore: what is this cloud, and can I trust the answer?"""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.core.params import CloudParams
from pcdash.errors import ConfigError, PcdashError
from pcdash.files import encode_cloud
from pcdash.ui import checks, isolating, morph
from pcdash.ui.answer import ANSWER, PREDICT, SAVE, WAITING, answer_column, not_asked, waiting
from pcdash.ui.components import prediction_panel
from pcdash.ui.ids import LOCATION, POLL, UPLOAD
from pcdash.ui.links import SPECS, from_search, to_search
from pcdash.ui.morph import morph_stage
from pcdash.ui.on_view import CLOUD, SHOWN, VIEW, answer_for, on_view
from pcdash.ui.shell import section_id, tell
from pcdash.ui.source import (
    CONTROL,
    ERROR,
    FORM,
    NEW_SEED,
    PANELS,
    SOURCE,
    UPLOAD_MESSAGE,
    UPLOAD_ZONE,
    controls,
    errors_at,
    no_errors,
)
from pcdash.ui.values import assemble, parse, text
from pcdash.ui.view import COLOURING, GRAPH, view_panel
from pcdash.workbench import Workbench, with_seed

DOWNLOAD = "explore-cloud-download"
OPENED = "explore-opened-store"
"""True from the first time on that the tab is shown: until then there is nothing to draw for."""


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: controls, view, answer."""
    return [
        dcc.Store(id=CLOUD),
        dcc.Store(id=SHOWN),
        dcc.Store(id=OPENED),
        dcc.Store(id=UPLOAD),
        dcc.Download(id=DOWNLOAD),
        html.Div(
            [
                controls(workbench.settings.limits.file_mib),
                view_panel(isolating.panel(), morph_stage()),
                answer_column(checks.layout()),
            ],
            className="explore",
        ),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the tab to the use cases."""
    app.callback(
        output={
            **{name: Output(*target) for name, target in VIEW.items()},
            "values": {key: Output(id_, "value") for key, id_ in CONTROL.items()},
            "errors": {key: Output(id_, "children") for key, id_ in ERROR.items()},
        },
        inputs={
            "_submit": Input(FORM, "n_submit"),
            "_draw": Input(NEW_SEED, "n_clicks"),
            "link": Input(LOCATION, "search"),
            "opened": Input(OPENED, "data"),
        },
        state={
            "values": {key: State(id_, "value") for key, id_ in CONTROL.items()},
            "shown": State(SHOWN, "data"),
            "colouring": State(COLOURING, "value"),
        },
    )(partial(show_generated, workbench))
    app.clientside_callback(
        ClientsideFunction("pcdash", "opened"),
        Output(OPENED, "data"),
        Input(section_id("explore"), "hidden"),
        State(OPENED, "data"),
    )
    app.callback(
        output={
            **{name: Output(*t, allow_duplicate=True) for name, t in VIEW.items()},
            "source": Output(SOURCE, "value"),
            "message": Output(UPLOAD_MESSAGE, "children"),
        },
        inputs={"upload": Input(UPLOAD, "data")},
        state={"colouring": State(COLOURING, "value")},
        prevent_initial_call=True,
        running=[(Output(UPLOAD_ZONE, "className"), "drop-zone reading", "drop-zone")],
    )(partial(show_upload, workbench))
    app.callback(
        Output(ANSWER, "children", allow_duplicate=True),
        Input(PREDICT, "n_clicks"),
        State(CLOUD, "data"),
        prevent_initial_call=True,
        running=[(Output(PREDICT, "className"), "btn btn-primary busy", "btn btn-primary")],
    )(partial(predict, workbench))
    app.callback(
        Output(GRAPH, "figure", allow_duplicate=True),
        Input(COLOURING, "value"),
        State(CLOUD, "data"),
        prevent_initial_call=True,
    )(partial(recolour, workbench))
    app.callback(
        Output(DOWNLOAD, "data"),
        [Input(id_, "n_clicks") for id_ in SAVE.values()],
        State(CLOUD, "data"),
        prevent_initial_call=True,
        running=[(Output(id_, "disabled"), True, False) for id_ in SAVE.values()],
    )(partial(save, workbench))
    app.callback(
        output={
            "waiting": Output(WAITING, "children"),
            "hidden": Output(ANSWER, "hidden"),
            "disabled": Output(PREDICT, "disabled"),
            "title": Output(PREDICT, "title"),
        },
        inputs=[Input(POLL, "n_intervals")],
    )(partial(show_waiting, workbench))
    checks.register(app, workbench, CLOUD)
    isolating.register(app, workbench, cloud=CLOUD, answer=ANSWER)
    morph.register(app, workbench, SOURCE)
    app.clientside_callback(
        ClientsideFunction("pcdash", "choose"),
        [Output(id_, "hidden") for id_ in PANELS],
        Input(SOURCE, "value"),
    )


# -- callbacks ------------------------------------------------------------------------------------


def show_generated(
    workbench: Workbench,
    *,
    values: dict[str, Any],
    shown: Any,
    link: Any,
    opened: Any,
    colouring: Any,
    **_clicks: Any,
) -> dict[str, Any]:
    """Show the cloud that the form asks for, or the link with which the page was opened."""
    by_link = ctx.triggered_id not in (FORM, NEW_SEED)
    if by_link and (not opened or (shown is not None and link in ("", None, shown))):
        return _unchanged()
    try:
        if by_link:
            params = from_search(link)
        else:
            drawn = {"seed": None} if ctx.triggered_id == NEW_SEED else {}
            params = parse(CloudParams, assemble(SPECS, values | drawn), SPECS)
    except ConfigError as error:
        return _unchanged() | {"errors": errors_at(error)}
    params = with_seed(params)
    cloud = workbench.generate(params)
    return {
        **on_view(workbench, cloud, colouring),
        "answer": not_asked(),
        "shown": to_search(params),
        "link": no_update if by_link else to_search(params),
        "values": {spec.key: getattr(params, spec.key) for spec in SPECS},
        "errors": no_errors(),
    }


def show_upload(workbench: Workbench, *, upload: Any, colouring: Any) -> dict[str, Any]:
    """Show an uploaded cloud and say at once what it is."""
    upload_id = upload.get("id") if isinstance(upload, dict) else None
    try:
        cloud = workbench.open_upload(text(upload_id, "upload"))
        answer = answer_for(workbench, cloud)
    except PcdashError as error:
        tell(error.message, kind="danger")
        return dict.fromkeys(VIEW, no_update) | {"source": "upload", "message": error.message}
    return {
        **on_view(workbench, cloud, colouring),
        "answer": answer,
        "shown": "upload",
        "link": "",
        "source": "upload",
        "message": "",
    }


def predict(workbench: Workbench, _clicks: Any, cloud_id: Any) -> Component:
    """Say what the cloud on view is."""
    return prediction_panel(workbench.predict_stored(text(cloud_id, "cloud")))


def recolour(workbench: Workbench, colouring: Any, cloud_id: Any) -> Any:
    """Colour the points by something else."""
    cloud = workbench.cloud(text(cloud_id, "cloud"))
    return on_view(workbench, cloud, text(colouring, "colour"), keep=False)["figure"]


def save(workbench: Workbench, *clicks_and_cloud: Any) -> dict[str, Any]:
    """Hand the cloud on view out as a file."""
    cloud = workbench.cloud(text(clicks_and_cloud[-1], "cloud"))
    ending = next((e for e, id_ in SAVE.items() if id_ == ctx.triggered_id), ".ply")
    stem = cloud.name.rsplit(".", 1)[0] or "cloud"
    content: dict[str, Any] = dcc.send_bytes(encode_cloud(cloud.points, ending), stem + ending)
    return content


def show_waiting(workbench: Workbench, _ticks: Any) -> dict[str, Any]:
    """Say in the answer's place why there is none yet."""
    status = workbench.status()
    ready = status.model_loaded
    return {
        "waiting": [] if ready else waiting(status),
        "hidden": not ready,
        "disabled": not ready,
        "title": "" if ready else status.detail,
    }


# -- pieces ---------------------------------------------------------------------------------------


def _unchanged() -> dict[str, Any]:
    return {
        **dict.fromkeys(VIEW, no_update),
        "values": dict.fromkeys(CONTROL, no_update),
        "errors": no_errors(),
    }
