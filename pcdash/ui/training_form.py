"""The form of a training, made from `TrainParams`: its fields, their ids and their errors."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.core.models import MODELS
from pcdash.core.params import FolderData, ModelParams, SplitParams, SyntheticData, TrainParams
from pcdash.ui.forms import SLIDERS, labelled, segmented
from pcdash.ui.specs import FieldSpec, field_specs
from pcdash.ui.values import look_up

KIND = "training-kind-radio"
KIND_PANEL = {kind: f"training-{kind}-panel" for kind in ("synthetic", "folder")}
MODEL_PANEL = {name: f"training-{name.replace('_', '-')}-panel" for name in MODELS}
FORM_ERROR = "training-form-error"

DATA: dict[str, list[FieldSpec]] = {
    "synthetic": field_specs(SyntheticData, ("dataset",)),
    "folder": field_specs(FolderData, ("dataset",)),
}
REST: list[FieldSpec] = [
    *field_specs(TrainParams, only=("seed", "candidates", "folds")),
    *field_specs(SplitParams, ("split",)),
    *field_specs(ModelParams, ("model",), only=("name",)),
]
MODEL: dict[str, list[FieldSpec]] = {
    name: field_specs(spec.params, ("model", "params")) for name, spec in MODELS.items()
}

STORED = "datasets/"
"""What the root of a stored dataset begins with; it needs no data_root."""

NO_FOLDERS = (
    "This server has no data_root: start it with --data-root DIR, or train on the command line."
)

FOLDED = frozenset({"dataset.scale_range.0", "dataset.scale_range.1", "dataset.translation_sigma"})
"""Fields that few people touch."""

SPEC: dict[str, FieldSpec] = {
    spec.key: spec for spec in [*DATA["synthetic"], *DATA["folder"], *REST]
}
CONTROL: dict[str, str] = {key: f"training-{spec.slug}-input" for key, spec in SPEC.items()}
MODEL_CONTROL: dict[str, dict[str, str]] = {
    name: {spec.key: f"training-{name.replace('_', '-')}-{spec.slug}-input" for spec in specs}
    for name, specs in MODEL.items()
}
ERROR: dict[str, str] = {
    **{key: id_.removesuffix("-input") + "-error" for key, id_ in CONTROL.items()},
    "": FORM_ERROR,
}


def fields(start: Mapping[str, Any], data_root: str | None) -> list[Component]:
    """Return the fields.

    Parameters
    ----------
    start : mapping
        The configuration that they show at first.
    data_root : str or None
        Whether folders may be trained on; the path itself is not shown.
    """
    shown = {key: spec.starting_at(of(spec, start)) for key, spec in SPEC.items()}
    made = [shown[spec.key] for spec in DATA["synthetic"]]
    plain = [spec for spec in made if spec.key not in FOLDED]
    folded = [spec for spec in made if spec.key in FOLDED]
    name = shown["model.name"].default
    return [
        segmented(KIND, {"synthetic": "Made shapes", "folder": "My folder"}, "synthetic"),
        html.Div(
            [*map(_field, plain), _more("Size and position", [_pair(folded[:2]), *folded[2:]])],
            id=KIND_PANEL["synthetic"],
        ),
        html.Div(_folder(data_root), id=KIND_PANEL["folder"], hidden=True),
        _field(shown["model.name"]),
        *[
            html.Div(_model_fields(model, start), id=panel, hidden=model != name)
            for model, panel in MODEL_PANEL.items()
        ],
        _more("Try several, keep the best", [shown["candidates"], shown["folds"]]),
        _more(
            "Split and seed",
            [_pair([shown[f"split.{part}"] for part in ("train", "val", "test")]), shown["seed"]],
        ),
    ]


def of(spec: FieldSpec, data: Mapping[str, Any]) -> Any:
    """Return what a field's control shows for a configuration, which may hold anything."""
    value = look_up(data, spec.path)
    if spec.kind == "group":
        return value is not None
    if value is None:
        return spec.default
    if spec.kind in ("integer", "number"):
        return _number(spec, value)
    if spec.kind == "switch":
        return value if isinstance(value, bool) else spec.default
    if spec.kind in ("choices", "numbers"):
        items = value if isinstance(value, list) else [value]
        return [item for item in items[:32] if isinstance(item, int | str)]
    return str(value)[:4096]


def blocked(kind: Any, root: Any, data_root: str | None) -> str | None:
    """Return why nothing of this kind can be learnt from here; None if it can."""
    stored = isinstance(root, str) and root.startswith(STORED)
    return NO_FOLDERS if kind == "folder" and data_root is None and not stored else None


def errors_at(field: str | None, words: str) -> dict[str, str]:
    """Return a message at the field to blame, or below the form; the others cleared."""
    at = field or ""
    if at.startswith("model."):
        at = "model.name"  # its parameters are folded away, the message must not be
    inside = (key for key in CONTROL if key == at or key.startswith(f"{at}."))
    around = (key for key in CONTROL if at.startswith(f"{key}."))
    place = next(chain(inside, around), "") if at else ""
    return no_errors() | {place: words}


def no_errors() -> dict[str, str]:
    """Return what clears every message."""
    return dict.fromkeys(ERROR, "")


def _number(spec: FieldSpec, value: Any) -> float | None:
    """A number that JSON can carry; a slider's within its ends."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        return None
    if spec.path[-1] in SLIDERS and spec.minimum is not None and spec.maximum is not None:
        return min(max(value, spec.minimum), spec.maximum)
    return value


def _field(spec: FieldSpec, *, disabled: bool = False) -> Component:
    return labelled(spec, CONTROL[spec.key], ERROR[spec.key], disabled=disabled)


def _model_fields(name: str, start: Mapping[str, Any]) -> list[Component]:
    own = start if look_up(start, ("model", "name")) == name else {}
    controls = [
        labelled(spec.starting_at(of(spec, own)), MODEL_CONTROL[name][spec.key])
        for spec in MODEL[name]
    ]
    return [
        html.P(MODELS[name].summary, className="quiet"),
        _more("Its parameters", controls),
    ]


def _folder(data_root: str | None) -> list[Component]:
    if data_root is None:
        before, option, after = NO_FOLDERS.partition("--data-root DIR")
        note = html.P([before, html.Code(option), after], className="notice")
    else:
        note = html.P(
            "One folder per class, or class folders with train and test inside; below data_root.",
            className="quiet",
        )
    return [note, *[_field(spec, disabled=data_root is None) for spec in DATA["folder"]]]


def _pair(specs: list[FieldSpec]) -> Component:
    return html.Div([_field(spec) for spec in specs], className="field-pair")


def _more(title: str, parts: list[Any]) -> Component:
    inner = [_field(part) if isinstance(part, FieldSpec) else part for part in parts]
    return html.Details([html.Summary(title), *inner], className="more")
