"""Own scans: where they come from, and the frame of what is said about them."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from pcdash.settings import Settings
from pcdash.ui.results import ResultIds, result_panel

UPLOAD = "data-upload-store"
"""``{"id", "name"}`` of a finished upload; written by assets/upload.js."""

UPLOAD_MESSAGE = "data-upload-message"
NAME = "data-name-input"
FOLDER = "data-folder-input"
FOLDER_FORM = "data-folder-form"
FOLDER_ERROR = "data-folder-error"
JOBS = "data-jobs-panel"
CANCEL = "data-cancel-button"
LIST = "data-datasets-list"
DISK = "data-disk-panel"
PANEL = "data-dataset-panel"
TITLE = "data-dataset-text"
ABOUT = "data-about-panel"
TRAIN = "data-train-link"
DELETE = "data-delete-button"
DIALOG = "data-delete-dialog"
LOOK = "data-look-button"
MEASURE = "data-measure-panel"
VERSION = "data-version-select"
EVALUATE = "data-evaluate-button"
MEASURED = "data-measured-table"
RESULT = ResultIds("data")

NO_FOLDERS = "This server has no data_root: start it with --data-root DIR, or drop a zip."


def own_panel(settings: Settings) -> Component:
    """Return the panel: what is stored on one side, the chosen dataset on the other."""
    return html.Div(
        [
            html.Section(
                [
                    *_upload(settings.limits.file_mib),
                    _folder(settings.data_root is not None),
                    html.Div(id=JOBS, **{"aria-live": "polite"}),
                    html.Button(
                        "Cancel",
                        id=CANCEL,
                        type="button",
                        hidden=True,
                        className="btn btn-sm btn-outline-danger",
                    ),
                    html.H3("Stored datasets", className="list-title"),
                    html.Div(id=LIST),
                    html.Div(id=DISK),
                ],
                className="side",
            ),
            html.Section(_dataset(), id=PANEL, hidden=True, className="main-side"),
        ],
        className="split",
    )


def _upload(file_mib: int) -> list[Component]:
    about = {
        "data-max-mib": str(file_mib),
        "data-accept": ".zip",
        "data-too-large": "A folder below data_root may be larger.",
    }
    return [
        html.Button(
            [html.Strong("Drop a zip of scans here"), html.Span("or choose one")],
            id="data-upload-zone",
            type="button",
            className="drop-zone",
            **about,
        ),
        dbc.Progress(id="data-upload-progress", value=0, className="thin upload-progress"),
        html.Div(id=UPLOAD_MESSAGE, className="field-error", role="alert"),
        html.P(
            "A folder for each class, with train and test inside or without. "
            f"Up to {file_mib} MiB; it stays on this machine.",
            className="quiet",
        ),
    ]


def _folder(allowed: bool) -> Component:
    before, option, after = NO_FOLDERS.partition("--data-root DIR")
    note = html.P([before, html.Code(option), after], className="notice")
    return html.Details(
        [
            html.Summary("Name it, or take a folder of this server"),
            dbc.Form(
                [
                    html.Label("Name", htmlFor=NAME, className="form-label"),
                    dbc.Input(
                        id=NAME, type="text", maxlength=80, placeholder="as the file is called"
                    ),
                    html.Label("Folder or zip", htmlFor=FOLDER, className="form-label"),
                    *([] if allowed else [note]),
                    html.Div(
                        [
                            dbc.Input(
                                id=FOLDER,
                                type="text",
                                placeholder="below data_root",
                                disabled=not allowed,
                            ),
                            html.Button(
                                "Add",
                                type="submit",
                                disabled=not allowed,
                                title="" if allowed else NO_FOLDERS,
                                className="btn btn-outline-primary",
                            ),
                        ],
                        className="field-row",
                    ),
                    html.Div(id=FOLDER_ERROR, className="field-error", role="alert"),
                ],
                id=FOLDER_FORM,
                prevent_default_on_submit=True,
            ),
        ],
        className="more",
    )


def _dataset() -> list[Component]:
    return [
        html.Div(
            [
                html.H2(id=TITLE),
                html.A("Train on this", id=TRAIN, className="btn btn-primary"),
                html.Button(
                    "Delete", id=DELETE, type="button", className="btn btn-outline-secondary"
                ),
            ],
            className="detail-head",
        ),
        dcc.ConfirmDialog(id=DIALOG, message=""),
        html.Button(
            "Look at it",
            id=LOOK,
            type="button",
            hidden=True,
            className="btn btn-outline-primary",
        ),
        html.Div(id=ABOUT),
        html.Div(
            [
                html.H3("How good is a version on it?"),
                html.Div(
                    [
                        dbc.Select(id=VERSION, options=[]),
                        html.Button(
                            "Evaluate",
                            id=EVALUATE,
                            type="button",
                            className="btn btn-outline-primary",
                        ),
                    ],
                    className="field-row measure-row",
                ),
                html.Div(id=MEASURED, **{"aria-live": "polite"}),
                result_panel(RESULT),
            ],
            id=MEASURE,
            className="measure",
        ),
    ]
