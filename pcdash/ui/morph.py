"""The third source of a cloud on Explore: on the way from one shape to another."""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, Patch, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.core.morph import MORPHS
from pcdash.core.morph.curve import Curve, MorphParams, cloud_at
from pcdash.errors import ConfigError, InvalidInput, ModelUnavailable
from pcdash.figures import morph_figure, morph_mark, morph_summary
from pcdash.figures.look import plain_look
from pcdash.ui.forms import labelled
from pcdash.ui.on_view import VIEW, answer_for, on_view
from pcdash.ui.results import CONFIG
from pcdash.ui.specs import field_specs
from pcdash.ui.values import assemble, parse
from pcdash.ui.view import COLOURING
from pcdash.workbench import Workbench, with_seed

PANEL = "explore-morph-panel"
STAGE = "explore-morph-stage"
FORM = "explore-morph-form"
NEW_SEED = "explore-morph-seed-button"
SLIDER = "explore-morph-slider"
CURVE = "explore-morph-graph"
SUMMARY = "explore-morph-text"
FOLLOWED = "explore-morph-store"

SPECS = field_specs(MorphParams, only=("morph", "n_points", "noise_sigma", "seed"))
CONTROL = {spec.key: f"explore-morph-{spec.slug}-input" for spec in SPECS}
ERROR = {spec.key: f"explore-morph-{spec.slug}-error" for spec in SPECS}

FIRST = MorphParams.model_validate({"morph": next(iter(MORPHS)), "seed": 20})
"""What a newcomer sees."""


def morph_form() -> Component:
    """Return the controls."""
    dice = dbc.Button(
        "New",
        id=NEW_SEED,
        color="secondary",
        outline=True,
        title="Draw another seed and follow",
        type="button",
    )
    fields = [
        labelled(
            spec.starting_at(getattr(FIRST, spec.key)),
            CONTROL[spec.key],
            ERROR[spec.key],
            *([dice] if spec.key == "seed" else []),
        )
        for spec in SPECS
    ]
    button = html.Button("Follow", type="submit", className="btn btn-outline-primary wide")
    return dbc.Form([*fields, button], id=FORM, prevent_default_on_submit=True)


def morph_stage() -> Component:
    """Return the curve with its slider, for below the scene; hidden until it is asked for."""
    return html.Div(
        [
            dcc.Store(id=FOLLOWED),
            dcc.Graph(
                id=CURVE,
                figure={"data": [], "layout": plain_look()},
                config=CONFIG,
                responsive=True,
                className="chart",
                style={"height": "170px"},
            ),
            html.Div(
                dcc.Slider(
                    id=SLIDER,
                    min=0,
                    max=1,
                    step=0.005,
                    value=0.5,
                    marks=None,
                    tooltip={"always_visible": False},
                    allow_direct_input=False,  # the field would make it shorter than the axis
                ),
                className="morph-slider",
            ),
            html.P(id=SUMMARY, className="quiet", **{"aria-live": "polite"}),
        ],
        id=STAGE,
        hidden=True,
        className="morph-stage",
    )


def register(app: Dash, workbench: Workbench, source: str) -> None:
    """Wire it; `source` is the control that chooses between the sources."""
    app.callback(
        output={
            **{name: Output(*place, allow_duplicate=True) for name, place in VIEW.items()},
            "curve": Output(CURVE, "figure"),
            "summary": Output(SUMMARY, "children"),
            "followed": Output(FOLLOWED, "data"),
            "values": {key: Output(id_, "value") for key, id_ in CONTROL.items()},
            "errors": {key: Output(id_, "children") for key, id_ in ERROR.items()},
        },
        inputs={
            "_submit": Input(FORM, "n_submit"),
            "_draw": Input(NEW_SEED, "n_clicks"),
            "source": Input(source, "value"),
            "t": Input(SLIDER, "value"),
        },
        state={
            "values": {key: State(id_, "value") for key, id_ in CONTROL.items()},
            "followed": State(FOLLOWED, "data"),
            "colouring": State(COLOURING, "value"),
        },
        prevent_initial_call=True,
    )(partial(show_morph, workbench))


# -- callbacks ------------------------------------------------------------------------------------


def show_morph(
    workbench: Workbench,
    *,
    source: Any,
    t: Any,
    values: dict[str, Any],
    followed: Any,
    colouring: Any,
    **_clicks: Any,
) -> dict[str, Any]:
    """Follow what the form asks for and show the cloud at t; a moved slider shows another one."""
    if source != "morph":
        return _unchanged()
    place = _place(t)
    moved = ctx.triggered_id not in (FORM, NEW_SEED) and followed is not None
    try:
        if moved:
            params = with_seed(parse(MorphParams, followed))
        else:
            drawn = {"seed": None} if ctx.triggered_id == NEW_SEED else {}
            params = with_seed(parse(MorphParams, assemble(SPECS, values | drawn), SPECS))
    except ConfigError as error:
        field = error.field if error.field in ERROR else "morph"
        return _unchanged() | {"errors": _no_errors() | {str(field): error.message}}
    with workbench.turns.taken():
        shown = _shown(workbench, params, place, colouring)
        if moved:
            patch = Patch()
            patch["layout"]["shapes"][0] = morph_mark(place)
            return _unchanged() | shown | {"curve": patch}
        return shown | _followed(workbench, params, place)


# -- pieces ---------------------------------------------------------------------------------------


def _shown(workbench: Workbench, params: MorphParams, t: float, colouring: Any) -> dict[str, Any]:
    """The cloud at t, and what it is."""
    about = MORPHS[params.morph]
    name = f"{about.begin} to {about.end}, {t:.3f}"
    cloud = PointCloud(cloud_at(params, t), name, {"format": "generated"})
    return {
        **on_view(workbench, cloud, colouring),
        "answer": answer_for(workbench, cloud),
        "shown": "morph",
        "link": "",
    }


def _followed(workbench: Workbench, params: MorphParams, t: float) -> dict[str, Any]:
    """The curve, and what it says."""
    try:
        figure, summary = _drawn(workbench.follow(params), t)
    except ModelUnavailable as error:
        figure, summary = no_update, f"{error.message}: there is nobody to ask on the way."
    return {
        "curve": figure,
        "summary": summary,
        "followed": params.model_dump(),
        "values": {spec.key: getattr(params, spec.key) for spec in SPECS},
        "errors": _no_errors(),
    }


def _drawn(found: Curve, t: float) -> tuple[dict[str, Any], str]:
    about, flips = MORPHS[found.params.morph], found.to_json()["flips"]
    ends = about.begin, about.end
    figure = morph_figure(found.t, found.probabilities, found.classes, flips, ends, t)
    first = found.classes[int(found.probabilities[0].argmax())]
    return figure, morph_summary(first, flips, about.quantity)


def _place(t: Any) -> float:
    if isinstance(t, bool) or not isinstance(t, int | float) or not 0 <= t <= 1:
        raise InvalidInput("t must be a number from 0 to 1", field="t")
    return float(t)


def _no_errors() -> dict[str, str]:
    return dict.fromkeys(ERROR, "")


def _unchanged() -> dict[str, Any]:
    return {
        **dict.fromkeys((*VIEW, "curve", "summary", "followed"), no_update),
        "values": dict.fromkeys(CONTROL, no_update),
        "errors": _no_errors(),
    }
