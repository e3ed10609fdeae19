"""Made shapes: what a recipe does to them, seen before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import Dash, Input, Output, Patch, State, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.core.cloud import PointCloud
from pcdash.core.generation import draw_seed
from pcdash.core.params import SyntheticData, TrainParams
from pcdash.datasets import picture_points
from pcdash.errors import InvalidInput
from pcdash.figures import class_colour, cloud_figure, thumbnail
from pcdash.figures.look import plain_look
from pcdash.resources import configs_dir
from pcdash.ui.components import facts
from pcdash.ui.forms import segmented
from pcdash.ui.specs import field_specs
from pcdash.ui.values import look_up
from pcdash.ui.view import CONFIG
from pcdash.ui.wording import counted, number
from pcdash.workbench import Workbench
from pcdash.yamlconfig import load_config

RECIPES = {"train": "Like real scans", "baseline": "Textbook shapes"}
"""Configuration of that name -> what its recipe is called here."""

SHOWN = 16
"""Clouds drawn at a time; the classes take turns."""

SOURCE = "data-source-radio"
"""Own scans or made shapes: clouds are drawn once somebody looks."""

SEED = "data-seed-store"
SAMPLE = "data-sample-store"
RECIPE = "data-recipe-radio"
DRAW = "data-draw-button"
TRAIN = "data-recipe-link"
GALLERY = "data-samples-panel"
GRAPH = "data-sample-graph"
CAPTION = "data-sample-caption"
FACTS = "data-recipe-panel"


def samples_panel() -> Component:
    """Return the panel, empty."""
    return html.Div(
        [
            html.Section(
                [
                    html.P(
                        "Every training cloud is drawn anew. These are drawn as a training would.",
                        className="quiet",
                    ),
                    segmented(RECIPE, RECIPES, next(iter(RECIPES))),
                    html.Div(
                        [
                            html.Button(
                                "Draw again",
                                id=DRAW,
                                type="button",
                                className="btn btn-outline-secondary",
                            ),
                            html.A("Train on this", id=TRAIN, className="btn btn-primary"),
                        ],
                        className="button-row",
                    ),
                    html.Details(
                        [html.Summary("What the recipe draws from"), html.Div(id=FACTS)],
                        className="more",
                    ),
                ],
                className="side",
            ),
            html.Section(
                [
                    html.Div(
                        dcc.Graph(id=GRAPH, figure=no_scene(), config=CONFIG, className="scene"),
                        className="stage sample-stage",
                    ),
                    html.P(id=CAPTION, className="view-caption", **{"aria-live": "polite"}),
                    html.Div(id=GALLERY, className="samples"),
                ],
                className="main-side",
            ),
        ],
        className="split",
    )


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the panel to the use cases."""
    app.callback(
        output={
            "gallery": Output(GALLERY, "children"),
            "facts": Output(FACTS, "children"),
            "train": Output(TRAIN, "href"),
            "seed": Output(SEED, "data"),
            "sample": Output(SAMPLE, "data"),
        },
        inputs={
            "_clicks": Input(DRAW, "n_clicks"),
            "recipe": Input(RECIPE, "value"),
            "source": Input(SOURCE, "value"),
        },
        prevent_initial_call=True,
    )(partial(draw_samples, workbench))
    app.callback(
        output={
            "figure": Output(GRAPH, "figure"),
            "caption": Output(CAPTION, "children"),
        },
        inputs={"sample": Input(SAMPLE, "data")},
        state={
            "seed": State(SEED, "data"),
            "recipe": State(RECIPE, "value"),
            "shown": State(CAPTION, "children"),
        },
        prevent_initial_call=True,
    )(partial(show_sample, workbench))


# -- callbacks ------------------------------------------------------------------------------------


def draw_samples(
    workbench: Workbench, *, recipe: Any, source: Any, **_clicks: Any
) -> dict[str, Any]:
    """Draw clouds as a training by the chosen recipe would."""
    if source != "made":
        return dict.fromkeys(("gallery", "facts", "train", "seed", "sample"), no_update)
    data, seed = recipe_of(recipe), draw_seed()
    clouds = [workbench.datasets.sample(data, seed, place) for place in range(SHOWN)]
    return {
        "gallery": gallery(clouds, data.classes, SAMPLE),
        "facts": recipe_facts(data),
        "train": f"#training?preset={recipe}",
        "seed": seed,
        "sample": "0",
    }


def show_sample(
    workbench: Workbench, *, sample: Any, seed: Any, recipe: Any, shown: Any
) -> dict[str, Any]:
    """Show one of the drawn clouds in 3D."""
    place = int(sample) if isinstance(sample, str) and sample.isdecimal() else SHOWN
    if place >= SHOWN or type(seed) is not int or seed < 0:
        raise InvalidInput("there is no such cloud: draw again", field="sample")
    cloud = workbench.datasets.sample(recipe_of(recipe), seed, place)
    figure: Any = scene(cloud)
    if shown:  # the scene is there; its camera stays
        drawn, figure = figure, Patch()
        figure["data"] = drawn["data"]
        for axis in ("xaxis", "yaxis", "zaxis"):
            figure["layout"]["scene"][axis]["range"] = drawn["layout"]["scene"][axis]["range"]
    return {"figure": figure, "caption": caption(cloud)}


# -- pieces ---------------------------------------------------------------------------------------


def recipe_of(name: Any) -> SyntheticData:
    """Return the recipe of that name.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    if not isinstance(name, str) or name not in RECIPES:
        raise InvalidInput("there is no such recipe", field="recipe")
    data = load_config(TrainParams, configs_dir() / f"{name}.yaml").dataset
    if not isinstance(data, SyntheticData):
        raise InvalidInput("this configuration draws no shapes", field="recipe")
    return data


def gallery(clouds: Sequence[PointCloud], classes: Sequence[str], store: str) -> list[Component]:
    """Return the drawn clouds as small pictures; a click on one writes its number into `store`."""
    return [_sample(cloud, place, classes, store) for place, cloud in enumerate(clouds)]


def scene(cloud: PointCloud) -> dict[str, Any]:
    """Return the live 3D view of one of them."""
    return cloud_figure(cloud.points, caption=False)


def caption(cloud: PointCloud) -> str:
    """Return the line below it."""
    return f"{cloud.name} · {counted(len(cloud), 'point')}"


def no_scene() -> dict[str, Any]:
    """Return a view without a scene: the browser begins one when there is something to see."""
    hidden = {"visible": False}
    return {"data": [], "layout": {**plain_look(), "xaxis": hidden, "yaxis": hidden}}


def recipe_facts(recipe: SyntheticData) -> Component:
    """Return the ranges of a recipe, in its own words."""
    model = recipe.randomise or recipe
    values = model.model_dump(mode="json")
    known: dict[str, list[Any]] = {}
    for spec in field_specs(type(model)):
        if spec.kind in ("integer", "number", "switch", "choice"):
            known.setdefault(spec.help.rstrip("."), []).append(look_up(values, spec.path))
    return facts({text: " to ".join(map(_value, found)) for text, found in known.items()})


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int | float) else str(value)


def _sample(cloud: PointCloud, place: int, classes: Sequence[str], store: str) -> Component:
    picture = thumbnail(picture_points(cloud.points), class_colour(cloud.name, classes))
    data: dict[str, Any] = {"data-pick-store": store, "data-pick": str(place)}
    return html.Button(
        [
            html.Img(src=picture, alt=""),
            html.Span(cloud.name),
            html.Span(f"{len(cloud):,}", className="quiet"),
        ],
        type="button",
        className="sample",
        title=f"{caption(cloud)}: turn it in 3D",
        **data,
    )
