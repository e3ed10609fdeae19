"""The form of a training, made from `TrainParams`, and its way back to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from pcdash.core.models import MODELS
from pcdash.core.params import FolderData, ModelParams, SplitParams, SyntheticData, TrainParams
from pcdash.errors import InvalidInput, PcdashError, Refused
from pcdash.resources import configs_dir
from pcdash.ui.forms import labelled, segmented
from pcdash.ui.specs import FieldSpec, field_specs
from pcdash.ui.values import assemble, look_up, parse
from pcdash.yamlconfig import load_config

PRESET = "training-preset-radio"
KIND = "training-kind-radio"
KIND_PANEL = {kind: f"training-{kind}-panel" for kind in ("synthetic", "folder")}
MODEL_PANEL = {name: f"training-{name.replace('_', '-')}-panel" for name in MODELS}
FORM_ERROR = "training-form-error"

PRESETS = {"quick": "Quick", "train": "Thorough", "baseline": "Baseline"}
"""Configuration of that name -> its label; the first that exists is chosen at first."""

DATA: dict[str, list[FieldSpec]] = {
    "synthetic": field_specs(SyntheticData, ("dataset",)),
    "folder": field_specs(FolderData, ("dataset",)),
}
REST: list[FieldSpec] = [
    *field_specs(TrainParams, only=("seed",)),
    *field_specs(SplitParams, ("split",)),
    *field_specs(ModelParams, ("model",), only=("name",)),
]
MODEL: dict[str, list[FieldSpec]] = {
    name: field_specs(spec.params, ("model", "params")) for name, spec in MODELS.items()
}

NOT_FOR_REQUESTS = {"artifacts_dir", "compute"}
"""What only the command line may set: places to write to, hosts to compute on."""

NO_FOLDERS = (
    "This server has no data_root: start it with --data-root DIR, or train on the command line."
)

FOLDED = frozenset({"dataset.scale_range.0", "dataset.scale_range.1", "dataset.translation_sigma"})
"""Fields that few people touch."""

CONTROL: dict[str, str] = {
    spec.key: f"training-{spec.slug}-input" for spec in [*DATA["synthetic"], *DATA["folder"], *REST]
}
MODEL_CONTROL: dict[str, dict[str, str]] = {
    name: {spec.key: f"training-{name.replace('_', '-')}-{spec.slug}-input" for spec in specs}
    for name, specs in MODEL.items()
}
ERROR: dict[str, str] = {
    **{key: id_.removesuffix("-input") + "-error" for key, id_ in CONTROL.items()},
    "": FORM_ERROR,
}


def presets() -> dict[str, dict[str, Any]]:
    """Return the configurations to start from, as plain values."""
    paths = {name: configs_dir() / f"{name}.yaml" for name in PRESETS}
    return {
        name: load_config(TrainParams, path).model_dump(mode="json", exclude=NOT_FOR_REQUESTS)
        for name, path in paths.items()
        if path.is_file()
    }


def fields(data_root: str | None) -> list[Component]:
    """Return everything between the form's title and its button.

    Parameters
    ----------
    data_root : str or None
        Whether folders may be trained on; the path itself is not shown.
    """
    known = presets()
    first = next(iter(known), None)
    start = values_of(known[first]) if first else {}
    shown = {spec.key: spec for spec in _with(start, [*DATA["synthetic"], *REST])}
    plain = [spec for spec in _with(start, DATA["synthetic"]) if spec.key not in FOLDED]
    folded = [spec for spec in _with(start, DATA["synthetic"]) if spec.key in FOLDED]
    return [
        segmented(PRESET, {name: PRESETS[name] for name in known}, first),
        segmented(KIND, {"synthetic": "Made shapes", "folder": "My folder"}, "synthetic"),
        html.Div(
            [*map(_field, plain), _more("Size and position", [_pair(folded[:2]), *folded[2:]])],
            id=KIND_PANEL["synthetic"],
        ),
        html.Div(_folder(data_root), id=KIND_PANEL["folder"], hidden=True),
        _field(shown["model.name"]),
        *[
            html.Div(_model_fields(name), id=panel, hidden=name != shown["model.name"].default)
            for name, panel in MODEL_PANEL.items()
        ],
        _more(
            "Split and seed",
            [_pair([shown[f"split.{part}"] for part in ("train", "val", "test")]), shown["seed"]],
        ),
        html.Div(id=FORM_ERROR, className="field-error", role="alert"),
    ]


def preset_values(*, preset: Any) -> dict[str, Any]:
    """Return what the controls show for a preset."""
    known = presets()
    if not isinstance(preset, str) or preset not in known:
        raise InvalidInput("there is no such preset", field="preset")
    start = values_of(known[preset])
    return {
        "values": {s.key: s.shown for s in _with(start, [*_all_data(), *REST])},
        "model_values": {
            name: {spec.key: spec.shown for spec in _with(start, specs)}
            for name, specs in MODEL.items()
        },
    }


def assemble_training(
    kind: Any, preset: Any, values: Mapping[str, Any], model_values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of the form in the shape of `TrainParams`.

    Fields without a control are as in the preset.
    """
    if not isinstance(kind, str) or kind not in DATA:
        raise InvalidInput("choose what to learn from")
    base = dict(presets().get(str(preset), {}))
    given = base.get("dataset", {}) if kind == "synthetic" else {}
    base["dataset"] = {**given, "kind": kind}
    base["model"] = {"params": {}}
    data = assemble([*DATA[kind], *REST], values, base)
    name = data["model"]["name"]
    if isinstance(name, str) and name in MODEL:
        data = assemble(MODEL[name], model_values[name], data)
    return data


def parse_training(data: dict[str, Any], data_root: str | None) -> TrainParams:
    """Validate an assembled form.

    Raises
    ------
    PcdashError
        With the dotted ``field`` to blame.
    """
    if data["dataset"]["kind"] == "folder":
        if why := blocked("folder", data_root):
            raise Refused(why, field="dataset.root")
        if not data["dataset"]["root"]:
            raise InvalidInput("Name a folder below data_root.", field="dataset.root")
    name = data["model"]["name"]
    if isinstance(name, str) and name in MODEL:
        # For the field's own message; TrainParams would blame the classifier as a whole.
        parse(MODELS[name].params, data["model"]["params"], MODEL[name], at=("model", "params"))
    return parse(TrainParams, data, [*DATA[data["dataset"]["kind"]], *REST])


def blocked(kind: Any, data_root: str | None) -> str | None:
    """Return why nothing of this kind can be learnt from here; None if it can."""
    return NO_FOLDERS if kind == "folder" and data_root is None else None


def values_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten a configuration: `FieldSpec.key` -> value, of the fields that have a control."""
    specs = [*_all_data(), *REST, *MODEL[params["model"]["name"]]]
    found = {spec.key: look_up(params, spec.path) for spec in specs}
    found |= {s.key: found[s.key] is not None for s in specs if s.kind == "group"}
    return {key: value for key, value in found.items() if value is not None}


def errors_at(error: PcdashError) -> dict[str, str]:
    """Return the message at the field to blame, or below the form; the others cleared."""
    field = error.field or ""
    if field.startswith("model."):
        field = "model.name"  # its parameters are folded away, the message must not be
    inside = (key for key in CONTROL if key == field or key.startswith(f"{field}."))
    place = next(inside, "") if field else ""
    return no_errors() | {place: error.message}


def no_errors() -> dict[str, str]:
    """Return what clears every message."""
    return dict.fromkeys(ERROR, "")


def _all_data() -> list[FieldSpec]:
    return [*DATA["synthetic"], *DATA["folder"]]


def _with(start: Mapping[str, Any], specs: list[FieldSpec]) -> list[FieldSpec]:
    """Return the fields with a preset's values as their defaults."""
    return [spec.starting_at(start.get(spec.key, spec.default)) for spec in specs]


def _field(spec: FieldSpec, *, disabled: bool = False) -> Component:
    return labelled(spec, CONTROL[spec.key], ERROR[spec.key], disabled=disabled)


def _model_fields(name: str) -> list[Component]:
    return [
        html.P(MODELS[name].summary, className="quiet"),
        _more(
            "Its parameters",
            [labelled(spec, MODEL_CONTROL[name][spec.key]) for spec in MODEL[name]],
        ),
    ]


def _folder(data_root: str | None) -> list[Component]:
    if blocked("folder", data_root):
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
