"""Explore: what is this cloud, and can I trust the answer?"""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.core.params import CloudParams
from pcdash.errors import ConfigError, InvalidInput, ModelUnavailable, PcdashError
from pcdash.files import READERS, encode_cloud
from pcdash.ui.components import empty_state, prediction_panel, progress_bar
from pcdash.ui.forms import labelled
from pcdash.ui.ids import LOCATION, POLL, UPLOAD
from pcdash.ui.links import FIRST, SPECS, from_search, to_search
from pcdash.ui.shell import tell
from pcdash.ui.specs import FieldSpec, assemble, parse
from pcdash.ui.view import DEFAULT_COLOURING, show_cloud, view_panel
from pcdash.workbench import Status, Workbench, with_seed

SOURCE = "explore-source-radio"
GENERATE_PANEL = "explore-generate-panel"
UPLOAD_PANEL = "explore-upload-panel"
FORM = "explore-generate-form"
NEW_SEED = "explore-seed-button"
UPLOAD_ZONE = "explore-upload-zone"
UPLOAD_PROGRESS = "explore-upload-progress"
UPLOAD_MESSAGE = "explore-upload-message"
GRAPH = "explore-view-graph"
CAPTION = "explore-view-caption"
COLOURING = "explore-colour-select"
CLOUD = "explore-cloud-store"
SHOWN = "explore-shown-store"
PREDICT = "explore-predict-button"
ANSWER = "explore-answer-panel"
WAITING = "explore-waiting-panel"
DOWNLOAD = "explore-cloud-download"
SAVE = {
    ".ply": "explore-ply-button",
    ".csv": "explore-csv-button",
    ".npy": "explore-npy-button",
}
CONTROL = {spec.key: f"explore-{spec.slug}-input" for spec in SPECS}
ERROR = {spec.key: f"explore-{spec.slug}-error" for spec in SPECS}

VIEW = {
    "figure": (GRAPH, "figure"),
    "caption": (CAPTION, "children"),
    "cloud": (CLOUD, "data"),
    "answer": (ANSWER, "children"),
    "shown": (SHOWN, "data"),
    "link": (LOCATION, "search"),
}
"""What changes when another cloud comes on view, wherever it comes from."""


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: controls, view, answer."""
    return [
        dcc.Store(id=CLOUD),
        dcc.Store(id=SHOWN),
        dcc.Store(id=UPLOAD),
        dcc.Download(id=DOWNLOAD),
        html.Div(
            [_controls(workbench), view_panel(GRAPH, CAPTION, COLOURING), _answer_column()],
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
        },
        state={
            "values": {key: State(id_, "value") for key, id_ in CONTROL.items()},
            "shown": State(SHOWN, "data"),
            "colouring": State(COLOURING, "value"),
        },
    )(partial(show_generated, workbench))
    app.callback(
        output={
            **{name: Output(*t, allow_duplicate=True) for name, t in VIEW.items()},
            "source": Output(SOURCE, "value"),
            "message": Output(UPLOAD_MESSAGE, "children"),
        },
        inputs={"upload": Input(UPLOAD, "data")},
        state={"colouring": State(COLOURING, "value")},
        prevent_initial_call=True,
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
    app.clientside_callback(
        ClientsideFunction("pcdash", "choose"),
        [Output(GENERATE_PANEL, "hidden"), Output(UPLOAD_PANEL, "hidden")],
        Input(SOURCE, "value"),
    )


# -- callbacks ------------------------------------------------------------------------------------


def show_generated(
    workbench: Workbench,
    *,
    values: dict[str, Any],
    shown: Any,
    link: Any,
    colouring: Any,
    **_clicks: Any,
) -> dict[str, Any]:
    """Show the cloud that the form asks for, or the link with which the page was opened."""
    by_link = ctx.triggered_id not in (FORM, NEW_SEED)
    if by_link and shown is not None and link in ("", None, shown):
        return _unchanged()
    try:
        if by_link:
            params = from_search(link)
        else:
            drawn = {"seed": None} if ctx.triggered_id == NEW_SEED else {}
            params = parse(CloudParams, assemble(SPECS, values | drawn))
    except ConfigError as error:
        return _unchanged() | {"errors": _errors(error)}
    params = with_seed(params)
    cloud = workbench.generate(params)
    return {
        **_view(workbench, cloud, colouring),
        "answer": _not_asked(),
        "shown": to_search(params),
        "link": no_update if by_link else to_search(params),
        "values": {spec.key: getattr(params, spec.key) for spec in SPECS},
        "errors": dict.fromkeys(ERROR, ""),
    }


def show_upload(workbench: Workbench, *, upload: Any, colouring: Any) -> dict[str, Any]:
    """Show an uploaded cloud and say at once what it is."""
    upload_id = upload.get("id") if isinstance(upload, dict) else None
    try:
        cloud = workbench.open_upload(_text(upload_id, "upload"))
        answer = _answer(workbench, cloud)
    except PcdashError as error:
        tell(error.message, kind="danger")
        return dict.fromkeys(VIEW, no_update) | {"source": "upload", "message": error.message}
    return {
        **_view(workbench, cloud, colouring),
        "answer": answer,
        "shown": "upload",
        "link": "",
        "source": "upload",
        "message": "",
    }


def predict(workbench: Workbench, _clicks: Any, cloud_id: Any) -> Component:
    """Say what the cloud on view is."""
    return prediction_panel(workbench.predict_stored(_text(cloud_id, "cloud")))


def recolour(workbench: Workbench, colouring: Any, cloud_id: Any) -> Any:
    """Colour the points by something else."""
    cloud = workbench.cloud(_text(cloud_id, "cloud"))
    return _view(workbench, cloud, _text(colouring, "colour"), keep=False)["figure"]


def save(workbench: Workbench, *clicks_and_cloud: Any) -> dict[str, Any]:
    """Hand the cloud on view out as a file."""
    cloud = workbench.cloud(_text(clicks_and_cloud[-1], "cloud"))
    ending = next((e for e, id_ in SAVE.items() if id_ == ctx.triggered_id), ".ply")
    stem = cloud.name.rsplit(".", 1)[0] or "cloud"
    content: dict[str, Any] = dcc.send_bytes(encode_cloud(cloud.points, ending), stem + ending)
    return content


def show_waiting(workbench: Workbench, _ticks: Any) -> dict[str, Any]:
    """Say in the answer's place why there is none yet."""
    status = workbench.status()
    ready = status.model_loaded
    return {
        "waiting": [] if ready else _waiting(status),
        "hidden": not ready,
        "disabled": not ready,
        "title": "" if ready else status.detail,
    }


# -- pieces ---------------------------------------------------------------------------------------


def _controls(workbench: Workbench) -> Component:
    return html.Aside(
        [
            html.Button(
                "Close",
                type="button",
                className="btn btn-sm btn-outline-secondary drawer-close",
                **{"data-tool": "close-drawer"},
            ),
            dbc.RadioItems(
                id=SOURCE,
                options=[
                    {"label": "Generate", "value": "generate"},
                    {"label": "Upload", "value": "upload"},
                ],
                value="generate",
                className="segmented",
                input_class_name="btn-check",
                label_class_name="btn btn-outline-secondary",
                label_checked_class_name="active",
            ),
            html.Div(_generate_form(), id=GENERATE_PANEL),
            html.Div(_upload_zone(workbench), id=UPLOAD_PANEL, hidden=True),
        ],
        className="controls",
        **{"aria-label": "Source of the cloud", "data-drawer": "controls"},
    )


def _generate_form() -> Component:
    dice = dbc.Button(
        "New",
        id=NEW_SEED,
        color="secondary",
        outline=True,
        title="Draw another seed and generate",
        type="button",
    )
    return dbc.Form(
        [
            *[
                labelled(
                    _started(spec),
                    CONTROL[spec.key],
                    ERROR[spec.key],
                    *([dice] if spec.key == "seed" else []),
                )
                for spec in SPECS
            ],
            html.Button("Generate", type="submit", className="btn btn-outline-primary wide"),
        ],
        id=FORM,
        prevent_default_on_submit=True,
    )


def _started(spec: FieldSpec) -> FieldSpec:
    from dataclasses import replace

    return replace(spec, default=getattr(FIRST, spec.key))


def _upload_zone(workbench: Workbench) -> list[Component]:
    limit = workbench.settings.limits.file_mib
    endings = " ".join(ending.removeprefix(".").upper() for ending in READERS)
    return [
        html.Button(
            [html.Strong("Drop a scan here"), html.Span("or choose a file")],
            id=UPLOAD_ZONE,
            type="button",
            className="drop-zone",
            **{"data-max-mib": str(limit), "data-accept": ",".join(READERS)},
        ),
        dbc.Progress(id=UPLOAD_PROGRESS, value=0, className="thin upload-progress"),
        html.Div(id=UPLOAD_MESSAGE, className="field-error", role="alert"),
        html.P(f"{endings}. Up to {limit} MiB; it stays on this machine.", className="quiet"),
    ]


def _answer_column() -> Component:
    return html.Section(
        [
            html.Div(
                [
                    html.Button("Predict", id=PREDICT, type="button", className="btn btn-primary"),
                    html.Button(
                        "Change cloud",
                        type="button",
                        className="btn btn-outline-secondary drawer-open",
                        **{"data-tool": "open-drawer"},
                    ),
                ],
                className="answer-actions",
            ),
            html.Div(id=WAITING, className="waiting", **{"aria-live": "polite"}),
            html.Div(_not_asked(), id=ANSWER, className="answer", **{"aria-live": "polite"}),
            html.Div(
                [
                    html.Span("Save cloud", className="quiet"),
                    *[
                        html.Button(
                            ending.removeprefix(".").upper(),
                            id=id_,
                            type="button",
                            className="btn btn-sm btn-outline-secondary",
                        )
                        for ending, id_ in SAVE.items()
                    ],
                ],
                className="save-row",
            ),
        ],
        className="answer-column",
        **{"aria-label": "Prediction"},
    )


def _answer(workbench: Workbench, cloud: PointCloud) -> Component:
    """Return the prediction of a cloud, or an empty panel while there is no model."""
    try:
        return prediction_panel(workbench.predict(cloud.points))
    except ModelUnavailable:
        return _not_asked()


def _not_asked() -> Component:
    return empty_state("What is it?", "Press Predict to ask the model about this cloud.")


def _waiting(status: Status) -> list[Component]:
    if status.job is not None:
        return [
            html.P("Teaching the first model", className="empty-title"),
            progress_bar(status.job),
            html.P(
                "Predictions start by themselves when it is done; look around meanwhile.",
                className="quiet",
            ),
        ]
    if status.state == "loading":
        return [html.P(status.detail, className="quiet")]
    title = "No model to ask" if status.state == "none" else "The model cannot be used"
    link = html.A("Train one", href="#training")
    return [empty_state(title, f"{status.detail} ", link, ".")]


def _view(
    workbench: Workbench, cloud: PointCloud, colouring: Any, *, keep: bool = True
) -> dict[str, Any]:
    chosen = colouring if isinstance(colouring, str) else DEFAULT_COLOURING
    figure, caption = show_cloud(cloud, chosen, workbench.settings.limits.view_points)
    kept = workbench.keep(cloud) if keep else no_update
    return {"figure": figure, "caption": caption, "cloud": kept}


def _unchanged() -> dict[str, Any]:
    return {
        **dict.fromkeys(VIEW, no_update),
        "values": dict.fromkeys(CONTROL, no_update),
        "errors": dict.fromkeys(ERROR, ""),
    }


def _errors(error: PcdashError) -> dict[str, str]:
    """Return the message at the field to blame, the others cleared."""
    field = error.field if error.field in ERROR else "shape"
    return dict.fromkeys(ERROR, "") | {str(field): error.message}


def _text(value: Any, name: str) -> str:
    """Return a value that the browser must send as text."""
    if not isinstance(value, str):
        raise InvalidInput(f"there is no {name} to work on: reload the page", field=name)
    return value
