"""Form and YAML editor of a training: two views of one configuration.

One callback has both as inputs and outputs; which of them was touched decides what follows what.
The text counts: it is what is started, keeps what the form does not know, and keeps its comments.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from pcdash.errors import InvalidInput, PcdashError
from pcdash.ui import training_config, training_form, training_memory, yaml_text
from pcdash.ui.forms import segmented
from pcdash.ui.ids import LOCATION
from pcdash.ui.training_complaint import (
    SHOW_LINE,
    YAML_ERROR,
    complaint_outputs,
    complaint_values,
    unchanged_complaint,
)
from pcdash.ui.training_form import CONTROL, KIND, MODEL_CONTROL
from pcdash.workbench import Workbench

PRESET = "training-preset-radio"
VIEW = "training-view-radio"
VIEW_PANEL = {"form": "training-form-panel", "yaml": "training-yaml-panel"}
FIELDS = "training-form-fieldset"
EDITOR = "training-yaml-text"
BROKEN = "training-broken-notice"
AGAIN = "training-again-store"
"""What to start from, as behind ``#training?``: ``job=ID``, ``version=VERSION``, ``preset=NAME``,
or ``dataset=HASH`` with or without ``&on_error=skip``."""

_MOST_QUERY = 256
_HASH = re.compile(r"[0-9a-f]{8,64}")


def editor(data_root: str | None, *other_starts: Component) -> list[Component]:
    """Return title, choice of view, presets, `other_starts` beside them, and both views."""
    known = training_config.presets()
    first = next(iter(known), None)
    text = training_config.preset_text(first) if first else ""
    start, _ = yaml_text.read(text)
    return [
        dcc.Store(id=AGAIN),
        training_memory.store(),
        html.Div(
            [html.H2("Teach a model"), segmented(VIEW, {"form": "Form", "yaml": "YAML"}, "form")],
            className="side-head",
        ),
        segmented(PRESET, known, first),
        *other_starts,
        html.Div(
            [
                html.P(
                    "The YAML cannot be read; correct it there, or take a preset.",
                    id=BROKEN,
                    hidden=True,
                    className="notice",
                ),
                html.Fieldset(training_form.fields(start, data_root), id=FIELDS),
            ],
            id=VIEW_PANEL["form"],
        ),
        html.Div(_yaml(text), id=VIEW_PANEL["yaml"], hidden=True),
        html.Div(id=training_form.FORM_ERROR, className="field-error", role="alert"),
    ]


def _yaml(text: str) -> list[Component]:
    return [
        html.Label("The configuration as YAML", htmlFor=EDITOR, className="form-label"),
        dbc.Textarea(
            id=EDITOR,
            value=text,
            debounce=True,
            spellcheck="false",
            class_name="editor",
            rows=22,
            wrap="off",
        ),
        html.Div(
            [
                html.Div(id=YAML_ERROR, className="field-error", role="alert"),
                html.Button(
                    "Show the line",
                    id=SHOW_LINE,
                    type="button",
                    hidden=True,
                    className="btn btn-sm btn-outline-secondary",
                    **{"data-tool": "show-line", "data-target": EDITOR},
                ),
            ],
            className="editor-foot",
        ),
        html.P("Every key is explained in the preset Thorough.", className="quiet"),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire both views to one another."""
    controls = {key: (id_, "value") for key, id_ in CONTROL.items()}
    own = {
        name: {key: (id_, "value") for key, id_ in ids.items()}
        for name, ids in MODEL_CONTROL.items()
    }
    app.callback(
        output={
            "text": Output(EDITOR, "value"),
            "preset": Output(PRESET, "value"),
            "again": Output(AGAIN, "data"),
            "kind": Output(KIND, "value"),
            "values": {key: Output(*place) for key, place in controls.items()},
            "model_values": {
                name: {key: Output(*place) for key, place in places.items()}
                for name, places in own.items()
            },
            "broken": Output(BROKEN, "hidden"),
            "inert": Output(FIELDS, "disabled"),
            "complaint": complaint_outputs(),
        },
        inputs={
            "text": Input(EDITOR, "value"),
            "preset": Input(PRESET, "value"),
            "again": Input(AGAIN, "data"),
            "address": Input(LOCATION, "hash"),
            "kind": Input(KIND, "value"),
            "values": {key: Input(*place) for key, place in controls.items()},
            "model_values": {
                name: {key: Input(*place) for key, place in places.items()}
                for name, places in own.items()
            },
        },
        prevent_initial_call=True,
    )(partial(follow, workbench))
    training_memory.register(app, EDITOR)
    for choice, panels in (
        (VIEW, VIEW_PANEL),
        (KIND, training_form.KIND_PANEL),
        (CONTROL["model.name"], training_form.MODEL_PANEL),
    ):
        app.clientside_callback(
            ClientsideFunction("pcdash", "choose"),
            [Output(panel, "hidden") for panel in panels.values()],
            Input(choice, "value"),
        )


# -- callbacks ------------------------------------------------------------------------------------


def follow(
    workbench: Workbench,
    *,
    text: Any,
    preset: Any,
    again: Any,
    address: Any,
    kind: Any,
    values: dict[str, Any],
    model_values: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Let the form follow the text, or the text the form; a preset or an earlier training, both."""
    touched = set(ctx.triggered_prop_ids.values())
    if EDITOR in touched:
        return _views(text)
    if PRESET in touched and preset is not None:
        return _views(training_config.preset_text(preset), written=True) | {"preset": no_update}
    query = again if AGAIN in touched else _query(address) if LOCATION in touched else None
    if query:
        return _views(_earlier(workbench, query, text), written=True)
    if touched <= {PRESET, AGAIN, LOCATION}:
        raise PreventUpdate
    try:
        written = training_config.edited(text, touched, kind, values, model_values)
    except PcdashError as error:
        return _nothing() | {"complaint": complaint_values(training_config.complain(error, text))}
    if written == text:
        raise PreventUpdate
    complaint = training_config.complaint_about(written)
    if KIND in touched:
        complaint = None  # nobody could have named a folder before there was a place for its name
    return _nothing() | {
        "text": written,
        "preset": None,
        "complaint": complaint_values(complaint),
    }


def _views(text: Any, *, written: bool = False) -> dict[str, Any]:
    """Return both views of a text; one that was not `written` here stands in the editor already."""
    complaint = training_config.complaint_about(text)
    views = _nothing() | {
        "text": text if written else no_update,
        "preset": None,
        "broken": True,
        "inert": False,
        "complaint": complaint_values(complaint),
    }
    if complaint is not None and complaint.broken:
        return views | {"broken": False, "inert": True}
    return _merged(views, training_config.shown(text))


def _nothing() -> dict[str, Any]:
    """Return what leaves everything as it is."""
    return {
        **dict.fromkeys(("text", "preset", "kind", "broken", "inert"), no_update),
        "again": None,
        "complaint": unchanged_complaint(),
        "values": dict.fromkeys(CONTROL, no_update),
        "model_values": {name: dict.fromkeys(c, no_update) for name, c in MODEL_CONTROL.items()},
    }


def _merged(views: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    own = {name: known for name, known in shown["model_values"].items() if name in MODEL_CONTROL}
    return views | {
        "kind": shown["kind"],
        "values": views["values"] | shown["values"],
        "model_values": views["model_values"] | own,
    }


def _query(address: Any) -> str:
    tab, _, query = address.partition("?") if isinstance(address, str) else ("", "", "")
    return query if tab == "#training" else ""


def _earlier(workbench: Workbench, query: Any, text: Any) -> str:
    """Return the text that a link asks for."""
    asked = dict(parse_qsl(query[:_MOST_QUERY])) if isinstance(query, str) else {}
    if job := asked.get("job"):
        return yaml_text.dump(workbench.configuration_of_job(job))
    if version := asked.get("version"):
        return yaml_text.dump(workbench.configuration_of_version(version))
    if preset := asked.get("preset"):
        return training_config.preset_text(preset)
    dataset, on_error = asked.get("dataset", ""), asked.get("on_error", "stop")
    if not _HASH.fullmatch(dataset) or on_error not in ("stop", "skip"):
        raise InvalidInput("there is nothing to start from: reload the page", field="again")
    root = training_form.STORED + dataset
    stored = {"kind": "folder", "root": root, "on_error": on_error}
    return training_config.with_dataset(text, stored)
