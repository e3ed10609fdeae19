"""The controls of Explore: where the cloud comes from."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from pcdash.errors import PcdashError
from pcdash.files import READERS
from pcdash.ui.forms import labelled, segmented
from pcdash.ui.links import FIRST, SPECS
from pcdash.ui.morph import PANEL as MORPH_PANEL
from pcdash.ui.morph import STAGE as MORPH_STAGE
from pcdash.ui.morph import morph_form

SOURCE = "explore-source-radio"
GENERATE_PANEL = "explore-generate-panel"
UPLOAD_PANEL = "explore-upload-panel"
FORM = "explore-generate-form"
GENERATE = "explore-generate-button"
NEW_SEED = "explore-seed-button"
PANELS = (GENERATE_PANEL, UPLOAD_PANEL, MORPH_PANEL, MORPH_STAGE)
"""What is shown for one source alone; the ids name it."""

UPLOAD_ZONE = "explore-upload-zone"
UPLOAD_PROGRESS = "explore-upload-progress"
UPLOAD_MESSAGE = "explore-upload-message"
CONTROL = {spec.key: f"explore-{spec.slug}-input" for spec in SPECS}
ERROR = {spec.key: f"explore-{spec.slug}-error" for spec in SPECS}


def controls(file_mib: int) -> Component:
    """Return the column, which is a drawer on a phone.

    Parameters
    ----------
    file_mib : int
        Largest file that the server takes, MiB.
    """
    return html.Aside(
        [
            html.Button(
                "Close",
                type="button",
                className="btn btn-sm btn-outline-secondary drawer-close",
                **{"data-tool": "close-drawer"},
            ),
            segmented(
                SOURCE,
                {"generate": "Generate", "upload": "Upload", "morph": "Morph"},
                "generate",
            ),
            html.Div(_generate_form(), id=GENERATE_PANEL),
            html.Div(_upload_zone(file_mib), id=UPLOAD_PANEL, hidden=True),
            html.Div(morph_form(), id=MORPH_PANEL, hidden=True),
        ],
        className="controls",
        **{"aria-label": "Source of the cloud", "data-drawer": "controls"},
    )


def errors_at(error: PcdashError) -> dict[str, str]:
    """Return the message at the field to blame, the others cleared."""
    field = error.field if error.field in ERROR else "shape"
    return no_errors() | {str(field): error.message}


def no_errors() -> dict[str, str]:
    """Return what clears every message."""
    return dict.fromkeys(ERROR, "")


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
                    spec.starting_at(getattr(FIRST, spec.key)),
                    CONTROL[spec.key],
                    ERROR[spec.key],
                    *([dice] if spec.key == "seed" else []),
                )
                for spec in SPECS
            ],
            html.Button(
                "Generate",
                id=GENERATE,
                type="submit",
                className="btn btn-outline-primary wide",
            ),
        ],
        id=FORM,
        prevent_default_on_submit=True,
    )


def _upload_zone(file_mib: int) -> list[Component]:
    endings = " ".join(ending.removeprefix(".").upper() for ending in READERS)
    return [
        html.Button(
            [html.Strong("Drop a scan here"), html.Span("or choose a file")],
            id=UPLOAD_ZONE,
            type="button",
            className="drop-zone",
            **{"data-max-mib": str(file_mib), "data-accept": ",".join(READERS)},
        ),
        dbc.Progress(id=UPLOAD_PROGRESS, value=0, className="thin upload-progress"),
        html.Div(id=UPLOAD_MESSAGE, className="field-error", role="alert"),
        html.P(f"{endings}. Up to {file_mib} MiB; it stays on this machine.", className="quiet"),
    ]
