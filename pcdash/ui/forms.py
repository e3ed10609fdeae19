"""Labelled controls for the fields of a parameter model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from pcdash.ui.specs import FieldSpec, label

SLIDERS = frozenset({"noise_sigma"})
"""Fields whose feel matters more than their digits."""


def control(spec: FieldSpec, identifier: str, *, disabled: bool = False) -> Component:
    """Return the bare control of a field; its value is always the property ``value``."""
    common: dict[str, Any] = {"id": identifier, "value": spec.shown}
    if spec.kind in ("switch", "group"):
        return dbc.Switch(**common, label=spec.label, disabled=disabled)
    if spec.kind == "choice":
        return dbc.Select(**common, options=_options(spec), disabled=disabled)
    if spec.kind == "choices":
        return dbc.Checklist(**common, options=_options(spec), inline=True)
    if spec.path[-1] in SLIDERS:
        return dcc.Slider(
            **common,
            min=spec.minimum,
            max=spec.maximum,
            step=0.005,
            marks=None,
            disabled=disabled,
            tooltip={"always_visible": False},
        )
    if spec.kind in ("text", "numbers"):
        return dbc.Input(**common, type="text", disabled=disabled, debounce=True)
    return dbc.Input(
        **common,
        type="number",
        step=1 if spec.kind == "integer" else "any",
        placeholder="automatic" if spec.optional else None,
        disabled=disabled,
        debounce=True,
        inputmode="numeric" if spec.kind == "integer" else "decimal",
    )


def labelled(
    spec: FieldSpec,
    identifier: str,
    error_id: str | None = None,
    *extra: Component,
    disabled: bool = False,
) -> Component:
    """Return a control with its label, its help, and the place for what is wrong with it."""
    widget = control(spec, identifier, disabled=disabled)
    row = html.Div([widget, *extra], className="field-row") if extra else widget
    hint = help_mark(_help(spec))
    head: list[Component]
    if spec.kind in ("switch", "group"):
        head = [html.Div([row, hint], className="switch-row")]
    else:
        caption = html.Label(spec.label, htmlFor=identifier, className="form-label")
        head = [html.Div([caption, hint], className="field-head"), row]
    if error_id is not None:
        head.append(html.Div(id=error_id, className="field-error", role="alert"))
    return html.Div(head, className=f"field field-{spec.kind}")


def segmented(identifier: str, choices: Mapping[str, str], value: str | None) -> Component:
    """Return a few choices side by side, one of which is taken."""
    return dbc.RadioItems(
        id=identifier,
        options=[{"label": text, "value": name} for name, text in choices.items()],
        value=value,
        className="segmented",
        input_class_name="btn-check",
        label_class_name="btn btn-outline-secondary",
        label_checked_class_name="active",
    )


def help_mark(text: str) -> Component:
    """Return a question mark that explains on hover, focus and touch."""
    described: dict[str, Any] = {"data-help": text, "aria-label": text}
    return html.Span("?", className="help", tabIndex=0, role="note", **described)


def _options(spec: FieldSpec) -> list[dict[str, str]]:
    return [{"label": label(name), "value": name} for name in spec.options]


def _help(spec: FieldSpec) -> str:
    text = spec.help.replace("null:", "empty:")
    return f"{text} {spec.bounds}.".strip() if spec.bounds else text
