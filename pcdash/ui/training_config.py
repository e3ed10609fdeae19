"""One configuration, as text and as values of the form's controls; plain functions between them.

The text is what counts: a control that is changed changes its one value in the text, and what has
no control stays as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pcdash.core.models import MODELS
from pcdash.core.params import TrainParams
from pcdash.errors import InvalidInput, PcdashError, Refused
from pcdash.resources import configs_dir
from pcdash.ui import yaml_text
from pcdash.ui.specs import FieldSpec
from pcdash.ui.training_form import (
    CONTROL,
    DATA,
    KIND,
    MODEL,
    MODEL_CONTROL,
    REST,
    SPEC,
    blocked,
    of,
)
from pcdash.ui.values import assemble, look_up, parse

NOT_FOR_REQUESTS = ("artifacts_dir", "compute")
"""What only the command line may set: places to write to, hosts to compute on."""

PRESETS = {"quick": "Quick", "train": "Thorough", "baseline": "Baseline", "folder": "Folder"}
"""Configuration of that name -> its label; the first that exists is chosen at first."""

_MOST_TEXT, _MOST_ENTRIES = 4096, 64
_AT_LINE = re.compile(rf"{re.escape(yaml_text.NAME)}:(\d+): ")


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a configuration.

    Attributes
    ----------
    field : str or None
        Dotted path to blame.
    words : str
        For the line below the field's control.
    line : int or None
        In the text, 1-based.
    text : str
        For the editor: line, key and what is wrong.
    broken : bool
        Whether the text is no YAML at all, so that the form cannot follow it.
    """

    field: str | None
    words: str
    line: int | None
    text: str
    broken: bool = False


def presets() -> dict[str, str]:
    """Return the names and labels of the configurations to start from."""
    return {n: label for n, label in PRESETS.items() if (configs_dir() / f"{n}.yaml").is_file()}


def preset_text(name: Any) -> str:
    """Return a preset as it stands in its file, without what a request may not set."""
    if not isinstance(name, str) or name not in presets():
        raise InvalidInput("there is no such preset", field="preset")
    text = (configs_dir() / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml_text.without(text, NOT_FOR_REQUESTS)


def shown(text: str) -> dict[str, Any]:
    """Return what the controls show: ``kind``, ``values``, ``model_values``.

    Only of the kind of data and of the classifier that the text names; what the others hold may
    be wanted again.
    """
    data, _ = yaml_text.read(text)
    kind, name = _kind(data), _name(data)
    return {
        "kind": kind,
        "values": {s.key: _on_control(s, data) for s in [*DATA.get(kind, []), *REST]},
        "model_values": {name: {s.key: _on_control(s, data) for s in MODEL.get(name, [])}},
    }


def edited(
    text: str,
    touched: set[str],
    kind: Any,
    values: Mapping[str, Any],
    model_values: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return the text after somebody has used the form.

    Parameters
    ----------
    text : str
    touched : set of str
        Ids of the controls that were changed.
    kind, values, model_values
        What all controls hold.
    """
    if KIND in touched:
        text = _with_kind(text, kind, values)
    if CONTROL["model.name"] in touched:
        text = _with_model(text, values["model.name"], model_values)
    for key, id_ in CONTROL.items():
        if id_ in touched and key != "model.name":
            text = _with_value(text, SPEC[key], values)
    for name, controls in MODEL_CONTROL.items():
        for spec in MODEL[name]:
            if controls[spec.key] in touched and name == _name(yaml_text.read(text)[0]):
                text = _with_value(text, spec, model_values[name])
    return text


def with_dataset(text: str, dataset: Mapping[str, Any]) -> str:
    """Return the text with other data."""
    data, _ = yaml_text.read(text)
    return yaml_text.changed(text, data | {"dataset": dict(dataset)}, ("dataset",))


def params_of(text: Any, data_root: str | None) -> TrainParams:
    """Validate a text.

    Raises
    ------
    PcdashError
        See `complain`.
    """
    data, _ = yaml_text.read(text)
    if why := blocked(_kind(data), look_up(data, ("dataset", "root")), data_root):
        raise Refused(why, field="dataset.root")
    return parse(TrainParams, data)


def complaint_about(text: Any) -> Complaint | None:
    """Return what is wrong with a text, if anything is."""
    try:
        parse(TrainParams, yaml_text.read(text)[0])
    except PcdashError as error:
        return complain(error, text)
    return None


def complain(error: PcdashError, text: Any) -> Complaint:
    """Say what is wrong with a text, once in the words of the form and once in those of YAML."""
    try:
        data, lines = yaml_text.read(text)
    except PcdashError as broken:
        line, words = _parted(broken.message)
        return Complaint(None, words, line, f"line {line}: {words}", broken=True)
    if error.field is None:
        return Complaint(None, error.message, None, error.message)
    parts = error.field.split(".")
    dotted = {".".join(map(str, path)): line for path, line in lines.items()}
    known = (dotted.get(".".join(parts[:n])) for n in range(len(parts), -1, -1))
    line = next(filter(None, known), 1)
    text = f"line {line}: {error.field}: {error.message}"
    return Complaint(error.field, _in_words(error, data), line, text)


def _in_words(error: PcdashError, data: Mapping[str, Any]) -> str:
    """The form's words for what `error` says of a key."""
    if error.field == "dataset.root" and not look_up(data, ("dataset", "root")):
        return "Name a folder below data_root."
    specs = [*DATA.get(_kind(data), []), *REST, *MODEL.get(_name(data), [])]
    try:
        parse(TrainParams, data, specs)
    except PcdashError as said:
        if said.field == error.field and said.message != error.message:
            return said.message
    controls = {spec.key for spec in specs}
    groups = {key.rpartition(".")[0] for key in controls}
    named = error.field in controls | groups or error.field is None
    return error.message if named else f"{error.field}: {error.message}"


def _parted(message: str) -> tuple[int, str]:
    found = _AT_LINE.match(message)
    return (int(found[1]), message[found.end() :]) if found else (1, message)


def _kind(data: Mapping[str, Any]) -> str:
    return str(look_up(data, ("dataset", "kind")) or "synthetic")


def _name(data: Mapping[str, Any]) -> str:
    default = SPEC["model.name"].default
    return str(look_up(data, ("model", "name")) or default)


def _on_control(spec: FieldSpec, data: Mapping[str, Any]) -> Any:
    return spec.starting_at(of(spec, data)).shown


def _with_value(text: str, spec: FieldSpec, values: Mapping[str, Any]) -> str:
    data, _ = yaml_text.read(text)
    if values[spec.key] == _on_control(spec, data):
        return text  # an echo of what the text has said
    path = tuple(part for part in spec.path if isinstance(part, str))
    pair = path != spec.path
    group = [s for s in SPEC.values() if s.path[:-1] == path] if pair else [spec]
    return yaml_text.changed(text, assemble(group, _bounded(group, values), data), path)


def _with_kind(text: str, kind: Any, values: Mapping[str, Any]) -> str:
    if not isinstance(kind, str) or kind not in DATA:
        raise InvalidInput("choose what to learn from")
    data, _ = yaml_text.read(text)
    if _kind(data) == kind:
        return text
    dataset = assemble(DATA[kind], _bounded(DATA[kind], values), {"dataset": {"kind": kind}})
    return with_dataset(text, dataset["dataset"])


def _with_model(text: str, name: Any, model_values: Mapping[str, Mapping[str, Any]]) -> str:
    """Name another classifier, with those of its parameters that differ from its defaults."""
    if not isinstance(name, str) or name not in MODELS:
        raise InvalidInput("there is no such classifier", field="model.name")
    data, _ = yaml_text.read(text)
    if _name(data) == name:
        return text
    given = assemble(MODEL[name], _bounded(MODEL[name], model_values[name]))
    params: dict[str, Any] = look_up(given, ("model", "params")) or {}
    usual = {str(spec.path[-1]): spec.default for spec in MODEL[name]}
    own = {key: value for key, value in params.items() if value != usual[key]}
    for key, value in (("params", own), ("name", name)):
        group = data["model"] if isinstance(data.get("model"), dict) else {}
        data = data | {"model": group | {key: value}}
        text = yaml_text.changed(text, data, ("model", key))
    return text


def _bounded(specs: Sequence[FieldSpec], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of some controls, if they are such as a control can hold."""
    for spec in specs:
        value = values[spec.key]
        entries = value if isinstance(value, list) else [value]
        plain = all(
            entry is None
            or isinstance(entry, bool | int | float)
            or (isinstance(entry, str) and len(entry) <= _MOST_TEXT)
            for entry in entries
        )
        if not plain or len(entries) > _MOST_ENTRIES:
            raise InvalidInput(f"{spec.label}: nothing that can be used", field=spec.key)
    return {spec.key: values[spec.key] for spec in specs}
